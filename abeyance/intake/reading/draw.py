"""Draws a page of a foreign PDF, or a picture, as raw colours on a pipe. A process of its own for each page, confined
like a reader.

It says one line of JSON, {"width": …, "height": …, "pages": …}, then width x height x 3 bytes; or {"error": …} and
nothing more.
"""

from __future__ import annotations

import json
import logging
import os
import sys

from abeyance.intake.reading import confinement, kinds, pictures, walk
from abeyance.intake.reading.content import Content, Inner
from abeyance.intake.reading.pictures import MOST_PIXELS
from abeyance.intake.reading.values import Limits

WIDTH = 1200  # pixels


class Finding(walk.Walk):
    """Unpacks as a reader does, and keeps the bytes of the one part that is wanted."""

    def __init__(self, limits: Limits, wanted: str) -> None:
        super().__init__(limits, frozenset(), lambda path: None)
        self.wanted, self.data = wanted, b""

    def _content(self, inner: Inner, path: str, content: Content) -> str:
        if path == self.wanted:
            self.data = inner.data
        return super()._content(inner, path, content)


def main(source: int, name: str, part: str, page: int) -> None:
    logging.disable(logging.CRITICAL)
    confinement.leave_the_network()
    import pypdfium2  # noqa: F401 - loaded before the walls go up

    pictures.load_decoders()
    limits = Limits()
    confinement.confine(limits)
    with os.fdopen(source, "rb") as file:
        whole = file.read(limits.file_bytes)
    finding = Finding(limits, part)
    finding.read(Inner(name, whole))
    _write(*_drawn(finding.data, page))


def _drawn(data: bytes, number: int) -> tuple[dict[str, object], bytes]:
    kind = kinds.kind_of(data).media_type
    try:
        if kind == kinds.PDF:
            width, height, pages, colours = _page(data, number)
        elif kind in pictures.DECODERS:
            width, height, pages, colours = pictures.drawn(data, kind, number, WIDTH, MOST_PIXELS)
        else:
            return {"error": "not drawn"}, b""
    except Exception as problem:  # the libraries fail in ways of their own
        return {"error": type(problem).__name__}, b""
    return {"width": width, "height": height, "pages": pages}, colours


def _page(data: bytes, number: int) -> tuple[int, int, int, bytes]:
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    page = document[number - 1]
    width, height = page.get_size()
    scale = min(WIDTH / width, (MOST_PIXELS / (width * height)) ** 0.5)
    bitmap = page.render(scale=scale, rev_byteorder=True, prefer_bgrx=False, may_draw_forms=False)
    seen, wide = memoryview(bitmap.buffer).cast("B"), bitmap.width * 3
    rows = [bytes(seen[row * bitmap.stride :][:wide]) for row in range(bitmap.height)]
    return bitmap.width, bitmap.height, len(document), b"".join(rows)


def _write(head: dict[str, object], pixels: bytes) -> None:
    waiting = memoryview(json.dumps(head).encode() + b"\n" + pixels)
    while waiting:
        waiting = waiting[os.write(1, waiting) :]


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
