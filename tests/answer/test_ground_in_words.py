"""A refusal says why in the words of whoever proposed it; they are sealed, agreed to with it, and in the letter."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.db import connection

from abeyance.answer import actions
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile.models import Approval
from abeyance.errors import BadInput, Locked
from abeyance.site.requests import letters
from tests.desk import Desk, item
from tests.pages.people import signed_in

WHY = "The order names a Mr. Musterfrau, who is another person; please look at it again."


def letter(desk: Desk, ref: str) -> str:
    return " ".join(letters.write(desk.case(ref), "refused", "en", now=desk.now()).text.split())


def refused(desk: Desk, why: str, **changes: Any) -> str:
    ref = desk.genuine(**changes)
    actions.propose(ref, [ItemAnswer(1, "refuse")], why=why, by=desk.first, now=desk.now())
    actions.agree(ref, by=desk.second, now=desk.now())
    return ref


def test_the_letter_says_the_ground_and_not_what_spoke_for_giving(desk: Desk) -> None:
    said = letter(desk, refused(desk, WHY))
    assert WHY in said
    assert "What the law of our own seat compels is given" not in said
    assert "Clause" not in said
    stored = "".join(str(row.reasons) for row in Approval.objects.all())
    assert "Musterfrau" not in stored
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM casefile_remark WHERE position('Musterfrau'::bytea in text) > 0")
        assert cursor.fetchone() == (0,)


def test_without_words_the_letter_claims_no_ground_that_nobody_gave(desk: Desk) -> None:
    said = letter(desk, refused(desk, ""))
    assert "The law that binds us and our rules do not allow it." in said
    assert "is given" not in said


def test_where_the_rules_refuse_both_are_said(desk: Desk) -> None:
    said = letter(desk, refused(desk, WHY, ground="permitted"))
    assert WHY in said
    assert "What the law only permits is not given" in said


def test_the_second_person_sees_what_the_letter_will_say(desk: Desk) -> None:
    ref = desk.genuine()
    browser = signed_in(desk.first)
    said = {"items": "1", "outcome-1": "refuse", "why": WHY}
    there: Any = browser.post(f"/requests/{ref}/act/propose", said)
    assert there.status_code == 302
    body = html.unescape(signed_in(desk.second).get(f"/requests/{ref}/").content.decode())
    assert "Why it is refused, as the letter will say" in body
    assert WHY in body


def test_words_are_for_what_is_refused(desk: Desk) -> None:
    ref = desk.genuine(items=[item()])
    with pytest.raises(BadInput, match="for what is refused"):
        actions.propose(ref, why=WHY, by=desk.first, now=desk.now())
    assert desk.case(ref).state == "in-review"
    actions.propose(ref, by=desk.first, now=desk.now())
    assert actions.ground_of(desk.case(ref)) == ""


def test_a_locked_desk_writes_no_letter_with_another_ground(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = refused(desk, WHY)

    def shut(*_: Any, **__: Any) -> Any:
        raise Locked("The desk is locked.")

    monkeypatch.setattr("abeyance.seals.unseal", shut)
    with pytest.raises(Locked):
        letter(desk, ref)
    assert ("refused", "The desk is locked.") in letters.possible(desk.case(ref), now=desk.now())
