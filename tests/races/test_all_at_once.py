"""Everything that may hold a release or set it free, at once, while several processes release: exceptions are suspended
and resumed, a pause passes its 72 hours unconfirmed, a plan begins, and two requests are decided to be one matter.

Judged by the epoch that the fence gives to each release and each act, and for a plan by the database's clock.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from abeyance import fence
from abeyance.casefile.models import Package, Release
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.patterns import actions as patterns
from abeyance.pauses import exceptions
from abeyance.pauses.models import PauseRow
from abeyance.people import proposals
from tests.casefile.packed import declare, sealed
from tests.desk import Desk, demand, item
from tests.races.test_amended import LONG_ENOUGH, count_until_more, releasers
from tests.races.test_races import in_step

ENDLESS = 2**62
ROUNDS = 3
LIFE = {"name": "life", "sentence": "A life is at risk.", "kinds": ["disclosure"]}


def about(desk: Desk, identifier: str, country: str) -> Package:
    return sealed(desk, items=[item(identifier=identifier, subject_country=country)])


def released(package: Package) -> int:
    return Release.objects.filter(package=package).count()


def epochs(package: Package) -> set[int]:
    return set(Release.objects.filter(package=package).values_list("epoch", flat=True))


def acts_on(exception: str) -> list[tuple[int, str]]:
    """The epochs at which it was closed and opened, in order."""
    kinds = ["PauseDeclared", "ExceptionAgreed", "ExceptionSuspended", "ExceptionResumed"]
    return [
        (epoch, kind)
        for epoch, kind in Entry.objects.filter(kind__in=kinds, epoch__isnull=False)
        .order_by("pk")
        .values_list("epoch", "kind")
    ]


def within(package: Package, begin: int, end: int = ENDLESS) -> set[int]:
    return {epoch for epoch in epochs(package) if begin <= epoch < end}


@pytest.fixture
def nothing_queued(desk: Desk) -> Desk:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    return desk


def test_no_release_lies_behind_an_act_that_covers_it(nothing_queued: Desk) -> None:
    desk = nothing_queued
    excepted, planned, matter = (
        about(desk, number, country)
        for number, country in (("+85291230001", "HK"), ("+886912345678", "TW"), ("+6591230003", "SG"))
    )
    free = about(desk, "+6591230004", "SG")
    earlier = a_request_of_the_same_account(desk, "+6591230003")
    with releasers(desk, [excepted, planned, matter, free], 40):
        assert all(count_until_more([each], 0) > 0 for each in (excepted, planned, matter, free)), "there was no race"
        suspensions = an_exception_is_suspended_and_resumed(desk, excepted)
        passed = an_unconfirmed_pause_passes_its_time(desk, excepted)
        started = a_plan_begins(desk, planned)
        decided = a_matter_is_decided(desk, matter, earlier)
        others = released(free)
        time.sleep(LONG_ENOUGH)
        assert count_until_more([free], others) > others, "everything stood still, so nothing was shown"
    for begin, end in suspensions:
        assert within(excepted, begin, end) == set()
    assert within(excepted, passed) == set()
    assert max(Release.objects.filter(package=planned).values_list("made", flat=True)) < started
    assert within(matter, decided) == set()
    assert Release.objects.count() > 30  # hundreds on an idle machine
    in_step()
    the_judge_finds_what_did_not_pass_the_gate(desk, excepted, passed)


def a_request_of_the_same_account(desk: Desk, identifier: str) -> str:
    """Under another law, which nothing has paused yet."""
    ref = desk.arrive(identifier)
    asked = demand(items=[item(identifier=identifier, subject_country="SG")], instrument="hk-nsl43-s4")
    confirming.confirm(ref, asked, by=desk.first, now=desk.now())
    return ref


def an_exception_is_suspended_and_resumed(desk: Desk, package: Package) -> list[tuple[int, int]]:
    """The spans in which nothing may lie: before two agreed to use it, and while it was suspended."""
    declared = declare(desk, name="HK-LIFE", jurisdictions=[], subjects=["HK"], exceptions=[LIFE]).pause.declared_epoch
    ref = package.case.ref
    exceptions.propose_use(ref, "HK-LIFE", "life", by=desk.first, now=desk.now())
    time.sleep(LONG_ENOUGH / 4)
    use = exceptions.agree_use(ref, "HK-LIFE", "life", by=desk.second, now=desk.now())
    assert use.epoch is not None
    spans = []
    for _ in range(ROUNDS):
        before = released(package)
        assert count_until_more([package], before) > before, "the exception opened nothing"
        patterns.suspend_exception("HK-LIFE", "life", by=desk.first, now=desk.now())
        held = released(package)
        waits = patterns.propose_resumption("HK-LIFE", "life", by=desk.first, now=desk.now())
        time.sleep(LONG_ENOUGH / 4)
        assert released(package) == held
        proposals.agree(waits.code, by=desk.second, now=desk.now())
    closed = [epoch for epoch, kind in acts_on("life") if kind == "ExceptionSuspended"]
    opened = [epoch for epoch, kind in acts_on("life") if kind == "ExceptionResumed"]
    spans = list(zip(closed, opened, strict=True))
    assert len(spans) == ROUNDS
    assert within(package, declared, use.epoch) == set()
    return spans


def an_unconfirmed_pause_passes_its_time(desk: Desk, package: Package) -> int:
    """It named review alone, so release went on; once nobody has confirmed it, it holds release alone."""
    before = released(package)
    declare(desk, name="HK-ALONE", jurisdictions=[], subjects=["HK"], stages=["review"])
    assert count_until_more([package], before) > before, "a pause of review held release"
    with fence.alone(uuid4()) as entered:
        PauseRow.objects.filter(name="HK-ALONE").update(confirm_by=datetime.now(UTC) - timedelta(seconds=1))
    held = released(package)
    time.sleep(LONG_ENOUGH)
    assert released(package) == held
    return entered.epoch


def a_plan_begins(desk: Desk, package: Package) -> datetime:
    start = desk.now() + timedelta(seconds=1)
    before = released(package)
    declare(desk, name="TW-PLAN", jurisdictions=[], subjects=["TW"], starts=start.isoformat())
    assert count_until_more([package], before) > before, "the plan held before its start"
    time.sleep(max(0.0, (start - desk.now()).total_seconds()) + LONG_ENOUGH)
    held = released(package)
    time.sleep(LONG_ENOUGH / 2)
    assert released(package) == held
    return start


def a_matter_is_decided(desk: Desk, package: Package, earlier: str) -> int:
    """What pauses the law of the other request holds this one as well, from the pause on; and so does the decision."""
    patterns.decide_the_same(package.case.ref, earlier, by=desk.first, now=desk.now())
    before = released(package)
    assert count_until_more([package], before) > before, "nothing held the other, and this one was held"
    bound = declare(desk, name="S4", jurisdictions=[], laws=["hk-nsl43-s4"])
    held = released(package)
    time.sleep(LONG_ENOUGH / 2)
    assert released(package) == held
    return bound.pause.declared_epoch


def the_judge_finds_what_did_not_pass_the_gate(desk: Desk, package: Package, epoch: int) -> None:
    """The control: a row that nobody judged."""
    Release.objects.create(
        act=uuid4(),
        package=package,
        made=desk.now(),
        epoch=epoch,
        by=desk.second,
        channel="file",
        agency_key=desk.cast.fingerprint,
    )
    assert within(package, epoch) == {epoch}
