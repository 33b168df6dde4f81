"""Rows of pauses turned into `rules.pauses.Pause`, and the one query by which the gate finds those that could cover."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any, cast

from django.db.models import QuerySet

from abeyance.asking import Asked
from abeyance.fence import Moment
from abeyance.pauses.models import PauseRow
from abeyance.rules.facts import DemandFacts
from abeyance.rules.pausefile import as_document, parse_pause
from abeyance.rules.pauses import ANY, UNKNOWN, Pause, who_marks

MOST_KEPT = 50_000
MOST_REMEMBERED = 500
EVERYTHING = "EVERYTHING"  # the name under which a restored desk holds all; not to be given to a declared pause


def to_row(pause: Pause, *, by: str) -> PauseRow:
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
    )


def from_row(row: PauseRow) -> Pause:
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
    )


def that_could_cover(labels: Iterable[DemandFacts]) -> list[Pause]:
    """Every pause in force or ended whose pre-filter meets one of these: a superset of what the rule would cover."""
    asked = Asked()
    found = covering(asked, labels)
    asked.now()
    return found()


def in_force_over(labels: Iterable[DemandFacts]) -> list[Pause]:
    """Of those, the ones in force: for a list, which says what holds and not what was void."""
    marks = frozenset(mark for demand in labels for mark in who_marks(demand))
    asked = Asked()
    found = _asked(asked, marks, "ended_epoch IS NULL")
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
    return lambda: _parsed(cast("list[Stored]", rows))


STORED = "SELECT id, declared_at::text, ended_epoch FROM pauses_pauserow"


Stored = tuple[int, str, int | None]  # its moment as text: nobody reads it, and there may be many
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


def in_force(name: str | None = None) -> list[Pause]:
    return [from_row(row) for row in rows_in_force(name)]


def rows_in_force(name: str | None = None) -> QuerySet[PauseRow]:
    rows = PauseRow.objects.filter(ended_epoch__isnull=True).order_by("declared_epoch", "pk")
    return rows.filter(name=name) if name else rows


def known(names: Iterable[str]) -> QuerySet[PauseRow]:
    return PauseRow.objects.filter(name__in=list(names)).order_by("name", "version")
