"""The long fuzzer: `python -m tests.fuzz.run SECONDS [SEED]`. Fails on an exception, an overrun or a dead process.

What it finds it leaves in the folder `fuzz-finds` of the current folder, to be added to the corpus.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from pathlib import Path
from random import Random

from abeyance.intake.reading import Limits, ReadingProcess, reader, walk
from tests.fuzz import corpus, mutation

LIMITS = Limits(seconds=8, part_seconds=2, text=200_000)
LONGEST = 12.0
DEATHS = (reader.SLOW, reader.CRASHED, reader.GARBLED, walk.DIED, "broken: not all suggestions")


def main(seconds: float, seed: int) -> int:
    seeds = [data for data in (corpus.good() | corpus.everything()).values() if len(data) < 300_000]
    random, finds, count, slowest = Random(seed), 0, 0, 0.0
    until = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder, ReadingProcess(LIMITS) as process:
        path = Path(folder) / "file"
        while time.monotonic() < until:
            data = mutation.damaged(random.choice(seeds), random, random.choice(seeds))
            path.write_bytes(data)
            problem, took = _problem(process, path)
            count, slowest = count + 1, max(slowest, took)
            if problem:
                finds += 1
                print(f"{problem}: {_kept(data)}", flush=True)
    print(f"{count} files in {seconds:.0f} s with seed {seed}; slowest {slowest:.1f} s; {finds} finds")
    return 1 if finds else 0


def _problem(process: ReadingProcess, path: Path) -> tuple[str, float]:
    started = time.monotonic()
    try:
        reading = process.read(path, "file")
    except Exception as problem:  # that is what is looked for
        return f"raised {problem!r}", time.monotonic() - started
    took = time.monotonic() - started
    if took > LONGEST:
        return f"took {took:.1f} s", took
    marks = " ".join((*reading.marks, *(part.mark for part in reading.parts)))
    return (marks if any(death in marks for death in DEATHS) else ""), took


def _kept(data: bytes) -> Path:
    folder = Path("fuzz-finds")
    folder.mkdir(exist_ok=True)
    path = folder / hashlib.sha256(data).hexdigest()[:16]
    path.write_bytes(data)
    return path


if __name__ == "__main__":
    arguments = sys.argv[1:]
    seed = int(arguments[1]) if len(arguments) > 1 else int(time.time())
    raise SystemExit(main(float(arguments[0]) if arguments else 60.0, seed))
