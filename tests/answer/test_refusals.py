"""Refusals in batch: two people, one of them counsel; what changed is left out; not where refusal is not ours."""

from __future__ import annotations

from typing import Any

import pytest

from abeyance.answer import refusal_commands, refusals
from abeyance.answer.models import RefusalBatch, RefusalLine
from abeyance.casefile.models import Case
from abeyance.errors import NotFound, Refused
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.people.models import Member
from abeyance.rules.permissions import Role
from tests.casefile.packed import codes, declare
from tests.desk import Desk, demand
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller

LAW = "hk-nsl43-s7"


def refused_by(act: Any) -> set[str]:
    with pytest.raises(Refused) as refused:
        act()
    return codes(refused.value)


def proposed(desk: Desk) -> RefusalBatch:
    drafted = refusals.draft(LAW, by=desk.first, now=desk.now())
    return refusals.propose(LAW, drafted.digest, by=desk.first, now=desk.now())


def seen(desk: Desk, batch: RefusalBatch) -> str:
    return refusals.digest_of(refusals.lines_of(batch, by=desk.second, now=desk.now()))


def carried_out(desk: Desk) -> dict[str, str]:
    for line in RefusalLine.objects.all():
        refusals.carry_out(line.pk, now=desk.now())
    return dict(RefusalLine.objects.values_list("case__ref", "state"))


def test_what_two_agreed_to_is_refused_and_what_changed_since_is_left_out(desk: Desk) -> None:
    stays, changes, emergency = desk.confirmed(), desk.confirmed(), desk.confirmed(emergency=True, kind="emergency")
    declare(desk, mode="refuse")
    drafted = refusals.draft(LAW, by=desk.first, now=desk.now())
    assert {line.ref for line in drafted.lines} == {stays, changes}
    assert [ref for ref, _ in drafted.left_out] == [emergency]
    assert refused_by(lambda: refusals.propose(LAW, "0" * 16, by=desk.first, now=desk.now())) == {"other-list"}
    batch = proposed(desk)
    assert carried_out(desk) == {stays: "listed", changes: "listed"}  # nobody has agreed
    old = seen(desk, batch)
    confirming.confirm(changes, demand(), by=desk.first, now=desk.now())
    assert refused_by(lambda: refusals.agree(batch.key, old, by=desk.second, now=desk.now())) == {"other-list"}
    new = seen(desk, batch)
    assert "same-person" in refused_by(lambda: refusals.agree(batch.key, new, by=desk.first, now=desk.now()))
    refusals.agree(batch.key, new, by=desk.second, now=desk.now())
    assert carried_out(desk) == {stays: "refused", changes: "left-out"}
    assert (desk.case(stays).closing, desk.case(changes).closing) == ("refused", "")
    assert Entry.objects.filter(case=stays, kind="Refused").count() == 1
    text = refusals.letter_of(RefusalLine.objects.get(case__ref=stays))
    assert "HK-2020-07" in text
    assert not any(word in text for word in ("+852", "harbour-police.example"))


def test_a_line_that_changes_after_the_agreement_is_left_out_as_well(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk, mode="refuse")
    batch = proposed(desk)
    refusals.agree(batch.key, seen(desk, batch), by=desk.second, now=desk.now())
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    assert carried_out(desk) == {ref: "left-out"}
    assert desk.case(ref).closed_at is None


def test_one_of_the_two_is_counsel(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk, mode="refuse")
    batch, no_counsel = proposed(desk), [Role.REVIEWER.value, Role.APPROVER.value]
    before = dict(Member.objects.values_list("code", "roles"))
    Member.objects.filter(code__in=[desk.first, desk.second]).update(roles=no_counsel)
    digest = seen(desk, batch)
    assert refused_by(lambda: refusals.agree(batch.key, digest, by=desk.second, now=desk.now())) == {"no-counsel"}
    Member.objects.filter(code=desk.second).update(roles=before[desk.second])
    refusals.agree(batch.key, digest, by=desk.second, now=desk.now())
    assert carried_out(desk) == {ref: "refused"}


def test_not_where_refusal_is_somebody_elses_nor_where_it_would_tell_of_an_account(desk: Desk) -> None:
    desk.confirmed()
    assert refused_by(lambda: refusals.draft("eu-epoc", by=desk.first, now=desk.now())) == {"refusal-is-theirs"}
    assert refused_by(lambda: refusals.draft("xx-none", by=desk.first, now=desk.now())) == {"instrument-not-on-file"}
    assert "eu-epoc" not in refusals.instruments()
    declare(desk)  # it holds, and refuses nothing
    assert refusals.draft(LAW, by=desk.first, now=desk.now()).lines == ()
    declare(desk, name="HK-SUBJECTS", mode="refuse", jurisdictions=[], subjects=["HK"])
    ((_, reasons),) = refusals.draft(LAW, by=desk.first, now=desk.now()).left_out
    assert {reason.code for reason in reasons} == {"tells-of-an-account"}


def test_page_and_api_show_a_list_to_its_readers_alone(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk, mode="refuse")
    browser, second = signed_in(desk.first), Caller(desk, "second")
    assert ref in browser.get(f"/refusals/?instrument={LAW}").content.decode()
    digest = second.get(f"/refusals/draft?instrument={LAW}").json()["digest"]
    assert browser.post("/refusals/propose", {"instrument": LAW, "digest": digest}).status_code == 302
    (told,) = second.get("/refusals").json()
    assert ref in browser.get(f"/refusals/{told['batch']}/").content.decode()
    Case.objects.filter(ref=ref).update(restricted=True)
    other = member_with(Role.REVIEWER).code
    with pytest.raises(NotFound):
        refusals.find(RefusalBatch.objects.get().key, by=other, now=desk.now())
    Case.objects.filter(ref=ref).update(restricted=False)
    assert second.post(f"/refusals/{told['batch']}/agree", {"digest": told["digest"]}).status_code == 200
    assert carried_out(desk) == {ref: "refused"}
    assert ref in browser.get(f"/refusals/{told['batch']}/letters/{ref}").content.decode()
    assert refusal_commands.documents.in_words(second.get(f"/refusals/{told['batch']}").json()).startswith(LAW)
