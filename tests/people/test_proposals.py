"""What loosens waits for a second person, and the database says so too."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from abeyance import ledger
from abeyance.errors import BadInput, NotFound, Refused, SomeoneElseWasFirst
from abeyance.ledger.models import Entry
from abeyance.people import actions, proposals
from abeyance.people.models import Member, Proposal
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules.events import AdminAct
from abeyance.rules.people import Permission, Role

done: list[str] = []


@on_agreement("test-change", propose=Permission.POLICY_PROPOSE, agree=Permission.POLICY_AGREE)
def change(proposal: Proposed, *, by: str, now: datetime) -> None:
    done.append(proposal.subject)
    ledger.append(AdminAct(act="test-change"), by=by, now=now)
    if proposal.payload.get("fails"):
        raise BadInput("The change itself cannot be made.")


@on_agreement("test-alone", propose=Permission.POLICY_PROPOSE, agree=Permission.POLICY_AGREE, alone=True)
def change_alone(proposal: Proposed, *, by: str, now: datetime) -> None:
    done.append(f"epoch {proposal.epoch}")


@pytest.fixture(autouse=True)
def forget() -> None:
    done.clear()


def kinds() -> list[str]:
    return list(Entry.objects.order_by("id").values_list("kind", flat=True))


def test_another_member_agrees_and_the_proposer_cannot(desk: Any, now: datetime) -> None:
    proposal = proposals.propose("test-change", "policy", {"a": 1}, by=desk.first, now=now)
    with pytest.raises(Refused, match="somebody else has to agree"):
        proposals.agree(proposal.code, by=desk.first, now=now)
    assert done == []
    proposals.agree(proposal.code, by=desk.second, now=now)
    assert done == ["policy"]
    assert kinds()[-3:] == ["ProposalMade", "ProposalAgreed", "AdminAct"]


def test_the_operator_neither_proposes_nor_agrees(desk: Any, now: datetime) -> None:
    with pytest.raises(Refused, match="member's own credential"):
        proposals.propose("test-change", "policy", {}, by="operator", now=now)
    proposal = proposals.propose("test-change", "policy", {}, by=desk.first, now=now)
    with pytest.raises(Refused, match="member's own credential"):
        proposals.agree(proposal.code, by="operator", now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)


def test_a_new_member_waits_a_day_and_then_agrees(desk: Any, now: datetime, a_day_later: datetime) -> None:
    new = desk.member("ada", Role.APPROVER, since=now)
    proposal = proposals.propose("test-change", "policy", {}, by=desk.first, now=now)
    with pytest.raises(Refused, match="not before 2020-07-07T09:00"):
        proposals.agree(proposal.code, by=new, now=a_day_later - timedelta(seconds=1))
    proposals.agree(proposal.code, by=new, now=a_day_later)


def test_the_policy_sets_the_wait(desk: Any, now: datetime) -> None:
    new = desk.member("ada", Role.APPROVER, since=now)
    proposal = proposals.propose("test-change", "policy", {}, by=desk.first, now=now)
    with transaction.atomic():
        actions.set_house_rules(frozenset(), timedelta(hours=1), small_team=False)
    with pytest.raises(Refused):
        proposals.agree(proposal.code, by=new, now=now)
    proposals.agree(proposal.code, by=new, now=now + timedelta(hours=1))


def test_the_change_the_names_and_the_entries_are_written_together_or_not_at_all(desk: Any, now: datetime) -> None:
    proposal = proposals.propose("test-change", "policy", {"fails": True}, by=desk.first, now=now)
    before = kinds()
    with pytest.raises(BadInput):
        proposals.agree(proposal.code, by=desk.second, now=now)
    assert kinds() == before
    assert proposals.find(proposal.code).is_open


def test_a_proposal_is_agreed_once(desk: Any, now: datetime) -> None:
    proposal = proposals.propose("test-change", "policy", {}, by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    with pytest.raises(SomeoneElseWasFirst, match="already been agreed"):
        proposals.agree(proposal.code, by=desk.second, now=now)
    assert done == ["policy"]


def test_a_withdrawn_proposal_is_not_agreed(desk: Any, now: datetime) -> None:
    proposal = proposals.propose("test-change", "policy", {}, by=desk.first, now=now)
    proposals.withdraw(proposal.code, by="operator", now=now)
    with pytest.raises(SomeoneElseWasFirst, match="already been withdrawn"):
        proposals.agree(proposal.code, by=desk.second, now=now)
    assert proposals.waiting() == []


def test_a_change_that_needs_it_enters_the_fence_alone(desk: Any, now: datetime) -> None:
    proposal = proposals.propose("test-alone", "policy", {}, by=desk.first, now=now)
    agreed = proposals.agree(proposal.code, by=desk.second, now=now)
    assert done == ["epoch 1"]
    assert agreed.agreed_at is not None
    assert agreed.agreed_at > now, "inside the fence the database's clock counts"
    assert Entry.objects.get(kind="ProposalAgreed", epoch=1).act is not None


def test_an_altered_payload_is_refused(desk: Any, now: datetime) -> None:
    proposal = proposals.propose("test-change", "policy", {"a": 1}, by=desk.first, now=now)
    Proposal.objects.filter(pk=proposal.pk).update(payload=b'{"a":2}')
    with pytest.raises(BadInput, match="not what was proposed"):
        proposals.agree(proposal.code, by=desk.second, now=now)
    assert done == []


def test_strange_kinds_codes_and_sizes_are_refused_with_a_sentence(desk: Any, now: datetime) -> None:
    with pytest.raises(BadInput, match="no proposal of the kind"):
        proposals.propose("nonsense", "x", {}, by=desk.first, now=now)
    with pytest.raises(BadInput, match="too large"):
        proposals.propose("test-change", "x", {"a": "x" * 5_000_000}, by=desk.first, now=now)
    with pytest.raises(NotFound):
        proposals.agree("p-nothing", by=desk.second, now=now)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE people_proposal SET agreed_by = proposed_by, agreed_at = now()",
        "UPDATE people_proposal SET agreed_by = 'operator', agreed_at = now()",
        "UPDATE people_proposal SET agreed_by = 'm-other'",
        "UPDATE people_proposal SET agreed_by = 'm-other', agreed_at = now(), withdrawn_at = now()",
    ],
)
def test_the_database_refuses_too(desk: Any, now: datetime, statement: str) -> None:
    proposals.propose("test-change", "policy", {}, by=desk.first, now=now)
    with pytest.raises(IntegrityError), connection.cursor() as cursor:
        cursor.execute(statement)
    with connection.cursor() as cursor:  # the same, done rightly
        cursor.execute("UPDATE people_proposal SET agreed_by = 'm-other', agreed_at = now()")


def test_of_many_who_agree_at_once_one_does_it(desk: Any, now: datetime) -> None:
    others = [desk.member(f"ada{n}", Role.APPROVER) for n in range(4)]
    proposal = proposals.propose("test-change", "policy", {}, by=desk.first, now=now)
    outcomes: list[str] = []

    def agree(by: str) -> None:
        try:
            proposals.agree(proposal.code, by=by, now=now)
            outcomes.append("agreed")
        except SomeoneElseWasFirst:
            outcomes.append("too late")
        finally:
            connection.close()

    threads = [threading.Thread(target=agree, args=(by,)) for by in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["agreed", "too late", "too late", "too late"]
    assert done == ["policy"]


def test_who_leaves_takes_along_what_they_proposed(desk: Any, now: datetime) -> None:
    rosa = desk.member("rosa", Role.ADMINISTRATOR)
    hers = proposals.propose("test-change", "hers", {}, by=rosa, now=now)
    mine = proposals.propose("test-change", "mine", {}, by=desk.first, now=now)
    actions.remove_member("rosa", by="operator", now=now)
    assert not Member.objects.get(code=rosa).active
    with pytest.raises(SomeoneElseWasFirst):
        proposals.agree(hers.code, by=desk.second, now=now)
    proposals.agree(mine.code, by=desk.second, now=now)
    assert done == ["mine"]
