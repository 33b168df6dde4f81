"""The part of a data map that a connector reads by: which table and column each field lies in, and how an account is
found by what a demand names. A column that looks like a secret cannot be named at all."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from abeyance.rules.terms import DataCategory, IdentifierKind
from abeyance.rules.texts import Table, each_once

_COLUMN = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")
_TABLE = re.compile(r"[a-z_][a-z0-9_]{0,62}(\.[a-z_][a-z0-9_]{0,62})?")
_FILE = re.compile(r"[a-z][a-z0-9-]{0,39}")  # a package puts the number of the item before it
_SECRETS = re.compile(
    r"(^|_)(pass|passwd|pwd|pwhash|secret|secrets|token|tokens|otp|totp|salt|seed|macaroon|cookie|pushkey)(_|$)"
    r"|passw|passphrase|(api|private|session|secret|recovery|one_time)_?key",
)
STATEMENTS = "statements"  # the table in which a connector says what is not there, and why


class StoredAs(StrEnum):
    """How a value lies in its column. Both counts are since 1970 and are shown as times."""

    AS_IT_IS = "as-it-is"
    MILLISECONDS = "milliseconds"
    SECONDS = "seconds"


@dataclass(frozen=True)
class MapColumn:
    field: str
    column: str
    stored_as: StoredAs


@dataclass(frozen=True)
class MapTable:
    """One table of a package. `account` is the column that says whose row it is; `time` the one that a demand's period
    is applied to (None: what is held now, whatever the period)."""

    name: str
    category: DataCategory
    reads: str
    account: str
    time: str | None
    time_stored_as: StoredAs
    columns: tuple[MapColumn, ...]

    def columns_of(self, fields: Collection[str]) -> tuple[MapColumn, ...]:
        return tuple(column for column in self.columns if column.field in fields)


@dataclass(frozen=True)
class MapLookup:
    """How an account is found: the row of `reads` whose `column` is the identifier names it in `account`."""

    by: IdentifierKind
    reads: str
    column: str
    account: str
    ignore_case: bool
    digits_only: bool


def looks_secret(column: str) -> bool:
    """Whether a column of this name is one that nobody may read through the desk."""
    return _SECRETS.search(column.lower()) is not None


def read_tables(top: Table, fields: Collection[tuple[DataCategory, str]]) -> tuple[MapTable, ...]:
    found = (_table(table, fields) for table in top.tables("table", required=False))
    return each_once(found, lambda table: table.name, top.file, "table")


def read_lookups(top: Table) -> tuple[MapLookup, ...]:
    found = (_lookup(table) for table in top.tables("lookup", required=False))
    return each_once(found, lambda lookup: lookup.by, top.file, "lookup")


def _table(table: Table, fields: Collection[tuple[DataCategory, str]]) -> MapTable:
    category = table.one_of("category", DataCategory)
    columns = tuple(_column(column) for column in table.tables("columns"))
    for column in columns:
        if (category, column.field) not in fields:
            raise table.wrong("columns", f"names {column.field!r}, which is no field of {category} in this map.")
    found = MapTable(
        name=_matching(table, "name", _FILE, "a name of a-z, 0-9 and '-'"),
        category=category,
        reads=_reads(table),
        account=_column_name(table, "account"),
        time=_column_name(table, "time") if table.has("time") else None,
        time_stored_as=table.one_of("time_stored_as", StoredAs, StoredAs.AS_IT_IS),
        columns=each_once(columns, lambda column: column.field, table.file, "column for the field"),
    )
    if found.name == STATEMENTS:
        raise table.wrong("name", f"must not be {STATEMENTS!r}: that is where the connector says what is not there.")
    table.done()
    return found


def _column(table: Table) -> MapColumn:
    field, column = table.code("field"), _column_name(table, "column")
    stored_as = table.one_of("stored_as", StoredAs, StoredAs.AS_IT_IS)
    table.done()
    return MapColumn(field, column, stored_as)


def _lookup(table: Table) -> MapLookup:
    found = MapLookup(
        by=table.one_of("by", IdentifierKind),
        reads=_reads(table),
        column=_column_name(table, "column"),
        account=_column_name(table, "account"),
        ignore_case=table.yes_no("ignore_case", False),
        digits_only=table.yes_no("digits_only", False),
    )
    table.done()
    return found


def _reads(table: Table) -> str:
    return _matching(table, "reads", _TABLE, "a table, as 'accounts' or 'schema.accounts'")


def _column_name(table: Table, key: str) -> str:
    name = _matching(table, key, _COLUMN, "the name of a column")
    if looks_secret(name):
        raise table.wrong(key, f"names {name!r}, which looks like a secret: the desk reads none.")
    return name


def _matching(table: Table, key: str, pattern: re.Pattern[str], what: str) -> str:
    value = table.text(key)
    if not pattern.fullmatch(value):
        raise table.wrong(key, f"must be {what}, not {value!r}.")
    return value
