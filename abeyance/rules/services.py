"""Data maps: what a connected service holds, field by field, and what it cannot hand over.

A map is written by whoever runs the service. It never asks the service to change: a field that is end-to-end encrypted
stays a field of the map, so that the desk can say why it cannot be handed over. Where a connector reads the service,
the map also says which column each field is read from (`maptables`): it too is agreed to by two people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from abeyance.rules.maptables import MapLookup, MapTable, read_lookups, read_tables
from abeyance.rules.terms import DataCategory
from abeyance.rules.texts import Table, digest_of, each_once

FORMAT = 1


class Meaning(StrEnum):
    """What a field says of the account holder, where a rule needs to know."""

    COUNTRY = "country-of-the-account-holder"


@dataclass(frozen=True)
class MapField:
    """`lies_in` says where in the service the field lies (a table and column, a log); `retention_days` of None means
    until the account is deleted."""

    name: str
    category: DataCategory
    lies_in: str
    retention_days: int | None
    end_to_end_encrypted: bool
    sentence: str
    means: Meaning | None = None


@dataclass(frozen=True)
class DataMap:
    """One service. `stored_in` is where its storage stands, if it is one country; `entity` runs it. `brand` and
    `company` are the names by which a pause may mean it together with others."""

    service: str
    title: str
    entity: str | None
    stored_in: str | None
    fields: tuple[MapField, ...]
    digest: str
    tables: tuple[MapTable, ...] = ()
    lookups: tuple[MapLookup, ...] = ()
    brand: str | None = None
    company: str | None = None

    @property
    def country_field(self) -> MapField | None:
        """The service's own word on where the account holder is, if it has one."""
        return next((field for field in self.fields if field.means is Meaning.COUNTRY), None)

    def of(self, category: DataCategory) -> tuple[MapField, ...]:
        return tuple(field for field in self.fields if field.category is category)

    def can_be_handed_over(self, category: DataCategory) -> frozenset[str]:
        return frozenset(field.name for field in self.of(category) if not field.end_to_end_encrypted)

    def field(self, category: DataCategory, name: str) -> MapField:
        return next(field for field in self.of(category) if field.name == name)

    def encrypted(self, category: DataCategory, asked: Iterable[str]) -> tuple[MapField, ...]:
        wanted = frozenset(asked)
        return tuple(field for field in self.of(category) if field.end_to_end_encrypted and field.name in wanted)


def parse_data_map(content: Mapping[str, Any], *, file: str = "map") -> DataMap:
    """Read a data map strictly."""
    top = Table(content, file)
    head = top.table("map")
    head.number("format", least=FORMAT, most=FORMAT)
    service, title = head.code("service"), head.text("title")
    entity, stored_in = head.code("entity", "") or None, head.country("stored_in", "") or None
    brand, company = head.code("brand", "") or None, head.code("company", "") or None
    head.done()
    fields = each_once(
        (_field(table) for table in top.tables("field")), lambda f: f"{f.name} of {f.category}", file, "field"
    )
    tables = read_tables(top, {(field.category, field.name) for field in fields})
    lookups = read_lookups(top)
    top.done()
    return DataMap(service, title, entity, stored_in, fields, digest_of(content), tables, lookups, brand, company)


def brands_of(maps: Sequence[DataMap | None]) -> frozenset[str]:
    """Of one service, by every map that counts; nothing as soon as one of them does not say."""
    return _all_said([found.brand if found else None for found in maps])


def companies_of(maps: Sequence[DataMap | None]) -> frozenset[str]:
    return _all_said([found.company if found else None for found in maps])


def _all_said(names: Sequence[str | None]) -> frozenset[str]:
    return frozenset() if None in names else frozenset(name for name in names if name)


def _field(table: Table) -> MapField:
    until_deleted = table.yes_no("kept_until_deleted", False)
    if until_deleted and table.has("retention_days"):
        raise table.wrong("retention_days", "does not go together with kept_until_deleted.")
    field = MapField(
        name=table.code("name"),
        category=table.one_of("category", DataCategory),
        lies_in=table.text("lies_in"),
        retention_days=None if until_deleted else table.number("retention_days", most=36_600),
        end_to_end_encrypted=table.yes_no("end_to_end_encrypted"),
        sentence=table.text("sentence"),
        means=table.one_of("means", Meaning) if table.has("means") else None,
    )
    table.done()
    return field
