"""How much memory a running desk takes, after some work, and how soon it answers when it is started again.

Memory is PSS of the named processes, each page counted once among those that share it; PostgreSQL apart.
"""

from __future__ import annotations

import http.client
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from bench.results import Result

MEMORY_GOAL_MIB, START_GOAL_SECONDS, COMMAND_GOAL_SECONDS = 400, 5.0, 1.5
COMMAND = (sys.executable, "-m", "abeyance.site.command")
ADDRESS = re.compile(r"http://(?:localhost|127\.0\.0\.1):(\d+)/")
ROOT = Path(__file__).resolve().parent.parent
SETTLE_SECONDS = 3.0


@dataclass(frozen=True)
class Running:
    home: Path
    process: subprocess.Popen[str]
    desk: int
    portal: int

    def ask(self, port: int, path: str) -> None:
        token = (self.home / "credentials" / "first.token").read_text().strip()
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        try:
            connection.request("GET", path, headers={"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            if answer.status != http.HTTPStatus.OK:
                raise RuntimeError(f"{path} answered {answer.status}")
            answer.read()
        finally:
            connection.close()

    def processes(self) -> list[psutil.Process]:
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]


def run(quick: bool) -> list[Result]:
    with fresh_home() as home:
        with started(home):
            pass  # the first start sets the home up and is not what is measured
        starts = [_seconds_to_start(home) for _ in range(3 if quick else 9)]
        with started(home) as desk:
            _work(desk, 100 if quick else 500)
            taken = {each.pid: _pss(each.pid) for each in desk.processes()}
            server = sum(_pss(each.pid) for each in _server(home))
            commands = [_seconds_of_a_command(home) for _ in range(5 if quick else 21)]
    return _results(sum(taken.values()), len(taken), server, starts, commands)


def _results(desk: float, count: int, server: float, starts: list[float], commands: list[float]) -> list[Result]:
    start, command = statistics.median(starts), statistics.median(commands)
    return [
        Result(f"memory of {count} processes without PostgreSQL", round(desk, 1), "MiB PSS",
               f"under {MEMORY_GOAL_MIB} MiB", desk < MEMORY_GOAL_MIB,
               peer="PostgreSQL beside it", peer_figure=round(server, 1)),
        Result("second start, until both sites answer (median)", round(start, 2), "s",
               f"under {START_GOAL_SECONDS:.0f} s", start < START_GOAL_SECONDS,
               peer="the slowest of them", peer_figure=round(max(starts), 2)),
        Result("one command while the desk runs (median)", round(command, 2), "s",
               f"under {COMMAND_GOAL_SECONDS} s", command < COMMAND_GOAL_SECONDS,
               peer="Python that imports Django and connects", peer_figure=round(_bare_command(), 2)),
    ]  # fmt: skip


@contextmanager
def fresh_home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="abb-"))
    folder.chmod(0o711)
    try:
        yield folder / "h"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ABEYANCE_", "DATABASE_"))}
    ports = {"ABEYANCE_DESK_PORT": "0", "ABEYANCE_PORTAL_PORT": "0"}
    return {**kept, **ports, "PYTHONPATH": str(ROOT), "ABEYANCE_HOME": str(home)}


@contextmanager
def started(home: Path) -> Iterator[Running]:
    process = subprocess.Popen([*COMMAND, "serve"], env=environment(home), stdout=subprocess.PIPE, text=True, cwd="/")
    try:
        yield _ready(home, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _ready(home: Path, process: subprocess.Popen[str]) -> Running:
    assert process.stdout is not None
    ports: list[int] = []
    while len(ports) < 2:
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the desk did not start")
        ports += [int(found) for found in ADDRESS.findall(line)]
    return Running(home, process, ports[0], ports[1])


def _seconds_to_start(home: Path) -> float:
    before = time.perf_counter()
    with started(home):
        return time.perf_counter() - before


def _work(desk: Running, times: int) -> None:
    """What has been asked once is in memory; nothing of it should grow with the number of times."""
    for _ in range(times):
        desk.ask(desk.desk, "/api/members")
        desk.ask(desk.desk, "/api/requests")
        desk.ask(desk.portal, "/pauses")
        desk.ask(desk.portal, "/ledger/key")
    time.sleep(SETTLE_SECONDS)


def _seconds_of_a_command(home: Path) -> float:
    before = time.perf_counter()
    command = [*COMMAND, "member", "list", "--json"]
    subprocess.run(command, env=environment(home), check=True, stdout=subprocess.DEVNULL, cwd="/")
    return time.perf_counter() - before


def _bare_command() -> float:
    """What no command of this kind can do without."""
    script = "import psycopg, django; from django.db import models"
    before = time.perf_counter()
    subprocess.run([sys.executable, "-c", script], check=True)
    return time.perf_counter() - before


def _server(home: Path) -> list[psutil.Process]:
    main = psutil.Process(int((home / "pg" / "data" / "postmaster.pid").read_text().split()[0]))
    return [main, *main.children(recursive=True)]


def _pss(pid: int) -> float:
    """In MiB."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("this system does not tell PSS")
