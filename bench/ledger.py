"""What an entry adds to its act, how many are written at once, and proofs from stored pages beside a tree in memory."""

from __future__ import annotations

import itertools
import os
import random
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from bench.results import Result
from bench.world import World, in_child, timed, world

if TYPE_CHECKING:
    from abeyance.casefile.models import Case

ADDED_GOAL, PROOF_GOAL = 1.15, 0.25
WRITERS = 8


def run(quick: bool) -> list[Result]:
    rounds, seconds, leaves = (200, 3, 65_536) if quick else (600, 10, 1_000_000)
    with world() as desk:
        case = desk.packages(1)[0].case
        acts = [_added(partial(act, desk, case), name, rounds, goal) for name, act, goal in ACTS]
        rate = _sustained(desk.home, seconds)
        ours, peer = _proofs(leaves, 2_000)
    return [
        *acts,
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


def _added(act: Callable[[], object], name: str, rounds: int, goal: bool) -> Result:
    with_entry, without = [], []
    for _ in range(10):
        act()
    for turn in range(rounds):
        for entry in (turn % 2 == 0, turn % 2 == 1):
            with nullcontext() if entry else _no_entries():
                (with_entry if entry else without).append(timed(act))
    ours, peer = statistics.median(with_entry), statistics.median(without)
    return Result(
        f"{name} with its entry, median of {rounds}, interleaved",
        ours,
        "ms",
        "at most 15 % more" if goal else "for comparison",
        ours <= ADDED_GOAL * peer or not goal,
        "the same act without one, ms",
        peer,
        ours / peer,
    )


@contextmanager
def _no_entries() -> Iterator[None]:
    """The same code, but neither the key of an entry is asked for nor the entry made and written."""
    from unittest.mock import patch

    from abeyance import seals
    from abeyance.ledger import entries

    with (
        patch.object(entries, "appending", lambda *_, **__: [None]),
        patch.object(entries, "append", lambda *_, **__: None),
        patch.object(seals, "asking_key", lambda *_: lambda: None),
    ):
        yield


def _clock_act(desk: World, case: Case) -> None:
    """The shortest act that a member does: may they, do they see the request, one row."""
    from abeyance.review import actions
    from abeyance.rules.instruments import ActKind

    now = datetime.now(UTC)
    actions.record_act(case.ref, ActKind.CLARIFICATION_ASKED, now, by=desk.cast.first, now=now)


def _legal_hold(desk: World, case: Case) -> None:
    """One with a sentence of its own, which is sealed."""
    from abeyance.review import holds

    holds.hold(case.ref, "an invented order", by=desk.cast.first, now=datetime.now(UTC))


def _bare_transaction(desk: World, case: Case) -> None:
    """What of the shortest act is inside its transaction, as if nobody had to be asked whether they may."""
    from abeyance import ledger
    from abeyance.asking import Asked
    from abeyance.casefile import inside
    from abeyance.casefile.models import ClockAct
    from abeyance.rules.events import ClockSet

    act, writing = uuid4(), Asked()
    with inside.locked(case, act) as found:
        writing.written(ClockAct(case=case, kind="clarification-asked", at=found.now, by="operator"))
        told = ClockSet(clock="clarification-asked")
        ledger.appending(writing, [told], by="operator", now=found.now, holder=found.sealing, case=case.ref, act=act)
        writing.now()


def _release(desk: World, case: Case) -> None:
    """Two entries: that it was released, and that the request has moved on."""
    from abeyance.casefile.models import Package
    from abeyance.release import actions

    package = Package.objects.get(case=case)
    actions._committed(package.key, to=desk.cast.fingerprint, channel="file", by=desk.cast.second)


ACTS: tuple[tuple[str, Callable[[World, Case], None], bool], ...] = (
    ("a release", _release, True),
    ("a clock act, the shortest of a member's acts,", _clock_act, True),
    ("a legal hold", _legal_hold, True),
    ("only the transaction of a clock act", _bare_transaction, False),
)


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
