"""What an entry adds to its act, how many are written at once, and proofs from stored pages beside a tree in memory."""

from __future__ import annotations

import itertools
import os
import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

from bench.results import Result
from bench.world import in_child, timed, world

ADDED_GOAL, PROOF_GOAL = 1.15, 0.25
WRITERS = 8


def run(quick: bool) -> list[Result]:
    rounds, seconds, leaves = (60, 3, 65_536) if quick else (300, 10, 1_000_000)
    with world() as desk:
        package = desk.packages(1)[0]
        with_entry, without = [], []
        for _ in range(10):
            _act(package.case_id, entry=True)
        for _ in range(rounds):
            without.append(timed(lambda: _act(package.case_id, entry=False)))
            with_entry.append(timed(lambda: _act(package.case_id, entry=True)))
        rate = _sustained(desk.home, seconds)
        ours, peer = _proofs(leaves, 2_000)
    added = statistics.median(with_entry) / statistics.median(without)
    return [
        Result(
            f"an act with its entry, median of {rounds}, interleaved",
            statistics.median(with_entry),
            "ms",
            "at most 15 % more",
            added <= ADDED_GOAL,
            "the same act without one, ms",
            statistics.median(without),
            added,
        ),
        Result(f"entries from {WRITERS} processes, each in its own act", rate, "entries/s", "for comparison", True),
        Result(
            f"proofs of inclusion among {leaves:,} leaves, from stored pages",
            ours,
            "proofs/s",
            f"at least {PROOF_GOAL} of a tree in memory",
            ours >= PROOF_GOAL * peer,
            "a tree in memory, proofs/s",
            peer,
            ours / peer,
        ),
    ]


def _act(case: int, *, entry: bool) -> None:
    """An act as most are: inside the fence, the case locked, a row written, the state changed."""
    from abeyance import fence, ledger
    from abeyance.casefile.models import Case, ClockAct
    from abeyance.rules.events import ClockSet

    act = uuid4()
    with fence.together(act):
        now = fence.clock()
        row = Case.objects.select_for_update().get(pk=case)
        ClockAct.objects.create(case=row, kind="clarification-asked", at=now, by="operator")
        Case.objects.filter(pk=row.pk, version=row.version).update(version=row.version + 1)
        if entry:
            told = ClockSet(clock="clarification-asked")
            ledger.append(told, by="operator", now=now, holder=row.holder, case=row.ref, act=act)


def _sustained(home: Path, seconds: float) -> float:
    until = time.monotonic() + seconds
    children = [in_child(_writing(until, home / f"count-{n}")) for n in range(WRITERS)]
    for child in children:
        os.waitpid(child, 0)
    return sum(int((home / f"count-{n}").read_text()) for n in range(WRITERS)) / seconds


def _writing(until: float, result: Path) -> Callable[[], None]:
    def work() -> None:
        from django.db import transaction

        from abeyance import ledger
        from abeyance.rules.events import AdminAct

        for count in itertools.count():
            if time.monotonic() >= until:
                result.write_text(str(count))
                return
            with transaction.atomic(durable=True):
                ledger.append(AdminAct(act="bench"), by="operator", now=datetime.now(UTC), act=uuid4())

    return work


def _proofs(leaves: int, count: int) -> tuple[float, float]:
    """Proofs per second, ours and the peer's; both are checked against each other."""
    from django.db import connection

    from abeyance.ledger.reading import Reader
    from abeyance.rules.ledger.pages import Growth, inclusion_proof, right_edge

    log = Growth(0, lambda level, index: b"")
    log.add(number.to_bytes(8, "big") for number in range(leaves))
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_nodes (level, index, hashes) VALUES (%s, %s, %s)"
            " ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes",
            [(level, index, bytes(page)) for (level, index), page in log.changed.items()],
        )
    chosen = random.Random(7).sample(range(leaves), count)
    tree, edge = Reader().at(leaves), right_edge(leaves, log.page)
    before = time.perf_counter()
    ours = tree.proofs(chosen)
    between = time.perf_counter()
    peer = [inclusion_proof(index, leaves, log.page, edge) for index in chosen]
    after = time.perf_counter()
    if ours != peer:
        raise RuntimeError("the proofs differ")
    return count / (between - before), count / (after - between)
