"""Tables that PostgreSQL writes out itself, by COPY: far faster than row by row, and byte for byte the same formats.

Both formats are read in one REPEATABLE READ snapshot, so they agree. JSON goes out in COPY's CSV format with a quote
and a delimiter that valid JSON text cannot contain; the text format would double its backslashes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from psycopg import Connection
from psycopg.pq import TransactionStatus
from psycopg.rows import tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier, Literal

from abeyance.errors import BadInput
from abeyance.release.packaging.cells import GUARDED, csv_line
from abeyance.release.packaging.contents import CopySource, Table

GATHERED = 1 << 18
_SETTINGS = SQL(
    "SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'; SET LOCAL IntervalStyle = 'iso_8601';"
    " SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex'; SET LOCAL client_encoding = 'UTF8'"
)
_BOOLEAN, _MOMENTS, _JSON = 16, (1114, 1184), 114
# int8 int2 int4 text name bpchar varchar float4 float8 date uuid bytea jsonb: both formats may take them as they are
_AS_IT_IS = frozenset({20, 21, 23, 25, 19, 1042, 1043, 700, 701, 1082, 2950, 17, 3802})
_TEXTS, _NUMERIC = frozenset({25, 19, 1042, 1043}), 1700
_GUARDED = SQL(", ").join(Literal(ord(character)) for character in GUARDED)


class CopiedRows:
    """The two texts of one table. `count` is right once a text was read to its end."""

    def __init__(self, table: Table, source: CopySource) -> None:
        self._names = [column.name for column in table.columns]
        self._source = source
        self._types = self._look()
        self.count = 0

    def csv(self) -> Iterator[bytes]:
        yield csv_line(self._names)
        options = SQL("FORMAT csv, FORCE_QUOTE *")
        yield from self._blocks(SQL("SELECT {} FROM {}").format(self._columns(_for_csv), self._given()), options)

    def json(self) -> Iterator[bytes]:
        inner = SQL("SELECT {} FROM {}").format(self._columns(_for_json), self._given())
        options = SQL("FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02'")
        yield from self._blocks(SQL("SELECT row_to_json(line)::text FROM ({}) AS line").format(inner), options)

    def _given(self) -> Composed:
        names = SQL(", ").join(map(Identifier, self._names))
        return SQL("({}) AS given ({})").format(self._source.query, names)

    def _columns(self, expression: Callable[[Identifier, int], Composable]) -> Composed:
        pairs = zip(map(Identifier, self._names), self._types, strict=True)
        return SQL(", ").join(SQL("{} AS {}").format(expression(name, kind), name) for name, kind in pairs)

    def _look(self) -> Sequence[int]:
        """The types of the columns. Refuses a query whose width is not the table's."""
        query = SQL("SELECT * FROM ({}) AS given LIMIT 0").format(self._source.query)
        with self._source.connection.cursor() as cursor:
            cursor.execute(query, self._source.parameters or None)
            types = [column.type_code for column in cursor.description or ()]
        if len(types) != len(self._names):
            raise BadInput(f"The query gives {len(types)} columns, the table describes {len(self._names)}.")
        return types

    def _blocks(self, query: Composable, options: Composable) -> Iterator[bytes]:
        statement = SQL("COPY ({}) TO STDOUT ({})").format(query, options)
        held = bytearray()
        with self._source.connection.cursor() as cursor:
            with cursor.copy(statement, self._source.parameters or None) as copy:
                for line in copy:
                    held += line
                    if len(held) >= GATHERED:
                        yield bytes(held)
                        held.clear()
            self.count = cursor.rowcount
        yield bytes(held)


@contextmanager
def one_snapshot(connection: Connection[Any]) -> Iterator[None]:
    """Both COPYs see the same rows. A transaction that is already open must have such a snapshot itself."""
    if connection.info.transaction_status is TransactionStatus.IDLE:
        with connection.transaction():
            connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            connection.execute(_SETTINGS)
            yield
        return
    row = connection.cursor(row_factory=tuple_row).execute("SHOW transaction_isolation").fetchone()
    if row not in {("repeatable read",), ("serializable",)}:
        raise BadInput("Copying two formats needs a transaction in REPEATABLE READ, so that both show the same rows.")
    with connection.transaction():
        connection.execute(_SETTINGS)
        yield


def _for_csv(name: Identifier, kind: int) -> Composable:
    if kind in _MOMENTS:
        return SQL("to_json({}) #>> '{{}}'").format(name)
    if kind in _TEXTS:
        return _guarded(name)
    if kind in _AS_IT_IS:
        return name
    text = SQL("{}::text").format(name)
    return text if kind in (_NUMERIC, _BOOLEAN) else _guarded(text)


def _guarded(text: Composable) -> Composable:
    """`concat`, because `||` would cut the blanks off a `char(n)`."""
    return SQL("CASE WHEN ascii({0}) IN ({1}) THEN concat(chr(39), {0}) ELSE {0} END").format(text, _GUARDED)


def _for_json(name: Identifier, kind: int) -> Composable:
    if kind in _AS_IT_IS or kind == _BOOLEAN or kind in _MOMENTS:
        return name
    # The type `json` keeps line breaks, `jsonb` does not; a number of any length is safest as text.
    return SQL("{}::jsonb" if kind == _JSON else "{}::text").format(name)
