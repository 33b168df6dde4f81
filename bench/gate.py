"""One decision of the gate with 10,000 pauses on file, beside a transaction that only writes the same rows."""

from __future__ import annotations

import os
import statistics
from datetime import UTC, date, datetime
from uuid import uuid4

from bench.results import Result
from bench.world import World, timed, world

PAUSES = 10_000
COUNTRIES = [f"{a}{b}" for a in "ABCDEFGHIJKLMN" for b in "ABCDEFGHIJKLMNO"]
GOAL = 3.0


def run(quick: bool) -> list[Result]:
    rounds = 200 if quick else 300
    with world() as desk:
        package = desk.packages(1)[0]
        _put_on_file(PAUSES)
        gate, bare = [], []
        for _ in range(10):  # caches and plans
            _decide(desk, package.key)
        for _ in range(rounds):
            bare.append(timed(lambda: _same_rows(package)))
            gate.append(timed(lambda: _decide(desk, package.key)))
    ours, peer = statistics.median(gate), statistics.median(bare)
    return [
        Result(
            name=f"one gate decision with {PAUSES:,} pauses on file, median of {rounds}, interleaved",
            figure=ours,
            unit="ms",
            goal=f"at most {GOAL:.0f} times",
            met=ours <= GOAL * peer,
            peer="a durable transaction that writes the same rows, ms",
            peer_figure=peer,
            ratio=ours / peer,
        )
    ]


def _decide(desk: World, key: object) -> None:
    from abeyance.release import actions

    actions._committed(key, to=desk.cast.fingerprint, channel="file", by=desk.cast.second)  # type: ignore[arg-type]


def _same_rows(package: object) -> None:
    """What a release writes: two ledger entries, the release, the case's new state, a job."""
    from django.db import connection, transaction

    from abeyance import outbox
    from abeyance.casefile.models import Package, Release

    assert isinstance(package, Package)
    now = datetime.now(UTC)
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("UPDATE casefile_case SET version = version + 1 WHERE id = %s", [package.case_id])
            for _ in range(2):
                cursor.execute(
                    "INSERT INTO ledger_entry (kind, content, salt, holder, public, commitment, at, act, by)"
                    " VALUES ('CaseMoved', %s, %s, 'bench', false, %s, %s, %s, 'operator')",
                    [os.urandom(300), os.urandom(120), os.urandom(32), now, uuid4()],
                )
        row = Release.objects.create(
            act=uuid4(), package=package, made=now, epoch=0, by="bench", channel="file", agency_key="bench"
        )
        outbox.queue("release.follow_up", because_of=None, release=row.pk)


def _put_on_file(count: int) -> None:
    """Each country has as many; those of the country that asks are for another service, so the rule reads them all."""
    from abeyance.pauses import store
    from abeyance.pauses.models import PauseRow
    from abeyance.rules.pauses import Pause

    now = datetime.now(UTC)
    rows = []
    for number in range(count):
        country = "HK" if number % 200 == 0 else COUNTRIES[number % len(COUNTRIES)]
        pause = Pause(
            name=f"B-{number}",
            version=1,
            reason="bench",
            statement="bench",
            review_by=date(2030, 1, 1),
            jurisdictions=frozenset({country}),
            services=frozenset({"another"}),
            declared_at=now,
        )
        rows.append(store.to_row(pause, by="operator"))
    PauseRow.objects.bulk_create(rows, batch_size=2000)
