"""Many processes release while pauses come and go, members leave and keys are revoked; some are killed on the way.

Whether a release was before or after a pause is judged by the fence's epoch, which both carry. The processes are real,
each with connections of its own; what they release is opened only where a test says so.
"""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from django.db import Error, connection, connections

from abeyance.casefile.models import Approval, Finding, Package, Release
from abeyance.errors import AbeyanceError
from abeyance.ledger.models import Entry
from abeyance.pauses import actions as pauses
from abeyance.pauses.models import PauseRow, Reconfirmation
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.people.directory import actions as directory
from abeyance.release import actions
from tests.casefile.packed import declare, sealed
from tests.desk import Desk

RELEASERS = 4
AT_MOST = 90.0  # on a busy machine
SECONDS = 8.0


def in_child(work: Callable[[], None]) -> int:
    """A process of its own, which ends without Python's goodbyes."""
    connections.close_all()
    pid = os.fork()
    if pid:
        return pid
    try:
        work()
    finally:
        os._exit(0)


def ended(child: int) -> int:
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


ENOUGH = "enough"  # a file of this name in the desk's home ends whoever releases


def releasing(desk: Desk, packages: list[Package], until: float) -> Callable[[], None]:
    def work() -> None:
        chance = random.Random(os.getpid())
        while time.monotonic() < until and not (desk.home / ENOUGH).exists():
            try:
                actions.release(chance.choice(packages).key, to=desk.cast.fingerprint, channel="file", by=desk.second)
            except (AbeyanceError, Error):  # refused, or ended by a pause that would not wait
                connection.close()

    return work


def renew() -> None:
    """As if everything had been confirmed, verified, agreed and packed again after a lift, which voids it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT epoch FROM fence_fence")
        (epoch,) = cursor.fetchone()
    for rows in (Finding.objects, Approval.objects, Package.objects):
        rows.update(epoch=epoch)
    for case in Package.objects.values_list("case", flat=True).distinct():
        said = {"asked_at": datetime.now(UTC), "confirmed_epoch": epoch}
        Reconfirmation.objects.update_or_create(case_id=case, after_epoch=epoch, defaults=said)


def under_a_pause() -> list[Release]:
    """Releases whose epoch lies within that of a pause that covers them: there must be none."""
    spans = [(row.declared_epoch, row.ended_epoch or 2**62) for row in PauseRow.objects.all()]
    return [row for row in Release.objects.all() if any(begin <= row.epoch < end for begin, end in spans)]


def lift(desk: Desk, name: str) -> None:
    desk.ready_to_lift(name)
    proposal = pauses.propose_lift(name, "It is over.", by=desk.first, now=desk.now())
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


def in_step() -> None:
    """State, entry, job and release were written together, or none of them."""
    acts = set(Release.objects.values_list("act", flat=True))
    assert set(Entry.objects.filter(kind="Released").values_list("act", flat=True)) == acts
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'release.follow_up'")
        assert cursor.fetchone() == (len(acts),)
    for package in Package.objects.select_related("case"):
        assert (package.case.state == "released") is package.releases.exists()


@pytest.fixture
def packages(desk: Desk) -> list[Package]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")  # pytest-django empties the tables of our models only
    return [sealed(desk) for _ in range(6)]


def test_no_release_is_within_a_pause_whatever_is_killed(desk: Desk, packages: list[Package]) -> None:
    begun = time.monotonic()
    until = begun + AT_MOST
    children = [in_child(releasing(desk, packages, until)) for _ in range(RELEASERS)]
    chance, rounds = random.Random(7), 0
    while time.monotonic() < until and (
        time.monotonic() < begun + SECONDS or rounds < 5 or Release.objects.count() <= 50
    ):
        rounds += 1
        name = f"HK-{rounds}"
        declare(desk, name=name, stages=["release"])
        time.sleep(chance.uniform(0, 0.2))
        victim = chance.randrange(RELEASERS)
        os.kill(children[victim], signal.SIGKILL)
        assert ended(children[victim]) == -signal.SIGKILL
        lift(desk, name)
        renew()
        children[victim] = in_child(releasing(desk, packages, until))
        time.sleep(chance.uniform(0, 0.4))
    for child in children:
        os.kill(child, signal.SIGKILL)
        assert ended(child) == -signal.SIGKILL
    assert Release.objects.count() > 50
    assert rounds >= 5
    assert under_a_pause() == []
    in_step()


def test_the_judge_by_epochs_finds_a_release_within_a_pause(desk: Desk, packages: list[Package]) -> None:
    """The control: a row that did not pass the gate is found."""
    bound = declare(desk)
    Release.objects.create(
        act=packages[0].key,
        package=packages[0],
        made=desk.now(),
        epoch=bound.pause.declared_epoch,
        by=desk.second,
        channel="file",
        agency_key=desk.cast.fingerprint,
    )
    assert len(under_a_pause()) == 1


@pytest.mark.parametrize("what", ["member", "key"])
def test_nothing_leaves_after_a_member_left_or_a_key_was_revoked(
    desk: Desk, packages: list[Package], what: str
) -> None:
    until = time.monotonic() + 4
    children = [in_child(releasing(desk, packages, until)) for _ in range(RELEASERS)]
    time.sleep(2)
    if what == "member":
        people.remove_member(desk.first, by=desk.second, now=desk.now())  # who proposed every answer
    else:
        directory.revoke_key(desk.cast.fingerprint, by=desk.first, now=desk.now())
    counted = Release.objects.count()
    for child in children:
        ended(child)
    assert counted > 10
    assert Release.objects.count() == counted
    in_step()


def test_a_releaser_that_is_stopped_in_the_fence_hands_out_nothing(
    desk: Desk, packages: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It stands still after it was allowed and before its COMMIT; a pause does not wait for it."""
    write, parent = actions._write, os.getpid()

    def stopped(*args: object, **named: object) -> Release:
        if os.getpid() != parent:
            os.kill(os.getpid(), signal.SIGSTOP)
        return write(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(actions, "_write", stopped)
    out = desk.home / "out"

    def work() -> None:
        opened = actions.release(packages[0].key, to=desk.cast.fingerprint, channel="file", by=desk.second)
        out.write_bytes(b"".join(opened.pieces))

    child = in_child(work)
    os.waitpid(child, os.WUNTRACED)
    started = time.monotonic()
    declare(desk)
    assert time.monotonic() - started < 6
    os.kill(child, signal.SIGCONT)
    ended(child)
    assert not out.exists()
    assert not Release.objects.exists()
    in_step()
