"""The sequencer and publication on a real PostgreSQL: order, padding, long transactions, kills, several at once."""

from __future__ import annotations

import os
import random
import signal
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from django.db import connection, connections, transaction

from abeyance import ledger
from abeyance.errors import Unsafe
from abeyance.ledger import origins, publication
from abeyance.ledger.checking import check
from abeyance.ledger.models import Batch, Checkpoint, Entry, Place
from abeyance.ledger.sequencer import integrate
from abeyance.rules.events import CaseMoved
from abeyance.rules.ledger import checkpoint as texts
from abeyance.rules.ledger.notes import read_note

Act = Callable[..., Entry]
NOON = datetime(2020, 7, 6, 12, 0, tzinfo=UTC)
MOVED = CaseMoved(before="received", event="found-genuine", after="in-review")


def in_child(work: Callable[[], object]) -> int:
    """Run it in a forked process, which may die; the parent's connections stay its own."""
    connections.close_all()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return child


def status_of(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_a_batch_has_its_stated_size_whatever_is_in_it(act: Act) -> None:
    for entries, size in ((0, 8), (1, 16), (8, 24), (9, 40)):
        for _ in range(entries):
            act()
        now = NOON + timedelta(hours=Batch.objects.count())
        assert integrate(now).size == size
    assert check().differences == []


def test_nothing_is_published_before_its_time_unless_asked(act: Act) -> None:
    assert integrate(NOON).published
    act()
    assert not integrate(NOON + timedelta(minutes=14)).published
    assert integrate(NOON + timedelta(minutes=15)).published
    assert not integrate(NOON + timedelta(minutes=15), force=True).published
    act()
    assert integrate(NOON + timedelta(minutes=15), force=True).entries == 1


def test_a_leaf_has_one_size_and_real_leaves_do_not_stand_first(act: Act) -> None:
    places = set()
    for number in range(12):
        act()
        integrate(NOON, force=True)
        places.add(Place.objects.get(index__gte=number * 8).index % 8)
    assert len(places) > 2
    assert {len(bytes(batch.leaves)) for batch in Batch.objects.all()} == {8 * 32}


def test_an_entry_of_a_long_transaction_is_never_overtaken_out_of_sight(act: Act) -> None:
    parameters = connection.get_connection_params()
    act()
    assert integrate(NOON).entries == 1
    with psycopg.connect(dbname=parameters["dbname"], **_address(parameters)) as other:
        other.execute(
            "INSERT INTO ledger_entry (kind, content, salt, holder, public, commitment, at, by)"
            " SELECT kind, content, salt, holder, public, commitment, at, by FROM ledger_entry"
        )
        act()
        held_back = integrate(NOON, force=True)
        other.commit()
    after = integrate(NOON, force=True)
    assert (held_back.entries, after.entries) == (0, 2)
    assert Place.objects.count() == 3
    assert check().waiting == 0


def test_the_first_batch_waits_for_a_writer_but_not_for_long(act: Act) -> None:
    parameters = connection.get_connection_params()
    act()
    with psycopg.connect(dbname=parameters["dbname"], **_address(parameters)) as other:
        other.execute("LOCK TABLE ledger_entry IN ROW EXCLUSIVE MODE")
        assert "try again" in integrate(NOON).waits
    assert integrate(NOON).entries == 1


def _address(parameters: dict[str, object]) -> dict[str, object]:
    return {name: parameters[name] for name in ("host", "port", "user", "password") if parameters.get(name)}


def test_a_locked_desk_waits_and_says_so_and_goes_on_when_unlocked(act: Act, holder: object) -> None:
    act()
    holder.locked = True  # type: ignore[attr-defined]
    waiting = integrate(NOON)
    assert not waiting.published
    assert "locked" in waiting.waits
    assert publication.newest() is None
    holder.locked = False  # type: ignore[attr-defined]
    assert integrate(NOON).published
    assert check().differences == []


STEPS = ("batch committed", "tiles on disk", "signed", "remembered", "checkpoint committed")


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_log_goes_on_with_the_same_bytes(act: Act, home: Path, step: str) -> None:
    act()
    integrate(NOON, force=True)
    act()

    def die(reached: str) -> None:
        if reached == step:
            os.kill(os.getpid(), signal.SIGKILL)

    def work() -> None:
        publication.reached = die
        integrate(NOON, force=True)

    assert status_of(in_child(work)) == -signal.SIGKILL
    remembered = origins.newest_known()
    integrate(NOON, force=True)
    served = publication.newest()
    assert served is not None
    assert served.size == 16
    assert step not in STEPS[3:] or bytes(served.note) == remembered
    found = check()
    assert (found.differences, found.waiting) == ([], 0)


def test_several_integrators_and_writers_at_once_make_one_log(act: Act, holder: object) -> None:
    integrate(NOON)

    def write() -> None:
        for _ in range(30):
            with transaction.atomic():
                ledger.append(MOVED, by="m-7k2q", now=NOON)

    def sequence() -> None:
        chance = random.Random(os.getpid())

        def maybe_die(_: str) -> None:
            if chance.random() < 0.05:
                os.kill(os.getpid(), signal.SIGKILL)

        publication.reached = maybe_die
        for _ in range(15):
            integrate(NOON, force=True)

    children = [in_child(work) for work in (write, sequence, write, sequence, sequence, write)]
    assert {status_of(child) for child in children} <= {0, -signal.SIGKILL}
    integrate(NOON, force=True)
    found = check()
    assert (found.differences, found.waiting, found.entries) == ([], 0, 90)
    signed = [texts.read_text(read_note(bytes(each.note)).text) for each in Checkpoint.objects.all()]
    assert len({each.size for each in signed}) == len(signed)


def test_a_restored_older_database_signs_nothing_until_a_new_origin_is_begun(
    act: Act, home: Path, holder: object
) -> None:
    act()
    integrate(NOON, force=True)
    earlier = bytes(publication.newest().note)  # type: ignore[union-attr]
    act()
    integrate(NOON, force=True)
    newest = bytes(publication.newest().note)  # type: ignore[union-attr]
    _forget_after(8)  # what restoring an older backup does
    act()
    with pytest.raises(Unsafe, match="older copy"):
        integrate(NOON + timedelta(hours=1))
    assert publication.published_size() == 8

    begun = origins.begin_new_origin("example.org/log-2", by="operator", now=NOON, newest=newest)
    assert integrate(NOON, force=True).published
    served = publication.newest()
    assert served is not None
    assert texts.read_text(read_note(bytes(served.note)).text).origin == begun.name == "example.org/log-2"
    assert Entry.objects.filter(kind="Restored", public=True).exists()
    assert check(earlier).differences == []
    assert "older copy" in " ".join(check(newest).differences)


def test_a_home_that_never_saw_the_log_signs_only_after_a_checkpoint_from_outside(act: Act, home: Path) -> None:
    integrate(NOON)
    note = bytes(publication.newest().note)  # type: ignore[union-attr]
    (home / "ledger" / "newest").unlink()
    act()
    with pytest.raises(Unsafe, match="recognise"):
        integrate(NOON, force=True)
    origins.recognise(note)
    assert integrate(NOON, force=True).published


def _forget_after(size: int) -> None:
    """As if the database were an older one: what is written once can only be forgotten by its owner's force."""
    with connection.cursor() as cursor:
        for table in ("entry", "place", "checkpoint", "batch"):
            cursor.execute(f"ALTER TABLE ledger_{table} DISABLE TRIGGER USER")
        cursor.execute("SELECT entry_id FROM ledger_place WHERE index >= %s", [size])
        gone = [row[0] for row in cursor.fetchall()]
        cursor.execute("DELETE FROM ledger_place WHERE index >= %s", [size])
        cursor.execute("DELETE FROM ledger_entry WHERE id = ANY(%s)", [gone])
        cursor.execute("DELETE FROM ledger_checkpoint WHERE size > %s", [size])
        cursor.execute("DELETE FROM ledger_batch WHERE size > %s", [size])
        for table in ("entry", "place", "checkpoint", "batch"):
            cursor.execute(f"ALTER TABLE ledger_{table} ENABLE TRIGGER USER")
