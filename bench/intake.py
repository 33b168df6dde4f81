"""Taking in files of 1 MiB, sealed and durable, by four clients, beside the bare minimum: cipher, fsync, one row."""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench.results import Result
from bench.world import World, in_child, p95, timed, world

if TYPE_CHECKING:
    from abeyance.intake.reading import Reading

CLIENTS = 4
SIZE = 2**20
Round = tuple[float, list[float]]
SUGGESTED = (  # what is found in an ordinary order
    ("kind", "disclosure"),
    ("jurisdiction", "HK"),
    ("agency", "Harbour Police"),
    ("instrument", "hk-nsl43-s7"),
    ("telephone", "+85291234567"),
    ("category", "subscriber"),
    ("reference", "HP-1"),
)


def run(quick: bool) -> list[Result]:
    files, peers = (240, 240) if quick else (10_000, 1_600)
    each = {"ours": files // 4, "bare": peers // 4}
    done: dict[str, list[Round]] = {"ours": [], "bare": []}
    with world() as desk:
        for kind in ("bare", "ours") * 2:
            _round(desk, CLIENTS, kind)  # connections, plans, folders
        lost = 0
        for kind in ("bare", "ours", "ours", "bare") * 2:
            done[kind].append(_round(desk, each[kind], kind))
            lost += _lost(desk, each[kind]) if kind == "ours" else 0
            _make_room(desk)
        reading = _reading(desk)
    ours, bare = done["ours"], done["bare"]
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


def _round(desk: World, count: int, kind: str) -> Round:
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
            plain = os.urandom(SIZE)
            source.write_bytes(plain)
            reading = _read(plain)  # for both, as the confined process would have given it: parsing is apart
            taken.append(timed(partial(_ours, source, reading) if kind == "ours" else partial(_bare, desk, source)))
        source.unlink(missing_ok=True)
        result.write_text(json.dumps(taken))

    return work


def _read(plain: bytes) -> Reading:
    from abeyance.intake.reading import Part, Reading, Suggestion, Where

    part = Part("file.bin", "application/octet-stream", SIZE, hashlib.sha256(plain).digest(), ("An invented order.",))
    found = tuple(Suggestion(field, value, Where("file.bin", 1, 1)) for field, value in SUGGESTED)
    return Reading((part,), found)


def _ours(source: Path, reading: Reading) -> None:
    from abeyance.intake import actions

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


def _lost(desk: World, wanted: int) -> int:
    """How many of the round's files are not on record, or not on the disk as long as they must be."""
    from abeyance.casefile.models import Document
    from abeyance.intake.actions import DOCUMENTS
    from abeyance.seals.segments import HEADER, TAG

    newest = Document.objects.order_by("-pk").values_list("path", "size")[:wanted]
    kept = [desk.home / DOCUMENTS / path for path, size in newest if size == SIZE]
    return wanted - sum(path.is_file() and path.stat().st_size == HEADER + SIZE + TAG for path in kept)


def _make_room(desk: World) -> None:
    """After each round, so that ten thousand files need no more room than a round of them."""
    from abeyance.intake.actions import DOCUMENTS

    for path in (desk.home / DOCUMENTS).rglob("*"):
        if path.is_file():
            path.unlink()


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
