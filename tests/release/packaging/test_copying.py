"""Tables that PostgreSQL writes out itself are, byte for byte, what would have been written row by row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import connection as django_connection
from psycopg.sql import SQL

from abeyance.errors import BadInput
from abeyance.release.packaging import CopiedTable, CopySource
from tests.release.packaging.world import Column, member, packed, table

NAMES = ("id", "name", "fixed", "amount", "seen", "flag", "raw", "day")
QUERY = SQL("SELECT * FROM oddities WHERE id < %s ORDER BY id")


@pytest.fixture
def connection(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    made = psycopg.connect(**django_connection.get_connection_params())
    with made:
        made.execute(
            "CREATE TEMPORARY TABLE oddities (id int, name text, fixed char(6), amount numeric, seen timestamptz,"
            " flag boolean, raw bytea, day date)"
        )
        fill = (
            "INSERT INTO oddities VALUES (%s, %s, %s, -1.50, '2020-07-06 10:00:00.5+02', NULL, '\\x00ff', '2020-07-01')"
        )
        names = ["", None, "=1+1", "'x", "＠", "\t", 'say "no"\r\n\\.', "👩‍👧 漢字 é\u2028", "-", "x" * 100_000]
        for number, name in enumerate(names):
            made.execute(fill, [number, name, name[:3] if name and len(name) < 20 else "+"])
        made.commit()
        yield made


def copied(connection: psycopg.Connection[Any], names: tuple[str, ...] = NAMES) -> CopiedTable:
    return CopiedTable("odd", "SubscriberData", tuple(map(Column, names)), CopySource(connection, QUERY, [100]))


def test_both_ways_give_the_same_bytes_in_both_formats(connection: psycopg.Connection[Any]) -> None:
    rows = connection.execute(QUERY, [100]).fetchall()
    connection.rollback()
    by_copy, written = packed(copied(connection))
    by_row, _ = packed(table("odd", NAMES, rows))
    assert written.rows == (("odd", 10),)
    for path in ("data/odd.csv", "data/odd.jsonl"):
        assert member(by_copy, path) == member(by_row, path)


def test_a_query_that_does_not_fit_or_a_transaction_that_might_see_two_states_is_refused(
    connection: psycopg.Connection[Any],
) -> None:
    with pytest.raises(BadInput, match="the table describes 2"):
        packed(copied(connection, ("id", "name")))
    with connection.transaction(), pytest.raises(BadInput, match="REPEATABLE READ"):
        packed(copied(connection))
