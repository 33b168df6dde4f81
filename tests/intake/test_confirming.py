"""A person makes facts of suggestions, as a new version; nothing is edited."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from abeyance import seals
from abeyance.casefile import facts
from abeyance.casefile.models import Case, Demand, Item
from abeyance.errors import NotFound, Refused
from abeyance.intake import confirming
from abeyance.pauses import coverage, store
from abeyance.pauses.weighing import weigh
from abeyance.people import actions as people
from abeyance.people import proposals, queries
from abeyance.people.models import Member
from abeyance.rules.permissions import Role
from tests.casefile.packed import codes, declare
from tests.desk import Desk, demand, item


def test_confirming_makes_a_new_version_and_leaves_the_older_as_it_was(desk: Desk) -> None:
    ref = desk.arrive()
    suggested = Demand.objects.filter(case__ref=ref).values().get()
    made = confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    assert (made.version, made.confirmed_by, made.instrument) == (2, desk.first, "hk-nsl43-s7")
    assert Demand.objects.filter(case__ref=ref, version=1).values().get() == suggested
    assert desk.case(ref).state == "to-verify"


def test_only_the_items_of_the_newest_version_are_open(desk: Desk) -> None:
    ref = desk.confirmed()
    confirming.confirm(ref, demand(items=[item(), item(identifier="+85299990000")]), by=desk.first, now=desk.now())
    still_open = Item.objects.filter(case__ref=ref, open=True)
    assert sorted(still_open.values_list("demand__version", "number")) == [(3, 1), (3, 2)]


def test_what_an_amendment_asks_for_beyond_what_was_under_way_is_new_for_a_pause_of_what_is_new(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk, new_only=True)
    declare(desk, name="SINCE", since=desk.now())
    both = ["HK-2020-07", "SINCE"]
    narrower, other = item(fields=["telephone"]), item(identifier="+85299990000", subject_country="HK")
    assert holding(desk, ref) == [[]]
    assert holding(desk, ref, narrower, other) == [[], both]
    assert holding(desk, ref, item(fields=["telephone", "email"])) == [both]
    assert holding(desk, ref, item(service=None)) == [both]
    assert holding(desk, ref, other) == [both], "it stays as new as it was when it was first asked for"
    assert holding(desk, ref, item()) == [[]], "as it was asked for at first"
    declare(desk, name="LATER", new_only=True)
    assert holding(desk, ref, other) == [both]
    open_items = coverage.items_covered(store.in_force("SINCE")[0], Case.objects.filter(ref=ref))
    assert open_items.count() == 1, "counted as it is judged"


def holding(desk: Desk, ref: str, *items: dict[str, Any]) -> list[list[str]]:
    """The pauses that hold each item, after the demand was stated anew."""
    if items:
        confirming.confirm(ref, demand(items=list(items)), by=desk.first, now=desk.now())
    _, found = weigh(desk.case(ref), now=desk.now())
    return [sorted({held.pause for held in each.held}) for each in found]


def test_an_identifier_is_sealed_to_its_place_and_found_by_its_digest(desk: Desk) -> None:
    ref = desk.confirmed()
    case = desk.case(ref)
    row = facts.items_of(facts.newest_demand(case))[0]
    assert b"91234567" not in bytes(row.identifier)
    assert seals.unseal(case.holder, bytes(row.identifier), place=row.place) == b"+85291234567"
    same = desk.case(desk.confirmed())
    assert bytes(row.identifier_digest or b"") == bytes(same.items.filter(open=True).get().identifier_digest or b"")
    assert same.possible_duplicate_of_id == case.pk
    other = desk.case(desk.confirmed(items=[item(identifier="+85290000000")]))
    assert other.possible_duplicate_of_id is None


def test_an_amendment_after_the_answer_begins_again_with_verification(desk: Desk) -> None:
    ref = desk.agreed()
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    case = desk.case(ref)
    assert case.state == "to-verify"
    assert facts.newest_finding(case, facts.newest_demand(case).version) is None
    assert facts.standing_approval(facts.items_of(facts.newest_demand(case))[0]) is None


def test_who_takes_no_part_confirms_nothing(desk: Desk) -> None:
    ref, other = desk.confirmed(), desk.arrive()
    people.exclude_self("HK", by=desk.first, now=desk.now())
    with pytest.raises(NotFound):
        confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    with pytest.raises((Refused, NotFound)):
        confirming.confirm(other, demand(), by=desk.first, now=desk.now())
    confirming.confirm(ref, demand(), by=desk.second, now=desk.now())


def test_an_instrument_that_binds_its_readers_closes_the_request_to_the_others_and_a_new_label_does_not_open_it(
    desk: Desk,
) -> None:
    ref = desk.confirmed(instrument="hk-nsl43-s6")
    assert desk.case(ref).restricted
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    assert desk.case(ref).restricted


def test_labels_are_agreed_by_a_member_who_has_waited_and_takes_part(desk: Desk) -> None:
    ref = desk.confirmed()
    waiting = people.propose_member("approver", [Role.APPROVER.value], by=desk.first, now=desk.now())
    proposals.agree(waiting.code, by=desk.second, now=desk.now())
    approver = queries.code_of("approver")
    with pytest.raises(Refused) as early:
        confirming.agree_labels(ref, by=approver, now=desk.now())
    assert codes(early.value) == {"still-waiting"}
    with pytest.raises(Refused) as alone:
        confirming.agree_labels(ref, by=desk.first, now=desk.now())
    assert codes(alone.value) == {"same-person"}
    ago = desk.now() - timedelta(days=2)
    Member.objects.filter(code=approver).update(added_at=ago, roles_since=ago)
    seen = facts.newest_demand(desk.case(ref)).version
    confirming.confirm(ref, demand(instrument="hk-icso"), by=desk.first, now=desk.now())
    with pytest.raises(Refused) as unseen:
        confirming.agree_labels(ref, seen, by=approver, now=desk.now())
    assert codes(unseen.value) == {"other-version"}
    confirming.agree_labels(ref, seen + 1, by=approver, now=desk.now())
    assert facts.newest_demand(desk.case(ref)).labels_agreed_by == approver


def test_what_the_shell_confirmed_a_member_confirms_again_before_another_agrees(desk: Desk) -> None:
    ref = desk.arrive()
    confirming.confirm(ref, demand(), by="operator", now=desk.now())
    with pytest.raises(Refused) as shell:
        confirming.agree_labels(ref, by=desk.second, now=desk.now())
    assert codes(shell.value) == {"operator-proposed"}
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    confirming.agree_labels(ref, by=desk.second, now=desk.now())
