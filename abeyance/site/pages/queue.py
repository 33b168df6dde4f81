"""What is due, what is held, and what waits for whom: lists of requests that a member may know of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, Demand
from abeyance.pauses import store
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.lifecycle import State
from abeyance.rules.pauses import Pause, held_under_any
from abeyance.rules.permissions import Permission

MOST_COUNTED = 1000
SHOWN = 25

P = Permission
# Which step is next in a state, and who may take it.
STEPS: dict[State, tuple[Promise, Permission]] = {
    State.RECEIVED: (_("Confirm what the papers say"), P.DEMAND_CONFIRM),
    State.TO_VERIFY: (_("Find out whether the requester is genuine"), P.REQUESTER_VERIFY),
    State.IN_REVIEW: (_("Propose an answer"), P.ANSWER_PROPOSE),
    State.PROPOSED: (_("Agree to a proposed answer"), P.ANSWER_AGREE),
    State.GATHERING: (_("Record the notice and gather"), P.PACKAGE_GATHER),
    State.SEALED: (_("Hand over"), P.PACKAGE_RELEASE),
    State.RELEASED: (_("Close"), P.CASE_CLOSE),
    State.RECALLED: (_("Close, when the agency has answered"), P.CASE_CLOSE),
}


@dataclass(frozen=True)
class Line:
    """A request in a list. `held`: names of the pauses that hold it at some stage."""

    ref: str
    state: str
    arrived: datetime
    due: datetime | None
    overdue: bool
    jurisdiction: str | None
    agency: str | None
    instrument: str | None
    emergency: bool
    held: tuple[str, ...]


@dataclass(frozen=True)
class Waiting:
    """A step that this member may take, and the requests that wait for it, the oldest first."""

    step: Promise
    state: str
    count: int
    more: bool
    lines: list[Line]


def due(member: str, *, now: datetime) -> list[Line]:
    """Soonest first, whatever is overdue at the top."""
    cases = door.visible_to(member).filter(closed_at=None, next_due__isnull=False)
    return lines(cases.order_by("next_due")[:SHOWN], now)


def waiting(member: str, allowed: Iterable[Permission], *, now: datetime) -> list[Waiting]:
    allowed, found = frozenset(allowed), []
    for state, (step, permission) in STEPS.items():
        if permission not in allowed:
            continue
        cases = door.visible_to(member).filter(state=state.value).order_by("arrived_at")
        count = cases[: MOST_COUNTED + 1].count()
        if count:
            shown = lines(cases[:5], now)
            found.append(Waiting(step, state.value, min(count, MOST_COUNTED), count > MOST_COUNTED, shown))
    return found


def lines(cases: QuerySet[Case], now: datetime) -> list[Line]:
    """A page of requests, with a few questions however many there are."""
    versions = Prefetch("demands", Demand.objects.order_by("-version").defer("particulars").prefetch_related("items"))
    read = [_read(case) for case in cases.prefetch_related(versions)]
    pauses = store.that_could_cover([label for each in read for label in each.labels]) if read else []
    in_force = [pause for pause in pauses if pause.ended_epoch is None]
    return [_line(each, in_force, now) for each in read]


@dataclass(frozen=True)
class _Read:
    case: Case
    demand: Demand
    labels: tuple[DemandFacts, ...]
    items: list[ItemFacts]


def _read(case: Case) -> _Read:
    versions = list(case.demands.all())
    said = casefacts.demand_facts(case, versions[0], genuine=False)
    labels = casefacts.labels_that_count(case, said, versions)
    return _Read(case, versions[0], labels, [casefacts.item_facts(item) for item in versions[0].items.all()])


def _line(read: _Read, pauses: Sequence[Pause], now: datetime) -> Line:
    case, demand = read.case, read.demand
    open_ = case.closed_at is None
    return Line(
        ref=case.ref,
        state=case.state,
        arrived=case.arrived_at,
        due=case.next_due if open_ else None,
        overdue=open_ and case.next_due is not None and case.next_due < now,
        jurisdiction=demand.jurisdiction,
        agency=demand.agency,
        instrument=demand.instrument,
        emergency=demand.emergency,
        held=tuple(pause.name for pause in pauses if _holds(pause, read, now)) if open_ else (),
    )


def _holds(pause: Pause, read: _Read, now: datetime) -> bool:
    return any(
        held_under_any(pause, read.labels, item, stage, now=now) is not None
        for item in read.items
        for stage in pause.stages
    )
