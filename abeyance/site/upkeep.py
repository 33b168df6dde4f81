"""What the desk's worker would do, done by a command when no desk is running: jobs that are due, the log's batches."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from abeyance.errors import AbeyanceError, Unsafe

MOST_JOBS = 50


def _lock_of(home: Path) -> Path:
    return home / "run" / "serving.lock"


@contextmanager
def serving(home: Path) -> Iterator[None]:
    """Held by `abeyance serve`, once for each home and machine."""
    handle = os.open(_lock_of(home), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Unsafe(f"A desk is already running for {home}.") from None
        yield
    finally:
        os.close(handle)


def is_served(home: Path) -> bool:
    try:
        with serving(home):
            return False
    except Unsafe:
        return True


def after_a_command(home: Path) -> None:
    """Whatever cannot be done now waits: the command itself has succeeded."""
    if is_served(home):
        return
    from abeyance import outbox
    from abeyance.ledger.sequencer import integrate

    outbox.run_due(MOST_JOBS)
    try:
        integrate(datetime.now(UTC))
    except AbeyanceError:
        return  # `doctor` and `ledger check` say why
