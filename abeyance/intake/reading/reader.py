"""The trusted side: hands files to the reading process and takes a bounded answer. Never raises for bad content."""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import json
import os
import select
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType

from abeyance.errors import BadInput
from abeyance.intake.reading import names, wire
from abeyance.intake.reading.values import Limits, Part, Reading

LONGEST_ANSWER = 64 << 20
START_SECONDS = 60.0
ATTEMPTS = 3
MOST_AT_HAND = 2
_ROOT = Path(__file__).resolve().parents[3]
_START = """
import sys
sys.path.insert(0, sys.argv[2])
from abeyance.intake.reading import worker
worker.main(int(sys.argv[1]))
"""
SLOW = "could not be read: took too long"
CRASHED = "could not be read: reading it ended the reading process"
GARBLED = "could not be read: the reading process gave no proper answer"
OWN_FILES = Path("/dev/fd")


@dataclass(frozen=True)
class _Attempt:
    ended: str  # well, slow, crashed
    at: str | None = None  # the part that was being read
    reading: Reading | None = None


_waiting: list[ReadingProcess] = []


class ReadingProcess:
    """One reading process for many files; replaced when it dies. Use as a context, or close it."""

    def __init__(self, limits: Limits | None = None) -> None:
        self.limits = limits or Limits()
        self._process: subprocess.Popen[bytes] | None = None
        self._line: socket.socket | None = None
        self._asked = 0.0

    def __enter__(self) -> ReadingProcess:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def read(self, path: Path, name: str | None = None) -> Reading:
        source = _opened(path)
        try:
            return self._read(source, names.shown(path.name if name is None else name, "file"))
        finally:
            os.close(source)

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    def close(self) -> None:
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            _ended(self._process)
        self._process = self._line = None

    def forget(self) -> None:
        """In a fork of ours: the process is the parent's."""
        if self._line is not None:
            self._line.close()
        if self._process is not None:
            self._process.returncode = 0
        self._process = self._line = None

    def _read(self, source: int, name: str) -> Reading:
        whole = _whole(source, name)
        if whole.size > self.limits.file_bytes:
            return Reading((replace(whole, mark="too large: not read"),), marks=("too large: not read",))
        skip: list[str] = []
        attempt = _Attempt("crashed")
        for _ in range(ATTEMPTS):
            attempt = self._attempt(source, name, skip)
            if attempt.reading is not None:
                return _marked(attempt.reading, whole)
            if attempt.at is None or attempt.at in skip:
                break
            skip.append(attempt.at)  # read everything but what it died on
        mark = {"slow": SLOW, "well": GARBLED}.get(attempt.ended, CRASHED)
        return Reading((replace(whole, mark=mark),), marks=(mark,))

    def _attempt(self, source: int, name: str, skip: list[str]) -> _Attempt:
        line = self._running()
        order = {"name": name, "skip": skip, "limits": wire.limits_written(self.limits)}
        answer, for_child = os.pipe()
        try:
            socket.send_fds(line, [json.dumps(order).encode()], [source, for_child])
        except OSError:
            os.close(for_child)
            os.close(answer)
            self.close()
            return _Attempt("crashed")
        os.close(for_child)
        try:
            return self._heard(line, _bounded(answer, self.limits.seconds + 5))
        finally:
            os.close(answer)

    def _heard(self, line: socket.socket, said: bytes | None) -> _Attempt:
        status = _status(line) if said is not None else ""
        if not status:  # the process itself is gone or stuck: the next file gets a new one
            self.close()
        at, reading = _parsed(said or b"")
        return _Attempt(status or ("slow" if said is None else "crashed"), at, reading if status == "well" else None)

    def _running(self) -> socket.socket:
        rested, self._asked = time.monotonic() - self._asked, time.monotonic()
        alive = self._process is not None and self._process.poll() is None
        if self._line is not None and alive and rested < wire.AT_HAND_SECONDS:
            return self._line
        self.close()
        ours, theirs = socket.socketpair()
        with theirs:
            self._process = _started(theirs.fileno())
        ours.settimeout(START_SECONDS)
        self._line = ours
        _status(ours)  # "ready"
        ours.settimeout(5)
        return ours


@contextmanager
def at_hand() -> Iterator[ReadingProcess]:
    """A reading process for one batch, which stays for the next one for a while: each file is read by a fork of it that
    has seen no other, and half a second of loading is not paid for every mail."""
    process = _waiting.pop() if _waiting else ReadingProcess()
    try:
        yield process
    finally:
        _waiting.append(process)
        while len(_waiting) > MOST_AT_HAND:
            _waiting.pop(0).close()


def _dismiss() -> None:
    while _waiting:
        _waiting.pop().close()


def _forget() -> None:
    while _waiting:
        _waiting.pop().forget()


atexit.register(_dismiss)
os.register_at_fork(after_in_child=_forget)


def read_file(path: Path, name: str | None = None, *, limits: Limits | None = None) -> Reading:
    """Reads one file in a process of its own. A link, folder, device or unreadable path raises BadInput."""
    with ReadingProcess(limits) as process:
        return process.read(path, name)


def read_many(paths: Iterable[Path], *, limits: Limits | None = None) -> list[Reading]:
    """One reading per path, in order. What cannot be taken at all is refused in its own reading, not for the batch."""
    with ReadingProcess(limits) as process:
        return [_read_or_refused(process, path) for path in paths]


def _read_or_refused(process: ReadingProcess, path: Path) -> Reading:
    try:
        return process.read(path)
    except BadInput as problem:
        return Reading((), refused=str(problem))


def _opened(path: Path) -> int:
    shown = names.one_line(os.fspath(path), 200)
    # An upload is a file without a name, reached through this process's own table of open files.
    follow = 0 if path.parent == OWN_FILES else os.O_NOFOLLOW
    try:
        # Without NONBLOCK a named pipe would wait for ever.
        source = os.open(path, os.O_RDONLY | follow | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError) as problem:
        raise BadInput(f"“{shown}” cannot be opened: {_why(path, problem)}.") from problem
    if not stat.S_ISREG(os.fstat(source).st_mode):
        os.close(source)
        raise BadInput(f"“{shown}” is not a file: give the path of a file, not of a folder or a device.")
    return source


def _why(path: Path, problem: Exception) -> str:
    with contextlib.suppress(OSError, ValueError):
        if path.is_symlink():
            return "it is a symbolic link; give the file itself"
    return (getattr(problem, "strerror", None) or "its name cannot be used").lower()


def _whole(source: int, name: str) -> Part:
    digest, size = hashlib.sha256(), 0
    while piece := os.pread(source, 1 << 20, size):
        digest.update(piece)
        size += len(piece)
    return Part(name, "application/octet-stream", size, digest.digest())


def _marked(reading: Reading, whole: Part) -> Reading:
    """The file's own size and digest are what we saw, not what the reading process says."""
    first = replace(reading.parts[0], size=whole.size, sha256=whole.sha256)
    return replace(reading, parts=(first, *reading.parts[1:]))


def _started(descriptor: int) -> subprocess.Popen[bytes]:
    # No inherited environment: it holds the database's address and credentials.
    environment = {"PATH": os.defpath, "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-I", "-X", "utf8", "-W", "ignore", "-c", _START, str(descriptor), str(_ROOT)]
    return subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        pass_fds=(descriptor,), env=environment, cwd="/", start_new_session=True,
    )  # fmt: skip


def _ended(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(0.5)  # it ends by itself when the line is closed
        return
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, 9)
    process.wait(10)


def _bounded(answer: int, seconds: float) -> bytes | None:
    """All that the child writes until it is gone; None when it neither ends nor stays within bounds."""
    pieces: list[bytes] = []
    size, until = 0, time.monotonic() + seconds
    while select.select([answer], [], [], max(until - time.monotonic(), 0))[0]:
        piece = os.read(answer, 1 << 20)
        if not piece:
            return b"".join(pieces)
        size += len(piece)
        if size > LONGEST_ANSWER:
            return None
        pieces.append(piece)
    return None


def _status(line: socket.socket) -> str:
    try:
        return line.recv(100).decode().strip()
    except (OSError, ValueError):
        return ""


def _parsed(said: bytes) -> tuple[str | None, Reading | None]:
    at: str | None = None
    for row in said.split(b"\n"):
        with contextlib.suppress(ValueError):
            if row.startswith(b"begin "):
                at = str(json.loads(row[6:]))
            elif row.startswith(b"reading "):
                reading = wire.understood(row[8:])
                return at, reading if reading.parts else None
    return at, None
