"""A connection to a service's database: read only, one snapshot at a time, and errors that carry no value."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.rows import tuple_row
from psycopg.sql import SQL

from abeyance.errors import Unsafe

OLDEST_SERVER = 12
CONNECT_SECONDS = 10


@contextmanager
def connected(dsn: str) -> Iterator[Connection[Any]]:
    """Nothing is prepared and nothing is set at start-up, so a connection pooler in between does no harm."""
    try:
        connection = psycopg.connect(
            dsn,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS,
            application_name="abeyance-services",
            prepare_threshold=None,
            row_factory=tuple_row,
        )
    except psycopg.Error:
        # The driver's own words would repeat parts of the address.
        raise Unsafe("The service's database cannot be reached with the address on file.") from None
    with connection:
        if connection.info.server_version // 10000 < OLDEST_SERVER:
            raise Unsafe(f"The service's database is older than PostgreSQL {OLDEST_SERVER}, which is not tested.")
        yield connection


@contextmanager
def one_reading(connection: Connection[Any], *, seconds: int) -> Iterator[None]:
    """All that is read inside is of one moment. `seconds` is the longest that one statement may take."""
    with plainly(), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL TimeZone = 'UTC'; SET LOCAL DateStyle = 'ISO'")
        connection.execute("SET LOCAL lock_timeout = '2s'")
        connection.execute(SQL("SET LOCAL statement_timeout = {}").format(SQL(str(int(seconds) * 1000))))
        yield


@contextmanager
def plainly() -> Iterator[None]:
    """PostgreSQL's errors quote values, and a value here is what a demand is about: only the kind of error is kept."""
    try:
        yield
    except psycopg.errors.InsufficientPrivilege:
        raise Unsafe(
            "The reading role may not read what the data map lists: run what `abeyance service grants` prints."
        ) from None
    except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn):
        raise Unsafe(
            "The service's tables are not as its data map says: `abeyance service check` names them."
        ) from None
    except psycopg.errors.QueryCanceled:
        raise Unsafe("Reading the service took too long and was ended.") from None
    except psycopg.Error as problem:
        raise Unsafe(f"The service's database could not be read ({type(problem).__name__}).") from None
