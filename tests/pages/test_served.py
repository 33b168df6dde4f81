"""A demand served on one of us in person: a form for one thumb, that wakes counsel, is read by counsel alone, and
brings what is to be done; and the guidance beside it."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abeyance.casefile import door
from abeyance.casefile.models import Case, IncidentStep
from abeyance.intake import commands as intake
from abeyance.ledger.models import Entry
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.people.models import Member
from abeyance.policy import actions as policy
from abeyance.policy import advising
from abeyance.policy import commands as policies
from abeyance.rules.guidance import parse_guidance
from abeyance.rules.permissions import Role
from abeyance.rules.served import KINDS, Served, Step, Wanted
from abeyance.rules.texts import TextError
from abeyance.site.doctor import commands as doctor
from abeyance.site.oncall import paging
from abeyance.site.oncall.models import Alarm
from abeyance.site.requests import documents
from tests.pages.people import member_with, signed_in

WORDS = {
    "place": "home",
    "country": "de",
    "wanted": "unlocking",
    "what": "Unlock the telephone, they say.",
    "by_whom": "Two officers",
    "custody": "no",
    "secrecy": "yes",
    "devices": "my telephone",
}
TEXT = """[guidance]
name = "de"
title = "Officers at the door in Germany"
checked = "checked"
date_checked = 2026-11-01

[[contact]]
who = "Counsel"
telephone = "+49 30 000000"

[[part]]
heading = "Now"
lines = ["Call counsel."]
"""


def test_the_form_becomes_an_emergency_that_counsel_alone_reads(desk: Any) -> None:
    reporter, counsel = member_with(Role.AUDITOR, name="reporter"), member_with(Role.COUNSEL)
    other = member_with(Role.REVIEWER)
    picture = SimpleUploadedFile("order.txt", b"An order.")
    told = signed_in(reporter.code).post("/served/", WORDS | {"files": picture})
    ref = Case.objects.get().ref
    assert (told.status_code, ref in told.content.decode()) == (200, True)
    case, demand = desk.case(ref), desk.case(ref).demands.get()
    assert (case.restricted, case.channel, case.documents.count()) == (True, "hand", 2)
    said = (demand.kind, demand.jurisdiction, demand.emergency, demand.secrecy)
    assert said == ("decryption", "DE", True, True)
    assert door.visible_to(counsel.code).filter(ref=ref).exists()
    assert not door.visible_to(reporter.code).filter(ref=ref).exists()
    paging.raise_alarms(desk.now())
    alarm = Alarm.objects.get(case=ref, kind="emergency")
    called = {member.code for member in paging.called(desk.now(), 2, alarm)}
    assert counsel.code in called
    assert not called & {reporter.code, other.code}
    assert signed_in(other.code).get(f"/requests/{ref}/").status_code == 404
    assert "lawyer-sent" not in {row.step for row in IncidentStep.objects.all()}


def test_who_is_under_pressure_is_in_the_sealed_note_alone(desk: Any) -> None:
    reporter = member_with(Role.INTAKE_CLERK, name="reporter")
    signed_in(reporter.code).post("/served/", WORDS)
    ref = Case.objects.get().ref
    entry = Entry.objects.get(kind="IncidentBegun")
    assert entry.case == ref
    plain = [bytes(each.content) for each in Entry.objects.filter(case=ref)]
    assert not any(reporter.code.encode() in content or b"home" in content for content in plain)
    case = desk.case(ref)
    reading = documents.reading_of(case, case.documents.get())
    assert f"On: {reporter.code}" in str(reading["parts"][0]["text"])


def test_an_empty_form_is_enough_and_a_wrong_country_loses_nothing(desk: Any) -> None:
    browser = signed_in(member_with(Role.REVIEWER).code)
    wrong = browser.post("/served/", WORDS | {"country": "Germany!"})
    assert (wrong.status_code, "Unlock the telephone" in wrong.content.decode()) == (422, True)
    assert Case.objects.count() == 0
    assert browser.post("/served/", {}).status_code == 200
    steps = {row.step for row in IncidentStep.objects.all()}
    assert steps == {step.value for step in Step}  # nobody said that nobody is held


def test_shut_out_with_it_and_what_is_to_be_done_is_ticked_by_counsel(desk: Any) -> None:
    reporter, counsel = member_with(Role.REVIEWER), member_with(Role.COUNSEL)
    browser = signed_in(reporter.code)
    browser.post("/served/", WORDS | {"shut_out": "yes"})
    assert browser.get("/")["Location"].startswith("/sign-in/")
    assert Member.objects.get(pk=reporter.pk).away_until is not None
    ref = Case.objects.get().ref
    page = signed_in(counsel.code)
    assert "to be done" in page.get(f"/requests/{ref}/").content.decode()
    answer = page.post(f"/requests/{ref}/act/incident", {"step": "keys-rotated"})
    assert answer.status_code == 302
    done = {row.step for row in IncidentStep.objects.exclude(done_at=None)}
    assert done == {"shut-out", "keys-rotated"}
    assert page.post(f"/requests/{ref}/act/incident", {"step": "lawyer-sent"}).status_code == 404
    with_a_typo = page.post(f"/requests/{ref}/act/incident", {"step": "else"})
    assert "Steps are: person-reached" in with_a_typo.content.decode()


def test_by_api_and_by_command(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    member = member_with(Role.ADVISER, name="adviser")
    token = people.issue_token(member.code, by=member.code, now=desk.now()).token
    caller = Client(headers={"Authorization": f"Bearer {token}"})
    sent = caller.post("/api/served", {"said": "Come along.", "custody": True}, content_type="application/json")
    assert sent.status_code == 201
    counsel = people.issue_token(desk.first, by=desk.first, now=desk.now()).token
    lawyer = Client(headers={"Authorization": f"Bearer {counsel}"})
    ticked = lawyer.post(f"/api/requests/{sent.json()['ref']}/incident/lawyer-sent")
    assert [each["step"] for each in ticked.json() if each["done"]] == ["lawyer-sent"]
    assert caller.post(f"/api/requests/{sent.json()['ref']}/incident/shut-out").status_code in (403, 404, 409)
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers()
    intake.register(sub)
    policies.register(sub)
    paper = Path(desk.home / "paper.txt")
    paper.write_text("An order.")
    monkeypatch.setenv("ABEYANCE_TOKEN", token)
    args = parser.parse_args(["served", str(paper), "--on", "first", "--wanted", "answers", "--country", "HK"])
    ref = args.run(args).document["ref"]
    assert desk.case(ref).demands.get().kind == "witness"
    args = parser.parse_args(["policy", "guidance", "HK"])
    assert args.run(args).document["checked"] == "unchecked"
    assert caller.get("/api/guidance?country=HK&language=zh-hant").json()["name"] == "default-zh-hant"


def test_the_guidance_of_a_country_is_adopted_by_two_and_the_doctor_asks_for_it(desk: Any) -> None:
    browser = signed_in(desk.first)
    page = browser.get("/guidance/?country=DE").content.decode()
    assert "unchecked" in page
    assert "number to be filled in" in page
    asked = {each.sentence for each in doctor.examine() if each.about == "guidance"}
    assert any("There is no guidance for staff in HK" in sentence for sentence in asked)
    proposal = policy.propose_text(TEXT, by=desk.first, now=desk.now())
    assert advising.guidance_for("DE", "en").name == "default"
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    page = browser.get("/guidance/?country=DE").content.decode()
    assert "Officers at the door in Germany" in page
    assert 'href="tel:+4930000000"' in page
    assert "unchecked" not in page
    assert advising.guidance_for("DE", "zh-hant").name == "de"
    assert 'href="tel:+4930000000"' in browser.get("/served/?country=DE").content.decode()


def test_a_guidance_is_read_strictly() -> None:
    content: dict[str, Any] = {
        "guidance": {"name": "de", "title": "t", "checked": "checked", "date_checked": date(2026, 11, 1)},
        "contact": [{"who": "Counsel", "telephone": "+49 30 1"}],
        "part": [{"heading": "Now", "lines": ["Call."]}],
    }
    assert parse_guidance(content).country == "DE"
    for wrong in ({"name": "germany"}, {"extra": "x"}):
        with pytest.raises(TextError):
            parse_guidance(content | {"guidance": content["guidance"] | wrong})
    with pytest.raises(TextError, match="digits"):
        parse_guidance(content | {"contact": [{"who": "C", "telephone": "call <me>"}]})


@pytest.mark.parametrize("wanted", list(Wanted))
def test_whatever_they_want_is_a_kind_of_demand(wanted: Wanted) -> None:
    assert Served("m-x", wanted=wanted).kind is KINDS[wanted]
    assert Served("m-x").kind is None
