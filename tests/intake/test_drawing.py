"""Pages as pictures, drawn by a confined process: of a PDF, of one inside a mail; and what cannot be drawn."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest

from abeyance.errors import BadInput
from abeyance.intake import drawing
from abeyance.intake.reading import read_file
from abeyance.site.demo import papers


def colours(png: bytes) -> tuple[int, int, set[bytes]]:
    """Width, height and the colours that occur, by reading the file as its specification says."""
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    width, height = struct.unpack(">II", png[16:24])
    place, data = 8, b""
    while place < len(png):
        size, kind = struct.unpack(">I4s", png[place : place + 8])
        data += png[place + 8 : place + 8 + size] if kind == b"IDAT" else b""
        place += 12 + size
    rows = zlib.decompress(data)
    pixels = b"".join(rows[row * (width * 3 + 1) + 1 :][: width * 3] for row in range(height))
    return width, height, {pixels[at : at + 3] for at in range(0, len(pixels), 3 * 97)}


def test_a_page_inside_a_mail_is_drawn(tmp_path: Path) -> None:
    path = papers.order_mail(tmp_path / "order.eml")
    reading = read_file(path)
    part = next(part for part in reading.parts if part.media_type == "application/pdf")
    width, height, found = colours(drawing.page([path.read_bytes()], reading.parts[0].path, part.path, 1))
    assert width == 1200
    assert 1200 < height < 2000
    assert {b"\xff\xff\xff"} < found


@pytest.mark.parametrize("number", [0, -1, 2, 99, 10**9])
def test_a_page_that_is_not_there_is_a_sentence(number: int, tmp_path: Path) -> None:
    path = papers.order_mail(tmp_path / "order.eml")
    parts = read_file(path).parts
    part = next(part for part in parts if part.media_type == "application/pdf")
    with pytest.raises(BadInput):
        drawing.page([path.read_bytes()], parts[0].path, part.path, number)


@pytest.mark.parametrize(
    "content", [b"", b"%PDF-1.7\n" + b"\x00" * 5000, b"%PDF-1.4\ntrailer<</Root 1 0 R>>", b"<html>"]
)
def test_what_cannot_be_drawn_is_a_sentence_and_no_crash(content: bytes) -> None:
    with pytest.raises(BadInput):
        drawing.page([content], "file.pdf", "file.pdf", 1)


def test_a_page_of_huge_size_stays_in_bounds(tmp_path: Path) -> None:
    """200 inches each way, as the format allows."""
    huge = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 14400 14400]>>endobj
trailer<</Root 1 0 R/Size 4>>
%%EOF
"""
    width, height, _ = colours(drawing.page([huge], "huge.pdf", "huge.pdf", 1))
    assert width * height <= 6_000_000
