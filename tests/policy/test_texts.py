"""A text comes into force by two people; until then the stricter of old and new counts."""

from __future__ import annotations

from typing import Any

import pytest

from abeyance.errors import BadInput, NotFound, Refused, Unsafe
from abeyance.ledger.models import Entry
from abeyance.people import proposals
from abeyance.people import queries as people
from abeyance.policy import actions, queries
from abeyance.policy.models import Current, Text
from abeyance.policy.reading import stored
from abeyance.rules.decision import Outcome, strictest
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.review import judge
from abeyance.rules.terms import DataCategory, Ground, IdentifierKind

LONGER = ("longest_period_days = 92", "longest_period_days = 300")
SHORTER = ("longest_period_days = 92", "longest_period_days = 7")
REFUSING = """
[[clause]]
id = "none-of-hong-kong"
sentence = "Nothing is given to authorities of Hong Kong."
outcome = "refuse"
[clause.when]
jurisdictions = ["HK"]
"""


def verdict(desk: Any) -> Outcome:
    demand = DemandFacts(jurisdiction="HK", instrument="hk-nsl43-s7", ground=Ground.COMPELLED)
    item = ItemFacts(1, category=DataCategory.SUBSCRIBER, identifier_kind=IdentifierKind.EMAIL)
    return judge(demand, item, books=queries.books(), now=desk.now()).outcome


def days(desk: Any) -> list[int]:
    return [each.policy.limits.longest_period.days for each in queries.books()]


def test_the_shipped_texts_decide_nothing_and_come_once(desk: Any) -> None:
    [books] = queries.books()
    assert {text.name for text in books.law} == {"us", "hk", "de", "gb", "eu", "in"}
    assert books.adopted == {}
    assert verdict(desk) is Outcome.ASK
    before = Entry.objects.count()
    actions.install_defaults()
    assert Entry.objects.count() == before
    assert len(queries.books()) == 1


def test_without_a_policy_nothing_is_decided(desk: Any) -> None:
    Current.objects.filter(kind="policy").delete()
    with pytest.raises(Unsafe, match="No policy is in force"):
        queries.books()


def test_a_looser_text_counts_only_when_another_member_has_agreed(desk: Any) -> None:
    proposal = desk.propose(desk.policy().replace(*LONGER))
    assert days(desk) == [92, 300], "both are weighed, and the stricter verdict counts"
    with pytest.raises(Refused, match="somebody else has to agree"):
        proposals.agree(proposal.code, by=desk.first, now=desk.now())
    with pytest.raises(Refused):
        proposals.agree(proposal.code, by="operator", now=desk.now())
    assert days(desk) == [92, 300]
    desk.agree(proposal)
    assert days(desk) == [300]


def test_a_stricter_text_counts_from_its_proposal_and_no_longer_when_withdrawn(desk: Any) -> None:
    assert verdict(desk) is Outcome.ASK
    proposal = desk.propose(desk.policy() + REFUSING)
    assert verdict(desk) is Outcome.REFUSE
    proposals.withdraw(proposal.code, by=desk.second, now=desk.now())
    assert verdict(desk) is Outcome.ASK
    desk.agree(desk.propose(desk.policy() + REFUSING))
    assert verdict(desk) is Outcome.REFUSE


def test_several_proposals_are_each_weighed(desk: Any) -> None:
    first, second = (desk.propose(desk.policy().replace(*change)) for change in (SHORTER, LONGER))
    assert days(desk) == [92, 7, 300]
    desk.agree(second)
    assert days(desk) == [300, 7]
    desk.agree(first)
    assert days(desk) == [7]


def test_there_is_one_policy_whatever_it_is_called(desk: Any) -> None:
    proposal = desk.propose(desk.policy().replace('name = "desk"', 'name = "other"'))
    assert [each.policy.name for each in queries.books()] == ["desk", "other"]
    desk.agree(proposal)
    assert [each.policy.name for each in queries.books()] == ["other"]
    assert Current.objects.filter(kind="policy").count() == 1


def test_house_rules_follow_the_policy_that_two_people_agreed_to(desk: Any) -> None:
    proposal = desk.propose(desk.policy().replace("guarded = []", 'guarded = ["HK"]'))
    assert set(people.house_rules().guarded) == set()
    desk.agree(proposal)
    assert set(people.house_rules().guarded) == {"HK"}


def test_every_step_is_in_the_ledger_and_enters_the_fence_alone(desk: Any) -> None:
    before = Entry.objects.count()
    desk.agree(desk.propose(desk.policy().replace(*LONGER)))
    made = list(Entry.objects.order_by("id")[before:].values_list("kind", flat=True))
    assert made == ["ProposalMade", "AdminAct", "ProposalAgreed", "TextAdopted"]
    assert Entry.objects.get(kind="TextAdopted").epoch is not None


def test_a_map_and_a_law_come_the_same_way(desk: Any) -> None:
    assert queries.current("map", "letterbox") is None
    proposal = desk.propose(MAP)
    assert queries.current("map", "letterbox") is None
    desk.agree(proposal)
    found = queries.books()[0].map_of("letterbox")
    assert found is not None
    assert queries.current("map", "letterbox") == found


def test_two_law_texts_may_not_read_one_entry_twice(desk: Any) -> None:
    with pytest.raises(BadInput, match="already an entry 'hk-channel-gb'"):
        desk.propose(desk.law("hk").replace('name = "hk"', 'name = "hk2"'))
    desk.propose(desk.law("hk").replace("a panel judge", "a judge of the panel"))


def test_only_whoever_may_propose_does_and_not_without_end(desk: Any) -> None:
    with pytest.raises(Refused):
        actions.propose_text(desk.policy(), by="operator", now=desk.now())
    bodies = [desk.policy().replace("= 92", f"= {number}") for number in range(100, 100 + actions.MOST_WAITING + 1)]
    for body in bodies[:-1]:
        desk.propose(body)
    with pytest.raises(BadInput, match="wait for a second person"):
        desk.propose(bodies[-1])


def test_a_stored_text_that_somebody_changed_is_refused(desk: Any) -> None:
    proposal = desk.propose(desk.policy().replace(*LONGER))
    Text.objects.filter(body__contains=LONGER[1]).update(body=desk.policy().replace("= 92", "= 3000"))
    stored.cache_clear()
    queries._bound.cache_clear()
    with pytest.raises(Unsafe, match="not what its digest says"):
        queries.books()
    proposals.withdraw(proposal.code, by=desk.first, now=desk.now())
    assert days(desk) == [92]


HOSTILE = {
    "nothing": "",
    "two heads": "[policy]\n[law]\n",
    "no TOML": "[policy",
    "an unknown key": '[law]\nformat = 1\nname = "x"\njurisdiction = "XX"\nfriendly = true\n',
    "deep": "[policy]\na = " + "[" * 20_000 + "]" * 20_000,
    "a long dotted key": "a." * 10_000 + "a = 1",
    "very long": "# x\n" * 20_000,
    "very large": "#" * 600_000,
    "a huge number": "[policy]\nformat = " + "9" * 5_000,
    "half a character": "[policy]\n# \ud800",
    "a name that is none": '[map]\nformat = 1\nservice = "' + "x" * 200 + '"\n',
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_texts_are_refused_with_a_sentence(desk: Any, name: str) -> None:
    with pytest.raises(BadInput):
        desk.propose(HOSTILE[name])
    assert proposals.waiting() == []


@pytest.mark.parametrize("name", ["\x00", "x" * 5000, "../policy", ""])
def test_strange_names_are_not_found(desk: Any, name: str) -> None:
    with pytest.raises(NotFound):
        queries.body("policy", name)
    with pytest.raises(NotFound):
        queries.proposed_body(name)
    with pytest.raises(NotFound):
        queries.law_entry(name)
    with pytest.raises(NotFound):
        actions.end_adoption(name, by=desk.first, now=desk.now())
    assert queries.current("map", name) is None
    assert queries.body("policy", "desk").name == "desk"


def test_the_strictest_of_several_books_is_what_the_rules_take(desk: Any) -> None:
    desk.propose(desk.policy() + REFUSING)
    demand, item = DemandFacts(jurisdiction="HK"), ItemFacts(1)
    each = [judge(demand, item, books=(books,), now=desk.now()) for books in queries.books()]
    assert strictest(each).outcome is Outcome.REFUSE
    assert [decision.outcome for decision in each] == [Outcome.ASK, Outcome.REFUSE]


MAP = """
[map]
format = 1
service = "letterbox"
title = "An invented mail service"

[[field]]
name = "email"
category = "SubscriberData"
lies_in = "customers.login"
kept_until_deleted = true
end_to_end_encrypted = false
sentence = "The address of the account."
"""
