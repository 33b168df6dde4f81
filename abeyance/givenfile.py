"""Files that somebody names to a command: plain ones alone. A pipe that nobody writes to would wait for ever, and a
device need never end."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from abeyance.errors import BadInput


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Raises BadInput for what is no plain file, without waiting for it, and for one that cannot be read."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except (OSError, ValueError) as problem:
        raise BadInput(f"{path} cannot be read: {getattr(problem, 'strerror', None) or problem}.") from None
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BadInput(_not_plain(path))
    with os.fdopen(handle, "rb") as file:
        yield file


def content(path: Path, most: int) -> bytes:
    """All of it, or one byte more than `most`, by which whoever asked sees that it is too large."""
    with opened(path) as file:
        try:
            return file.read(most + 1)
        except OSError as problem:
            raise BadInput(f"{path} cannot be read: {problem.strerror}.") from None


def refuse_other(path: Path) -> None:
    """For what is handed on by its name."""
    with opened(path):
        return


def _not_plain(path: Path) -> str:
    what = "a folder" if path.is_dir() else "a pipe, a device or a socket"
    return f"{path} is {what}, and not a plain file: name a file, and copy into one what comes through a pipe."
