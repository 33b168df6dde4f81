"""Turns a function that writes into a file that can be read, for what wants to read its source (sealing, age).

The writer runs in a thread of its own and never gets more than a few pieces ahead. If it fails, the reader meets that
very error where the end of the file would have been: half a package can never look like a whole one. The writer must
not use Django's connections, which belong to the caller's thread.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from queue import Full, Queue
from threading import Event, Thread
from typing import TYPE_CHECKING, BinaryIO, Generic, TypeVar, cast

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer, WriteableBuffer

T = TypeVar("T")
PIECE = 1 << 20
PIECES_AHEAD = 4


class Flow(io.RawIOBase, Generic[T]):
    """`with Flow(lambda target: write_package(target, contents)) as source: ...; source.result`."""

    def __init__(self, write: Callable[[BinaryIO], T]) -> None:
        self._pieces: Queue[bytes | None] = Queue(PIECES_AHEAD)
        self._left = Event()
        self._rest = memoryview(b"")
        self._ended = False
        self._done: list[T] = []
        self._error: BaseException | None = None
        self._thread = Thread(target=self._run, args=(write,), name="package-writer", daemon=True)
        self._thread.start()

    @property
    def result(self) -> T:
        """What the writer returned; only after everything was read."""
        if not self._done:
            raise ValueError("the package was not read to its end")
        return self._done[0]

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        into = memoryview(buffer).cast("B")
        if not self._rest and not self._advance():
            return 0
        taken = min(len(into), len(self._rest))
        into[:taken] = self._rest[:taken]
        self._rest = self._rest[taken:]
        return taken

    def close(self) -> None:
        """Stops the writer too, if it is still at work."""
        if not self.closed:
            self._left.set()
            self._thread.join()
        super().close()

    def _advance(self) -> bool:
        piece = None if self._ended else self._pieces.get()  # the last piece is always None
        self._ended = piece is None
        if self._ended and self._error is not None:
            raise self._error
        self._rest = memoryview(piece or b"")
        return piece is not None

    def _run(self, write: Callable[[BinaryIO], T]) -> None:
        outlet = _Outlet(self._put)
        try:
            result = write(cast(BinaryIO, outlet))
            outlet.flush()
            self._done.append(result)
        except BaseException as error:  # it is raised again in the reader's thread
            self._error = error
        if not self._left.is_set():
            self._put_last()

    def _put(self, piece: bytes | None) -> None:
        while True:
            if self._left.is_set():
                raise BrokenPipeError("nobody reads the package any more")
            try:
                return self._pieces.put(piece, timeout=0.2)
            except Full:
                continue

    def _put_last(self) -> None:
        try:
            self._put(None)
        except BrokenPipeError:
            return


class _Outlet(io.BufferedIOBase):
    """What the writer writes to: gathers small writes into pieces."""

    def __init__(self, put: Callable[[bytes], None]) -> None:
        self._put = put
        self._held = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        view = memoryview(data).cast("B")
        self._held += view
        if len(self._held) >= PIECE:
            self._give()
        return len(view)

    def flush(self) -> None:
        if not self.closed and self._held:
            self._give()

    def _give(self) -> None:
        piece = bytes(self._held)
        self._held.clear()
        self._put(piece)
