"""A desk to measure: a home of its own, real keys, the invented company's cast, and as many requests as wanted."""

from __future__ import annotations

import os
import secrets
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abeyance.casefile.models import Package
    from abeyance.site.demo.cast import Cast

OPEN_CASES = """
INSERT INTO casefile_case (key, ref, state, version, channel, restricted, arrived_at, arrived_epoch, closing,
    weighed_entry, next_due, countries)
SELECT gen_random_uuid(), 'B-' || n, 'to-verify', 1, 'api', false, now(), 0, '', 0, now() + n * interval '1 second',
    %(country)s::text
FROM generate_series(%(first)s::bigint, %(last)s::bigint) n;
INSERT INTO casefile_demand (case_id, version, jurisdiction, agency, instrument, emergency, secrecy, particulars,
    arrived_at, needs)
SELECT id, 1, %(country)s::text, %(agency)s::text, %(law)s::text, false, false, '', now(), '{}' FROM casefile_case
WHERE ref LIKE 'B-%%' AND substr(ref, 3)::bigint BETWEEN %(first)s AND %(last)s;
INSERT INTO casefile_item (demand_id, case_id, number, service, identifier, fields, nexus_stated, jurisdiction, agency,
    instrument, arrived_epoch, open, places)
SELECT d.id, d.case_id, 1, 'quill', '', '{}', false, d.jurisdiction, d.agency, d.instrument, 0, true, '{}'
FROM casefile_demand d JOIN casefile_case c ON c.id = d.case_id
WHERE c.ref LIKE 'B-%%' AND substr(c.ref, 3)::bigint BETWEEN %(first)s AND %(last)s;
"""


@dataclass
class World:
    home: Path
    cast: Cast

    def fill(self, first: int, last: int, *, country: str, agency: str, law: str) -> None:
        """Open requests made by the database itself, numbered from `first` to `last`. As a copy of it is filled: nobody
        looks whether each row finds what it points at."""
        named = {"first": first, "last": last, "country": country, "agency": agency, "law": law}
        self.run("SET session_replication_role = replica; " + OPEN_CASES, named)
        self.run("ANALYZE casefile_case; ANALYZE casefile_demand; ANALYZE casefile_item")

    def run(self, statements: str, arguments: dict[str, Any] | None = None) -> None:
        """As the server's own user: a table is analyzed by nobody but its owner, who no process here is."""
        from abeyance.site import databases, home

        with databases.connect_as_superuser(home.here(), home.DATABASE) as connection:
            for statement in filter(str.strip, statements.split(";")):
                connection.execute(statement, arguments)

    def packages(self, count: int) -> list[Package]:
        """Sealed and allowed to leave, each of a request of its own."""
        return [self._package(number) for number in range(count)]

    def _package(self, number: int) -> Package:
        from abeyance.answer import actions as answers
        from abeyance.intake import confirming, taking
        from abeyance.notice import actions as notices
        from abeyance.notice.actions import Told
        from abeyance.policy import queries as policy
        from abeyance.release import making
        from abeyance.rules.notice import NoticeState
        from abeyance.rules.verification import FindingKind
        from abeyance.site.demo.cast import TELEPHONE
        from abeyance.site.demo.story import demand
        from abeyance.site.requests import letters
        from abeyance.verification import actions as verification
        from abeyance.verification.gathering import Arrival

        first, second, now = self.cast.first, self.cast.second, datetime.now(UTC)
        note = f"Request {number} {secrets.token_hex(8)}: +852 9123 4567"
        ref = taking.take_note(note, channel="post", by=first, now=now).ref
        confirming.confirm(ref, demand(), by=first, now=now)
        rules, arrival = policy.books()[0].policy, Arrival("requests@harbour-police.example")
        verification.find_genuine(
            ref, FindingKind.CALL_BACK, TELEPHONE, arrival, rules, by=first, now=datetime.now(UTC)
        )
        answers.propose(ref, by=first, now=datetime.now(UTC))
        answers.agree(ref, by=second, now=datetime.now(UTC))
        told = Told(NoticeState.BARRED, now + timedelta(days=30), "an invented order")
        notices.record(ref, told, by=first, now=datetime.now(UTC))
        return making.gather(ref, letter=letters.covering, by=first, now=datetime.now(UTC))


@contextmanager
def world() -> Iterator[World]:
    folder = Path(tempfile.mkdtemp(prefix="bench-"))
    folder.chmod(0o711)
    os.environ["ABEYANCE_HOME"] = str(folder)
    from abeyance.site import home

    home.enter()
    from abeyance.site.demo import cast

    try:
        yield World(folder, cast.set_up(folder / "demo", now=datetime.now(UTC)))
    finally:
        from django.db import connections

        from abeyance.seals import client

        connections.close_all()
        client.disconnect()
        shutil.rmtree(folder / "documents", ignore_errors=True)


def timed(act: Callable[[], object]) -> float:
    """Milliseconds."""
    before = time.perf_counter()
    act()
    return (time.perf_counter() - before) * 1000


def p95(found: list[float]) -> float:
    return statistics.quantiles(found, n=20)[-1] if len(found) > 1 else found[0]


def in_child(work: Callable[[], None]) -> int:
    """A process of its own, with database connections of its own."""
    from django.db import connections

    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    code = 1
    try:
        work()
        code = 0
    finally:
        os._exit(code)
