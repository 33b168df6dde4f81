"""What a law leaves to counsel is answered for one country, by counsel and another member, and for nobody else."""

from __future__ import annotations

from typing import Any

import pytest

from abeyance.errors import NotFound
from abeyance.policy import answering, queries
from abeyance.rules.decision import Outcome
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.review import judge
from abeyance.rules.terms import DataCategory, DemandKind, Ground, IdentifierKind, RequesterKind

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


def test_what_another_law_refuses_no_answer_undoes(desk: Any) -> None:
    body = desk.law("hk").replace('outcome = "ask"', 'outcome = "refuse"', 1)
    desk.agree(desk.propose(body))
    desk.agree(desk.adopt("hk-out"))
    desk.agree(desk.propose(answered(desk, "proceed")))
    desk.agree(desk.adopt("hk-out-de"))
    assert clauses(desk) == {"hk-out": Outcome.REFUSE}


def test_the_beginning_of_an_answer_cannot_be_proposed_as_it_is(desk: Any) -> None:
    from abeyance.errors import BadInput

    text = answering.text_answering("hk-out", ASKED | {"under": '"]\nevil', "to": "D'"}, today=desk.now().date())
    assert 'recipients = ["any"]' in text and 'instruments = ["any"]' in text
    with pytest.raises(BadInput):
        desk.propose(text)
    with pytest.raises(NotFound):
        answering.text_answering("hk-nothing", ASKED, today=desk.now().date())


def test_a_clause_is_begun_for_demands_of_which_none_speaks(desk: Any) -> None:
    from abeyance.errors import BadInput

    text = answering.text_with_clause(ASKED | {"kind": "disclosure", "ground": "compelled"})
    assert text.startswith(desk.policy().rstrip())
    with pytest.raises(BadInput):
        desk.propose(text)
    desk.agree(desk.propose(text.replace('sentence = ""', 'sentence = "We answer such orders."')))
    assert "de-asks-under-de-100j" in {clause.id for clause in queries.books()[0].policy.clauses}
    for wrong in ({"to": "any"}, {"under": '"]'}):
        with pytest.raises(BadInput, match="which country"):
            answering.text_with_clause(ASKED | wrong)
