"""Starts key holders for tests in a fraction of a second: one process has everything loaded and forks for each.

Each is a process of its own all the same, with a memory of its own, as `client.start_keyholder` makes it; only what
Python loads is not loaded again. That one process is `python -m tests.brood DESCRIPTOR`.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path

START_SECONDS = 30.0
LONGEST_ORDER = 1 << 20


class Hatched:
    """A key holder, with those words of `subprocess.Popen` that tests use."""

    stderr = None

    def __init__(self, pid: int) -> None:
        self.pid, self._ended = pid, os.pidfd_open(pid)

    def poll(self) -> int | None:
        return 0 if self._ended < 0 or select.select([self._ended], [], [], 0)[0] else None

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def send_signal(self, which: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            if self._ended >= 0:
                signal.pidfd_send_signal(self._ended, which)

    def wait(self, timeout: float) -> int:
        if self._ended >= 0:
            if not select.select([self._ended], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("key holder", timeout)
            os.close(self._ended)
            self._ended = -1
        return 0


def start(home: Path, database: str) -> Hatched:
    """It answers when this returns."""
    from abeyance.errors import Locked
    from abeyance.seals import client

    arguments = ["--home", str(home), "--database", database]
    order = {"arguments": arguments, "environment": {**os.environ, "ABEYANCE_HOME": str(home)}}
    line = _brood()
    line.send(json.dumps(order).encode())
    holder = Hatched(int(line.recv(100)))
    until = time.monotonic() + START_SECONDS
    while not client.is_running(home):
        if holder.poll() is not None or time.monotonic() > until:
            raise Locked("The key holder did not start; what it said stands above.")
        time.sleep(0.005)
    return holder


@cache
def _brood() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST_ORDER)
    with theirs:
        number = theirs.fileno()
        command = [sys.executable, "-m", "tests.brood", str(number)]
        loaded = subprocess.Popen(
            command, pass_fds=(number,), stdin=subprocess.DEVNULL, cwd=Path(__file__).parents[1], start_new_session=True
        )
    atexit.register(_dismiss, os.getpid(), ours, loaded)
    return ours


def _dismiss(ours: int, line: socket.socket, loaded: subprocess.Popen[bytes]) -> None:
    line.close()
    if os.getpid() == ours:
        loaded.wait(20)


def main(descriptor: int) -> None:
    """Until the suite goes away. Children that end are nobody's concern here: who asked for one watches it."""
    from abeyance.seals import keyholder

    os.environ["DJANGO_SETTINGS_MODULE"] = "abeyance.site.settings"
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as line:
        while order := line.recv(LONGEST_ORDER):
            child = os.fork()
            if child == 0:
                line.close()
                _be(keyholder, json.loads(order))
            line.send(str(child).encode())


def _be(keyholder: object, order: dict[str, object]) -> None:
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(order["environment"])  # type: ignore[arg-type]
        code = keyholder.main(order["arguments"])  # type: ignore[attr-defined]
    except SystemExit as ended:
        code = int(ended.code or 0)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(int(sys.argv[1]))
