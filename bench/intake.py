"""Taking in files of 1 MiB, sealed and durable, by four clients, beside the bare minimum: cipher, fsync, one row."""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.results import Result
from bench.world import World, in_child, p95, timed, world

CLIENTS = 4
SIZE = 2**20


def run(quick: bool) -> list[Result]:
    count = 480 if quick else 10_000
    with world() as desk:
        rounds = [_round(desk, count // 8, kind) for _ in range(2) for kind in ("bare", "ours", "ours", "bare")]
        ours = [each for kind, each in zip(("bare", "ours", "ours", "bare") * 2, rounds, strict=True) if kind == "ours"]
        bare = [each for kind, each in zip(("bare", "ours", "ours", "bare") * 2, rounds, strict=True) if kind == "bare"]
        lost = _lost(sum(len(each[1]) for each in ours))
        reading = _reading(desk)
    rate, peer = _rate(ours), _rate(bare)
    slow, slow_peer = p95(_all(ours)), p95(_all(bare))
    return [
        Result(
            f"intake of {SIZE // 2**20} MiB files, {CLIENTS} clients, {len(_all(ours)):,} files, interleaved",
            rate,
            "files/s",
            "at least 0.5 of the bare minimum",
            rate >= 0.5 * peer,
            "Django, AES-GCM, fsync and one row, files/s",
            peer,
            rate / peer,
        ),
        Result(
            "the same, 95th percentile of one file",
            slow,
            "ms",
            "at most 2 times",
            slow <= 2 * slow_peer,
            "the bare minimum, ms",
            slow_peer,
            slow / slow_peer,
        ),
        Result("files refused or lost", lost, "files", "0", lost == 0),
        Result("reading one such file in the confined process, apart", reading, "ms", "for comparison", True),
    ]


def _round(desk: World, count: int, kind: str) -> tuple[float, list[float]]:
    """Seconds for all, and milliseconds for each."""
    each, folder = count // CLIENTS, desk.home / "bench"
    folder.mkdir(exist_ok=True)
    before = time.perf_counter()
    children = [in_child(_client(desk, kind, each, folder / f"{kind}-{n}.json")) for n in range(CLIENTS)]
    for child in children:
        if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
            raise RuntimeError(f"a client of {kind} failed")
    seconds = time.perf_counter() - before
    return seconds, [ms for n in range(CLIENTS) for ms in json.loads((folder / f"{kind}-{n}.json").read_text())]


def _client(desk: World, kind: str, count: int, result: Path) -> Callable[[], None]:
    def work() -> None:
        source = result.with_suffix(".bin")
        taken = []
        for _ in range(count):
            source.write_bytes(os.urandom(SIZE))
            taken.append(timed(lambda: _ours(source) if kind == "ours" else _bare(desk, source)))
        source.unlink()
        result.write_text(json.dumps(taken))

    return work


def _ours(source: Path) -> None:
    from abeyance.intake import actions
    from abeyance.intake.reading import Part, Reading

    digest = hashlib.sha256(source.read_bytes()).digest()
    reading = Reading((Part("file.bin", "application/octet-stream", SIZE, digest),))
    actions.receive([(source, reading)], channel="api", by="operator", now=datetime.now(UTC))


def _bare(desk: World, source: Path) -> None:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from django.db import transaction

    from abeyance.intake.actions import DOCUMENTS
    from abeyance.policy.models import Text

    plain = source.read_bytes()
    digest = hashlib.sha256(plain).hexdigest()
    target = desk.home / DOCUMENTS / f"bare-{digest[:24]}"
    with target.open("wb") as out:
        out.write(AESGCM(os.urandom(32)).encrypt(os.urandom(12), plain, None))
        out.flush()
        os.fsync(out.fileno())
    folder = os.open(target.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)
    with transaction.atomic(durable=True):
        Text.objects.create(digest=digest, kind="bench", name="bench", body="", added_at=datetime.now(UTC))


def _lost(wanted: int) -> int:
    from abeyance.casefile.models import Document

    return wanted - Document.objects.filter(size=SIZE).count()


def _reading(desk: World) -> float:
    from abeyance.intake.reading import ReadingProcess

    path = desk.home / "bench" / "reading.bin"
    path.write_bytes(os.urandom(SIZE))
    with ReadingProcess() as process:
        process.read(path)
        return statistics.median(timed(lambda: process.read(path)) for _ in range(9))


def _rate(rounds: list[tuple[float, list[float]]]) -> float:
    return sum(len(each) for _, each in rounds) / sum(seconds for seconds, _ in rounds)


def _all(rounds: list[tuple[float, list[float]]]) -> list[float]:
    return [ms for _, each in rounds for ms in each]
