"""What a data map may read: plain tables, and queries that a connector names because no single table says it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import LiteralString

from psycopg.sql import SQL, Composable, Identifier

from abeyance.rules.services import DataMap


@dataclass(frozen=True)
class Relation:
    """`needs` are the columns that its query touches, by table: the role gets the right to read these and no more."""

    query: LiteralString
    needs: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Relations:
    """`never` are tables of which no column may be readable, whatever its name."""

    named: Mapping[str, Relation] = field(default_factory=dict)
    never: frozenset[str] = frozenset()

    def source(self, reads: str) -> Composable:
        """What stands after FROM."""
        relation = self.named.get(reads)
        name = SQL("({})").format(SQL(relation.query)) if relation else Identifier(*reads.split("."))
        return SQL("{} AS held").format(name)

    def needed(self, held: DataMap) -> dict[str, list[str]]:
        """Table to columns: everything that reading by this map touches."""
        found: dict[str, set[str]] = {}
        for reads, column in _touched(held):
            relation = self.named.get(reads)
            for table, columns in relation.needs.items() if relation else [(reads, (column,))]:
                found.setdefault(table, set()).update(columns)
        return {table: sorted(columns) for table, columns in sorted(found.items())}


def _touched(held: DataMap) -> Iterator[tuple[str, str]]:
    for lookup in held.lookups:
        yield lookup.reads, lookup.column
        yield lookup.reads, lookup.account
    for table in held.tables:
        yield table.reads, table.account
        if table.time is not None:
            yield table.reads, table.time
        for column in table.columns:
            yield table.reads, column.column
