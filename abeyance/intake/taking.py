"""Files from a disk or an upload become requests: each is read in a confined process, then received. One bad file
stops no other."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from abeyance import givenfile
from abeyance.errors import AbeyanceError, BadInput
from abeyance.intake import actions
from abeyance.intake.actions import Arrived
from abeyance.intake.reading import ReadingProcess, at_hand


@dataclass(frozen=True)
class Taken:
    """What became of one file: `arrived`, or the sentence that says why not."""

    name: str
    arrived: Arrived | None
    refused: str = ""


def take_each(paths: Iterable[Path], *, channel: str, by: str, now: datetime) -> Iterator[Taken]:
    """Every file a request of its own."""
    with at_hand() as process:
        for path in paths:
            yield _one(process, path, channel=channel, by=by, now=now)


def take_together(paths: Sequence[Path], *, channel: str, by: str, now: datetime, names: Sequence[str] = ()) -> Arrived:
    """All files as one request: an order and its annexes."""
    for path in paths:
        givenfile.refuse_other(path)
    with at_hand() as process:
        called = list(names) or [path.name for path in paths]
        files = [(path, process.read(path, name)) for path, name in zip(paths, called, strict=True)]
    return actions.receive(files, channel=channel, by=by, now=now, names=called)


def take_note(text: str, *, channel: str, by: str, now: datetime) -> Arrived:
    """What came by post or telephone, as it was written down: the note is the document."""
    if not text.strip():
        raise BadInput("The note is empty; nothing was recorded.")
    with in_memory(text.encode()) as path:
        return take_together([path], channel=channel, by=by, now=now, names=["note.txt"])


@contextmanager
def in_memory(content: bytes | BinaryIO) -> Iterator[Path]:
    """A path to what must not lie on a disk in the clear."""
    with nameless() as held:
        if isinstance(content, bytes):
            held.write(content)
        else:
            shutil.copyfileobj(content, held, 2**18)
        held.flush()
        yield Path(f"/dev/fd/{held.fileno()}")


def nameless() -> Any:
    """Memory where the system has files in memory, else a file that was never named."""
    if hasattr(os, "memfd_create"):
        return os.fdopen(os.memfd_create("upload", os.MFD_CLOEXEC), "w+b")
    return tempfile.TemporaryFile()


def _one(process: ReadingProcess, path: Path, *, channel: str, by: str, now: datetime) -> Taken:
    try:
        givenfile.refuse_other(path)
        return Taken(path.name, actions.receive([(path, process.read(path))], channel=channel, by=by, now=now))
    except (AbeyanceError, OSError) as problem:
        sentence = str(problem) if isinstance(problem, AbeyanceError) else f"It cannot be read: {problem.strerror}."
        return Taken(path.name, None, sentence)
