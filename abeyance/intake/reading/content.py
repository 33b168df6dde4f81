"""What the readers of single formats fill in, and the purse that all parts of one file share."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from abeyance.intake.reading.values import Head, Limits


@dataclass(frozen=True)
class Inner:
    """Something found inside a part: its name as stated, and its bytes or why there are none."""

    name: str
    data: bytes = b""
    stated_type: str = ""
    mark: str = ""


@dataclass
class Content:
    """Filled while reading, so that what was found before a reader broke or ran out of time is kept."""

    pages: list[str] = field(default_factory=list)
    marks: list[str] = field(default_factory=list)
    inside: list[Inner] = field(default_factory=list)
    head: Head | None = None

    def mark(self, *marks: str) -> None:
        self.marks.extend(mark for mark in marks if mark not in self.marks)


class OutOfTime(BaseException):
    """Not an Exception, because the libraries swallow those."""


class Purse:
    """What is left to spend on one file."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.unpacked = limits.unpacked_bytes
        self.parts = limits.parts
        self.text = limits.text
        # Stopping by ourselves keeps what was read; being killed from outside does not.
        self.until = time.monotonic() + limits.seconds * 0.6

    def seconds(self) -> float:
        return min(self.limits.part_seconds, self.until - time.monotonic())

    def pay_unpacked(self, size: int) -> bool:
        self.unpacked -= size
        return self.unpacked >= 0


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Raises OutOfTime inside the block; again and again, since a library's clean-up may swallow one."""

    def ring(*_: object) -> None:
        raise OutOfTime

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, max(seconds, 0.01), 0.2)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
