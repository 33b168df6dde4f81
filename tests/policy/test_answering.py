"""What a law leaves to counsel is answered for one country, by counsel and another member, and for nobody else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from abeyance.errors import BadInput, NotFound
from abeyance.policy import answering, queries
from abeyance.rules.decision import Outcome
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.instruments import OutboundEntry
from abeyance.rules.review import judge
from abeyance.rules.terms import DataCategory, DemandKind, Ground, IdentifierKind, RequesterKind

ANOTHER = """
[[outbound]]
id = "hk-other"
recipients = ["any"]
instruments = ["any"]
categories = ["SubscriberData"]
outcome = "ask"
citation = "Cap. 1"
sentence = "Another statute leaves it open."
source = "Cap. 1"
date_checked = 2026-11-24
checked = "unchecked"
"""
ASKED = {"to": "DE", "under": "de-100j", "category": "SubscriberData"}


def clauses(desk: Any, asking: str = "DE") -> dict[str, Outcome]:
    """Which outbound entries of Hong Kong speak of a demand about data stored there."""
    demand = DemandFacts(
        kind=DemandKind.DISCLOSURE,
        requester=RequesterKind.POLICE,
        jurisdiction=asking,
        agency="de-lka-musterland",
        instrument="de-100j",
        ground=Ground.COMPELLED,
        confirmed=True,
        genuine=True,
    )
    item = ItemFacts(
        number=1,
        service="quill",
        category=DataCategory.SUBSCRIBER,
        identifier_kind=IdentifierKind.EMAIL,
        stored_in="HK",
    )
    said = judge(demand, item, books=queries.books(), now=desk.now())
    return {reason.clause: said.outcome for reason in said.reasons if reason.clause.startswith("hk-out")}


def answered(desk: Any, outcome: str = "refuse") -> str:
    text = answering.text_answering("hk-out", ASKED, today=desk.now().date())
    beginning, _, end = text.rpartition('outcome = "ask"')
    said = f'{beginning}outcome = "{outcome}"{end}'
    return said.replace('sentence = ""', 'sentence = "It may be given."').replace('source = ""', 'source = "Cap. 486"')


def test_an_answer_counts_once_it_is_adopted_and_only_for_whom_it_names(desk: Any) -> None:
    desk.agree(desk.adopt("hk-out"))
    desk.agree(desk.adopt("de-100j"))
    assert clauses(desk) == {"hk-out": Outcome.ASK}
    desk.agree(desk.propose(answered(desk, "proceed")))
    assert set(clauses(desk)) == {"hk-out", "hk-out-de"}, "not adopted, it only asks as well"
    desk.agree(desk.adopt("hk-out-de"))
    assert clauses(desk) == {}, "what is left to ask is not Hong Kong's law any more"
    assert clauses(desk, "FR") == {"hk-out": Outcome.ASK}


def test_only_the_question_that_is_named_gives_way_and_no_refusal(desk: Any) -> None:
    body = answered(desk, "proceed")
    with pytest.raises(BadInput, match="that asks"):
        desk.propose(body.replace('outcome = "ask"', 'outcome = "refuse"', 1))
    other = ANOTHER.replace("hk-other", "hk-out-second")
    desk.agree(desk.propose(f"{body}\n{other}"))
    for entry in ("hk-out", "hk-out-de", "hk-out-second"):
        desk.agree(desk.adopt(entry))
    assert clauses(desk) == {"hk-out-second": Outcome.ASK}, "another question of the same law stays"


def test_an_entry_that_names_nothing_it_answers_takes_no_question_away(desk: Any) -> None:
    """The shipped agreement of the United States and the United Kingdom, beside what another statute leaves open."""
    for entry in ("gb-copo", "us-out-gb-agreement", "us-out-records"):
        desk.agree(desk.adopt(entry))
    demand = DemandFacts(kind=DemandKind.DISCLOSURE, jurisdiction="GB", instrument="gb-copo", ground=Ground.COMPELLED)
    item = ItemFacts(number=1, service="quill", category=DataCategory.SUBSCRIBER, stored_in="US")
    said = judge(demand, item, books=queries.books(), now=desk.now())
    assert "us-out-records" in {reason.clause for reason in said.reasons}


def test_a_question_that_is_not_in_force_is_still_asked(desk: Any) -> None:
    desk.agree(desk.propose(answered(desk, "proceed")))
    desk.agree(desk.adopt("hk-out-de"))
    assert clauses(desk) == {"hk-out": Outcome.ASK}


def test_a_second_answer_has_a_name_of_its_own(desk: Any) -> None:
    desk.agree(desk.propose(answered(desk)))
    more = answering.text_answering("hk-out", ASKED | {"category": "TrafficData"}, today=desk.now().date())
    assert 'id = "hk-out-de-2"' in more


def test_the_beginning_of_an_answer_cannot_be_proposed_as_it_is(desk: Any) -> None:
    today = desk.now().date()
    with pytest.raises(BadInput):
        desk.propose(answering.text_answering("hk-out", ASKED, today=today))
    for wrong in ({"under": "Search Warrant"}, {"under": '"]'}, {"to": "any"}, {"category": ""}):
        with pytest.raises(BadInput, match="which country"):
            answering.text_answering("hk-out", ASKED | wrong, today=today)
    with pytest.raises(NotFound):
        answering.text_answering("hk-nothing", ASKED, today=desk.now().date())


def test_a_clause_is_begun_for_demands_of_which_none_speaks(desk: Any) -> None:
    text = answering.text_with_clause(ASKED | {"kind": "disclosure", "ground": "compelled"})
    assert text.startswith(desk.policy().rstrip())
    with pytest.raises(BadInput):
        desk.propose(text)
    desk.agree(desk.propose(text.replace('sentence = ""', 'sentence = "We answer such orders."')))
    assert "de-asks-under-de-100j" in {clause.id for clause in queries.books()[0].policy.clauses}
    for wrong in ({"to": "any"}, {"under": '"]'}):
        with pytest.raises(BadInput, match="which country"):
            answering.text_with_clause(ASKED | wrong)


def test_no_text_in_memory_makes_a_refusal_give_way(desk: Any) -> None:
    """The rule does not rest on the reader's having refused such a text."""
    desk.agree(desk.propose(answered(desk, "proceed")))
    for entry in ("hk-out", "hk-out-de"):
        desk.agree(desk.adopt(entry))
    books = queries.books()[0]
    law = tuple(replace(text, outbound=tuple(_refusing(each) for each in text.outbound)) for text in books.law)
    demand = DemandFacts(kind=DemandKind.DISCLOSURE, jurisdiction="DE", instrument="de-100j", ground=Ground.COMPELLED)
    item = ItemFacts(number=1, service="quill", category=DataCategory.SUBSCRIBER, stored_in="HK")
    said = judge(demand, item, books=[replace(books, law=law)], now=desk.now())
    assert (said.outcome, [reason.clause for reason in said.reasons]) == (Outcome.REFUSE, ["hk-out"])


def _refusing(entry: OutboundEntry) -> OutboundEntry:
    return replace(entry, outcome=Outcome.REFUSE) if entry.id == "hk-out" else entry
