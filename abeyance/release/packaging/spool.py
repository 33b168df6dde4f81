"""A temporary file that nobody can read: sealed with a key that exists in this process's memory only.

The second format of a table waits here while the first one leaves, so user data never lies on a disk in the clear. The
file has no name, and its key goes with the object.
"""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

SEGMENT = 1 << 20


class Spool:
    """Write first, then read once from the start."""

    def __init__(self, folder: Path | None = None) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 (closed by __exit__)
        self._key = AESGCM(AESGCM.generate_key(256))
        self._held = bytearray()
        self._segments = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()

    def write(self, pieces: Iterable[bytes]) -> None:
        for piece in pieces:
            self._held += piece
            if len(self._held) >= SEGMENT:
                self._seal()

    def read(self) -> Iterator[bytes]:
        self._seal()
        self._file.seek(0)
        for number in range(self._segments):
            (length,) = struct.unpack("<L", self._file.read(4))
            yield self._key.decrypt(_nonce(number), self._file.read(length), None)

    def _seal(self) -> None:
        sealed = self._key.encrypt(_nonce(self._segments), bytes(self._held), None)
        self._file.write(struct.pack("<L", len(sealed)) + sealed)
        self._held.clear()
        self._segments += 1


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")
