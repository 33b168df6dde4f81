"""Entering the fence, and knowing for certain whether what was done inside has been committed.

Theory. A shared advisory lock per release, an exclusive one per pause. PostgreSQL queues lock requests, so a waiting
pause stops new releases; a release that keeps a pause waiting for more than a second is ended (`watch`), and since the
package key is only handed out after COMMIT has returned, a release that was ended hands out nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from uuid import UUID

from django.db import Error, OperationalError, connection, transaction
from psycopg.errors import Diagnostic

from abeyance.errors import SomeoneElseWasFirst, Unsafe
from abeyance.fence import surroundings, watch

LOCK = 0x0ABE7A9C  # the one advisory lock of the desk
WAIT_MS = 2000  # the longest that anybody waits for, works in, or idles in the fence
LOST_SYNC = "canceling wait for synchronous replication"


def enter() -> None:
    """Take the lock together with other releases. Call `clock()` and read facts only after it."""
    _prepare(WAIT_MS)
    _lock("SELECT pg_advisory_xact_lock_shared(%s)")
    surroundings.check()


def enter_alone() -> int:
    """Take the lock alone, ending whoever keeps us waiting over a second; returns the new epoch."""
    _prepare(4 * WAIT_MS)
    with watch.ending_holders(LOCK, waiting_pid=_backend_pid()):
        _lock("SELECT pg_advisory_xact_lock(%s)")
    surroundings.check()
    return _number("UPDATE fence_fence SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch")


def clock() -> datetime:
    """The moment inside the fence: the database's clock, but never before the last entry of the ledger."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT greatest(clock_timestamp(), (SELECT max(at) FROM ledger_entry))")
        row = cursor.fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0]


def epoch() -> int:
    """How many times the fence has been entered alone."""
    return _number("SELECT epoch FROM fence_fence WHERE id = 1")


@contextmanager
def together(act: UUID) -> Iterator[None]:
    """One durable transaction inside the fence; on a normal exit `act` is committed here and on every stand-by.

    Raises Unsafe when a stand-by did not confirm, SomeoneElseWasFirst when the fence was not to be had in time.
    """
    with _certain(act), transaction.atomic(durable=True):
        enter()
        yield


@contextmanager
def alone(act: UUID) -> Iterator[int]:
    """Like `together`, but nobody else is inside; gives the new epoch."""
    with _certain(act), transaction.atomic(durable=True):
        yield enter_alone()


def _prepare(wait_ms: int) -> None:
    if not connection.in_atomic_block or connection.savepoint_ids:
        raise Unsafe("The fence is entered at the start of an outermost transaction, and nowhere else.")
    with connection.cursor() as cursor:  # settings, not reads: they take no snapshot
        cursor.execute(
            f"SET LOCAL lock_timeout = {wait_ms}; SET LOCAL statement_timeout = {wait_ms};"
            f"SET LOCAL idle_in_transaction_session_timeout = {WAIT_MS}"
        )


def _lock(statement: str) -> None:
    with connection.cursor() as cursor:
        try:
            cursor.execute(statement, [LOCK])
        except OperationalError as error:
            raise SomeoneElseWasFirst(
                "The desk is busy with another release or pause; nothing was done. Try again in a moment."
            ) from error


@contextmanager
def _certain(act: UUID) -> Iterator[None]:
    """Make the two uncertain ends of COMMIT certain: an answer that was lost, a stand-by that did not confirm."""
    connection.ensure_connection()
    raw = connection.connection
    warnings: list[str] = []

    def hear(notice: Diagnostic) -> None:
        warnings.append(notice.message_primary or "")

    pid = _backend_pid()
    raw.add_notice_handler(hear)
    try:
        yield
    except Error:
        if not raw.closed or not _committed_after_all(act, pid):
            raise
    finally:
        raw.remove_notice_handler(hear)
    if any(LOST_SYNC in warning for warning in warnings):
        raise Unsafe("The stand-by has not confirmed this act, so nothing is handed out. Look at the replication.")


def _committed_after_all(act: UUID, pid: int) -> bool:
    """The connection broke: wait until its server process is gone, then look the act up."""
    connection.close()
    deadline = time.monotonic() + WAIT_MS / 1000 * 3
    while time.monotonic() < deadline:
        try:
            if not _backend_lives(pid):
                return _act_is_recorded(act)
        except Error:  # the server itself is restarting
            connection.close()
        time.sleep(0.05)
    raise Unsafe("The database did not say whether this act was committed; nothing is handed out. Look it up later.")


def _act_is_recorded(act: UUID) -> bool:
    return bool(_number("SELECT count(*) FROM ledger_entry WHERE act = %s", [act]))


def _backend_lives(pid: int) -> bool:
    return bool(_number("SELECT count(*) FROM pg_stat_activity WHERE pid = %s AND state IS NOT NULL", [pid]))


def _backend_pid() -> int:
    return int(connection.connection.info.backend_pid)


def _number(statement: str, arguments: list[str | int | UUID] | None = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        row = cursor.fetchone()
    if row is None:
        raise Unsafe("The desk's database is not set up. Run `abeyance doctor`.")
    return int(row[0])
