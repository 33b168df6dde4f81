"""Entering the fence, and knowing for certain whether what was done inside has been committed.

Theory. A shared advisory lock per release, an exclusive one per pause. PostgreSQL queues lock requests, so a waiting
pause stops new releases; a release that keeps a pause waiting for more than a second is ended (`watch`), and since the
package key is only handed out after COMMIT has returned, a release that was ended hands out nothing.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import Error, OperationalError, connection, transaction
from psycopg.errors import Diagnostic

from abeyance.asking import Asked, Plain
from abeyance.errors import SomeoneElseWasFirst, Unsafe
from abeyance.fence import surroundings, watch

LOCK = 0x0ABE7A9C  # the one advisory lock of the desk
# One at a time comes in by each door, so that whoever wants to be alone waits for a few, however many are outside.
DOOR, DOORS = 0x0ABE7A9D, 2
WAIT_MS = 2000  # the longest that anybody waits for, works in, or idles in the fence
LOST_SYNC = "canceling wait for synchronous replication"
# The database's clock, but never before the last entry of the ledger.
CLOCK = "SELECT greatest(clock_timestamp(), (SELECT max(at) FROM ledger_entry))"
EPOCH = "SELECT epoch FROM fence_fence WHERE id = 1"
MARKED_EPOCH = "SELECT epoch, xmin::text FROM fence_fence WHERE id = 1"
NEXT_EPOCH = "UPDATE fence_fence SET epoch = epoch + 1 WHERE id = 1 RETURNING epoch, xmin::text"
BUSY = "The desk is busy with another release or pause; nothing was done. Try again in a moment."
NOT_SET_UP = "The desk's database is not set up. Run `abeyance doctor`."

# As many threads of one process come to the doors at once; the others wait here, where that costs the server nothing.
_turns = threading.BoundedSemaphore(DOORS)


@dataclass(frozen=True)
class Moment:
    """When, and after how many pauses, the fence was entered. `mark` is another one after each crossing alone, also in
    a database that was emptied or put back: what nobody changes but alone may be remembered under it."""

    now: datetime
    epoch: int
    mark: tuple[int, str, int]


def enter(also: Asked | None = None) -> Moment:
    """Take the lock together with other releases; read facts only after it.

    One journey of several statements: each that follows the lock sees all that was committed before it was given.
    `also` follows them in the same journey.
    """
    asked = _prepared(WAIT_MS)
    asked.plain("SELECT pg_advisory_xact_lock(%s, pg_backend_pid() %% %s)", DOOR, DOORS)
    asked.plain("SELECT pg_advisory_xact_lock_shared(%s)", LOCK)
    settings = asked.plain(surroundings.STATEMENT)
    now, epoch = asked.plain(CLOCK), asked.plain(MARKED_EPOCH)
    if also is not None:
        asked.also(also)
    _ask(asked)
    surroundings.refuse_unless_safe(*settings[0])
    return _moment(epoch, now)


def enter_alone() -> Moment:
    """Take the lock alone, ending whoever keeps us waiting over a second; the epoch is a new one."""
    asked, then = _prepared(4 * WAIT_MS), Asked()
    asked.plain("SELECT pg_advisory_xact_lock(%s)", LOCK)
    settings = asked.plain(surroundings.STATEMENT)
    with watch.ending_holders(LOCK, waiting_pid=_backend_pid()):
        _ask(asked)
    surroundings.refuse_unless_safe(*settings[0])
    epoch, now = then.plain(NEXT_EPOCH), then.plain(CLOCK)
    then.now()
    return _moment(epoch, now)


def _moment(epoch: list[Plain], now: list[Plain]) -> Moment:
    if not epoch:
        raise Unsafe(NOT_SET_UP)
    number, written = int(epoch[0][0]), str(epoch[0][1])
    return Moment(now[0][0], number, (number, written, _backend_pid()))


def clock() -> datetime:
    """The moment inside the fence: the database's clock, but never before the last entry of the ledger."""
    with connection.cursor() as cursor:
        cursor.execute(CLOCK)
        row = cursor.fetchone()
    assert row is not None
    assert isinstance(row[0], datetime)
    return row[0]


def epoch() -> int:
    """How many times the fence has been entered alone."""
    return _number(EPOCH)


@contextmanager
def together(act: UUID, also: Asked | None = None) -> Iterator[Moment]:
    """One durable transaction inside the fence; on a normal exit `act` is committed here and on every stand-by.
    Gives the moment and the epoch at which it was entered. `also` is asked on the way, after the lock.

    Raises Unsafe when a stand-by did not confirm, SomeoneElseWasFirst when the fence was not to be had in time.
    """
    with _in_turn(), _certain(act), transaction.atomic(durable=True):
        yield enter(also)


@contextmanager
def alone(act: UUID) -> Iterator[Moment]:
    """Like `together`, but nobody else is inside, and the epoch is a new one."""
    with _certain(act), transaction.atomic(durable=True):
        yield enter_alone()


@contextmanager
def _in_turn() -> Iterator[None]:
    if not _turns.acquire(timeout=WAIT_MS / 1000):
        raise SomeoneElseWasFirst(BUSY)
    try:
        yield
    finally:
        _turns.release()


def _prepared(wait_ms: int) -> Asked:
    if not connection.in_atomic_block or connection.savepoint_ids:
        raise Unsafe("The fence is entered at the start of an outermost transaction, and nowhere else.")
    asked = Asked()  # settings, not reads: they take no snapshot
    asked.silent(f"SET LOCAL lock_timeout = {wait_ms}")
    asked.silent(f"SET LOCAL statement_timeout = {wait_ms}")
    asked.silent(f"SET LOCAL idle_in_transaction_session_timeout = {WAIT_MS}")
    return asked


def _ask(asked: Asked) -> None:
    try:
        asked.now()
    except OperationalError as error:
        raise SomeoneElseWasFirst(BUSY) from error


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
        raise Unsafe(NOT_SET_UP)
    return int(row[0])
