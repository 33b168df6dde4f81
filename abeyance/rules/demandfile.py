"""A demand as a person states it, in TOML or JSON, read strictly: what the clerk confirms or amends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import Enum
from typing import Any, TypeVar

from abeyance.rules.terms import (
    DataCategory,
    DemandKind,
    Ground,
    IdentifierKind,
    Issuer,
    Need,
    Offence,
    PlaceSource,
    RequesterKind,
)

_E = TypeVar("_E", bound=Enum)
MOST_ITEMS = 1000
LONGEST = 4000
KEYS = (
    "kind",
    "requester",
    "jurisdiction",
    "agency",
    "instrument",
    "ground",
    "emergency",
    "secrecy",
    "entity",
    "served_at",
    "deadline",
    "related_to",
    "issuer",
    "offence",
    "needs",
    "particulars",
    "items",
)
ITEM_KEYS = (
    "service",
    "category",
    "identifier_kind",
    "identifier",
    "period_start",
    "period_end",
    "fields",
    "nexus",
    "controller",
    "stored_in",
    "subject_country",
)


class Unreadable(ValueError):
    """The demand is not stated right; the sentence names the key and what it should be."""


@dataclass(frozen=True)
class StatedItem:
    service: str | None
    category: DataCategory | None
    identifier_kind: IdentifierKind | None
    identifier: str
    period_start: datetime | None
    period_end: datetime | None
    fields: tuple[str, ...]
    nexus: str
    controller: str | None
    stored_in: str | None
    subject_country: str | None
    place_source: PlaceSource = PlaceSource.CLERK  # who says where the account holder is; no key of a file


@dataclass(frozen=True)
class StatedDemand:
    kind: DemandKind | None
    requester: RequesterKind | None
    jurisdiction: str | None
    agency: str | None
    instrument: str | None
    ground: Ground | None
    emergency: bool
    secrecy: bool
    entity: str | None
    served_at: datetime | None
    deadline: datetime | None
    particulars: dict[str, str]
    items: tuple[StatedItem, ...]
    related_to: tuple[str, ...] | None = None  # empty: looked at, and related to no place
    issuer: Issuer | None = None
    offence: Offence | None = None
    needs: tuple[Need, ...] = ()


def parse_demand(document: Mapping[str, Any]) -> StatedDemand:
    """A demand from a TOML or JSON document. An absent key means: not stated. Raises Unreadable."""
    _only(document, KEYS, "A demand")
    items = document.get("items")
    if not isinstance(items, list) or not 1 <= len(items) <= MOST_ITEMS:
        raise Unreadable(f"items is a list of 1 to {MOST_ITEMS} tables: [[items]] with identifier, service, category.")
    return StatedDemand(
        kind=_enum(DemandKind, document, "kind"),
        requester=_enum(RequesterKind, document, "requester"),
        jurisdiction=_country(document, "jurisdiction"),
        agency=_text(document, "agency", 64),
        instrument=_text(document, "instrument", 64),
        ground=_enum(Ground, document, "ground"),
        emergency=_flag(document, "emergency"),
        secrecy=_flag(document, "secrecy"),
        entity=_text(document, "entity", 80),
        served_at=_moment(document, "served_at"),
        deadline=_moment(document, "deadline"),
        particulars=_particulars(document),
        items=tuple(_item(item, number) for number, item in enumerate(items, 1)),
        related_to=_places(document),
        issuer=_enum(Issuer, document, "issuer"),
        offence=_enum(Offence, document, "offence"),
        needs=_needs(document),
    )


def _places(document: Mapping[str, Any]) -> tuple[str, ...] | None:
    """An absent key means that nobody has looked; an empty list that there is no such place."""
    values = document.get("related_to")
    if values is None:
        return None
    if not isinstance(values, list) or len(values) > 50:
        raise Unreadable('related_to is a list of country codes, such as ["HK"]; [] when there is no such place.')
    found = [_country({"related_to": value}, "related_to") for value in values]
    return tuple(sorted({country for country in found if country}))


def _needs(document: Mapping[str, Any]) -> tuple[Need, ...]:
    values = document.get("needs", [])
    if not isinstance(values, list):
        raise Unreadable('needs is a list of what a person confirmed, such as ["life-at-risk"].')
    found = [_enum(Need, {"needs": value}, "needs") for value in values]
    return tuple(sorted({need for need in found if need}))


def _item(item: object, number: int) -> StatedItem:
    if not isinstance(item, Mapping):
        raise Unreadable(f"Item {number} is not a table; write [[items]].")
    _only(item, ITEM_KEYS, f"Item {number}")
    fields = item.get("fields", [])
    if (
        not isinstance(fields, list)
        or len(fields) > 200
        or not all(isinstance(f, str) and len(f) <= 80 for f in fields)
    ):
        raise Unreadable(f"Item {number}: fields is a list of field names of the service's data map.")
    return StatedItem(
        service=_text(item, "service", 40),
        category=_enum(DataCategory, item, "category"),
        identifier_kind=_enum(IdentifierKind, item, "identifier_kind"),
        identifier=_text(item, "identifier", LONGEST) or "",
        period_start=_moment(item, "period_start"),
        period_end=_moment(item, "period_end"),
        fields=tuple(sorted(set(fields))),
        nexus=_text(item, "nexus", LONGEST) or "",
        controller=_text(item, "controller", 80),
        stored_in=_country(item, "stored_in"),
        subject_country=_country(item, "subject_country"),
    )


def _only(document: Mapping[str, Any], known: tuple[str, ...], what: str) -> None:
    unknown = sorted(str(key) for key in set(document) - set(known))
    if unknown:
        raise Unreadable(f"{what} has no key {unknown[0][:40]!r}. Known keys: {', '.join(known)}.")


def _text(document: Mapping[str, Any], key: str, longest: int) -> str | None:
    value = document.get(key)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > longest or "\x00" in value:
        raise Unreadable(f"{key} is a text of at most {longest} characters.")
    return value.strip() or None


def _country(document: Mapping[str, Any], key: str) -> str | None:
    value = _text(document, key, 2)
    if value is not None and not (value.isascii() and value.isalpha() and value.isupper() and len(value) == 2):
        raise Unreadable(f"{key} is a country code of two capital letters, such as HK.")
    return value


def _enum(kind: type[_E], document: Mapping[str, Any], key: str) -> _E | None:
    value = document.get(key)
    if value is None or value == "":
        return None
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(member.value) for member in kind)
        raise Unreadable(f"{key}: {str(value)[:40]!r} is not known. Known: {known}.") from None


def _flag(document: Mapping[str, Any], key: str) -> bool:
    value = document.get(key, False)
    if not isinstance(value, bool):
        raise Unreadable(f"{key} is true or false.")
    return value


def _moment(document: Mapping[str, Any], key: str) -> datetime | None:
    value = document.get(key)
    if value is None or value == "":
        return None
    try:
        found = value if isinstance(value, date) else datetime.fromisoformat(str(value))
    except ValueError:
        raise Unreadable(f"{key} is a date, or a time with its zone, such as 2020-07-06T09:00:00+08:00.") from None
    if not isinstance(found, datetime):
        return datetime.combine(found, time(), UTC)
    if found.tzinfo is None:
        if found.time() == time():
            return found.replace(tzinfo=UTC)
        raise Unreadable(f"{key} has no zone; end it with Z or +08:00.")
    return found.astimezone(UTC)


def _particulars(document: Mapping[str, Any]) -> dict[str, str]:
    value = document.get("particulars", {})
    if not isinstance(value, Mapping) or len(value) > 50:
        raise Unreadable("particulars is a table of texts: officer, reference, offence, notes.")
    if any(not isinstance(text, str) or len(text) > LONGEST or len(str(key)) > 40 for key, text in value.items()):
        raise Unreadable(f"particulars: each is a text of at most {LONGEST} characters.")
    return {str(key): text for key, text in value.items()}
