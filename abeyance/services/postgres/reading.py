"""The connector: previews and gathers from a PostgreSQL database by what its data map says."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import Connection
from psycopg.sql import SQL, Composable, Identifier

from abeyance.errors import BadInput
from abeyance.rules.facts import Period
from abeyance.rules.gathering import (
    FOUND_SENTENCES,
    Count,
    Found,
    GatheredColumn,
    GatheredTable,
    GatherRequest,
    Preview,
    Statement,
    normalised,
)
from abeyance.rules.maptables import STATEMENTS, MapColumn, MapLookup, MapTable
from abeyance.rules.services import DataMap
from abeyance.services.postgres import statements
from abeyance.services.postgres.connecting import one_reading, plainly
from abeyance.services.postgres.relations import Relations
from abeyance.services.postgres.statements import Query

PREVIEW_SECONDS = 60
GATHER_SECONDS = 3_600
COUNTED_TO = 1_000_000
COUNTRY_ROWS = 100
_COUNTRY = re.compile(r"[A-Z]{2}")
ROWS_AT_ONCE = 2_000
# bool bytea int8 int2 int4 text json float4 float8 bpchar varchar date time timestamp timestamptz numeric uuid jsonb
_PLAIN_TYPES = frozenset({16, 17, 20, 21, 23, 25, 114, 700, 701, 1042, 1043, 1082, 1083, 1114, 1184, 1700, 2950, 3802})


@dataclass(frozen=True)
class CopySource:
    """What the package writer needs to have PostgreSQL write a table itself."""

    connection: Connection[Any]
    query: Composable
    parameters: Sequence[Any] = ()


@dataclass(frozen=True)
class Account:
    found: Found
    name: str = ""


class PostgresConnector:
    """For one service and one connection. Where something must be said instead of shown, a last table says it."""

    def __init__(self, connection: Connection[Any], held: DataMap, relations: Relations) -> None:
        self._connection, self._held, self._relations = connection, held, relations

    def preview(self, request: GatherRequest) -> Preview:
        self._refuse_other_service(request)
        with one_reading(self._connection, seconds=PREVIEW_SECONDS):
            account = self._look_up(request)
            if account.found is not Found.ACCOUNT:
                return Preview(account.found, not_read=self._not_read(request))
            counts = tuple(self._count(table, columns, account, request) for table, columns in self._tables(request))
            said = tuple(self._statements(account, request))
        return Preview(account.found, counts, said, self._not_read(request))

    def gather(self, request: GatherRequest) -> Iterator[GatheredTable]:
        self._refuse_other_service(request)
        with one_reading(self._connection, seconds=GATHER_SECONDS):
            account = self._look_up(request)
            if account.found in (Found.SEVERAL, Found.NO_WAY):
                raise BadInput(FOUND_SENTENCES[account.found])
            if account.found is Found.ACCOUNT:
                for table, columns in self._tables(request):
                    yield self._table(table, columns, account, request)
            if said := tuple(self._statements(account, request)):
                yield _said(said)

    def country(self, request: GatherRequest) -> str | None:
        """The service's own word on where the account holder is (ISO 3166-1 alpha-2); None where it has none, where
        there is not one account, and where its rows disagree."""
        self._refuse_other_service(request)
        field = self._held.country_field
        if field is None or field.end_to_end_encrypted:
            return None
        said: set[str] = set()
        with one_reading(self._connection, seconds=PREVIEW_SECONDS):
            account = self._look_up(request)
            for table in self._held.tables if account.found is Found.ACCOUNT else ():
                if table.category is field.category and (columns := table.columns_of({field.name})):
                    query = statements.of_rows(table, columns[:1], self._relations, account.name, Period())
                    rows = self._connection.execute(query.text, query.values).fetchmany(COUNTRY_ROWS)
                    said |= {str(row[0]).strip().upper() for row in rows if row[0] is not None}
        country = said.pop() if len(said) == 1 else ""
        return country if _COUNTRY.fullmatch(country) else None

    # Whose data

    def _look_up(self, request: GatherRequest) -> Account:
        lookup = next((one for one in self._held.lookups if one.by is request.identifier_kind), None)
        if lookup is None:
            return Account(Found.NO_WAY)
        identifier = normalised(request.identifier_kind, request.identifier)
        names = self._names(lookup, identifier, ignore_case=False) if identifier else []
        if identifier and not names and lookup.ignore_case:
            names = self._names(lookup, identifier, ignore_case=True)
        if len(names) > 1:
            return Account(Found.SEVERAL)
        return Account(Found.ACCOUNT, names[0]) if names else Account(Found.NOTHING)

    def _names(self, lookup: MapLookup, identifier: str, *, ignore_case: bool) -> list[str]:
        query = statements.of_lookup(lookup, self._relations, identifier, ignore_case=ignore_case)
        try:
            with self._connection.transaction():
                rows = self._connection.execute(query.text, query.values).fetchall()
        except psycopg.DataError:  # such as letters where the column holds numbers: nobody is called so
            return []
        return [str(row[0]) for row in rows if row[0] is not None]

    # Which tables

    def _tables(self, request: GatherRequest) -> Iterator[tuple[MapTable, tuple[MapColumn, ...]]]:
        """Only what may be gathered and can be handed over; a table of which nothing is wanted is not read."""
        for wanted in request.wanted:
            fields = wanted.fields & self._held.can_be_handed_over(wanted.category)
            for table in self._held.tables:
                if table.category is wanted.category and (columns := table.columns_of(fields)):
                    yield table, columns

    def _not_read(self, request: GatherRequest) -> frozenset[str]:
        asked = frozenset(name for wanted in request.wanted for name in wanted.fields)
        return asked - {column.field for _, columns in self._tables(request) for column in columns}

    def _refuse_other_service(self, request: GatherRequest) -> None:
        if request.service != self._held.service:
            raise BadInput(f"This is a connection to {self._held.service}, not to {request.service}.")

    # What is there

    def _rows(self, table: MapTable, account: Account, request: GatherRequest, at_most: int) -> int:
        query = statements.of_count(table, self._relations, account.name, request.period, at_most)
        row = self._connection.execute(query.text, query.values).fetchone()
        return int(row[0]) if row else 0

    def _count(
        self, table: MapTable, columns: tuple[MapColumn, ...], account: Account, request: GatherRequest
    ) -> Count:
        rows = self._rows(table, account, request, COUNTED_TO + 1)
        fields = tuple(column.field for column in columns)
        return Count(table.name, table.category, fields, min(rows, COUNTED_TO), rows > COUNTED_TO)

    def _statements(self, account: Account, request: GatherRequest) -> Iterator[Statement]:
        if account.found is Found.NOTHING:
            for wanted in request.wanted:
                yield Statement(wanted.category, Found.NOTHING, FOUND_SENTENCES[Found.NOTHING])
            return
        yield from self._nothing_held(account, request)
        yield from self._encrypted(account, request)

    def _nothing_held(self, account: Account, request: GatherRequest) -> Iterator[Statement]:
        tables = list(self._tables(request))
        for wanted in request.wanted:
            mine = [table for table, _ in tables if table.category is wanted.category]
            if mine and not any(self._rows(table, account, request, 1) for table in mine):
                yield Statement(
                    wanted.category, "nothing-held", f"Of {wanted.category} nothing is held for the period."
                )

    def _encrypted(self, account: Account, request: GatherRequest) -> Iterator[Statement]:
        """What lies there end-to-end encrypted is not read, only looked for."""
        categories = {wanted.category for wanted in request.wanted if wanted.fields}
        for table in self._held.tables:
            sealed = self._encrypted_fields(table) if table.category in categories else []
            if sealed and self._rows(table, account, request, 1):
                for name in sealed:
                    sentence = self._held.field(table.category, name).sentence
                    yield Statement(table.category, "end-to-end-encrypted", sentence)

    def _encrypted_fields(self, table: MapTable) -> list[str]:
        open_ones = self._held.can_be_handed_over(table.category)
        return [column.field for column in table.columns if column.field not in open_ones]

    # The rows

    def _table(
        self, table: MapTable, columns: tuple[MapColumn, ...], account: Account, request: GatherRequest
    ) -> GatheredTable:
        query = statements.of_rows(table, columns, self._relations, account.name, request.period)
        query, types = self._with_plain_types(query)
        described = tuple(self._describe(table, column, kind) for column, kind in zip(columns, types, strict=True))
        copy = CopySource(self._connection, query.text, query.values)
        return GatheredTable(table.name, table.category, described, self._stream(query), copy)

    def _describe(self, table: MapTable, column: MapColumn, kind: str) -> GatheredColumn:
        sentence = self._held.field(table.category, column.field).sentence
        return GatheredColumn(column.field, column.field, sentence, kind)

    def _with_plain_types(self, query: Query) -> tuple[Query, list[str]]:
        """What has no plain form of its own (an address, a range, an own type) is shown as PostgreSQL's text for it."""
        with self._connection.cursor() as cursor:
            cursor.execute(SQL("SELECT * FROM ({}) AS given LIMIT 0").format(query.text), query.values)
            described = cursor.description or []
        shown = [
            Identifier(one.name)
            if one.type_code in _PLAIN_TYPES
            else SQL("{0}::text AS {0}").format(Identifier(one.name))
            for one in described
        ]
        text = SQL("SELECT {} FROM ({}) AS plain").format(SQL(", ").join(shown), query.text)
        return Query(text, query.values), [one.type_display for one in described]

    def _stream(self, query: Query) -> Iterator[Sequence[Any]]:
        """A cursor on the server: no more than a few thousand rows are here at any time."""
        with plainly(), self._connection.cursor(name=f"abeyance_{uuid4().hex}") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(query.text, query.values)
            yield from cursor


def _said(said: Sequence[Statement]) -> GatheredTable:
    columns = (
        GatheredColumn("category", "statement", "The kind of data that the statement is about.", "text"),
        GatheredColumn("statement", "statement", "What is not in this package, and why.", "text"),
    )
    rows = dict.fromkeys((str(one.category), one.sentence) for one in said)
    return GatheredTable(STATEMENTS, said[0].category, columns, list(rows))
