"""An answer takes two people, who agree to exactly what was looked at, and it lets nothing out by itself."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from abeyance.answer import actions
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile import remarks
from abeyance.casefile.models import Approval, Release
from abeyance.errors import AbeyanceError, BadInput, NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.people import actions as people
from abeyance.people import proposals, queries
from abeyance.people.models import Member
from abeyance.release import making
from abeyance.rules.permissions import Role
from tests.casefile.packed import codes, declare, letter
from tests.desk import Desk, demand, item


def join(desk: Desk, handle: str, *roles: Role) -> str:
    waiting = people.propose_member(handle, [role.value for role in roles], by=desk.first, now=desk.now())
    proposals.agree(waiting.code, by=desk.second, now=desk.now())
    return queries.code_of(handle)


def waited(code: str) -> None:
    """As if the day of a new member had passed."""
    row = Member.objects.get(code=code)
    row.added_at, row.roles_since = row.added_at - timedelta(days=2), row.roles_since - timedelta(days=2)
    row.save()


def refusal(desk: Desk, ref: str, by: str) -> set[str]:
    with pytest.raises(Refused) as refused:
        actions.agree(ref, by=by, now=desk.now())
    return codes(refused.value)


def test_who_proposed_cannot_agree_and_another_can(desk: Desk) -> None:
    ref = desk.proposed()
    assert refusal(desk, ref, desk.first) == {"same-person", "verifier-agrees"}
    actions.agree(ref, by=desk.second, now=desk.now())
    assert desk.case(ref).state == "gathering"
    assert not Release.objects.exists()


def test_who_found_the_requester_genuine_cannot_agree(desk: Desk) -> None:
    ref = desk.genuine()  # by the first member
    counsel = join(desk, "counsel", Role.COUNSEL)
    waited(counsel)
    actions.propose(ref, by=counsel, now=desk.now())
    assert refusal(desk, ref, desk.first) == {"verifier-agrees"}
    actions.agree(ref, by=desk.second, now=desk.now())


def test_a_new_member_waits_a_day(desk: Desk) -> None:
    ref = desk.proposed()
    approver = join(desk, "approver", Role.APPROVER)
    assert refusal(desk, ref, approver) == {"still-waiting"}
    waited(approver)
    actions.agree(ref, by=approver, now=desk.now())


def test_a_clerk_and_the_shell_neither_propose_nor_agree(desk: Desk) -> None:
    ref = desk.genuine()
    clerk = join(desk, "clerk", Role.INTAKE_CLERK)
    waited(clerk)
    for nobody in (clerk, "operator"):
        with pytest.raises(Refused):
            actions.propose(ref, by=nobody, now=desk.now())
    actions.propose(ref, by=desk.first, now=desk.now())
    for nobody in (clerk, "operator"):
        with pytest.raises(Refused):
            actions.agree(ref, by=nobody, now=desk.now())
    actions.agree(ref, by=desk.second, now=desk.now())


def test_who_takes_no_part_sees_no_such_request(desk: Desk) -> None:
    ref = desk.proposed()
    people.exclude_self("HK", by=desk.second, now=desk.now())
    with pytest.raises(NotFound):
        actions.agree(ref, by=desk.second, now=desk.now())


def test_one_agrees_to_exactly_what_was_looked_at(desk: Desk) -> None:
    ref = desk.proposed()
    seen = actions.propose(ref, [ItemAnswer(1, "release", frozenset({"telephone"}))], by=desk.first, now=desk.now())
    changed = actions.propose(ref, by=desk.first, now=desk.now())
    assert seen.answer != changed.answer
    with pytest.raises(Refused) as other:
        actions.agree(ref, seen.answer, by=desk.second, now=desk.now())
    assert codes(other.value) == {"other-answer"}
    actions.agree(ref, changed.answer, by=desk.second, now=desk.now())
    assert Approval.objects.filter(withdrawn_at=None).count() == 1


def test_of_two_who_agree_at_once_one_does(desk: Desk) -> None:
    ref = desk.proposed()
    approver = join(desk, "approver", Role.APPROVER)
    waited(approver)
    told: list[str] = []

    def agree(by: str) -> None:
        try:
            actions.agree(ref, by=by, now=desk.now())
            told.append("agreed")
        except AbeyanceError as problem:
            told.append(type(problem).__name__)
        finally:
            connection.close()

    threads = [threading.Thread(target=agree, args=(by,)) for by in (desk.second, approver)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told.count("agreed") == 1, told
    assert Entry.objects.filter(kind="AnswerAgreed").count() == 1


def test_more_than_is_allowed_is_not_proposed_and_less_is(desk: Desk) -> None:
    ref = desk.genuine()
    with pytest.raises(Refused) as beyond:
        actions.propose(ref, [ItemAnswer(1, "release", frozenset({"email"}))], by=desk.first, now=desk.now())
    assert codes(beyond.value) == {"more-than-allowed"}
    with pytest.raises(BadInput, match="no item 9"):
        actions.propose(ref, [ItemAnswer(9, "release")], by=desk.first, now=desk.now())
    with pytest.raises(BadInput, match="no outcome"):
        actions.propose(ref, [ItemAnswer(1, "hand it all over")], by=desk.first, now=desk.now())
    less = actions.propose(ref, [ItemAnswer(1, "release", frozenset({"created-at"}))], by=desk.first, now=desk.now())
    assert less.approvals[0].fields == ["created-at"]


def test_what_the_law_does_not_let_out_cannot_be_proposed_in_words_either(desk: Desk) -> None:
    """ "Nothing held" tells of an account as well; a refusal tells nothing."""
    ref = desk.genuine(ground="permitted")
    for outcome in ("release", "nothing-held"):
        with pytest.raises(Refused):
            actions.propose(ref, [ItemAnswer(1, outcome)], by=desk.first, now=desk.now())
    actions.propose(ref, [ItemAnswer(1, "refuse")], by=desk.first, now=desk.now())


def test_each_item_has_an_answer_of_its_own(desk: Desk) -> None:
    ref = desk.genuine(items=[item(), item(category="StoredContentData", fields=[])])
    answers = [ItemAnswer(1, "release"), ItemAnswer(2, "refuse")]
    proposed = actions.propose(ref, answers, by=desk.first, now=desk.now())
    assert [row.outcome for row in proposed.approvals] == ["release", "refuse"]


def test_a_pause_freezes_proposing_and_agreeing(desk: Desk) -> None:
    proposed, genuine = desk.proposed(), desk.genuine()
    declare(desk, stages=["answer"])
    assert refusal(desk, proposed, desk.second) == {"held-by-pause"}
    with pytest.raises(Refused, match="HK-2020-07"):
        actions.propose(genuine, by=desk.first, now=desk.now())


def test_an_answer_that_was_taken_back_is_not_gathered_and_its_reason_is_sealed(desk: Desk) -> None:
    ref = desk.agreed()
    actions.withdraw(ref, "Ms Wong called: wrong number", by=desk.first, now=desk.now())
    with pytest.raises(Refused):
        making.gather(ref, letter=letter, by=desk.first, now=desk.now())
    case = desk.case(ref)
    entry = Entry.objects.get(kind="ApprovalWithdrawn")
    assert b"Wong" not in bytes(entry.content)
    assert b"Wong" not in bytes(case.remarks.get().text)
    assert entry.act is not None
    assert remarks.about(case, entry.act) == "Ms Wong called: wrong number"


def test_an_amended_demand_has_no_answer_yet(desk: Desk) -> None:
    from abeyance.intake import confirming

    ref = desk.proposed()
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    with pytest.raises((NotFound, Refused)):
        actions.agree(ref, by=desk.second, now=desk.now())
