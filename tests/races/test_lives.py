"""Releases race with what time does to a pause: a plan begins, a confirmation stays away, one pause follows another.

Only the database's clock counts here: nothing is told to the processes that release.
"""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection

from abeyance import fence
from abeyance.casefile.models import Approval, Finding, Package, Release
from abeyance.pauses import actions as pauses
from abeyance.pauses.models import PauseRow, Reconfirmation
from abeyance.pauses.weighing import weigh
from abeyance.people import proposals
from abeyance.rules.pauselife import LiftOutcome
from abeyance.rules.terms import Stage
from tests.casefile.packed import declare, sealed
from tests.desk import Desk
from tests.races.test_amended import LONG_ENOUGH, count_until_more, releasers
from tests.races.test_races import in_step

NEVER_VOID = 10**9  # an epoch after every end of a pause, so that only a pause in force holds


@pytest.fixture
def packed(desk: Desk) -> list[Package]:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    return [sealed(desk) for _ in range(3)]


def lift(desk: Desk, name: str, outcome: LiftOutcome) -> None:
    desk.ready_to_lift(name)
    proposal = pauses.propose_lift(name, "It is over.", by=desk.first, now=desk.now(), outcome=outcome)
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


def test_a_plan_binds_from_its_start_on_to_the_microsecond(desk: Desk, packed: list[Package]) -> None:
    with releasers(desk, packed, 20):
        assert count_until_more(packed, 0) > 0, "nothing was released, so there was no race"
        start = desk.now() + timedelta(seconds=1.5)
        declare(desk, starts=start.isoformat())
        declared = Release.objects.count()
        assert count_until_more(packed, declared) > declared, "the plan held before its start"
        time.sleep(max(0.0, (start - desk.now()).total_seconds()) + LONG_ENOUGH)
        begun = Release.objects.count()
        time.sleep(LONG_ENOUGH)
    assert Release.objects.count() == begun
    assert max(Release.objects.values_list("made", flat=True)) < start
    in_step()


def test_a_plan_that_holds_release_meanwhile_lets_nothing_out_before_or_after_its_start(
    desk: Desk, packed: list[Package]
) -> None:
    with releasers(desk, packed, 20):
        assert count_until_more(packed, 0) > 0
        start = desk.now() + timedelta(seconds=1)
        bound = declare(desk, starts=start.isoformat(), hold_release_meanwhile=True)
        held = Release.objects.count()
        time.sleep(1 + LONG_ENOUGH)
    assert Release.objects.count() == held
    assert max(Release.objects.values_list("epoch", flat=True)) < bound.pause.declared_epoch


def test_release_stays_held_when_nobody_confirms_in_time_and_review_is_free(desk: Desk, packed: list[Package]) -> None:
    ref = packed[0].case.ref
    with releasers(desk, packed, 20):
        assert count_until_more(packed, 0) > 0
        bound = declare(desk)
        held = Release.objects.count()
        with fence.alone(uuid4()):  # as if it had been declared 72 hours ago, but for a second
            PauseRow.objects.update(confirm_by=datetime.now(UTC) + timedelta(seconds=1))
        assert {each.stage for one in weigh(desk.case(ref), now=desk.now())[1] for each in one.held} == set(Stage)
        time.sleep(1 + LONG_ENOUGH)
        stages = {each.stage for one in weigh(desk.case(ref), now=desk.now())[1] for each in one.held}
        assert stages == {Stage.RELEASE}
        assert bound.confirmation is not None
        proposals.agree(bound.confirmation.code, by=desk.second, now=desk.now())
        time.sleep(LONG_ENOUGH)
    assert Release.objects.count() == held


def test_between_a_pause_and_what_follows_it_nothing_leaves(desk: Desk, packed: list[Package]) -> None:
    for rows in (Finding.objects, Approval.objects, Package.objects):
        rows.update(epoch=NEVER_VOID)
    for package in packed:
        said = {"asked_at": desk.now(), "confirmed_epoch": NEVER_VOID}
        Reconfirmation.objects.create(case=package.case, after_epoch=NEVER_VOID, **said)
    with releasers(desk, packed, 30):
        assert count_until_more(packed, 0) > 0
        declare(desk, name="HK-0")
        held = Release.objects.count()
        name = "HK-0"
        for _ in range(4):
            lift(desk, name, LiftOutcome.STANDING_REFUSAL)
            name = f"{name}-REFUSED"
        time.sleep(LONG_ENOUGH)
        assert Release.objects.count() == held
        lift(desk, name, LiftOutcome.RESUME)
        assert count_until_more(packed, held) > held, "nothing could have left, so nothing was shown"
    spans = sorted(PauseRow.objects.values_list("declared_epoch", "ended_epoch"))
    assert all(before[1] == after[0] for before, after in itertools.pairwise(spans))
