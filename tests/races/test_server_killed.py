"""The database's own processes are killed in the middle: after it has recovered, each release is there whole or not at
all, and none lies within a pause."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest
from django.db import Error, connection

from abeyance.casefile.models import Package, Release
from abeyance.errors import AbeyanceError
from abeyance.release import actions
from tests.casefile.packed import declare, sealed
from tests.desk import Desk
from tests.races.test_races import ENOUGH, ended, in_child, in_step, lift, releasing, renew, under_a_pause

RECOVERS_IN = 20.0


@pytest.fixture
def packages(desk: Desk) -> list[Package]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    return [sealed(desk) for _ in range(4)]


def servers_of_releasers() -> Iterator[int]:
    """Server processes that work for others than us, the busy ones first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() ORDER BY state = 'idle'"
        )
        yield from (pid for (pid,) in cursor.fetchall())


def killed() -> bool:
    """One of them dies as by the kernel's hand; PostgreSQL then ends all of its processes and recovers from its log."""
    for pid in servers_of_releasers():
        try:
            os.kill(pid, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            continue
        return True
    return False


def recovered() -> None:
    deadline = time.monotonic() + RECOVERS_IN
    while True:
        try:
            connection.close()
            with connection.cursor() as cursor:
                cursor.execute("SELECT 1")
        except Error:
            assert time.monotonic() < deadline, "the server did not come back"
            time.sleep(0.1)
        else:
            return


def after_it(act: object) -> None:
    """What a person would do: again, until the server is back."""
    deadline = time.monotonic() + RECOVERS_IN
    while True:
        try:
            return act()  # type: ignore[operator, no-any-return]
        except (AbeyanceError, Error):
            assert time.monotonic() < deadline
            connection.close()
            time.sleep(0.2)


def test_after_the_server_was_killed_releases_are_whole_and_outside_of_every_pause(
    desk: Desk, packages: list[Package]
) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT inet_server_addr() IS NULL")
        (local,) = cursor.fetchone()
    if not local:
        pytest.skip("the server is not on this machine, so its processes cannot be killed")
    until = time.monotonic() + 20  # two recoveries on a slow machine, and time to go on after them
    children = [in_child(releasing(desk, packages, until)) for _ in range(3)]
    counts = []
    for round_ in range(2):
        time.sleep(0.8)
        declare(desk, name=f"HK-{round_}", stages=["release"])
        lift(desk, f"HK-{round_}")
        renew()
        time.sleep(0.5)
        assert killed()
        recovered()
        counts.append(Release.objects.count())
        assert under_a_pause() == []
    while Release.objects.count() <= counts[1] and time.monotonic() < until:
        time.sleep(0.1)
    after_it(lambda: declare(desk, name="HK-LAST"))
    (desk.home / ENOUGH).touch()
    for child in children:
        ended(child)
    assert counts[0] > 5
    assert Release.objects.count() > counts[1] > counts[0]  # it went on after each recovery
    assert under_a_pause() == []
    in_step()
    with pytest.raises(AbeyanceError):
        actions.release(packages[0].key, to=desk.cast.fingerprint, channel="file", by=desk.second)
