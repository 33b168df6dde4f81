"""Runs commands for tests in less time: one process has loaded what takes Python longest, and forks for each command.

Each is a process of its own all the same, which begins where `python -m abeyance.site.command` begins; loaded before
are only libraries and rules, which read no environment and open nothing. That process is
`python -m tests.site.loaded DESCRIPTOR`.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

LONGEST_ORDER = 1 << 20
LIBRARIES = (
    "asyncio", "cryptography.hazmat.primitives.ciphers.aead", "cryptography.x509", "django.contrib.auth.hashers",
    "django.core.management", "django.core.serializers.json", "django.db.models", "django.forms", "django.http",
    "django.template", "django.urls", "email.message", "holidays", "http.client", "importlib.metadata",
    "procrastinate.contrib.django.django_connector", "psycopg", "psycopg_pool",
)  # fmt: skip


def run(
    module: str, arguments: Sequence[str], environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """As `subprocess.run` does with output that is captured, nothing to read and `/` as its folder."""
    told, tells = os.pipe()
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        order = json.dumps({"module": module, "arguments": list(arguments), "environment": dict(environment)})
        socket.send_fds(_line(), [order.encode()], [out.fileno(), err.fileno(), tells])
        os.close(tells)
        with open(told, "rb", buffering=0) as report:
            number, code = _heard(report, timeout)
        out.seek(0)
        err.seek(0)
        said = out.read().decode(), err.read().decode()
    if code is None:
        os.killpg(number, signal.SIGKILL)
        raise subprocess.TimeoutExpired([module, *arguments], timeout, *said)
    return subprocess.CompletedProcess([module, *arguments], code, *said)


def _heard(report: object, timeout: float) -> tuple[int, int | None]:
    """The number of the process and with what it ended: None while it runs on."""
    until, lines = time.monotonic() + timeout, b""
    while lines.count(b"\n") < 2 and (left := until - time.monotonic()) > 0:
        if select.select([report], [], [], left)[0]:
            more = report.read(100)  # type: ignore[attr-defined]
            assert more, "the process that starts commands is gone"
            lines += more
    number, *code = map(int, lines.split())
    return number, code[0] if code else None


@cache
def _line() -> socket.socket:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, LONGEST_ORDER)
    with theirs:
        command = [sys.executable, "-m", "tests.site.loaded", str(theirs.fileno())]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ABEYANCE_", "DJANGO_"))}
        loaded = subprocess.Popen(
            command,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
            cwd=Path(__file__).parents[2],
            env=kept,
            start_new_session=True,
        )
    atexit.register(_dismiss, os.getpid(), ours, loaded)
    return ours


def _dismiss(ours: int, line: socket.socket, loaded: subprocess.Popen[bytes]) -> None:
    line.close()
    if os.getpid() == ours:
        loaded.wait(20)


def main(descriptor: int) -> None:
    """Until the suite goes away. Each command has a process beside it that waits for its end."""
    _load()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(fileno=descriptor) as line:
        while line.recv(1, socket.MSG_PEEK):
            order, (out, err, tells), *_ = socket.recv_fds(line, LONGEST_ORDER, 3)
            if os.fork() == 0:
                line.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _beside(json.loads(order), out, err, tells)
                return
            for each in (out, err, tells):
                os.close(each)


def _load() -> None:
    from abeyance import rules

    for name in LIBRARIES:
        importlib.import_module(name)
    for found in pkgutil.walk_packages(rules.__path__, f"{rules.__name__}."):
        importlib.import_module(found.name)


def _beside(order: dict[str, object], out: int, err: int, tells: int) -> None:
    os.setsid()
    child = os.fork()
    if child == 0:
        os.close(tells)
        _be(order, out, err)
        return
    with contextlib.suppress(BrokenPipeError):
        os.write(tells, f"{os.getpid()}\n".encode())
        os.write(tells, f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\n".encode())
    os._exit(0)


def _be(order: dict[str, object], out: int, err: int) -> None:
    """From here on this is the command: it ends as Python ends."""
    os.dup2(out, 1)
    os.dup2(err, 2)
    os.environ.clear()
    os.environ.update(order["environment"])  # type: ignore[arg-type]
    os.chdir("/")
    sys.argv = [str(order["module"]), *order["arguments"]]  # type: ignore[misc]
    runpy.run_module(str(order["module"]), run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(int(sys.argv[1]))
