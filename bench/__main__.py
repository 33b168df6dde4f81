"""`python -m bench [--quick] [NAME ...]`: every measurement, each in a process of its own, into docs/measurements.md.

A module has `run(quick: bool) -> list[Result]`. One that is missing or fails is named, in the table and at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from bench.results import Result  # noqa: E402 - also when started as a file

NAMES = ("pauses", "patterns", "gate", "intake", "ledger", "package", "pages", "load", "memory")
PAGE = ROOT / "docs" / "measurements.md"
SECONDS = {True: 180, False: 1200}


@dataclass(frozen=True)
class Measured:
    name: str
    results: tuple[Result, ...]
    seconds: float
    problem: str = ""


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure the desk.")
    parser.add_argument("--quick", action="store_true", help="smaller sizes; docs/measurements.md is left as it is")
    parser.add_argument("--one", choices=NAMES, help=argparse.SUPPRESS)
    parser.add_argument("names", nargs="*", default=[], metavar="NAME", help=f"of {', '.join(NAMES)}")
    args = parser.parse_args()
    if args.one:
        print(json.dumps([asdict(each) for each in import_module(f"bench.{args.one}").run(args.quick)]))
        return 0
    done = [measured(name, args.quick) for name in args.names or NAMES]
    if not args.quick and not args.names:
        PAGE.write_text(page(done))
    return report(done)


def measured(name: str, quick: bool) -> Measured:
    print(f"{name} ...", file=sys.stderr, flush=True)
    before = time.perf_counter()
    if not (ROOT / "bench" / f"{name}.py").is_file():
        return Measured(name, (), 0, "there is no such measurement yet")
    command = [sys.executable, "-m", "bench", "--one", name, *(["--quick"] if quick else [])]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS[quick], check=False)
    except subprocess.TimeoutExpired:
        return Measured(name, (), SECONDS[quick], f"it took more than {SECONDS[quick]} s")
    seconds = time.perf_counter() - before
    if done.returncode != 0:
        said = done.stderr.strip().splitlines()
        return Measured(name, (), seconds, said[-1][:300] if said else f"it ended with {done.returncode}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    return Measured(name, tuple(Result(**each) for each in found), seconds)


def report(done: list[Measured]) -> int:
    for each in done:
        for result in each.results:
            print(f"{'met   ' if result.met else 'MISSED'} {each.name:<8} {sentence(result)}")
    for each in done:
        if each.problem:
            print(f"NOT MEASURED {each.name}: {each.problem}")
    return 0 if all(not each.problem and all(result.met for result in each.results) for each in done) else 1


def sentence(result: Result) -> str:
    beside = f"; {result.peer}: {number(result.peer_figure)}" if result.peer_figure is not None else ""
    ratio = f"; ratio {result.ratio:.2f}" if result.ratio is not None else ""
    return f"{result.name}: {number(result.figure)} {result.unit}{beside}{ratio} (goal: {result.goal})"


def number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def page(done: list[Measured]) -> str:
    lines = [
        "# Measurements",
        "",
        f"Made by `make bench` on {datetime.now(UTC):%Y-%m-%d}: {machine()}.",
        "Each figure stands beside a limit that was measured in the same run; `bench/` says how.",
        "",
        "| work | figure | beside it | ratio | goal | met |",
        "|---|---|---|---|---|---|",
    ]
    lines += [row(each.name, result) for each in done for result in each.results]
    lines += ["", *(f"Not measured: {each.name}, because {each.problem}." for each in done if each.problem)]
    minutes = sum(each.seconds for each in done) / 60
    return "\n".join([*lines, f"The run took {minutes:.1f} minutes.", ""])


def row(name: str, result: Result) -> str:
    beside = f"{result.peer}: {number(result.peer_figure)}" if result.peer_figure is not None else result.peer
    ratio = f"{result.ratio:.2f}" if result.ratio is not None else ""
    cells = (f"{name}: {result.name}", f"{number(result.figure)} {result.unit}", beside, ratio, result.goal)
    return f"| {' | '.join(cells)} | {'yes' if result.met else '**no**'} |"


def machine() -> str:
    memory = psutil.virtual_memory().total / 2**30
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()} {platform.machine()}, Python " + (
        platform.python_version()
    )


if __name__ == "__main__":
    sys.exit(main())
