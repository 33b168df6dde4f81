"""The fence on a real PostgreSQL: who waits for whom, what ends a holder, and what a lost answer means."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import OperationalError, connection, transaction

from abeyance import fence
from abeyance.errors import SomeoneElseWasFirst, Unsafe
from abeyance.fence import crossing, surroundings
from abeyance.fence.crossing import LOCK

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def row(transactional_db: None) -> None:
    from abeyance.fence.models import Fence

    Fence.objects.get_or_create(id=1)


def parameters() -> dict[str, object]:
    said = connection.settings_dict
    return {
        "host": said["HOST"],
        "port": said["PORT"],
        "user": said["USER"],
        "password": said["PASSWORD"],
        "dbname": said["NAME"],
    }


def other_session(**more: object) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(**{**parameters(), **more})  # type: ignore[arg-type]


def write_entry(act: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_entry (kind, content, salt, holder, public, commitment, at, act, by)"
            " VALUES ('Installed', '', '', 'ledger', false, %s, now(), %s, 'operator')",
            [os.urandom(32), act],
        )


def test_many_cross_together_and_a_pause_crosses_alone() -> None:
    with other_session() as first, other_session() as second:
        first.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
        second.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])  # does not wait
        taken = second.execute("SELECT pg_try_advisory_xact_lock(%s)", [LOCK]).fetchone()
        assert taken == (False,)


def test_the_epoch_goes_up_by_one_each_time_somebody_crosses_alone() -> None:
    with transaction.atomic(durable=True):
        fence.enter()
        before = fence.epoch()
    with transaction.atomic(durable=True):
        assert fence.enter_alone().epoch == before + 1
    with transaction.atomic(durable=True):
        fence.enter()
        assert fence.epoch() == before + 1


def test_what_committed_while_we_waited_is_seen() -> None:
    """Under READ COMMITTED each statement after the lock sees it; this is why the lock is a statement of its own."""
    with other_session() as pausing:
        pausing.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        pausing.execute("UPDATE fence_fence SET epoch = epoch + 100")

        def release_it() -> None:
            time.sleep(0.4)
            pausing.commit()

        thread = threading.Thread(target=release_it)
        thread.start()
        with transaction.atomic(durable=True):
            fence.enter()
            seen = fence.epoch()
        thread.join()
    assert seen >= 100


def test_time_inside_is_read_after_the_lock_and_never_before_the_last_entry() -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    act = uuid4()
    write_entry(act)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE ledger_entry DISABLE TRIGGER USER")
        cursor.execute("UPDATE ledger_entry SET at = %s WHERE act = %s", [later, act])
        cursor.execute("ALTER TABLE ledger_entry ENABLE TRIGGER USER")
    with transaction.atomic(durable=True):
        fence.enter()
        assert fence.clock() == later  # the machine's clock jumped back an hour


@pytest.mark.parametrize(
    ("isolation", "in_recovery", "commit", "fsync", "named"),
    [
        ("repeatable read", False, "on", "on", "REPEATABLE READ"),
        ("serializable", False, "on", "on", "SERIALIZABLE"),
        ("read committed", True, "on", "on", "recovery"),
        ("read committed", False, "off", "on", "synchronous_commit"),
        ("read committed", False, "local", "on", "synchronous_commit"),
        ("read committed", False, "remote_write", "on", "synchronous_commit"),
        ("read committed", False, "on", "off", "fsync"),
    ],
)
def test_a_wrong_setting_is_named_and_refused(
    isolation: str, in_recovery: bool, commit: str, fsync: str, named: str
) -> None:
    with pytest.raises(Unsafe, match=named):
        surroundings.refuse_unless_safe(isolation, in_recovery, commit, fsync)
    surroundings.refuse_unless_safe("read committed", False, "on", "on")


@pytest.mark.parametrize("setting", ["SET synchronous_commit = off", "SET synchronous_commit = local"])
def test_a_session_with_a_wrong_setting_is_refused_by_both_ways_in(setting: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(setting)
    try:
        for way in (fence.enter, fence.enter_alone):
            with pytest.raises(Unsafe, match="synchronous_commit"), transaction.atomic(durable=True):
                way()
    finally:
        connection.close()


def test_repeatable_read_is_refused_by_both_ways_in() -> None:
    for way in (fence.enter, fence.enter_alone):
        with pytest.raises(Unsafe, match="REPEATABLE READ"), transaction.atomic(durable=True):
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            way()


def test_it_is_entered_in_an_outermost_transaction_only() -> None:
    with pytest.raises(Unsafe, match="outermost"):
        fence.enter()
    with transaction.atomic(), transaction.atomic(), pytest.raises(Unsafe, match="outermost"):
        fence.enter()


HOLDER = """
import sys, time, psycopg
with psycopg.connect(sys.argv[1]) as connection:
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", [int(sys.argv[2])])
    connection.execute("CREATE TEMP TABLE mine AS SELECT 1")
    print("holding", flush=True)
    time.sleep(60)
"""


@contextmanager
def holder() -> Iterator[subprocess.Popen[str]]:
    said = " ".join(f"{key}='{value}'" for key, value in parameters().items())
    process = subprocess.Popen([sys.executable, "-c", HOLDER, said, str(LOCK)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "holding\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_holder_that_was_stopped_does_not_keep_a_pause_waiting() -> None:
    with holder() as process:
        process.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        with transaction.atomic(durable=True):
            fence.enter_alone()
        assert 0.9 < time.monotonic() - started < 5
        process.send_signal(signal.SIGCONT)


def test_a_release_that_waits_behind_a_long_pause_gives_up_with_a_sentence() -> None:
    with other_session() as pausing:
        pausing.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        with pytest.raises(SomeoneElseWasFirst, match="busy"), transaction.atomic(durable=True):
            fence.enter()


def test_a_waiting_pause_stops_new_releases() -> None:
    with other_session() as releasing, other_session() as pausing, other_session() as late:
        releasing.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
        waiting = threading.Thread(target=lambda: pausing.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK]))
        waiting.start()
        time.sleep(0.3)
        late.execute("SET lock_timeout = 300")
        with pytest.raises(psycopg.errors.LockNotAvailable):
            late.execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
        releasing.rollback()
        waiting.join()


class Severed:
    """Cuts the connection around COMMIT: `before` it reaches the server, or after it was done."""

    def __init__(self, when: str) -> None:
        self.when, self._commit = when, connection._commit

    def __call__(self) -> None:
        if self.when == "after":
            self._commit()
        pid = connection.connection.info.backend_pid
        with other_session(autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", [pid])
        time.sleep(0.1)
        connection.connection.execute("SELECT 1")  # raises, as a COMMIT whose answer is lost does


@pytest.mark.parametrize(("when", "committed"), [("before", False), ("after", True)])
def test_a_commit_whose_answer_is_lost_is_looked_up(
    when: str, committed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    act = uuid4()
    severed = Severed(when)

    def commit() -> None:
        monkeypatch.undo()
        try:
            severed()
        except psycopg.OperationalError as problem:
            raise OperationalError("the connection was lost") from problem

    def attempt() -> None:
        with fence.together(act):
            write_entry(act)
            monkeypatch.setattr(connection, "_commit", commit)

    if committed:
        attempt()  # no error: the act is on file
    else:
        with pytest.raises(OperationalError):
            attempt()
    assert crossing._act_is_recorded(act) is committed


def test_a_stand_by_that_did_not_confirm_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server answers COMMIT with this warning when the wait for the stand-by was cancelled."""
    act = uuid4()

    def attempt(warning: str) -> None:
        with fence.together(act):
            write_entry(act)
            with connection.cursor() as cursor:
                cursor.execute(f"DO $$ BEGIN RAISE WARNING '{warning}'; END $$")

    with pytest.raises(Unsafe, match="stand-by"):
        attempt("canceling wait for synchronous replication due to user request")
    act = uuid4()
    attempt("something else")


def test_nothing_is_left_when_the_body_raises() -> None:
    act = uuid4()

    def attempt(way: Callable[..., object]) -> None:
        with way(act):  # type: ignore[attr-defined]
            write_entry(act)
            raise ValueError("something went wrong")

    for way in (fence.together, fence.alone):
        with pytest.raises(ValueError, match="wrong"):
            attempt(way)
    assert not crossing._act_is_recorded(act)
