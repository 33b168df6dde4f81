"""The key holder is killed in the middle of hand-overs: nothing has left without a committed release, each hand-over
can be tried again once it is back and unlocked, and none is counted twice."""

from __future__ import annotations

import random
import signal
import socket
import struct
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from os import kill
from pathlib import Path
from subprocess import Popen

import pyrage
import pytest
from django.db import Error, connection

from abeyance import seals
from abeyance.casefile.models import ClockAct, Package, Release
from abeyance.errors import AbeyanceError, Locked, Refused
from abeyance.ledger.models import Entry
from abeyance.release import handing, upkeep
from abeyance.rules.instruments import ActKind
from abeyance.seals import client
from abeyance.seals.socket_place import address_of
from tests import keyholding
from tests.casefile.packed import sealed
from tests.desk import Desk
from tests.races.test_races import ended, in_child, in_step

WORDS = "seven quiet herons over the harbour wall"
GATE = 0x0DE7A1  # an advisory lock of this test
EACH = 6  # hand-overs that a child completes, however often it must try
WAIT_AT_COMMIT = f"""
    CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER waits AFTER INSERT ON seals_handover DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate()"""
WAIT_BEFORE_THE_NOTE = f"""
    CREATE FUNCTION wait_at_the_gate() RETURNS trigger LANGUAGE plpgsql
        AS 'BEGIN PERFORM pg_advisory_xact_lock({GATE}); RETURN NEW; END';
    CREATE TRIGGER waits BEFORE INSERT ON seals_handover FOR EACH ROW EXECUTE FUNCTION wait_at_the_gate()"""


@dataclass
class Keys:
    """The key holder of a desk whose root key somebody has to unlock: none starts by itself."""

    home: Path
    started: list[Popen[bytes]] = field(default_factory=list)

    def kill(self) -> None:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asked, address_of(self.home) as address:
            asked.connect(address)
            pid, _, _ = struct.unpack("3i", asked.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        kill(pid, signal.SIGKILL)
        until(lambda: not client.is_running(self.home), "a killed key holder still answers")

    def start(self) -> None:
        self.started.append(client.start_keyholder(self.home))

    def unlock(self) -> None:
        assert not client.unlock(passphrase=WORDS)["locked"]


@pytest.fixture
def keys(desk: Desk, packages: list[Package]) -> Iterator[Keys]:
    client.to_passphrase(WORDS)
    keys = Keys(desk.home)
    yield keys
    for holder in keys.started:
        keyholding.end(holder)


@pytest.fixture
def packages(desk: Desk) -> list[Package]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    (desk.home / "out").mkdir()
    return [sealed(desk) for _ in range(3)]


def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 15
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def one(statement: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return int(cursor.fetchone()[0])


def noted() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT act::text FROM seals_handover")
        return {act for (act,) in cursor.fetchall()}


def acts(**those: object) -> set[str]:
    return {str(act) for act in Release.objects.filter(**those).values_list("act", flat=True)}


@contextmanager
def closed_gate(trigger: str) -> Iterator[None]:
    """The key holder stands still at its note until the end of the body; after it the server has finished its part."""
    own = connection.copy()  # the usual one is closed at each fork
    with own.cursor() as cursor:
        cursor.execute(f"{trigger}; SELECT pg_advisory_lock({GATE})")
        try:
            yield
        finally:
            cursor.execute(f"SELECT pg_advisory_unlock({GATE})")
            # It waits for every transaction that has written there.
            cursor.execute("DROP TRIGGER waits ON seals_handover; DROP FUNCTION wait_at_the_gate()")
    own.close()


def hand_over(desk: Desk, package: Package, name: str) -> None:
    """Into a file, and into a list of what the clerk was told has left."""
    path = desk.home / "out" / name
    done = handing.to_file(package.key, to=desk.cast.fingerprint, path=path, by=desk.second)
    with (desk.home / "told").open("a") as told:
        told.write(f"{done.release.act} {name}\n")


def told(desk: Desk) -> dict[str, str]:
    path = desk.home / "told"
    words = path.read_text().split() if path.exists() else []
    return dict(zip(words[::2], words[1::2], strict=True))


def each_is_accounted_for_once(desk: Desk) -> None:
    """Files and committed releases that are gone are the same; each is confirmed and counted once."""
    gone = acts(state="gone")
    said = told(desk)
    assert set(said) == gone
    assert sorted(said.values()) == sorted(path.name for path in (desk.home / "out").iterdir())
    assert gone <= noted() <= acts()
    confirmed = Entry.objects.filter(kind="HandOverConfirmed")
    assert confirmed.count() == ClockAct.objects.filter(kind=ActKind.RELEASED).count() == len(gone)
    assert Entry.objects.filter(kind="HandOverFailed").count() == len(acts(state="failed") | acts(state="cut"))
    in_step()


def each_is_whole(desk: Desk) -> None:
    identity = pyrage.x25519.Identity.from_str((desk.home / "demo" / "harbour-police.agekey").read_text().strip())
    for path in (desk.home / "out").iterdir():
        assert pyrage.decrypt(path.read_bytes(), [identity]).startswith(b"PK")


def what_nobody_finished_is_ended_once(desk: Desk) -> None:
    late = desk.now() + upkeep.ABANDONED_AFTER + timedelta(minutes=1)
    assert upkeep.end_abandoned(now=late) == len(acts(state="cut")) > 0
    assert upkeep.end_abandoned(now=late) == 0


def test_when_the_key_holder_is_killed_at_its_note_nothing_left_and_each_is_tried_again(
    desk: Desk, packages: list[Package], keys: Keys
) -> None:
    unheard = killed_in_the_middle(desk, packages, keys, WAIT_BEFORE_THE_NOTE)
    assert not noted() & unheard
    all_are_tried_again(desk, packages, keys, "first")
    unheard = killed_in_the_middle(desk, packages, keys, WAIT_AT_COMMIT)
    assert noted() >= unheard, "the server did not commit what the key holder did not hear"
    all_are_tried_again(desk, packages, keys, "second")
    a_used_release_opens_nothing(desk, Release.objects.filter(act__in=unheard)[0])
    what_nobody_finished_is_ended_once(desk)
    each_is_accounted_for_once(desk)
    each_is_whole(desk)


def killed_in_the_middle(desk: Desk, packages: list[Package], keys: Keys, trigger: str) -> set[str]:
    """The acts of hand-overs that are released and committed, and whose key was found but not given out."""
    before, heard = acts(), told(desk)
    with closed_gate(trigger):
        children = [in_child(lambda p=package: hand_over(desk, p, "never")) for package in packages]  # type: ignore[misc]
        waiting = f"SELECT count(*) FROM pg_locks WHERE objid = {GATE} AND NOT granted"
        until(lambda: one(waiting) == len(packages), "they did not come to the note")
        keys.kill()
        for child in children:
            ended(child)
    unheard = acts() - before
    assert len(unheard) == len(packages)
    assert told(desk) == heard
    each_is_accounted_for_once(desk)
    return unheard


def all_are_tried_again(desk: Desk, packages: list[Package], keys: Keys, mark: str) -> None:
    """Not while nobody runs, nor while it is locked; then each, and by a release of its own."""
    known, heard = acts(), set(told(desk))
    with pytest.raises(Locked):
        hand_over(desk, packages[0], "never")
    keys.start()
    with pytest.raises(Locked):
        hand_over(desk, packages[0], "never")
    keys.unlock()
    for number, package in enumerate(packages):
        hand_over(desk, package, f"{mark}-{number}")
    left = set(told(desk)) - heard
    assert len(left) == len(packages)
    assert not left & known


def a_used_release_opens_nothing(desk: Desk, row: Release) -> None:
    package = row.package
    with pytest.raises(Refused) as refused:
        seals.open_package(
            package.case.holder, desk.home / "packages" / package.path, place=package.place, release_act=row.act
        )
    assert [reason.code for reason in refused.value.reasons] == ["release-used"]


def completing(desk: Desk, package: Package, mark: str) -> Callable[[], None]:
    """A clerk who tries until each has left, and then goes on to the next."""

    def work() -> None:
        done, end = 0, time.monotonic() + 30
        while done < EACH and time.monotonic() < end:
            try:
                hand_over(desk, package, f"{mark}-{done}")
                done += 1
            except (AbeyanceError, Error):
                connection.close()
                time.sleep(0.1)

    return work


def test_hand_overs_complete_however_often_the_key_holder_is_killed(
    desk: Desk, packages: list[Package], keys: Keys
) -> None:
    chance = random.Random(5)
    children = [in_child(completing(desk, package, f"{number}")) for number, package in enumerate(packages)]
    for _ in range(2):
        so_far = len(told(desk))
        until(lambda so_far=so_far: len(told(desk)) > so_far, "no hand-over")  # type: ignore[misc]
        time.sleep(chance.uniform(0, 0.05))
        keys.kill()
        assert len(told(desk)) < EACH * len(packages), "all was over before the kill"
        keys.start()
        keys.unlock()
    for child in children:
        ended(child)
    assert Counter(name[0] for name in told(desk).values()) == Counter({"0": EACH, "1": EACH, "2": EACH})
    assert len(acts()) > len(told(desk)), "no hand-over was interrupted"
    what_nobody_finished_is_ended_once(desk)
    each_is_accounted_for_once(desk)
    each_is_whole(desk)
