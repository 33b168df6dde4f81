"""What time does to a pause: a table of moments, on the pure rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from abeyance.rules import pauselife
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.pauselife import LiftOutcome, Phase
from abeyance.rules.pauses import Pause, held_by, is_tighter, last_lift_epoch
from abeyance.rules.terms import PauseMode, Stage

NOW = datetime(2020, 7, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)
SAID, ITEM = DemandFacts(jurisdiction="HK", arrived_epoch=5), ItemFacts(number=1, service="quill")
PAUSE = Pause("HK-1", 1, "r", "s", date(2020, 10, 6), jurisdictions=frozenset({"HK"}), declared_at=NOW, since_epoch=3)


def held(pause: Pause, at: datetime) -> set[Stage]:
    return {stage for stage in Stage if held_by(pause, SAID, ITEM, stage, now=at) is not None}


@pytest.mark.parametrize(
    ("hours", "phase", "stages"),
    [
        (0, Phase.UNCONFIRMED, set(Stage)),
        (71, Phase.UNCONFIRMED, set(Stage)),
        (72, Phase.RELEASE_ONLY, {Stage.RELEASE}),
        (9000, Phase.RELEASE_ONLY, {Stage.RELEASE}),
    ],
)
def test_what_one_person_declared_binds_in_full_for_72_hours_and_then_release_alone(
    hours: int, phase: Phase, stages: set[Stage]
) -> None:
    alone = replace(PAUSE, confirm_by=pauselife.to_confirm_by(None, NOW))
    at = NOW + hours * HOUR
    assert (pauselife.phase(alone, at), held(alone, at)) == (phase, stages)
    assert held(replace(alone, confirm_by=None), at) == set(Stage)
    reason = held_by(alone, SAID, ITEM, Stage.RELEASE, now=at)
    assert reason is not None
    assert ("not confirmed in 72 hours" in reason.sentence) is (phase is Phase.RELEASE_ONLY)


def test_release_stays_held_also_where_the_pause_named_review_alone() -> None:
    """What was held at review would otherwise go all the way once nobody confirms it."""
    alone = replace(PAUSE, stages=frozenset({Stage.REVIEW}), confirm_by=NOW + 72 * HOUR)
    assert held(alone, NOW) == {Stage.REVIEW}
    assert held(alone, NOW + 72 * HOUR) == {Stage.RELEASE}


@pytest.mark.parametrize("meanwhile", [False, True])
def test_a_plan_holds_release_if_it_says_so_names_nothing_and_binds_in_full_from_its_start(meanwhile: bool) -> None:
    start = NOW + 10 * HOUR
    plan = replace(PAUSE, starts_at=start, hold_release_meanwhile=meanwhile, mode=PauseMode.REFUSE)
    assert held(plan, NOW) == ({Stage.RELEASE} if meanwhile else set())
    if meanwhile:
        reason = held_by(plan, SAID, ITEM, Stage.RELEASE, now=NOW)
        assert reason is not None
        assert "HK-1" not in str(reason.as_dict())
        assert "pending" not in reason.sentence
    assert held(plan, start - timedelta(microseconds=1)) != set(Stage)
    assert held(plan, start) == set(Stage)


def test_a_plan_that_was_dropped_before_its_start_voids_nothing_later() -> None:
    dropped = replace(PAUSE, starts_at=NOW + 10 * HOUR, ended_epoch=7, ended_at=NOW + HOUR)
    began = replace(dropped, ended_at=NOW + 11 * HOUR)
    later = NOW + 100 * HOUR
    assert last_lift_epoch([dropped], SAID, ITEM, now=later) == 0
    assert last_lift_epoch([replace(dropped, hold_release_meanwhile=True)], SAID, ITEM, now=later) == 7
    assert last_lift_epoch([began], SAID, ITEM, now=later) == 7


def test_of_a_plan_the_72_hours_count_from_its_start() -> None:
    assert pauselife.to_confirm_by(NOW + 10 * HOUR, NOW) == NOW + 82 * HOUR
    assert pauselife.to_confirm_by(NOW - 10 * HOUR, NOW) == NOW + 72 * HOUR


def test_a_later_date_of_review_loosens_and_an_earlier_one_does_not() -> None:
    later, earlier = (replace(PAUSE, review_by=PAUSE.review_by + timedelta(days=each)) for each in (1, -1))
    assert not is_tighter(later, PAUSE)
    assert is_tighter(earlier, PAUSE)
    assert is_tighter(PAUSE, PAUSE)


def test_no_longer_holding_release_before_the_start_loosens() -> None:
    plan = replace(PAUSE, starts_at=NOW + HOUR, hold_release_meanwhile=True)
    assert not is_tighter(replace(plan, hold_release_meanwhile=False), plan)
    assert is_tighter(replace(plan, starts_at=None, hold_release_meanwhile=False), plan)
    of_review = replace(plan, stages=frozenset({Stage.REVIEW}))
    assert is_tighter(of_review, of_review)
    assert not is_tighter(replace(of_review, starts_at=None), of_review)  # it has begun, and release is free too soon
    assert not is_tighter(replace(of_review, starts_at=NOW), of_review)
    assert is_tighter(replace(of_review, starts_at=NOW, stages=frozenset(Stage)), of_review)


def test_every_outcome_but_resume_says_what_follows() -> None:
    assert {each for each in LiftOutcome if not each.has_successor} == {LiftOutcome.RESUME}
    assert LiftOutcome.NARROW.mode is None
    assert LiftOutcome.STANDING_REFUSAL.mode == "refuse"


@pytest.mark.parametrize(
    ("arrived", "last_end", "confirmed", "needed"),
    [(1, 0, (), False), (1, 5, (), True), (5, 5, (), False), (1, 5, (5,), False), (1, 9, (5,), True)],
)
def test_who_was_held_confirms_again_after_each_end(
    arrived: int, last_end: int, confirmed: tuple[int, ...], needed: bool
) -> None:
    assert pauselife.needs_reconfirming(arrived, last_end, confirmed) is needed
