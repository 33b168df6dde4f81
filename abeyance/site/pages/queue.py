"""What is due, what is held, and what waits for whom: lists of requests that a member may know of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from abeyance import countries
from abeyance.asking import Asked, Count, Question, how_many, question
from abeyance.casefile import door, onfile
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case
from abeyance.casefile.onfile import OnFile
from abeyance.pauses import store
from abeyance.people.directory import queries as directory
from abeyance.people.queries import Sight
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.lifecycle import State
from abeyance.rules.pauses import Pause, held_under_any
from abeyance.rules.permissions import Permission

MOST_COUNTED = 1000
SHOWN, WAITING_SHOWN = 25, 5
PER_PAGE = 25
REF_BEGINS = "R-"
A_REF = re.compile(r"R-[0-9A-Z-]*|[0-9A-Z]{4}-[0-9A-Z]{1,4}(-[0-9A-Z]{0,4})?", re.IGNORECASE)

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
    State.RECALLED: (_("Settle what follows the recall"), P.CASE_CLOSE),
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


@dataclass(frozen=True)
class Lists:
    """A member's front page: what is due, soonest first and whatever is overdue at the top, and what waits."""

    due: list[Line]
    waiting: list[Waiting]


def lists(asked: Asked, sight: Sight) -> Callable[[datetime], Lists]:
    """To be called after `asked.now()`; then two more journeys to the database, for the lines and their pauses."""
    due, steps = _questions(sight)
    running = asked.again(due)
    each = [(state, asked.again(oldest), Count(MOST_COUNTED, asked.again(number))) for state, oldest, number in steps]

    def found(now: datetime) -> Lists:
        all_ = lines([*running, *(case for _, cases, _ in each for case in cases)], now)
        told = {line.ref: line for line in all_}
        waiting = [
            Waiting(STEPS[state][0], state.value, count.number, count.more, [told[case.ref] for case in cases])
            for state, cases, count in each
            if count.number
        ]
        return Lists([told[case.ref] for case in running], waiting)

    return found


@lru_cache(maxsize=500)
def _questions(sight: Sight) -> tuple[Question, tuple[tuple[State, Question, Question], ...]]:
    """What is due; then for each step of this member the oldest requests that wait for it, and how many do."""
    seen, allowed = door.visible_in(sight), sight.actor.permissions
    due = seen.filter(closed_at=None, next_due__isnull=False).order_by("next_due")[:SHOWN]
    steps = [
        (state, question(cases.order_by("arrived_at")[:WAITING_SHOWN]), how_many(cases, MOST_COUNTED))
        for state, (_, permission) in STEPS.items()
        if permission in allowed
        for cases in [seen.filter(state=state.value)]
    ]
    return question(due), tuple(steps)


@dataclass(frozen=True)
class Listed:
    """One page of a list. Beyond a bound nobody counts, and `more` says so."""

    lines: list[Line]
    page: Page[int]
    more: bool


def wanted(seen: QuerySet[Case], *, state: str, country: str, looked_for: str) -> QuerySet[Case]:
    """The newest first. Each filter has an index in that order, so that a page costs the same however many match.

    Looked for is a reference from its beginning, or an agency by its code or part of its name."""
    cases, country = seen.order_by("-pk"), countries.code_or_text(country)[:60]
    if state == "open":
        cases = cases.filter(closed_at=None)
    elif state in {known.value for known in State}:
        cases = cases.filter(state=state)
    if country:
        cases = cases.filter(demands__jurisdiction=country)
    if A_REF.fullmatch(looked_for):
        cases = cases.filter(ref__startswith=f"{REF_BEGINS}{looked_for.upper().removeprefix(REF_BEGINS)}")
    elif looked_for:
        cases = cases.filter(demands__agency__in=_agencies(looked_for))
    # A request may have several versions that fit.
    return cases.distinct("pk") if country or looked_for else cases


def _agencies(looked_for: str) -> list[str]:
    """Codes of those that are called so, and what was said itself: a request may name one that is on no file."""
    return [looked_for, looked_for.lower(), *directory.called_like(looked_for)]


def listed(cases: QuerySet[Case], number: str, *, now: datetime) -> Listed:
    at = min(int(number), MOST_COUNTED // PER_PAGE) if number.isdecimal() and len(number) < 6 else 1
    asked = Asked()
    rows, count = asked.of(cases[max(at - 1, 0) * PER_PAGE :][:PER_PAGE]), asked.count(cases, MOST_COUNTED)
    asked.now()
    page = Paginator(range(count.number), PER_PAGE).get_page(at)
    if page.number != at:  # beyond the end: the last page
        rows = list(cases[(page.number - 1) * PER_PAGE :][:PER_PAGE])
    return Listed(lines(rows, now), page, count.more)


def lines(cases: Iterable[Case], now: datetime) -> list[Line]:
    """A page of requests, with two questions however many there are."""
    once = list({case.pk: case for case in cases}.values())
    if not once:
        return []
    asked = Asked()
    read = onfile.read_demands(asked, once)
    asked.now()
    files = [(file, file.labels) for file in read()]
    pauses = store.in_force_over(label for _, labels in files for label in labels)
    return [_line(file, labels, pauses, now) for file, labels in files]


def _line(file: OnFile, labels: Sequence[DemandFacts], pauses: Sequence[Pause], now: datetime) -> Line:
    case, demand = file.case, file.demand
    open_ = case.closed_at is None
    items = [casefacts.item_facts(item) for item in file.items] if pauses and open_ else []
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
        held=tuple(dict.fromkeys(pause.name for pause in pauses if _holds(pause, labels, items, now))),
    )


def _holds(pause: Pause, labels: Sequence[DemandFacts], items: Sequence[ItemFacts], now: datetime) -> bool:
    return any(
        held_under_any(pause, labels, item, stage, now=now) is not None for item in items for stage in pause.stages
    )
