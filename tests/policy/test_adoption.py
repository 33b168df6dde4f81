"""Counsel adopts a law entry as it stands, another member agrees, and one person ends it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from abeyance.errors import BadInput, NotFound, Refused, SomeoneElseWasFirst
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.people.models import Member
from abeyance.policy import actions, queries
from abeyance.policy.models import AdoptedEntry
from abeyance.rules.instruments import Standing, standing

ENTRY = "hk-nsl43-s7"


def state(desk: Any, entry: str = ENTRY, days: int = 0) -> Standing:
    books = queries.books()[0]
    return standing(books.entries[entry], books.adopted, desk.now() + timedelta(days=days))


def test_an_entry_decides_once_a_second_person_agreed_and_until_its_day(desk: Any) -> None:
    assert state(desk) is Standing.NOT_ADOPTED
    proposal = desk.adopt(ENTRY, days=30)
    assert state(desk) is Standing.NOT_ADOPTED
    with pytest.raises(Refused, match="somebody else has to agree"):
        proposals.agree(proposal.code, by=desk.first, now=desk.now())
    desk.agree(proposal)
    assert state(desk) is Standing.IN_FORCE
    assert state(desk, days=29) is Standing.IN_FORCE
    assert state(desk, days=30) is Standing.EXPIRED
    assert state(desk, "hk-icso") is Standing.NOT_ADOPTED


def test_an_unchecked_entry_needs_the_source_that_counsel_read(desk: Any) -> None:
    desk.agree(desk.adopt(ENTRY, checked_against=""))
    assert state(desk) is Standing.UNCHECKED
    desk.agree(desk.adopt(ENTRY, checked_against="the gazette"))
    assert state(desk) is Standing.IN_FORCE
    assert AdoptedEntry.objects.filter(entry=ENTRY, ended_at=None).count() == 1


def test_one_person_ends_an_adoption_at_once(desk: Any) -> None:
    desk.agree(desk.adopt(ENTRY))
    with pytest.raises(Refused):
        actions.end_adoption(ENTRY, by="operator", now=desk.now())
    assert state(desk) is Standing.IN_FORCE
    actions.end_adoption(ENTRY, by=desk.second, now=desk.now())
    assert state(desk) is Standing.NOT_ADOPTED
    with pytest.raises(NotFound, match="is not adopted"):
        actions.end_adoption(ENTRY, by=desk.second, now=desk.now())


def test_a_changed_entry_has_to_be_adopted_again_and_its_neighbour_not(desk: Any) -> None:
    desk.agree(desk.adopt(ENTRY))
    desk.agree(desk.adopt("hk-icso"))
    proposal = desk.propose(desk.law("hk").replace("the Court of First Instance", "any court"))
    now_and_proposed = [standing(b.entries[ENTRY], b.adopted, desk.now()) for b in queries.books()]
    assert now_and_proposed == [Standing.IN_FORCE, Standing.NOT_ADOPTED]
    desk.agree(proposal)
    assert state(desk) is Standing.NOT_ADOPTED
    assert state(desk, "hk-icso") is Standing.IN_FORCE


def test_nobody_agrees_to_an_entry_that_changed_since_counsel_read_it(desk: Any) -> None:
    adoption = desk.adopt(ENTRY)
    desk.agree(desk.propose(desk.law("hk").replace("the Court of First Instance", "any court")))
    with pytest.raises(SomeoneElseWasFirst, match="has changed since counsel read it"):
        desk.agree(adoption)
    desk.agree(desk.adopt(ENTRY))
    assert state(desk) is Standing.IN_FORCE


def test_only_counsel_adopts(desk: Any) -> None:
    made = people.propose_member("rita", ["administrator"], by=desk.first, now=desk.now())
    desk.agree(made)
    rita = Member.objects.get(handle="rita").code
    until = (desk.now() + timedelta(days=9)).date()
    with pytest.raises(Refused):
        actions.propose_adoption(ENTRY, until, by=rita, now=desk.now())
    with pytest.raises(Refused):
        actions.propose_adoption(ENTRY, until, by="operator", now=desk.now())
    actions.propose_adoption(ENTRY, until, by=desk.first, now=desk.now())


@pytest.mark.parametrize("days", [-1, 0, 3000])
def test_an_adoption_ends_on_a_day_that_is_near(desk: Any, days: int) -> None:
    with pytest.raises(BadInput, match="ends on a day"):
        desk.adopt(ENTRY, days=days)
    desk.adopt(ENTRY, days=1)


@pytest.mark.parametrize("source", ["x" * 401, "a\x00b", "a\nb"])
def test_a_strange_source_is_refused(desk: Any, source: str) -> None:
    with pytest.raises(BadInput, match="one line"):
        desk.adopt(ENTRY, checked_against=source)
    desk.adopt(ENTRY, checked_against="Cap. 589, read on 1 July")


def test_the_database_wants_two_names_too(desk: Any) -> None:
    desk.agree(desk.adopt(ENTRY))
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE policy_adoptedentry SET agreed_by = by")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE policy_adoptedentry SET agreed_by = 'm-other'")
