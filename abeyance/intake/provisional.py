"""Suggestions made into a provisional demand: what would be so if every suggestion were right. Nobody has confirmed it,
so the rules only ask; but pauses cover it from its arrival, and what is doubtful stays "not known"."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from enum import Enum
from typing import TypeVar

from abeyance.intake.reading import Reading, Suggestion
from abeyance.rules.served import Served
from abeyance.rules.terms import DataCategory, DemandKind, IdentifierKind, RequesterKind

_E = TypeVar("_E", bound=Enum)
MOST_ITEMS = 200
BESIDE = re.compile(r"\s*\([^()]*\)\s*$")
UNION = "EU"
FROM_THE_PAPERS = ("officer", "officer_email", "reference", "agency", "deadline")
Known = Sequence[tuple[str, str, str]]  # code, name, jurisdiction of the agencies in the directory


@dataclass(frozen=True)
class ProvisionalItem:
    identifier_kind: IdentifierKind | None
    identifier: str
    category: DataCategory | None
    service: str | None
    period_start: datetime | None
    period_end: datetime | None


@dataclass(frozen=True)
class Provisional:
    kind: DemandKind | None
    requester: RequesterKind | None
    jurisdiction: str | None
    agency: str | None
    instrument: str | None
    emergency: bool
    secrecy: bool
    deadline: date | None
    particulars: dict[str, list[str]]
    items: tuple[ProvisionalItem, ...]


def from_readings(readings: Sequence[Reading], agencies: Known) -> Provisional:
    """One demand from all that arrived together; it always has at least one item, also when no identifier was found."""
    found = [suggestion for reading in readings for suggestion in reading.suggestions]
    return Provisional(
        kind=_enum(DemandKind, _only(found, "kind")),
        requester=_enum(RequesterKind, _only(found, "requester")),
        jurisdiction=_jurisdiction(found),
        agency=_agency(found, agencies),
        instrument=_only(found, "instrument"),
        emergency=bool(_values(found, "emergency")),
        secrecy=bool(_values(found, "secrecy")),
        deadline=_earliest(_values(found, "deadline")),
        particulars={field: _values(found, field)[:20] for field in FROM_THE_PAPERS if _values(found, field)},
        items=_items(found),
    )


def as_served(found: Provisional, served: Served) -> Provisional:
    """What whoever stands before an officer says, over what was read: it is always urgent, and a duty of secrecy stays
    one until somebody says that there is none."""
    return replace(
        found,
        kind=served.kind or found.kind,
        jurisdiction=served.country or found.jurisdiction,
        emergency=True,
        secrecy=found.secrecy if served.secrecy is None else served.secrecy,
    )


def _items(found: Sequence[Suggestion]) -> tuple[ProvisionalItem, ...]:
    identifiers: list[tuple[IdentifierKind | None, str]] = [
        (kind, value) for kind in IdentifierKind for value in _values(found, kind.value)
    ]
    categories = [_enum(DataCategory, value) for value in _values(found, "category")] or [None]
    service, (start, end) = _only(found, "service"), period_of(_only(found, "period"))
    return tuple(
        ProvisionalItem(kind, value, category, service, start, end)
        for kind, value in identifiers or [(None, "")]
        for category in categories
    )[:MOST_ITEMS]


def period_of(stated: str | None) -> tuple[datetime | None, datetime | None]:
    """`2020-06-01/2020-07-01` with both days counted, as moments from the first up to and without the second."""
    begins, _, ends = (stated or "").partition("/")
    return _midnight(begins, 0), _midnight(ends, 1)


def _earliest(days: Iterable[str]) -> date | None:
    """Of several dates the first: a due date may only err towards earlier."""
    return min((at.date() for day in days if (at := _midnight(day, 0)) is not None), default=None)


def _midnight(day: str, days_later: int) -> datetime | None:
    try:
        return datetime.combine(date.fromisoformat(day[:10]) + timedelta(days=days_later), time(), UTC)
    except (ValueError, OverflowError):
        return None


def _jurisdiction(found: Iterable[Suggestion]) -> str | None:
    """The one State that is named. Of several none: then a person says which, and pauses cover it until then."""
    values = list(dict.fromkeys(_values(found, "jurisdiction")))
    states = [value for value in values if value != UNION] or values
    return states[0] if len(states) == 1 else None


def called(code: str, name: str) -> frozenset[str]:
    """What people write for an agency: its code, its name, and that without what the directory adds in brackets."""
    return frozenset(said.casefold() for said in (code, name, BESIDE.sub("", name)) if said)


def _agency(found: Iterable[Suggestion], agencies: Known) -> str | None:
    wanted = {value.casefold() for value in _values(found, "agency")}
    codes = {code for code, name, _ in agencies if called(code, name) & wanted}
    return codes.pop() if len(codes) == 1 else None


def _values(found: Iterable[Suggestion], field: str) -> list[str]:
    return list(dict.fromkeys(suggestion.value for suggestion in found if suggestion.field == field))


def _only(found: Iterable[Suggestion], field: str) -> str | None:
    values = _values(found, field)
    return values[0] if len(values) == 1 else None


def _enum(kind: type[_E], value: str | None) -> _E | None:
    try:
        return None if value is None else kind(value)
    except ValueError:
        return None
