"""What is known of a request's matter: for the gate in one journey, for people within what they may read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q

from abeyance.asking import Asked
from abeyance.casefile.door import visible_to
from abeyance.casefile.models import Case
from abeyance.patterns.models import Pair, Suspension
from abeyance.rules.facts import DemandFacts, ItemFacts

MOST_READ = 20_000  # labels of other requests: pairs are few, and each has few labels

# Every version of what the other demands: a new label there must not lead past a pause here.
OTHERS = """
SELECT p.this, p.id, p.verdict, c.id, c.arrived_epoch, d.jurisdiction, d.agency, d.instrument, i.service,
    i.subject_country
FROM (SELECT id, verdict, first_id AS this, second_id AS other FROM patterns_pair WHERE first_id = ANY(%s)
      UNION ALL SELECT id, verdict, second_id, first_id FROM patterns_pair WHERE second_id = ANY(%s)) p
JOIN casefile_case c ON c.id = p.other
JOIN casefile_demand d ON d.case_id = c.id JOIN casefile_item i ON i.demand_id = d.id
WHERE p.verdict IS DISTINCT FROM 'another' AND d.confirmed_by IS NOT NULL
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 ORDER BY p.id DESC LIMIT %s"""


@dataclass(frozen=True)
class Other:
    """One way in which a request that is possibly the same matter was labelled. `decided`: a person said it is."""

    pair: int
    case: int
    decided: bool
    demand: DemandFacts
    item: ItemFacts


def others_of(asked: Asked, cases: Sequence[int]) -> Callable[[], dict[int, list[Other]]]:
    """By case, what may be the same matter, whoever may read it; to be called after `asked.now()`."""
    rows = asked.plain(OTHERS, list(cases), list(cases), MOST_READ)

    def found() -> dict[int, list[Other]]:
        others: dict[int, list[Other]] = {}
        for this, *rest in rows:
            others.setdefault(int(this), []).append(_other(rest))
        return others

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
    cases = visible_to(reader).filter(pk__in=others).order_by("-pk")
    return [_seen(found, others[found.pk]) for found in cases]


def _seen(found: Case, pair: Pair) -> Seen:
    return Seen(found.ref, tuple(pair.shared), pair.verdict, pair.found_at, found)


def _other(row: Sequence[Any]) -> Other:
    pair, verdict, case, epoch, jurisdiction, agency, instrument, service, country = row
    return Other(
        pair=int(pair),
        case=int(case),
        decided=verdict == Pair.THE_SAME,
        demand=DemandFacts(jurisdiction=jurisdiction, agency=agency, instrument=instrument, arrived_epoch=int(epoch)),
        item=ItemFacts(number=0, service=service, subject_country=country),
    )
