"""The whole server ends at once in the middle of releases and of a declaration. What comes back is whole, and by the
ledger's order no release lies behind a declaration; nobody was handed anything that the database has forgotten."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import Error, connection

from abeyance import fence, ledger
from abeyance.casefile.models import Package, Release
from abeyance.errors import AbeyanceError, Refused, Unsafe
from abeyance.fence.crossing import LOCK
from abeyance.ledger.models import Entry
from abeyance.pauses.models import PauseRow
from abeyance.release import actions
from abeyance.site.postgres import Cluster
from tests.casefile.packed import declare, sealed
from tests.desk import Desk, running_desk
from tests.races.own_server import Stop, own_server, stop
from tests.races.test_races import ended, in_child, in_step, lift, renew
from tests.races.test_server_killed import recovered

RELEASERS = 3


@pytest.fixture
def cluster(transactional_db: None) -> Iterator[Cluster]:
    with own_server() as cluster:
        yield cluster


@pytest.fixture
def desk(cluster: Cluster, tmp_path: Path, settings: Any) -> Iterator[Desk]:
    settings.ABEYANCE_HOME = tmp_path
    with running_desk(tmp_path) as desk:
        yield desk


@pytest.fixture
def packages(desk: Desk) -> list[Package]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    return [sealed(desk) for _ in range(3)]


def handed_out(desk: Desk) -> set[str]:
    """The acts of all hand-overs whose plain text somebody has had in hand."""
    return set((desk.home / "handed-out").read_text().split())


def hand_out(desk: Desk, package: Package) -> None:
    opened = actions.release(package.key, to=desk.cast.fingerprint, channel="file", by=desk.second)
    assert b"".join(opened.pieces)
    with (desk.home / "handed-out").open("a") as log:
        log.write(f"{opened.release.act}\n")


def handing_out(desk: Desk, packages: list[Package]) -> Callable[[], None]:
    def work() -> None:
        chance, until = random.Random(os.getpid()), time.monotonic() + 60
        while time.monotonic() < until:
            try:
                hand_out(desk, chance.choice(packages))
            except (AbeyanceError, Error):
                connection.close()
                time.sleep(0.01)

    return work


def stopping_before_commit(owner: Any, name: str) -> None:
    """In a child: what `name` writes is written, and the process stands still before its COMMIT."""
    write = getattr(owner, name)

    def stopped(*args: Any, **named: Any) -> Any:
        written = write(*args, **named)
        os.kill(os.getpid(), signal.SIGSTOP)
        return written

    setattr(owner, name, stopped)


def declaring(desk: Desk, name: str, *, standing_still: bool = False) -> int:
    """A child that declares, and writes what it was told."""

    def work() -> None:
        if standing_still:
            stopping_before_commit(ledger, "append")
        try:
            declare(desk, name=name, stages=["release"])
            (desk.home / name).write_text("holds")
        except Unsafe:  # the server was away for too long to be asked
            (desk.home / name).write_text("unknown")

    return in_child(work)


def heard(desk: Desk, name: str) -> str:
    path = desk.home / name
    return path.read_text() if path.exists() else ""


@contextmanager
def releasers(desk: Desk, packages: list[Package]) -> Iterator[None]:
    children = [in_child(handing_out(desk, packages)) for _ in range(RELEASERS)]
    try:
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            ended(child)


def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 10
    while not found():
        assert time.monotonic() < deadline, what
        time.sleep(0.005)


def at_the_fence(mode: str, *, granted: bool) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND mode = %s AND granted = %s",
            [LOCK, mode, granted],
        )
        return int(cursor.fetchone()[0])


def behind_a_declaration() -> list[int]:
    """Numbers of releases that the ledger has between a declaration and its lift: there must be none."""
    found, held = [], False
    kinds = ["PauseDeclared", "PauseLifted", "Released"]
    for number, kind in Entry.objects.filter(kind__in=kinds).order_by("pk").values_list("pk", "kind"):
        if kind == "Released" and held:
            found.append(number)
        held = kind == "PauseDeclared" or (held and kind == "Released")
    return found


def come_back(desk: Desk, cluster: Cluster) -> None:
    """The supervisor's own way to start it again, and then everything that must be true."""
    connection.close()
    cluster.keep_running()
    recovered()
    with connection.cursor() as cursor:  # so that nothing is under way while we look
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        acts = {str(act) for act in Release.objects.values_list("act", flat=True)}
        assert handed_out(desk) <= acts, "somebody was handed what the database has forgotten"
        cursor.execute("SELECT act::text FROM seals_handover")
        assert {act for (act,) in cursor.fetchall()} <= acts
        declared = Entry.objects.filter(kind="PauseDeclared").values_list("epoch", flat=True)
        assert sorted(PauseRow.objects.values_list("declared_epoch", flat=True)) == sorted(declared)
        assert behind_a_declaration() == []
        in_step()
        cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])


def nothing_leaves_until_it_is_lifted(desk: Desk, packages: list[Package], name: str) -> None:
    count = Release.objects.count()
    with pytest.raises(Refused):
        hand_out(desk, packages[0])
    time.sleep(0.2)
    assert Release.objects.count() == count
    lift(desk, name)
    renew()


def goes_on(before: int) -> None:
    until(lambda: Release.objects.count() > before, "no release after the server had come back")


def test_after_the_server_was_stopped_everything_is_whole_and_nothing_lies_behind_a_declaration(
    desk: Desk, cluster: Cluster, packages: list[Package]
) -> None:
    a_release_is_cut_off_while_a_declaration_waits(desk, cluster, packages)
    with releasers(desk, packages):
        goes_on(Release.objects.count() + 3)
        a_declaration_is_cut_off_while_releases_wait(desk, cluster)
        goes_on(Release.objects.count())
        a_declaration_has_just_been_committed(desk, cluster, packages)
        goes_on(Release.objects.count())
        at_any_moment_of_a_declaration(desk, cluster, packages)
        goes_on(Release.objects.count())
    the_judge_finds_what_did_not_pass_the_gate(desk)


def a_release_is_cut_off_while_a_declaration_waits(desk: Desk, cluster: Cluster, packages: list[Package]) -> None:
    def standing_still() -> None:
        stopping_before_commit(actions, "_write")
        hand_out(desk, packages[0])

    hand_out(desk, packages[1])
    releaser = in_child(standing_still)
    os.waitpid(releaser, os.WUNTRACED)
    declarer = declaring(desk, "WAITING")
    until(lambda: at_the_fence("ExclusiveLock", granted=False) == 1, "the declaration does not wait")
    assert at_the_fence("ShareLock", granted=True) == 1
    stop(cluster, Stop.KILLED)
    come_back(desk, cluster)
    os.kill(releaser, signal.SIGCONT)
    ended(releaser)
    ended(declarer)
    assert not packages[0].releases.exists()
    assert len(handed_out(desk)) == 1
    assert not PauseRow.objects.exists()
    assert heard(desk, "WAITING") != "holds"


def a_declaration_is_cut_off_while_releases_wait(desk: Desk, cluster: Cluster) -> None:
    epoch = fence.epoch()
    declarer = declaring(desk, "UNCOMMITTED", standing_still=True)
    os.waitpid(declarer, os.WUNTRACED)
    until(lambda: at_the_fence("ShareLock", granted=False) > 0, "no release came to the closed fence")
    assert at_the_fence("ExclusiveLock", granted=True) == 1
    stop(cluster, Stop.IMMEDIATE)
    come_back(desk, cluster)
    os.kill(declarer, signal.SIGCONT)
    ended(declarer)
    assert not PauseRow.objects.exists()
    assert fence.epoch() == epoch
    assert heard(desk, "UNCOMMITTED") != "holds", "it was told that its pause holds"


def a_declaration_has_just_been_committed(desk: Desk, cluster: Cluster, packages: list[Package]) -> None:
    declarer = declaring(desk, "COMMITTED")
    until(PauseRow.objects.exists, "no declaration")
    stop(cluster, Stop.KILLED)
    come_back(desk, cluster)
    ended(declarer)
    assert PauseRow.objects.exists()
    assert heard(desk, "COMMITTED"), "its answer was lost, and it did not look"
    nothing_leaves_until_it_is_lifted(desk, packages, "COMMITTED")


def at_any_moment_of_a_declaration(desk: Desk, cluster: Cluster, packages: list[Package]) -> None:
    declarer = declaring(desk, "ANY")
    time.sleep(random.Random().uniform(0, 0.04))
    stop(cluster, Stop.IMMEDIATE)
    come_back(desk, cluster)
    ended(declarer)
    holds = PauseRow.objects.filter(name="ANY").exists()
    assert heard(desk, "ANY") in ("holds" if holds else "", "unknown")
    if holds:
        nothing_leaves_until_it_is_lifted(desk, packages, "ANY")


def the_judge_finds_what_did_not_pass_the_gate(desk: Desk) -> None:
    """The control: an entry that is written behind a declaration."""
    declare(desk, name="HK-LAST", stages=["release"])
    assert behind_a_declaration() == []
    passed = Entry.objects.filter(kind="Released")[0]
    names = ("kind", "content", "salt", "holder", "public", "commitment", "at", "by")
    planted = Entry.objects.create(**{name: getattr(passed, name) for name in names})
    assert behind_a_declaration() == [planted.pk]
