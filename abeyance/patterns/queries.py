"""What is known of a request's matter: for the gate in one journey, for people within what they may read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from abeyance.asking import Asked
from abeyance.casefile.door import visible_to
from abeyance.casefile.facts import read_place
from abeyance.casefile.models import Case
from abeyance.patterns.models import Pair, Suspension
from abeyance.rules.facts import DemandFacts, ItemFacts

MOST_READ = 20_000  # labels of others, of one request: pairs are few, and each has few labels

# Every version of what the other demands: a new label there must not lead past a pause here. One more than is read
# tells that there are more.
OTHERS = """
SELECT this, pair, verdict, other, arrived_epoch, arrived_at, jurisdiction, agency, instrument, related_to, service,
    subject_country, places, asked_epoch, asked_at
FROM (SELECT p.this, p.pair, p.verdict, p.other, c.arrived_epoch, d.arrived_at, d.jurisdiction, d.agency, d.instrument,
          d.related_to, i.service, i.subject_country, i.places, i.arrived_epoch AS asked_epoch, i.asked_at,
          row_number() OVER (PARTITION BY p.this ORDER BY p.pair DESC) AS number
      FROM (SELECT id AS pair, verdict, first_id AS this, second_id AS other FROM patterns_pair
            WHERE first_id = ANY(%s)
            UNION ALL SELECT id, verdict, second_id, first_id FROM patterns_pair WHERE second_id = ANY(%s)) p
      JOIN casefile_case c ON c.id = p.other
      JOIN casefile_demand d ON d.case_id = c.id JOIN casefile_item i ON i.demand_id = d.id
      WHERE p.verdict IS DISTINCT FROM 'another' AND d.confirmed_by IS NOT NULL
      GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15) labelled
WHERE number <= %s + 1 ORDER BY pair DESC"""


@dataclass(frozen=True)
class Other:
    """One way in which a request that is possibly the same matter was labelled. `decided`: a person said it is."""

    pair: int
    case: int
    decided: bool
    demand: DemandFacts
    item: ItemFacts


@dataclass(frozen=True)
class Others:
    """What may be the same matter as one request. `cut_off`: there is more than is read, and nothing is known of it."""

    found: tuple[Other, ...] = ()
    cut_off: bool = False


def others_of(asked: Asked, cases: Sequence[int]) -> Callable[[], dict[int, Others]]:
    """By case, what may be the same matter, whoever may read it; to be called after `asked.now()`."""
    rows = asked.plain(OTHERS, list(cases), list(cases), MOST_READ)

    def found() -> dict[int, Others]:
        each: dict[int, list[Other]] = {}
        for this, *rest in rows:
            each.setdefault(int(this), []).append(_other(rest))
        return {case: Others(tuple(others[:MOST_READ]), len(others) > MOST_READ) for case, others in each.items()}

    return found


def suspended(asked: Asked) -> Callable[[], frozenset[tuple[str, str]]]:
    """Exceptions that may not be used for now, as pause and name; to be called after `asked.now()`."""
    rows = asked.plain("SELECT pause, exception FROM patterns_suspension WHERE ended_at IS NULL")
    return lambda: frozenset((str(pause), str(exception)) for pause, exception in rows)


def suspensions() -> list[Suspension]:
    return list(Suspension.objects.filter(ended_at=None).order_by("pk"))


@dataclass(frozen=True)
class Seen:
    """A request that is possibly the same matter, for a member who may read both."""

    ref: str
    shared: tuple[str, ...]
    verdict: str | None
    found_at: datetime
    case: Case


def seen_by(reader: str, case: Case) -> list[Seen]:
    """The newest first. What the reader may not read is not there, and nothing tells that it is missing."""
    pairs = list(Pair.objects.filter(Q(first=case) | Q(second=case)).order_by("-pk"))
    others = {pair.second_id if pair.first_id == case.pk else pair.first_id: pair for pair in pairs}
    cases = visible_to(reader).filter(pk__in=others).order_by("-pk") if others else ()
    return [_seen(found, others[found.pk]) for found in cases]


def _seen(found: Case, pair: Pair) -> Seen:
    return Seen(found.ref, tuple(pair.shared), pair.verdict, pair.found_at, found)


def _other(row: Sequence[Any]) -> Other:
    pair, verdict, case, epoch, arrived, jurisdiction, agency, instrument, related_to, *of_item = row
    service, country, places, asked_epoch, asked_at = of_item
    return Other(
        pair=int(pair),
        case=int(case),
        decided=verdict == Pair.THE_SAME,
        demand=DemandFacts(
            jurisdiction=jurisdiction,
            agency=agency,
            instrument=instrument,
            arrived_at=arrived,
            arrived_epoch=int(epoch),
            related_to=None if related_to is None else frozenset(related_to),
        ),
        item=ItemFacts(
            number=0,
            service=service,
            subject_country=country,
            places=tuple(read_place(each) for each in places),
            asked_epoch=int(asked_epoch),
            asked_at=asked_at,
        ),
    )
