"""Who uses the embedded server: one locked file per process. A lock dies with its process, so nobody is counted dead
or twice, and a process id that was given out again is not mistaken for a user."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def alone(lock: Path) -> Iterator[None]:
    """Starting and stopping the server, and setting up a home, are done by one process at a time."""
    handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


# Which folders' files this process holds, and since which fork: a lock belongs to a process, not to an object.
_held: dict[Path, tuple[int, int]] = {}


class Users:
    """Every method is called by a process that is `alone`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def join(self) -> None:
        if self._is_in():
            return
        self.folder.mkdir(mode=0o700, exist_ok=True)
        handle = os.open(self._name(), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _held[self.folder] = handle, os.getpid()

    def leave(self) -> None:
        """A child made by fork holds a copy of its parent's handle, and must not sign the parent out."""
        if not self._is_in():
            return
        handle, _ = _held.pop(self.folder)
        self._name().unlink(missing_ok=True)
        os.close(handle)

    def living(self) -> list[int]:
        """The processes that still use the server; the files of those that died are removed."""
        found = sorted(self.folder.iterdir()) if self.folder.is_dir() else []
        return [int(path.name) for path in found if path.name.isdigit() and self._is_alive(path)]

    def _is_in(self) -> bool:
        return self.folder in _held and _held[self.folder][1] == os.getpid()

    def _is_alive(self, path: Path) -> bool:
        if self._is_in() and path == self._name():
            return True
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        else:
            path.unlink(missing_ok=True)
            return False
        finally:
            os.close(handle)

    def _name(self) -> Path:
        return self.folder / str(os.getpid())
