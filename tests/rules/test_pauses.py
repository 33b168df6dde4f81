"""What a pause covers, and that its pre-filter in the database never leaves out what the rule would cover."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abeyance.rules import pausefile
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.pauses import (
    Pause,
    PauseException,
    Reach,
    ReviewRoute,
    held_by,
    is_tighter,
    last_lift_epoch,
    prefilter,
    reach,
)
from abeyance.rules.terms import DemandKind, PauseMode, Stage

NOW = datetime(2020, 7, 6, 12, tzinfo=UTC)
HONG_KONG = Pause(
    name="HK-2020-07",
    version=1,
    reason="A new law.",
    statement="We have paused.",
    review_by=date(2020, 10, 6),
    jurisdictions=frozenset({"HK"}),
    declared_at=NOW,
    declared_epoch=7,
    since_epoch=7,
    conditions=("the assessment is approved",),
)
ITEM = ItemFacts(number=1, service="messenger", subject_country="HK")
FROM_HONG_KONG = DemandFacts(jurisdiction="HK", agency="hk-police", instrument="hk-nsl43-s4", arrived_epoch=3)


def test_a_pause_holds_the_paused_country_and_nobody_else() -> None:
    held = held_by(HONG_KONG, FROM_HONG_KONG, ITEM, Stage.REVIEW, now=NOW)
    assert held is not None
    assert held.sentence == (
        "Held: pause HK-2020-07, review stage, since 6 July 2020; lifts when the assessment is approved;"
        " to be reviewed by 6 October 2020."
    )
    from_germany = replace(FROM_HONG_KONG, jurisdiction="DE", agency="de-bka", instrument="de-100j")
    assert held_by(HONG_KONG, from_germany, ITEM, Stage.REVIEW, now=NOW) is None


def test_what_is_not_known_is_held_and_says_so() -> None:
    held = held_by(HONG_KONG, DemandFacts(), ITEM, Stage.RELEASE, now=NOW)
    assert held is not None
    assert "not known" in held.sentence


def test_an_agency_of_a_paused_country_stays_held_whatever_country_the_papers_name() -> None:
    relabelled = replace(FROM_HONG_KONG, jurisdiction="GB")
    assert reach(HONG_KONG, relabelled, ITEM, now=NOW) is Reach.YES


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"laws": frozenset({"hk-nsl43"})}, Reach.YES),
        ({"laws": frozenset({"hk-nsl43-s4"})}, Reach.YES),
        ({"laws": frozenset({"hk-nsl4"})}, Reach.NO),
        ({"services": frozenset({"messenger"})}, Reach.YES),
        ({"services": frozenset({"mail"})}, Reach.NO),
        ({"subjects": frozenset({"HK"})}, Reach.YES),
        ({"subjects": frozenset({"GB"})}, Reach.NO),
        ({"agencies": frozenset({"hk-icac"}), "jurisdictions": frozenset()}, Reach.NO),
        ({"agencies": frozenset({"hk-police"}), "jurisdictions": frozenset()}, Reach.YES),
        ({"under_way": False}, Reach.NO),
        ({"under_way": False, "since_epoch": 3}, Reach.YES),
        ({"starts_at": NOW + timedelta(seconds=1)}, Reach.NO),
        ({"starts_at": NOW}, Reach.YES),
    ],
)
def test_each_axis(changed: dict[str, object], expected: Reach) -> None:
    assert reach(replace(HONG_KONG, **changed), FROM_HONG_KONG, ITEM, now=NOW) is expected


def test_a_frozen_stage_is_frozen_and_the_others_are_not() -> None:
    review_only = replace(HONG_KONG, stages=frozenset({Stage.REVIEW}))
    assert held_by(review_only, FROM_HONG_KONG, ITEM, Stage.REVIEW, now=NOW)
    assert not held_by(review_only, FROM_HONG_KONG, ITEM, Stage.RELEASE, now=NOW)


def test_an_ended_pause_holds_nothing_but_voids_what_was_agreed_before_its_end() -> None:
    ended = replace(HONG_KONG, ended_epoch=9)
    assert held_by(ended, FROM_HONG_KONG, ITEM, Stage.RELEASE, now=NOW) is None
    assert last_lift_epoch([ended, HONG_KONG], FROM_HONG_KONG, ITEM, now=NOW) == 9


def test_an_exception_names_what_it_is_for_or_applies_to_nothing() -> None:
    life = PauseException("life-at-risk", "Danger to life.", kinds=frozenset({DemandKind.EMERGENCY}))
    assert life.could_apply(replace(FROM_HONG_KONG, kind=DemandKind.EMERGENCY))
    assert not life.could_apply(FROM_HONG_KONG)
    assert not PauseException("empty", "Nothing.").could_apply(replace(FROM_HONG_KONG, kind=DemandKind.EMERGENCY))


codes = st.sampled_from(["HK", "GB", "DE", "US"])
agencies = st.sampled_from(["hk-police", "hk-icac", "gb-nca", "de-bka", "us-fbi"])
laws = st.sampled_from(["hk-nsl43", "hk-nsl43-s4", "gb-copo", "de-100j"])
pauses = st.builds(
    Pause,
    name=st.just("P-1"),
    version=st.just(1),
    reason=st.just("r"),
    statement=st.just("s"),
    review_by=st.just(date(2021, 1, 1)),
    jurisdictions=st.frozensets(codes, max_size=3),
    agencies=st.frozensets(agencies, max_size=3),
    laws=st.frozensets(laws, max_size=3),
    services=st.frozensets(st.sampled_from(["mail", "messenger"]), max_size=2),
    subjects=st.frozensets(codes, max_size=2),
    stages=st.frozensets(st.sampled_from(Stage), min_size=1),
    under_way=st.booleans(),
    everything=st.booleans(),
    since_epoch=st.integers(0, 4),
    mode=st.sampled_from(PauseMode),
)
demands = st.builds(
    DemandFacts,
    jurisdiction=st.none() | codes,
    agency=st.none() | agencies,
    instrument=st.none() | laws,
    arrived_epoch=st.integers(0, 4),
)
items = st.builds(
    ItemFacts,
    number=st.just(1),
    service=st.none() | st.sampled_from(["mail", "messenger"]),
    subject_country=st.none() | codes,
)


@given(pauses, demands, items)
def test_the_prefilter_never_leaves_out_what_the_rule_covers(
    pause: Pause, demand: DemandFacts, item: ItemFacts
) -> None:
    if reach(pause, demand, item, now=NOW) is not Reach.NO:
        assert prefilter(pause, demand)


@settings(max_examples=2000)
@given(pauses, pauses, demands, items, st.sampled_from(Stage))
def test_what_is_called_tighter_holds_all_that_the_older_held(
    new: Pause, old: Pause, demand: DemandFacts, item: ItemFacts, stage: Stage
) -> None:
    new = replace(new, since_epoch=old.since_epoch)
    if is_tighter(new, old) and held_by(old, demand, item, stage, now=NOW):
        assert held_by(new, demand, item, stage, now=NOW)


@given(pauses)
def test_a_pause_survives_being_written_and_read(pause: Pause) -> None:
    pause = replace(pause, jurisdictions=pause.jurisdictions | {"HK"}, everything=False)
    again = pausefile.parse_pause(pausefile.as_document(pause))
    assert pausefile.as_document(again) == pausefile.as_document(pause)


def test_every_pause_names_a_way_to_be_heard_and_taking_it_away_loosens() -> None:
    board = ReviewRoute("Two members of the board.", "By post.", 14)
    heard = replace(HONG_KONG, review=board)
    again = pausefile.parse_pause(pausefile.as_document(heard))
    assert (again.route, HONG_KONG.route.days) == (board, 30)
    assert "review" not in pausefile.as_document(HONG_KONG)  # what was stored before keeps its digest
    assert is_tighter(heard, HONG_KONG)
    assert not is_tighter(HONG_KONG, heard)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"colour": "red"}, "no key 'colour'"),
        ({"jurisdictions": ["Hong Kong"]}, "country codes"),
        ({"stages": []}, "hold nothing"),
        ({"review_by": "soon"}, "review_by is a date"),
        ({"starts": "2020-07-07T00:00:00"}, "no zone"),
        ({"exceptions": [{"name": "x", "sentence": "y"}]}, "what it is for"),
        ({"jurisdictions": []}, "names nobody"),
        ({"review": "the board"}, "review is a table"),
        ({"review": {"who": "the board", "how": "by post", "days": 0}}, "review.days"),
        ({"review": {"who": "", "how": "by post", "days": 30}}, "who is a text"),
    ],
)
def test_a_wrong_text_is_refused_with_the_key_that_is_wrong(wrong: dict[str, object], says: str) -> None:
    right = pausefile.as_document(HONG_KONG) | {"starts": ""}
    assert pausefile.parse_pause(right).name == "HK-2020-07"
    with pytest.raises(pausefile.Unreadable, match=says):
        pausefile.parse_pause(right | wrong)
