"""A page of a document, or a picture that came with it: drawn by a confined process, checked and packed as PNG by us.

Nobody's browser opens a foreign file: what it gets are colours, in a file that we have written.
"""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from abeyance.errors import BadInput
from abeyance.intake.reading import pictures
from abeyance.intake.reading.pictures import MOST_PIXELS
from abeyance.intake.taking import nameless

SECONDS = 15.0
MOST_PAGES = 2000
PICTURES = frozenset(pictures.DECODERS)
CANNOT = "This page could not be drawn. Save the original and look at it with care."
_ROOT = Path(__file__).resolve().parents[2]
_START = """
import sys
sys.path.insert(0, sys.argv[5])
from abeyance.intake.reading import draw
draw.main(int(sys.argv[1]), sys.argv[2], sys.argv[3], int(sys.argv[4]))
"""


@dataclass(frozen=True)
class Drawn:
    png: bytes
    pages: int  # of the file that it is a page of


def page(pieces: Iterable[bytes], name: str, part: str, number: int) -> Drawn:
    """The page `number` (from 1) of `part`, as `Reading` names parts. Raises BadInput where there is none."""
    if not 1 <= number <= MOST_PAGES:
        raise BadInput("There is no such page.")
    with nameless() as source:
        for piece in pieces:
            source.write(piece)
        source.seek(0)
        said = _drawn(source.fileno(), name, part, number)
    head, _, pixels = said.partition(b"\n")
    width, height, pages = _size(head)
    if width * height > MOST_PIXELS or len(pixels) != width * height * 3:
        raise BadInput(CANNOT)
    return Drawn(_png(width, height, pixels), min(pages, MOST_PAGES))


def _drawn(source: int, name: str, part: str, number: int) -> bytes:
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8"}
    command = [sys.executable, "-I", "-X", "utf8", "-W", "ignore", "-c", _START]
    command += [str(source), name, part, str(number), str(_ROOT)]
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            pass_fds=(source,),
            env=environment,
            cwd="/",
            timeout=SECONDS,
            check=False,
        )
    except (subprocess.TimeoutExpired, ValueError):
        return b""
    return done.stdout


def _size(head: bytes) -> tuple[int, int, int]:
    try:
        said = json.loads(head[:200])
        width, height, pages = int(said["width"]), int(said["height"]), int(said["pages"])
    except (ValueError, KeyError, TypeError):
        raise BadInput(CANNOT) from None
    if min(width, height, pages) < 1:
        raise BadInput(CANNOT)
    return width, height, pages


def _png(width: int, height: int, pixels: bytes) -> bytes:
    """PNG (ISO/IEC 15948): eight bits of red, green and blue, no filter."""
    rows = b"".join(b"\0" + pixels[row * width * 3 :][: width * 3] for row in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 3)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
