"""Pages and pictures, drawn by a confined process: of a PDF, of one inside a mail, of any common kind of picture; and
what cannot be drawn, or is made to harm."""

from __future__ import annotations

import io
import struct
import time
import zlib
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

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
    width, height, found = colours(drawing.page([path.read_bytes()], reading.parts[0].path, part.path, 1).png)
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
    width, height, _ = colours(drawing.page([huge], "huge.pdf", "huge.pdf", 1).png)
    assert width * height <= 6_000_000


# --- pictures

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(kind: str, image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def seen(data: bytes, number: int = 1) -> tuple[int, int, set[bytes], int]:
    found = drawing.page([data], "paper", "paper", number)
    return *colours(found.png), found.pages


def near(found: set[bytes], wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) < 12 for each in found for one, other in zip(each, wanted, strict=True))


RED_PICTURE, BLUE_PICTURE = Image.new("RGB", (300, 200), RED), Image.new("RGB", (300, 200), BLUE)
MOVES = {"save_all": True, "append_images": [BLUE_PICTURE]}
KINDS = {
    "png": (picture("PNG", RED_PICTURE), RED, 1),
    "png with a palette": (picture("PNG", RED_PICTURE.convert("P")), RED, 1),
    "png that is transparent": (picture("PNG", Image.new("RGBA", (300, 200), (9, 9, 9, 0))), (255, 255, 255), 1),
    "jpeg": (picture("JPEG", RED_PICTURE), RED, 1),
    "jpeg for printing": (picture("JPEG", Image.new("CMYK", (300, 200), (0, 255, 255, 0))), RED, 1),
    "gif that moves": (picture("GIF", RED_PICTURE, **MOVES), RED, 1),
    "tiff with pages": (picture("TIFF", RED_PICTURE, compression="tiff_lzw", **MOVES), RED, 2),
    "fax": (picture("TIFF", Image.new("1", (300, 200), 1), compression="group4"), (255, 255, 255), 1),
    "bmp": (picture("BMP", RED_PICTURE), RED, 1),
    "webp": (picture("WEBP", RED_PICTURE, lossless=True), RED, 1),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_of_each_kind_is_drawn(kind: str) -> None:
    data, colour, many = KINDS[kind]
    width, height, found, pages = seen(data)
    assert (width, height, pages) == (300, 200, many)
    assert near(found, colour)


def test_the_second_page_of_a_fax_and_no_third() -> None:
    fax = KINDS["tiff with pages"][0]
    assert near(seen(fax, 2)[2], BLUE)
    for data, number in ((fax, 3), (KINDS["gif that moves"][0], 2)):
        with pytest.raises(BadInput):
            seen(data, number)


def test_sixteen_bits_of_grey_are_seen_and_a_telephones_picture_stands_upright() -> None:
    deep = Image.new("I;16", (300, 200), 1000)
    deep.paste(60000, (0, 0, 150, 200))
    assert {b"\x00\x00\x00", b"\xff\xff\xff"} <= seen(picture("PNG", deep))[2]
    turned = Image.Exif()
    turned[0x0112] = 6
    assert seen(picture("JPEG", RED_PICTURE, exif=turned))[:2] == (200, 300)


def test_a_large_picture_becomes_as_wide_as_a_page() -> None:
    width, height, found, _ = seen(picture("PNG", Image.new("RGB", (6000, 8000), RED)))
    assert (width, height) == (1200, 1600)
    assert near(found, RED)


def test_a_picture_inside_a_mail_is_drawn(tmp_path: Path) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "a@harbour-police.example", "b@quill.example", "Order"
    mail.set_content("See the picture.")
    mail.add_attachment(KINDS["jpeg"][0], maintype="image", subtype="jpeg", filename="order.jpg")
    path = tmp_path / "order.eml"
    path.write_bytes(mail.as_bytes())
    reading = read_file(path)
    part = next(part for part in reading.parts if part.media_type in drawing.PICTURES)
    assert part.mark == "image, not read"
    assert near(colours(drawing.page([path.read_bytes()], reading.parts[0].path, part.path, 1).png)[2], RED)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(width: int, height: int, rows: bytes, *between: bytes) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    end = chunk(b"IDAT", zlib.compress(rows, 9)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + b"".join(between) + end


def endless_tiff() -> bytes:
    """Its only directory names itself as the next, and a strip of four thousand million bytes."""
    entries = [
        (256, 4, 60000),
        (257, 4, 60000),
        (258, 3, 8),
        (262, 3, 1),
        (273, 4, 8),
        (278, 4, 60000),
        (279, 4, 2**32 - 1),
    ]
    packed = b"".join(struct.pack("<HHII", tag, kind, 1, value) for tag, kind, value in entries)
    return b"II*\x00" + struct.pack("<IH", 8, len(entries)) + packed + struct.pack("<I", 8)


HOSTILE = {
    "a bomb of one colour": png(60000, 60000, bytes(10**7)),
    "wide beyond reason": png(2**31 - 1, 1, b""),
    "a bomb of text": png(10, 10, bytes(310), chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(2 * 10**8), 9))),
    "cut off": KINDS["jpeg"][0][:400],
    "cut off before anything": KINDS["png"][0][:40],
    "bytes changed": KINDS["png"][0].replace(b"IDAT", b"IDAX"),
    "a tiff without end": endless_tiff(),
    "a gif of 65535 by 65535": b"GIF89a" + struct.pack("<HHBBB", 65535, 65535, 0x80, 0, 0) + bytes(6) + b",",
    "no width": png(0, 10, b""),
    "a program of PostScript": b"\x89PNG%!PS-Adobe-3.0 EPSF-3.0\n(/etc/passwd) (r) file",
    "another kind than it says": b"\xff\xd8\xff" + KINDS["png"][0],
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_picture_is_a_sentence(name: str) -> None:
    began = time.monotonic()
    with pytest.raises(BadInput, match="could not be drawn"):
        seen(HOSTILE[name])
    assert time.monotonic() - began < drawing.SECONDS + 5
