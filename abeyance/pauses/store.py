"""Rows of pauses turned into `rules.pauses.Pause`, and the one query by which the gate finds those that could cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, cast

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from abeyance.asking import Asked
from abeyance.fence import Moment
from abeyance.pauses.models import Announced, PauseRow
from abeyance.rules import pauselife
from abeyance.rules.facts import DemandFacts
from abeyance.rules.pausefile import as_document, parse_pause
from abeyance.rules.pauselife import Phase
from abeyance.rules.pauses import ANY, UNKNOWN, Pause, who_marks
from abeyance.rules.terms import PauseMode

MOST_KEPT = 50_000
MOST_REMEMBERED = 500
EVERYTHING = "EVERYTHING"  # the name under which a restored desk holds all; not to be given to a declared pause


def to_row(pause: Pause, *, by: str, authors: Iterable[str] = ()) -> PauseRow:
    assert pause.declared_at is not None
    return PauseRow(
        name=pause.name,
        version=pause.version,
        body=as_document(pause),
        who=sorted(pause.who),
        since_epoch=pause.since_epoch,
        declared_epoch=pause.declared_epoch,
        declared_at=pause.declared_at,
        declared_by=by,
        authors=sorted({by, *authors}),
        starts_at=pause.starts_at,
        confirm_by=pause.confirm_by,
        announced_at=None if is_planned(pause, pause.declared_at) else pause.declared_at,
    )


def is_planned(pause: Pause, now: datetime) -> bool:
    return pauselife.phase(pause, now) is Phase.PLANNED


def from_row(row: PauseRow | Announced) -> Pause:
    body: dict[str, Any] = dict(row.body)
    everything = row.name.startswith(EVERYTHING)
    read = parse_pause(body | {"jurisdictions": ["ZZ"]} if everything else body)
    return replace(
        read,
        version=row.version,
        jurisdictions=frozenset() if everything else read.jurisdictions,
        everything=everything,
        since_epoch=row.since_epoch,
        declared_epoch=row.declared_epoch,
        declared_at=row.declared_at,
        ended_epoch=row.ended_epoch,
        ended_at=row.ended_at,
        confirm_by=row.confirm_by,
    )


def that_could_cover(labels: Iterable[DemandFacts]) -> list[Pause]:
    """Every pause in force or ended whose pre-filter meets one of these: a superset of what the rule would cover."""
    asked = Asked()
    found = covering(asked, labels)
    asked.now()
    return found()


def in_force_over(labels: Iterable[DemandFacts]) -> list[Pause]:
    """Of those, the ones in force: for a list, which says what holds, not what was void, and nothing of plans."""
    marks = frozenset(mark for demand in labels for mark in who_marks(demand))
    asked = Asked()
    found = _asked(asked, marks, "ended_epoch IS NULL AND (starts_at IS NULL OR starts_at <= clock_timestamp())")
    asked.now()
    return found()


def covering(
    asked: Asked, labels: Iterable[DemandFacts], *, entered: Moment | None = None
) -> Callable[[], list[Pause]]:
    """The same, to be called after `asked.now()`. `entered`: in the fence pauses change only with its mark."""
    marks = frozenset(mark for demand in labels for mark in who_marks(demand))
    if entered is None:
        return _asked(asked, marks)
    if (entered.mark, marks) in _remembered:
        return lambda: _remembered[entered.mark, marks]
    found = _asked(asked, marks)
    return lambda: _remember(entered.mark, marks, found())


_remembered: dict[tuple[tuple[int, str, int], frozenset[str]], list[Pause]] = {}


def _remember(mark: tuple[int, str, int], marks: frozenset[str], found: list[Pause]) -> list[Pause]:
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[mark, marks] = found
    return found


def _asked(asked: Asked, marks: frozenset[str], also: str = "true") -> Callable[[], list[Pause]]:
    if UNKNOWN in marks:
        rows = asked.plain(f"{STORED} WHERE {also}")
    else:
        rows = asked.plain(f"{STORED} WHERE who && %s::varchar[] AND {also}", sorted(marks | {ANY}))
    return lambda: _reaching_on(_parsed(cast("list[Stored]", rows)), marks)


def _reaching_on(found: list[Pause], marks: frozenset[str]) -> list[Pause]:
    """With the pauses of the jurisdictions as which some of these have a demand answered. Mostly there are none."""
    seen = set(marks) | {ANY}
    while more := _answered_as(found) - seen:
        asked = Asked()
        rows = asked.plain(f"{STORED} WHERE who && %s::varchar[]", sorted(more))
        asked.now()
        found = list(dict.fromkeys([*found, *_parsed(cast("list[Stored]", rows))]))
        seen |= more
    return found


def _answered_as(pauses: Iterable[Pause]) -> set[str]:
    treating = (pause for pause in pauses if pause.mode is PauseMode.TREAT_AS and pause.ended_epoch is None)
    return {pause.treat_as for pause in treating if pause.treat_as}


STORED = "SELECT id, declared_at::text, ended_epoch, confirm_by::text FROM pauses_pauserow"


# Moments as text: nobody reads them, and there may be many.
Stored = tuple[int, str, int | None, str | None]
_read: dict[Stored, Pause] = {}


def _parsed(found: Sequence[Stored]) -> list[Pause]:
    """Which rows there are is always read from the database; what a row says never changes, so it is parsed once."""
    missing = [each[0] for each in found if each not in _read]
    if missing and len(_read) + len(missing) > MOST_KEPT:
        _read.clear()
    rows = PauseRow.objects.in_bulk(missing) if missing else {}
    for each in found:
        if each[0] in rows:
            _read[each] = from_row(rows[each[0]])
    return [_read[each] for each in found]


# What has begun, or was never a plan. A version that was replaced before its start stays unannounced for good.
ANNOUNCED = Q(starts_at=None) | Q(starts_at__lte=Now()) & (Q(ended_at=None) | Q(ended_at__gt=F("starts_at")))


def in_force(name: str | None = None) -> list[Pause]:
    return [from_row(row) for row in rows_in_force(name)]


def rows_in_force(name: str | None = None) -> QuerySet[PauseRow]:
    """For everybody: without plans, by the database's clock."""
    return rows_that_bind(name).filter(ANNOUNCED)


def announced(name: str | None = None) -> QuerySet[Announced]:
    """The same for the portal, whose role reads nothing else of pauses."""
    rows = Announced.objects.order_by("declared_epoch", "pk")
    return rows.filter(name=name) if name else rows


def rows_that_bind(name: str | None = None) -> QuerySet[PauseRow]:
    """Plans too, which only their authors may be shown."""
    rows = PauseRow.objects.filter(ended_epoch__isnull=True).order_by("declared_epoch", "pk")
    return rows.filter(name=name) if name else rows


def plans_of(member: str) -> QuerySet[PauseRow]:
    return rows_that_bind().exclude(ANNOUNCED).filter(authors__contains=[member])


def known(names: Iterable[str], reader: str = "") -> QuerySet[PauseRow]:
    """Every version that this reader may know of."""
    seen = PauseRow.objects.filter(ANNOUNCED | Q(authors__contains=[reader]))
    return seen.filter(name__in=list(names)).order_by("name", "version")


def all_known(reader: str = "") -> QuerySet[PauseRow]:
    return PauseRow.objects.filter(ANNOUNCED | Q(authors__contains=[reader])).order_by("pk")


def ever_announced() -> QuerySet[PauseRow]:
    return PauseRow.objects.filter(ANNOUNCED)


def ended_since(epoch: int) -> bool:
    """Whether any pause, whatever it covered, ended later than that."""
    return PauseRow.objects.filter(ended_epoch__gt=epoch).exists()
