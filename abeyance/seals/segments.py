"""Sealed files: AES-256-GCM in segments of 1 MiB, so that memory is bounded and a reader may start in the middle.

    8 bytes   ABYSEAL1
   81 bytes   the file's key, sealed to the holder and bound to the place
    then      segments, each with its 16-byte tag; only the last may be shorter, and only an only one empty

The key is fresh for every file, so a nonce is the segment's number with one byte that says whether it is the last (the
STREAM construction): segments cannot be cut off, moved or taken from another file. The header has a fixed size and
nothing else depends on it, so an upload is sealed before its case exists.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from abeyance.errors import BadInput, Unsafe
from abeyance.seals import hpke

MAGIC = b"ABYSEAL1"
SEGMENT = 2**20
TAG = 16
STORED = SEGMENT + TAG
SEALED_KEY = hpke.OVERHEAD + hpke.KEY_BYTES
HEADER = len(MAGIC) + SEALED_KEY
MOST_SEGMENTS = 2**32
MOST_IDLE = 4
_idle: list[bytearray] = []  # for the next file: nothing but what was sealed was ever in them
BROKEN = "The sealed file was changed or is not whole."


@dataclass(frozen=True)
class FileSeal:
    """Of the plain text: its size and SHA-256."""

    size: int
    sha256: bytes


class SegmentWriter:
    """Seals what is written to it, hashing in the same pass. One segment is kept back, since the last one is marked."""

    def __init__(self, target: BinaryIO, key: bytes) -> None:
        self._target, self._cipher = target, AESGCM(key)
        self._sealed = _buffer()
        self._plain: memoryview | bytearray = memoryview(b"")
        self._filled = self._number = self.size = 0
        self._sha256 = hashlib.sha256()
        target.write(bytes(HEADER))

    def write(self, chunk: bytes | bytearray | memoryview) -> None:
        view = memoryview(chunk).cast("B")
        self._sha256.update(view)
        self.size += len(view)
        while view:
            if self._filled == SEGMENT:
                self._put(last=False)
            taken = min(len(view), SEGMENT - self._filled)
            self._take(view[:taken], copied=taken < SEGMENT or not isinstance(chunk, bytes))
            view = view[taken:]

    def _take(self, piece: memoryview, *, copied: bool) -> None:
        """A whole segment that nobody can change is not copied."""
        if not copied:
            self._plain = piece
        else:
            if not isinstance(self._plain, bytearray):
                self._plain = bytearray(SEGMENT)
            self._plain[self._filled : self._filled + len(piece)] = piece
        self._filled += len(piece)

    def finish(self) -> FileSeal:
        self._put(last=True)
        self._plain = memoryview(b"")
        if len(_idle) < MOST_IDLE:
            _idle.append(self._sealed)
        return FileSeal(self.size, self._sha256.digest())

    def _put(self, *, last: bool) -> None:
        length = self._filled + TAG
        plain, sealed = memoryview(self._plain)[: self._filled], memoryview(self._sealed)[:length]
        self._cipher.encrypt_into(nonce(self._number, last=last), plain, None, sealed)
        self._target.write(sealed)
        self._number, self._filled = self._number + 1, 0
        if self._number >= MOST_SEGMENTS:
            raise BadInput("The file is too large to seal.")


def _buffer() -> bytearray:
    try:
        return _idle.pop()
    except IndexError:
        return bytearray(STORED)


def nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\x01" if last else b"\x00")


def header(sealed_key: bytes) -> bytes:
    if len(sealed_key) != SEALED_KEY:
        raise ValueError("a sealed file key has one size")
    return MAGIC + sealed_key


def sealed_key_of(source: BinaryIO) -> bytes:
    head = source.read(HEADER)
    if len(head) != HEADER or head[: len(MAGIC)] != MAGIC:
        raise Unsafe("This is not a sealed file, or it was never finished.")
    return head[len(MAGIC) :]


def read_segments(source: BinaryIO, key: bytes, start: int = 0) -> Iterator[bytes]:
    """The plain text from byte `start`. A file that lost its end raises at the end, so trust no part before that."""
    cipher, number, skip = AESGCM(key), start // SEGMENT, start % SEGMENT
    left = os.fstat(source.fileno()).st_size - HEADER - number * STORED
    if start < 0 or left < TAG:
        raise BadInput("The file is not as long as that.")
    source.seek(HEADER + number * STORED)
    while left > 0:
        stored = source.read(min(STORED, left))
        left -= len(stored)
        plain = _opened(cipher, stored, number, last=left == 0)
        yield plain[skip:] if skip else plain
        number, skip = number + 1, 0


def _opened(cipher: AESGCM, stored: bytes, number: int, *, last: bool) -> bytes:
    if not stored or (number and last and len(stored) == TAG):
        raise Unsafe(BROKEN)
    try:
        return cipher.decrypt(nonce(number, last=last), stored, None)
    except (InvalidTag, ValueError):
        raise Unsafe(BROKEN) from None
