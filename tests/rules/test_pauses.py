"""What a pause covers, and that its pre-filter in the database never leaves out what the rule would cover."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abeyance.rules import pausefile
from abeyance.rules.facts import DemandFacts, ItemFacts, Place
from abeyance.rules.pauses import (
    Pause,
    PauseException,
    Reach,
    ReviewRoute,
    held_by,
    is_tighter,
    last_lift_epoch,
    may_be_about,
    prefilter,
    reach,
    treated_as,
    unknown,
    with_treated,
)
from abeyance.rules.permissions import Role
from abeyance.rules.terms import DemandKind, Issuer, Need, Offence, PauseMode, PlaceSource, Stage

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
ITEM = ItemFacts(number=1, service="messenger", subject_country="HK", brands=frozenset({"wisp"}))
FROM_HONG_KONG = DemandFacts(
    jurisdiction="HK", agency="hk-police", instrument="hk-nsl43-s4", arrived_epoch=3, arrived_at=NOW - timedelta(days=2)
)
FROM_GERMANY = replace(FROM_HONG_KONG, jurisdiction="DE", agency="de-bka", instrument="de-100j")
LIFE = {"name": "life", "sentence": "Danger to life.", "needs": ["life-at-risk"]}


def only(*countries: str) -> frozenset[str]:
    return frozenset(countries)


def place(country: str, source: PlaceSource = PlaceSource.CLERK) -> Place:
    return Place(country, source)


def test_a_pause_holds_the_paused_country_and_nobody_else() -> None:
    held = held_by(HONG_KONG, FROM_HONG_KONG, ITEM, Stage.REVIEW, now=NOW)
    assert held is not None
    assert held.sentence == (
        "Held: pause HK-2020-07, review stage, since 6 July 2020; lifts when the assessment is approved;"
        " to be reviewed by 6 October 2020."
    )
    assert held_by(HONG_KONG, FROM_GERMANY, ITEM, Stage.REVIEW, now=NOW) is None


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
        ({"under_way": False, "since": NOW - timedelta(days=2)}, Reach.YES),
        ({"under_way": False, "since": NOW - timedelta(days=1)}, Reach.NO),
        ({"brands": frozenset({"wisp"})}, Reach.YES),
        ({"brands": frozenset({"chirp"})}, Reach.NO),
        ({"brands": frozenset({"chirp"}), "services": frozenset({"messenger"})}, Reach.YES),
        ({"companies": frozenset({"marlin"})}, Reach.PERHAPS),
        ({"related_to": frozenset({"MO"})}, Reach.YES),
        ({"related_to": frozenset({"HK"}), "jurisdictions": frozenset()}, Reach.YES),
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


@pytest.mark.parametrize(
    ("related_to", "there", "expected", "missing"),
    [
        (only("HK"), None, Reach.YES, ()),
        (only("MO"), "GB", Reach.NO, ()),
        (only(), "GB", Reach.NO, ()),
        (None, "GB", Reach.PERHAPS, ("what places it is related to",)),
        (only(), "HK", Reach.YES, ()),  # about an account there, whatever was found in the papers
        (only(), None, Reach.PERHAPS, ("what places it is related to",)),  # the account may be there
    ],
)
def test_from_or_related_to_is_one_axis(
    related_to: frozenset[str] | None, there: str | None, expected: Reach, missing: tuple[str, ...]
) -> None:
    widest = replace(HONG_KONG, related_to=only("HK"))
    demand, item = replace(FROM_GERMANY, related_to=related_to), replace(ITEM, subject_country=there)
    assert reach(widest, demand, item, now=NOW) is expected
    assert unknown(widest, demand, item) == missing
    assert reach(widest, replace(FROM_HONG_KONG, related_to=related_to), item, now=NOW) is Reach.YES


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ((), Reach.PERHAPS),
        ((place("HK", PlaceSource.TELEPHONE),), Reach.YES),
        ((place("GB", PlaceSource.TELEPHONE),), Reach.NO),
        ((place("HK", PlaceSource.TELEPHONE), place("GB")), Reach.PERHAPS),
        ((place("DE", PlaceSource.SERVICE), place("GB")), Reach.PERHAPS),
        ((place("HK", PlaceSource.TELEPHONE), place("GB", PlaceSource.AGREED)), Reach.NO),
        ((place("GB", PlaceSource.AGREED), place("HK", PlaceSource.SERVICE)), Reach.PERHAPS),
        ((place("GB", PlaceSource.AGREED), place("HK", PlaceSource.AGREED)), Reach.YES),
    ],
)
def test_where_the_account_holder_is_takes_every_source_and_fails_closed(
    places: tuple[Place, ...], expected: Reach
) -> None:
    of_people_there = replace(HONG_KONG, jurisdictions=only(), subjects=only("HK"))
    item = replace(ITEM, subject_country=None, places=places)
    assert reach(of_people_there, FROM_GERMANY, item, now=NOW) is expected
    missing = ("where the account holder is",) if expected is Reach.PERHAPS else ()
    assert unknown(of_people_there, FROM_GERMANY, item) == missing


def test_every_condition_of_an_exception_must_be_met_by_a_known_fact() -> None:
    warrant = PauseException(
        "warrant",
        "Trafficking, by a judge's warrant, a child in danger.",
        kinds=frozenset({DemandKind.DISCLOSURE}),
        issuers=frozenset({Issuer.JUDGE}),
        offences=frozenset({Offence.TRAFFICKING}),
        needs=frozenset({Need.CHILD_SAFETY, Need.LIFE_AT_RISK}),
    )
    met = replace(
        FROM_HONG_KONG,
        kind=DemandKind.DISCLOSURE,
        issuer=Issuer.JUDGE,
        offence=Offence.TRAFFICKING,
        needs=frozenset({Need.CHILD_SAFETY}),
    )
    assert warrant.could_apply(met)
    for missing in (
        replace(met, kind=None),
        replace(met, issuer=Issuer.POLICE),
        replace(met, offence=None),
        replace(met, needs=frozenset()),
    ):
        assert not warrant.could_apply(missing), missing


def test_a_matter_that_was_ever_held_asks_for_stricter_approvers_named_or_not() -> None:
    life = PauseException("life", "Danger.", approvers=(Role.COUNSEL,), if_ever_held=(Role.APPROVER, Role.COUNSEL))
    assert life.approvers_for(matter_held=False) == (Role.COUNSEL,)
    assert life.approvers_for(matter_held=True) == (Role.APPROVER, Role.COUNSEL)
    assert replace(life, if_ever_held=()).approvers_for(matter_held=True) == (Role.COUNSEL, Role.APPROVER)
    unnamed = replace(life, approvers=(), if_ever_held=())
    assert (unnamed.approvers_for(matter_held=False), unnamed.approvers_for(matter_held=True)) == ((), (Role.COUNSEL,))
    one = replace(unnamed, approvers=(Role.REVIEWER,))
    assert one.approvers_for(matter_held=True) == (Role.REVIEWER, Role.COUNSEL)


def test_treating_as_another_jurisdiction_reaches_on_and_holds_nothing_itself() -> None:
    as_china = replace(HONG_KONG, name="AS-CN", mode=PauseMode.TREAT_AS, treat_as="CN")
    as_korea = replace(as_china, name="AS-KP", jurisdictions=only("CN"), treat_as="KP")
    of_korea = replace(HONG_KONG, name="KP", jurisdictions=only("KP"))
    assert held_by(as_china, FROM_HONG_KONG, ITEM, Stage.RELEASE, now=NOW) is None
    treating = treated_as([as_korea, as_china], [FROM_HONG_KONG], ITEM, now=NOW)
    assert [pause.name for pause in treating] == ["AS-CN", "AS-KP"]
    labels = with_treated([FROM_HONG_KONG], treating)
    assert any(held_by(of_korea, label, ITEM, Stage.RELEASE, now=NOW) for label in labels)
    assert not held_by(of_korea, FROM_HONG_KONG, ITEM, Stage.RELEASE, now=NOW)
    assert treated_as([replace(as_china, ended_epoch=9)], [FROM_HONG_KONG], ITEM, now=NOW) == []


codes = st.sampled_from(["HK", "GB", "DE", "US"])
agencies = st.sampled_from(["hk-police", "hk-icac", "gb-nca", "de-bka", "us-fbi"])
laws = st.sampled_from(["hk-nsl43", "hk-nsl43-s4", "gb-copo", "de-100j"])
names = st.sampled_from(["wisp", "chirp"])
moments = st.sampled_from([NOW - timedelta(days=2), NOW, NOW + timedelta(days=2)])
exceptions = st.builds(
    PauseException,
    name=st.sampled_from(["life-at-risk", "treaty"]),
    sentence=st.just("Danger."),
    kinds=st.just(frozenset({DemandKind.EMERGENCY})),
    issuers=st.frozensets(st.sampled_from(Issuer), max_size=1),
    offences=st.frozensets(st.sampled_from(Offence), max_size=2),
    needs=st.frozensets(st.sampled_from(Need), max_size=1),
    approvers=st.sampled_from([(), (Role.COUNSEL,), (Role.APPROVER, Role.COUNSEL)]),
    if_ever_held=st.sampled_from([(), (Role.COUNSEL, Role.COUNSEL)]),
)
pauses = st.builds(
    Pause,
    name=st.just("P-1"),
    version=st.just(1),
    reason=st.just("r"),
    statement=st.just("s"),
    review_by=st.just(date(2021, 1, 1)),
    jurisdictions=st.frozensets(codes, max_size=3),
    agencies=st.frozensets(agencies, max_size=3),
    related_to=st.frozensets(codes, max_size=2),
    laws=st.frozensets(laws, max_size=3),
    services=st.frozensets(st.sampled_from(["mail", "messenger"]), max_size=2),
    brands=st.frozensets(names, max_size=2),
    companies=st.frozensets(names, max_size=2),
    subjects=st.frozensets(codes, max_size=2),
    stages=st.frozensets(st.sampled_from(Stage), min_size=1),
    under_way=st.booleans(),
    since=st.none() | moments,
    starts_at=st.none() | moments,
    everything=st.booleans(),
    since_epoch=st.integers(0, 4),
    mode=st.sampled_from(PauseMode),
    treat_as=st.none() | codes,
    reroute_to=st.none() | codes,
    exceptions=st.lists(exceptions, max_size=2).map(tuple),
)
demands = st.builds(
    DemandFacts,
    jurisdiction=st.none() | codes,
    agency=st.none() | agencies,
    instrument=st.none() | laws,
    arrived_epoch=st.integers(0, 4),
    arrived_at=st.none() | moments,
    related_to=st.none() | st.frozensets(codes, max_size=2),
)
items = st.builds(
    ItemFacts,
    number=st.just(1),
    service=st.none() | st.sampled_from(["mail", "messenger"]),
    subject_country=st.none() | codes,
    places=st.lists(st.builds(Place, codes, st.sampled_from(PlaceSource)), max_size=3).map(tuple),
    brands=st.frozensets(names, max_size=2),
    companies=st.frozensets(names, max_size=1),
)


@given(pauses, demands, items)
def test_the_prefilter_never_leaves_out_what_the_rule_covers(
    pause: Pause, demand: DemandFacts, item: ItemFacts
) -> None:
    if reach(pause, demand, item, now=NOW) is not Reach.NO:
        assert prefilter(pause, demand)
        assert may_be_about(pause, [demand], [item])
        assert may_be_about(pause, [replace(demand, instrument="us-sca-2703d"), demand], [item])


def test_a_pause_of_another_law_or_service_is_not_about_it() -> None:
    def about(**axes: object) -> bool:
        return may_be_about(replace(HONG_KONG, **axes), [FROM_HONG_KONG], [ITEM])  # type: ignore[arg-type]

    assert about(laws=only("hk-nsl43"), services=only("messenger"))
    assert about(services=only("mail"), brands=only("wisp"))
    assert not about(laws=only("hk-other"))
    assert not about(services=only("mail"))
    assert about(services=only("mail"), everything=True)


AXES = ("jurisdictions", "agencies", "related_to", "laws", "services", "brands", "companies", "subjects")


@settings(max_examples=500, deadline=None)
@given(pauses, demands, items, st.sampled_from(Stage), st.frozensets(st.sampled_from(AXES), max_size=3))
def test_a_version_that_frees_axes_and_is_called_tighter_holds_all_that_the_older_held(
    old: Pause, demand: DemandFacts, item: ItemFacts, stage: Stage, freed: frozenset[str]
) -> None:
    new = replace(old, **dict.fromkeys(freed, frozenset()))
    if is_tighter(new, old) and held_by(old, demand, item, stage, now=NOW):
        assert held_by(new, demand, item, stage, now=NOW)


@settings(max_examples=500, deadline=None)
@given(pauses, pauses, demands, items, st.sampled_from(Stage))
def test_what_is_called_tighter_holds_all_that_the_older_held(
    new: Pause, old: Pause, demand: DemandFacts, item: ItemFacts, stage: Stage
) -> None:
    new = replace(new, since_epoch=old.since_epoch)
    if is_tighter(new, old) and held_by(old, demand, item, stage, now=NOW):
        assert held_by(new, demand, item, stage, now=NOW)


@given(pauses)
def test_a_pause_survives_being_written_and_read(pause: Pause) -> None:
    treating = pause.mode is PauseMode.TREAT_AS
    pause = replace(
        pause,
        jurisdictions=pause.jurisdictions | {"HK"},
        agencies=frozenset() if treating else pause.agencies,
        related_to=frozenset() if treating else pause.related_to,
        stages=frozenset(Stage) if treating else pause.stages,
        treat_as="CN" if treating else None,
        reroute_to="US" if pause.mode is PauseMode.REROUTE else None,
        under_way=pause.under_way and pause.since is None,
        everything=False,
        since_epoch=0,
    )
    assert pausefile.parse_pause(pausefile.as_document(pause)) == pause


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
        ({"mode": "reroute"}, "reroute_to goes with"),
        ({"reroute_to": "US"}, "reroute_to goes with"),
        ({"mode": "treat-as"}, "treat_as goes with"),
        ({"mode": "treat-as", "treat_as": "HK"}, "answers jurisdictions as another"),
        ({"mode": "treat-as", "treat_as": "CN", "stages": ["review"]}, "every stage"),
        ({"since": "2020-06-30T00:00:00Z"}, "since lets requests go on"),
        ({"related_to": ["Hong Kong"]}, "related_to: .* country codes"),
        ({"exceptions": [{"name": "x", "sentence": "y", "needs": ["gossip"]}]}, "Known: life-at-risk"),
        ({"exceptions": [LIFE | {"approvers": ["auditor"]}]}, "roles that may agree"),
        ({"exceptions": [LIFE | {"approvers": ["counsel"] * 3}]}, "at most 2 roles"),
    ],
)
def test_a_wrong_text_is_refused_with_the_key_that_is_wrong(wrong: dict[str, object], says: str) -> None:
    right = pausefile.as_document(HONG_KONG) | {"starts": ""}
    assert pausefile.parse_pause(right).name == "HK-2020-07"
    with pytest.raises(pausefile.Unreadable, match=says):
        pausefile.parse_pause(right | wrong)
