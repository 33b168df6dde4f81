"""Every fact that a label says and a pause reads: said otherwise of the same matter, it leads round nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from abeyance.patterns.queries import Other, Others
from abeyance.pauses.matters import Matter, matter_of
from abeyance.rules.facts import DemandFacts, ItemFacts, Place
from abeyance.rules.pauses import Pause, Reach, reach
from abeyance.rules.terms import PlaceSource

NOW = datetime(2026, 11, 1, tzinfo=UTC)
SAID = DemandFacts(
    jurisdiction="US", agency="us-da", instrument="us-2703d", related_to=frozenset(), arrived_at=NOW, arrived_epoch=5
)
ITEM = ItemFacts(1, service="quill", subject_country="US")


def a_pause(**axes: Any) -> Pause:
    named = {axis: frozenset(values) if isinstance(values, set) else values for axis, values in axes.items()}
    return Pause("P", 1, "r", "s", date(2027, 1, 1), **named)


RELATED = a_pause(related_to={"MO"})
THERE = a_pause(subjects={"HK"})


def other(said: DemandFacts = SAID, item: ItemFacts = ITEM, *, decided: bool = False, pair: int = 1) -> Other:
    return Other(pair, 7, decided, said, item)


def of(*others: Other, labels: tuple[DemandFacts, ...] = (SAID,), items: tuple[ItemFacts, ...] = (ITEM,),
       pause: Pause = RELATED) -> Matter:  # fmt: skip
    return matter_of(labels, items, Others(others), [pause], NOW)


def holds(pause: Pause, found: Matter, item: ItemFacts = ITEM) -> bool:
    labels = (SAID, *found.labels)
    return any(reach(pause, label, found.placed(item), now=NOW) is not Reach.NO for label in labels)


def test_that_a_matter_is_related_to_a_place_is_said_away_by_no_second_request() -> None:
    about_mo = other(replace(SAID, related_to=frozenset({"MO"})))
    assert not holds(RELATED, Matter())
    assert of(about_mo).undecided == 1
    assert of(other()).undecided == 0
    assert holds(RELATED, of(replace(about_mo, decided=True)))
    assert of(other(replace(SAID, related_to=None))).undecided == 1
    assert not holds(RELATED, of(other(replace(SAID, related_to=None), decided=True)))


def test_where_the_account_holder_is_is_said_away_by_no_second_request() -> None:
    there = other(item=replace(ITEM, subject_country="HK"))
    by_telephone = other(item=replace(ITEM, places=(Place("HK", PlaceSource.TELEPHONE),)))
    assert not holds(THERE, Matter())
    assert of(there, pause=THERE).undecided == 1
    assert of(by_telephone, pause=THERE).undecided == 1
    assert of(other(), pause=THERE).undecided == 0
    assert holds(THERE, of(replace(there, decided=True), pause=THERE))
    settled = replace(ITEM, places=(Place("US", PlaceSource.AGREED),))
    assert not holds(THERE, of(replace(there, decided=True), items=(settled,), pause=THERE), settled)
    unknown = replace(ITEM, subject_country=None)
    assert holds(THERE, of(other(decided=True), items=(unknown,), pause=THERE), unknown)


def test_a_second_item_that_is_placed_as_the_other_was_stands_for_none_that_is_not() -> None:
    there = replace(ITEM, subject_country="HK")
    assert of(other(item=there), items=(there, ITEM), pause=THERE).undecided == 1
    assert of(other(item=there), items=(there, there), pause=THERE).undecided == 0


def test_other_data_is_other_data_but_under_another_label_a_person_decides() -> None:
    pause = a_pause(jurisdictions={"US"}, services={"wisp"})
    of_wisp = other(item=replace(ITEM, service="wisp"))
    assert of(of_wisp, pause=pause).undecided == 0
    assert of(replace(of_wisp, demand=replace(SAID, instrument="us-2703b")), pause=pause).undecided == 1
    assert not holds(pause, of(replace(of_wisp, decided=True), pause=pause))


def test_a_label_that_still_counts_makes_alike_and_one_that_two_people_have_replaced_does_not() -> None:
    pause, older = a_pause(jurisdictions={"HK"}), replace(SAID, jurisdiction="HK", agency="hk-police")
    held = other(older)
    assert of(held, pause=pause).undecided == 1
    assert of(held, labels=(SAID, older), pause=pause).undecided == 0
    assert reach(pause, older, ITEM, now=NOW) is Reach.YES, "for by that label this one is held itself"


def test_a_request_that_a_pause_has_held_itself_was_ever_held_and_one_that_came_after_it_was_not() -> None:
    pause = a_pause(jurisdictions={"US"}, ended_epoch=SAID.arrived_epoch + 1)
    assert of(pause=pause).ever_held
    assert not of(pause=replace(pause, ended_epoch=SAID.arrived_epoch)).ever_held
    assert not of(pause=replace(pause, jurisdictions=frozenset({"HK"}))).ever_held
    newer = replace(pause, version=2, ended_epoch=None)
    assert not matter_of((SAID,), (ITEM,), Others(), [pause, newer], NOW).ever_held, "the same pause, amended"
    assert matter_of((SAID,), (ITEM,), Others(), [pause, replace(newer, name="Q")], NOW).ever_held


@pytest.mark.parametrize("cut_off", [False, True])
def test_what_could_not_be_read_counts_as_held(cut_off: bool) -> None:
    found = matter_of((SAID,), (ITEM,), Others((other(),), cut_off), [], NOW)
    assert (found.cut_off, found.ever_held) == (cut_off, cut_off)
