"""The order by due date, kept in two columns of the case that nothing but a list reads.

They are brought up to date by the ledger: whatever has happened to a case is an entry there, so whatever was written
since is weighed again, before a list is shown.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, Max, OuterRef, Q

from abeyance.asking import Asked
from abeyance.casefile import recalls
from abeyance.casefile.models import Case, Demand
from abeyance.ledger.models import Entry
from abeyance.pauses.weighing import weigh
from abeyance.rules import recalls as recall_rules
from abeyance.rules.clocks import next_due
from abeyance.rules.lifecycle import OPEN_STATES, State

AT_ONCE = 200  # cases weighed again before a page is shown; the worker does the rest
LOOKED_BACK = 5000  # entries, by a process that has not looked before
PATIENCE_SECONDS = 1.0  # for another page of this process that is weighing already
OLDEST_RUNNING = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
# So many of the newest entries (0: whichever), of which transactions that had not ended when we looked the last time.
STALE = """SELECT c.id, max(e.id) FROM ledger_entry e JOIN casefile_case c ON c.ref = e."case"
    WHERE e.id > coalesce((SELECT max(id) FROM ledger_entry) - nullif(%s, 0), 0) AND e.transaction >= %s::text::xid8
    AND e.id > c.weighed_entry GROUP BY c.id ORDER BY max(e.id) LIMIT %s"""


@dataclass
class _Looked:
    """Before which transaction this process has weighed all that was written. A transaction that had not ended when we
    looked is not before it, so its entries are found the next time."""

    before: int = 0


_looked, _weighing = _Looked(), threading.Lock()


def catch_up(now: datetime, most: int = AT_ONCE) -> int:
    """Weigh again whatever the ledger says has changed; how many were. One page does it for those beside it."""
    if not _weighing.acquire(timeout=PATIENCE_SECONDS):
        return 0
    try:
        oldest_running, stale = _stale(most)
        for case in Case.objects.filter(pk__in=stale) if stale else ():
            reweigh(case, stale[case.pk], now)
        if len(stale) < most:
            _looked.before = oldest_running
        return len(stale)
    finally:
        _weighing.release()


def _stale(most: int) -> tuple[int, dict[int, int]]:
    """The oldest transaction that was running before we looked; cases, each with its newest entry."""
    asked = Asked()
    running = asked.plain(OLDEST_RUNNING)
    stale = asked.plain(STALE, 0 if _looked.before else LOOKED_BACK, _looked.before, most)
    asked.now()
    if running[0][0] < _looked.before:  # another server, which began to count anew
        _looked.before = 0
        return _stale(most)
    return int(running[0][0]), {int(row[0]): int(row[1]) for row in stale}


def reweigh_all(now: datetime, most: int, after: int = 0) -> int | None:
    """For the worker, when a law or a policy has changed: open cases by number; the last one done, or None."""
    newest = Entry.objects.aggregate(newest=Max("pk"))["newest"] or 0
    last = None
    for case in Case.objects.filter(closed_at=None, pk__gt=after).order_by("pk")[:most]:
        reweigh(case, newest, now)
        last = case.pk
    return last


def reweigh(case: Case, entry: int, now: datetime) -> None:
    due = None
    if State(case.state) in OPEN_STATES and case.erased_at is None:
        _, weighed = weigh(case, now=now)
        clock = next_due([clock for one in weighed for clock in one.clocks])
        due = clock.at if clock else None
    elif recalls.is_open(case) and case.erased_at is None:
        due = recall_rules.next_due(recalls.questions_of(case))
    Case.objects.filter(pk=case.pk).update(next_due=due, weighed_entry=entry)


def soonest(most: int) -> list[Case]:
    """Open requests with a date, the soonest first. For the worker alone."""
    return list(Case.objects.filter(closed_at=None, next_due__isnull=False).order_by("next_due")[:most])


def with_clocks(after: int, most: int) -> list[Case]:
    """Open requests with a date, by number. For the worker alone."""
    return list(Case.objects.filter(closed_at=None, next_due__isnull=False, pk__gt=after).order_by("pk")[:most])


@dataclass(frozen=True)
class Running:
    """A case that somebody may have to be woken for. Not for people: who may know of it is asked at the door."""

    ref: str
    due: datetime | None
    emergency: bool


def pressing(until: datetime, most: int) -> list[Running]:
    """Open emergencies, and open cases that are due by then."""
    emergencies = Demand.objects.filter(case__closed_at=None, emergency=True).values("case_id")
    cases = Case.objects.filter(closed_at=None).filter(Q(next_due__lte=until) | Q(pk__in=emergencies))
    said = cases.annotate(urgent=Exists(Demand.objects.filter(case=OuterRef("pk"), emergency=True)))
    return [Running(*row) for row in said.order_by("next_due").values_list("ref", "next_due", "urgent")[:most]]


def running(refs: Iterable[str]) -> dict[str, datetime | None]:
    """Of these cases, those that are open, with the date they are due."""
    return dict(Case.objects.filter(ref__in=list(refs), closed_at=None).values_list("ref", "next_due"))
