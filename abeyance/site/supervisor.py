"""The processes of a running desk: started, watched, started again, ended together.

This process stays small: it imports neither Django nor any room. Each child has a database role of its own and writes
its log into `log/`. A child that keeps dying is started again more and more slowly, and said so.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import BinaryIO

from abeyance.errors import AbeyanceError
from abeyance.site import lifeline, logs
from abeyance.site.home import Home

LONGEST_WAIT = 30.0
STEADY_SECONDS = 60.0  # one that lived so long starts with a clean record
END_SECONDS = 25.0
LARGEST_LOG = 8 * 2**20
TICK = 0.1


@dataclass
class Child:
    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    running: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    deaths: int = 0
    not_before: float = 0.0

    def start(self, home: Home) -> None:
        with open_log(logs.file_of(home.path, self.name)) as log:
            self.running = subprocess.Popen(
                self.command,
                env={**os.environ, **self.environment},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on, in order
                preexec_fn=lifeline.end_with_parent,
            )
        self.started = time.monotonic()

    def is_alive(self) -> bool:
        return self.running is not None and self.running.poll() is None

    def note_death(self) -> float:
        """How long to wait before the next start."""
        now = time.monotonic()
        self.deaths = 1 if now - self.started > STEADY_SECONDS else self.deaths + 1
        self.running = None
        wait = min(LONGEST_WAIT, 0.2 * (1 << min(self.deaths - 1, 10)))
        self.not_before = now + wait
        return wait


def open_log(path: Path) -> BinaryIO:
    """Only ours to read; set aside once when it has grown."""
    if path.exists() and path.stat().st_size > LARGEST_LOG:
        path.replace(path.with_suffix(".log.old"))
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")


@dataclass
class Supervisor:
    home: Home
    children: list[Child]
    embedded: bool
    stopping: bool = field(default=False, init=False)

    def start(self) -> None:
        for each in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(each, self._stop)
        for child in self.children:
            child.start(self.home)

    def watch(self) -> None:
        """Until we are told to stop."""
        while not self.stopping:
            self.look_once()
            time.sleep(TICK)

    def look_once(self) -> None:
        if self.embedded:
            self._look_after_server()
        for child in self.children:
            if child.running is not None and not child.is_alive():
                self._note(child)
            elif child.running is None and time.monotonic() >= child.not_before:
                child.start(self.home)

    def _note(self, child: Child) -> None:
        assert child.running is not None
        code, wait = child.running.returncode, child.note_death()
        say(f"The {child.name} process ended ({ending(code)}); starting it again in {wait:.1f} s.")

    def _look_after_server(self) -> None:
        if self.home.cluster.answers():
            return
        say("The database server ended; starting it again.")
        try:
            self.home.cluster.keep_running()
        except AbeyanceError as problem:
            say(str(problem))
            time.sleep(2)

    def end(self) -> None:
        """In the reverse order: the sites first, the key holder last, so that work under way can finish."""
        for child in reversed(self.children):
            if child.running is not None and child.is_alive():
                child.running.terminate()
        until = time.monotonic() + END_SECONDS
        for child in reversed(self.children):
            _wait(child, until)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.stopping = True


def _wait(child: Child, until: float) -> None:
    if child.running is None:
        return
    try:
        child.running.wait(max(0.1, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        child.running.kill()
        child.running.wait()


def ending(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)
