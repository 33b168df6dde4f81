"""The key holder's own connections to the database. It believes what it reads there, and nothing that a client says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

from abeyance.errors import Unsafe
from abeyance.seals.rows import Cursor

MOST_CONNECTIONS = 6
SETTINGS = "-c default_transaction_isolation=read\\ committed -c lock_timeout=60s"
CHECKED = {"fsync": ("on",), "synchronous_commit": ("on", "remote_write", "remote_apply")}


class Database:
    def __init__(self, parameters: Mapping[str, Any]) -> None:
        named = {"connect_timeout": 5, "application_name": "abeyance-keys", **parameters, "options": SETTINGS}
        self._pool: ConnectionPool[psycopg.Connection[Any]] = ConnectionPool(
            kwargs=named,
            min_size=0,
            max_size=MOST_CONNECTIONS,
            timeout=5,
            open=False,
            reconnect_timeout=5,
            check=ConnectionPool.check_connection,
        )
        self._pool.open()

    @contextmanager
    def transaction(self) -> Iterator[Cursor]:
        """Committed when the block ends; a fresh snapshot for every statement."""
        try:
            with self._pool.connection() as connection, connection.cursor() as cursor:
                yield cast(Cursor, cursor)
        except PoolTimeout:
            raise Unsafe("The key holder cannot reach the database; is it running?") from None
        except psycopg.Error as problem:
            # Only the kind of error: its text may repeat values.
            raise Unsafe(f"The key holder's question to the database failed ({type(problem).__name__}).") from None

    @contextmanager
    def stream(self, query: str, params: list[Any]) -> Iterator[Iterator[tuple[Any, ...]]]:
        """Rows in one snapshot, with bounded memory."""
        try:
            with self._pool.connection() as connection, connection.cursor(name="survivors") as cursor:
                cursor.execute(query, params)
                yield iter(cursor)
        except PoolTimeout:
            raise Unsafe("The key holder cannot reach the database; is it running?") from None

    def close(self) -> None:
        self._pool.close()


def refuse_forgetful(cursor: Cursor) -> None:
    """Before a key is destroyed or given out: what we commit must stay committed."""
    cursor.execute("SELECT pg_is_in_recovery()")
    if cursor.fetchone()[0]:
        raise Unsafe("The key holder is connected to a stand-by; it needs the primary.")
    for name, good in CHECKED.items():
        cursor.execute("SELECT current_setting(%s)", [name])
        if cursor.fetchone()[0] not in good:
            raise Unsafe(f"The database has {name} off, so that it may forget what it committed.")
