"""A pause is made wider while releases run: what it covers from then on does not leave, what it leaves free goes on."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import connection

from abeyance.answer import actions as answers
from abeyance.casefile.models import Package, Release
from abeyance.fence import crossing
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.pauses import actions as pauses
from abeyance.release import actions, making
from tests.casefile.packed import declare, letter, sealed, stated
from tests.desk import Desk, demand, item
from tests.races.test_races import ended, in_child, in_step, lift, releasing, renew

RELEASERS = 4
LONG_ENOUGH = 0.4  # for a releaser that was on its way to finish, many times over
# How each pause begins, holding nothing of the packages below, and how it is amended to hold those of the first kind.
WIDENED: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({"subjects": ["TW"]}, {"subjects": ["TW", "HK"]}),
    ({"subjects": ["HK"], "stages": ["review"]}, {"subjects": ["HK"], "stages": ["review", "release"]}),
    ({"subjects": ["HK"], "laws": ["us"]}, {"subjects": ["HK"], "laws": ["us", "hk-nsl43"]}),
    ({"subjects": ["HK"], "services": ["other"]}, {"subjects": ["HK"]}),
    (
        {"subjects": ["TW"]},
        {"subjects": ["HK"]},
    ),  # loosened too: the older stays, the newer binds
]


@pytest.fixture
def covered(desk: Desk) -> list[Package]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    return [sealed(desk) for _ in range(3)]


@pytest.fixture
def free(desk: Desk) -> list[Package]:
    """Of an account holder elsewhere, whom no pause here is about, and whose papers name nobody else's account."""
    wren = item(subject_country="SG", identifier_kind="email", identifier="wren@post.example")
    ref = desk.arrive("wren@post.example")
    confirming.confirm(ref, demand(items=[wren]), by=desk.first, now=desk.now())
    desk.verify(ref)
    answers.propose(ref, by=desk.first, now=desk.now())
    answers.agree(ref, by=desk.second, now=desk.now())
    desk.bar_notice(ref)
    return [making.gather(ref, letter=letter, by=desk.first, now=desk.now())]


def released(packages: list[Package]) -> set[int]:
    """The ledger's numbers of the hand-overs of these."""
    acts = Release.objects.filter(package__in=packages).values_list("act", flat=True)
    return set(Entry.objects.filter(act__in=list(acts)).values_list("pk", flat=True))


def amended_at() -> int:
    """The ledger's number of the newest amendment."""
    return Entry.objects.filter(kind="PauseAmended").order_by("pk").values_list("pk", flat=True).reverse()[0]


def count_until_more(packages: list[Package], than: int) -> int:
    deadline = time.monotonic() + 3
    while (found := Release.objects.filter(package__in=packages).count()) <= than and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@contextmanager
def releasers(desk: Desk, packages: list[Package], seconds: float) -> Iterator[None]:
    until = time.monotonic() + seconds
    children = [in_child(releasing(desk, packages, until)) for _ in range(RELEASERS)]
    try:
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
            ended(child)


def test_what_a_widened_pause_covers_does_not_leave_after_the_amendment(
    desk: Desk, covered: list[Package], free: list[Package]
) -> None:
    with releasers(desk, covered + free, 30):
        for number, (narrow, wide) in enumerate(WIDENED):
            name = f"HK-{number}"
            before = Release.objects.filter(package__in=covered).count()
            declare(desk, name=name, **narrow)
            racing = count_until_more(covered, before)
            pauses.amend(stated(name=name, **wide), by=desk.first, now=desk.now())
            returned, others = released(covered), Release.objects.filter(package__in=free).count()
            time.sleep(LONG_ENOUGH)
            assert racing > before, "the narrow pause already held them, so there was no race"
            assert released(covered) == returned
            assert max(returned) < amended_at()
            assert count_until_more(free, others) > others, "everything stood still, so nothing was shown"
            lift(desk, name)
            renew()
    in_step()


def test_the_judgement_by_the_ledger_finds_a_release_that_did_not_wait_at_the_fence(
    desk: Desk, covered: list[Package], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control, a planted weakness: a gate with a lock of its own, judged before the amendment, written after it."""
    declare(desk, subjects=["TW"])
    write = actions._write

    def stopped(*args: Any, **named: Any) -> Release:
        os.kill(os.getpid(), signal.SIGSTOP)
        return write(*args, **named)

    monkeypatch.setattr(actions, "_write", stopped)

    def work() -> None:
        monkeypatch.setattr(crossing, "LOCK", crossing.LOCK + 1)  # in this child only
        actions.release(covered[0].key, to=desk.cast.fingerprint, channel="file", by=desk.second)

    child = in_child(work)
    os.waitpid(child, os.WUNTRACED)
    pauses.amend(stated(subjects=["TW", "HK"]), by=desk.first, now=desk.now())
    assert released(covered) == set()
    os.kill(child, signal.SIGCONT)
    ended(child)
    assert min(released(covered)) > amended_at()
