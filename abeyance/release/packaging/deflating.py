"""Deflate and SHA-256 over several threads.

zlib and hashlib let go of Python's lock while they work, so blocks of 1 MiB are compressed side by side, each ended at
a byte boundary (Z_SYNC_FLUSH), and joined into one ordinary deflate stream. The result depends on the bytes alone, not
on how they arrived or on how many threads there were. No more than a few blocks exist at any time.
"""

from __future__ import annotations

import hashlib
import zlib
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

BLOCK = 1 << 20
AT_ONCE = 5
_END = b"\x03\x00"  # an empty last block


class Crew:
    """The threads that one package uses."""

    def __init__(self, level: int, workers: int = 2) -> None:
        self.level = level
        self.deflate = ThreadPoolExecutor(workers, thread_name_prefix="package-deflate")
        self.digest = ThreadPoolExecutor(1, thread_name_prefix="package-digest")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.deflate.shutdown(cancel_futures=True)
        self.digest.shutdown(cancel_futures=True)


class Deflater:
    """One stream: bytes go in, compressed pieces come out; size, crc and sha256 are right after `finish`."""

    def __init__(self, crew: Crew) -> None:
        self._crew = crew
        self._held = bytearray()
        self._under_way: deque[tuple[Future[bytes], Future[None]]] = deque()
        self._sha256 = hashlib.sha256()
        self.size = self.crc = self.compressed = 0

    def write(self, data: bytes | bytearray | memoryview) -> Iterator[bytes]:
        """Takes data; gives what is ready. The iterator must be used up."""
        self._held += data
        while len(self._held) >= BLOCK:
            self._submit(bytes(memoryview(self._held)[:BLOCK]))
            del self._held[:BLOCK]
            while len(self._under_way) >= AT_ONCE:
                yield self._next()

    def finish(self) -> Iterator[bytes]:
        self._submit(bytes(self._held))
        self._held.clear()
        while self._under_way:
            yield self._next()
        self.compressed += len(_END)
        yield _END

    def all(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        for block in blocks:
            yield from self.write(block)
        yield from self.finish()

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()

    def _submit(self, block: bytes) -> None:
        deflating = self._crew.deflate.submit(_deflated, block, self._crew.level)
        self._under_way.append((deflating, self._crew.digest.submit(self._take_in, block)))

    def _take_in(self, block: bytes) -> None:
        """Runs in the one digest thread, so blocks are taken in order."""
        self._sha256.update(block)
        self.crc = zlib.crc32(block, self.crc)
        self.size += len(block)

    def _next(self) -> bytes:
        deflating, digesting = self._under_way.popleft()
        digesting.result()
        piece = deflating.result()
        self.compressed += len(piece)
        return piece


def _deflated(block: bytes, level: int) -> bytes:
    compressor = zlib.compressobj(level, zlib.DEFLATED, -zlib.MAX_WBITS)
    return compressor.compress(block) + compressor.flush(zlib.Z_SYNC_FLUSH)
