"""Formal steps on a real desk: kept up with clocks and holds, written, approved by another, sent, and alarms before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from abeyance.answer import steps
from abeyance.answer.models import FormalStep
from abeyance.answer.steps import Way
from abeyance.casefile.models import Case
from abeyance.errors import NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.pauses import actions as pauses
from abeyance.pauses import due
from abeyance.people import proposals
from abeyance.people.models import Member
from abeyance.review import actions as reviewing
from abeyance.rules.instruments import ActKind
from abeyance.rules.lifecycle import State
from abeyance.rules.permissions import Role
from abeyance.site.oncall import paging, ways
from abeyance.site.worker import Rounds
from tests.casefile.packed import codes, declare
from tests.desk import Desk
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller
from tests.requests.test_by_command import Run, run

__all__ = ["run"]


def held(desk: Desk, **changes: Any) -> str:
    ref = desk.confirmed(**{"deadline": desk.now() + timedelta(days=4)} | changes)
    declare(desk)
    return ref


def only(ref: str) -> FormalStep:
    return FormalStep.objects.get(case__ref=ref)


def test_a_step_is_made_once_for_each_clock_and_ends_with_the_hold(desk: Desk) -> None:
    ref = held(desk)
    for _again in range(3):
        steps.keep(desk.case(ref), now=desk.now())
    step = only(ref)
    assert (step.clock, step.form, step.state) == ("stated", "interim-reply", "due")
    assert Entry.objects.filter(case=ref, kind="StepScheduled").count() == 1
    assert "Held: pause HK-2020-07" in steps.text_of(step)
    assert "confirms or denies" in steps.text_of(step)

    later = step.due + timedelta(days=2)
    reviewing.record_act(
        ref, ActKind.EXTENSION_GRANTED, desk.now(), until=later, clock="stated", by=desk.first, now=desk.now()
    )
    steps.keep(desk.case(ref), now=desk.now())
    assert only(ref).due == later

    desk.ready_to_lift("HK-2020-07")
    lifted = pauses.propose_lift("HK-2020-07", "The assessment is approved.", by=desk.first, now=desk.now())
    proposals.agree(lifted.code, by=desk.second, now=desk.now())
    steps.keep(desk.case(ref), now=desk.now())
    assert only(ref).state == "superseded"
    told = signed_in(desk.first).get(f"/requests/{ref}/").content.decode()
    assert "Step “Interim reply” is not needed any more: no-pause-holds-the-item." in told
    assert str(step.key)[:8] not in told
    declare(desk, name="HK-2020-08")
    steps.keep(desk.case(ref), now=desk.now())
    assert (only(ref).state, "HK-2020-08" in steps.text_of(only(ref))) == ("due", True)


def test_the_worker_makes_them_and_a_step_moves_no_clock(desk: Desk) -> None:
    ref = held(desk)
    due.catch_up(desk.now())
    before = Case.objects.get(ref=ref).next_due
    Rounds().wake(desk.now())
    step = only(ref)
    steps.write(step.key, steps.text_of(step), tells=False, by=desk.first, now=desk.now())
    steps.approve(step.key, bytes(only(ref).text_digest).hex(), by=desk.second, now=desk.now())
    steps.sent(step.key, Way.POST, by=desk.first, now=desk.now())
    due.catch_up(desk.now())
    Rounds().wake(desk.now())
    assert (Case.objects.get(ref=ref).next_due, only(ref).state) == (before, "sent")
    assert desk.case(ref).state == State.TO_VERIFY


def test_another_member_approves_exactly_this_text_and_only_then_is_it_sent(desk: Desk) -> None:
    ref = held(desk)
    steps.keep(desk.case(ref), now=desk.now())
    key = only(ref).key
    with pytest.raises(Refused) as refused:
        steps.sent(key, Way.MAIL, by=desk.first, now=desk.now())
    assert codes(refused.value) == {"step-not-approved"}
    steps.write(key, "# A reply\nWe cannot answer.", tells=False, by=desk.first, now=desk.now())
    digest = bytes(only(ref).text_digest).hex()
    for by, given, code in ((desk.first, digest, "same-person"), (desk.second, "0" * 16, "other-text")):
        with pytest.raises(Refused) as refused:
            steps.approve(key, given, by=by, now=desk.now())
        assert codes(refused.value) == {code}
    steps.approve(key, digest, by=desk.second, now=desk.now())
    steps.write(key, "# A reply\nIn other words.", tells=False, by=desk.first, now=desk.now())
    assert (only(ref).state, only(ref).approved_by) == ("drafted", None)
    steps.approve(key, bytes(only(ref).text_digest).hex(), by=desk.second, now=desk.now())
    steps.sent(key, Way.MAIL, by=desk.first, now=desk.now())
    assert only(ref).state == "sent"


def test_a_text_that_tells_of_an_account_is_not_sent_around_the_gate(desk: Desk) -> None:
    ref = held(desk)
    steps.keep(desk.case(ref), now=desk.now())
    key = only(ref).key
    steps.write(key, "We hold no such account.", tells=True, by=desk.first, now=desk.now())
    steps.approve(key, bytes(only(ref).text_digest).hex(), by=desk.second, now=desk.now())
    with pytest.raises(Refused) as refused:
        steps.sent(key, Way.MAIL, by=desk.first, now=desk.now())
    assert codes(refused.value) == {"step-tells"}


def test_alarms_come_at_half_a_quarter_and_a_tenth_of_the_time_and_say_nothing_of_the_case(
    desk: Desk, settings: Any
) -> None:
    # Before the pause's own alarm: nobody else has confirmed it, which is said after three days.
    ref, sent = held(desk, deadline=desk.now() + timedelta(days=2)), []
    settings.ABEYANCE = replace(settings.ABEYANCE, alarm_hosts="127.0.0.1")
    ways.add(Member.objects.get(code=desk.first), "json://127.0.0.1:9/", now=desk.now())
    start = desk.now()
    steps.keep(desk.case(ref), now=start)
    whole = only(ref).due - start

    def send(address: str, subject: str, text: str) -> bool:
        if "formal step" in text:  # the pause itself alarms until it is confirmed
            sent.append(text)
        return True

    def woken(moment: datetime) -> int:
        before = len(sent)
        paging.tend(moment, send)
        return len(sent) - before

    def at(part: float) -> datetime:
        return start + whole * part

    assert woken(at(0.4)) == 0
    assert [woken(at(part)) for part in (0.51, 0.76, 0.91)] == [1, 1, 1]
    assert "A formal step is due in" in sent[0]
    assert not any(word in " ".join(sent) for word in (ref, "HK", "harbour", "+852"))
    assert signed_in(desk.first).post(f"/emergency/{ref}/acknowledge").status_code == 302
    assert woken(at(0.92)) == 0
    assert woken(start + whole + timedelta(minutes=1)) == 1  # too late: again, whoever acknowledged


def test_page_command_and_api_show_a_step_to_its_readers_alone(desk: Desk) -> None:
    ref = held(desk)
    browser = signed_in(desk.first)
    assert "Interim reply" in browser.get(f"/requests/{ref}/").content.decode()  # made by looking
    key = str(only(ref).key)
    assert ref in browser.get("/steps/").content.decode()
    page = browser.get(f"/steps/{key}/").content.decode()
    assert "cannot answer it at present" in page
    assert browser.get(f"/steps/{key}/pdf").content.startswith(b"%PDF")

    first, second = Caller(desk, "first"), Caller(desk, "second")
    assert [each["step"] for each in first.get(f"/requests/{ref}").json()["steps"]] == [key]
    assert [each["step"] for each in first.get("/steps").json()] == [key]
    assert "cannot answer" in first.get(f"/steps/{key}").json()["text"]
    written = first.put(f"/steps/{key}/text", {"text": "We write again later."}).json()
    assert second.post(f"/steps/{key}/approve", {"digest": written["digest"]}).json()["state"] == "approved"
    assert browser.post(f"/steps/{key}/sent", {"way": "post"}).status_code == 302
    assert first.get(f"/steps/{key}").json()["state"] == "sent"

    Case.objects.filter(ref=ref).update(restricted=True)
    FormalStep.objects.update(state="due")
    other = member_with(Role.REVIEWER).code
    assert steps.open_for(other).count() == 0
    with pytest.raises(NotFound):
        steps.find(only(ref).key, by=other, now=desk.now())
    assert ref not in signed_in(other).get("/steps/").content.decode()


def test_what_a_step_says_is_sealed(desk: Desk) -> None:
    ref = held(desk)
    steps.keep(desk.case(ref), now=desk.now())
    steps.write(only(ref).key, "PLANTED-MARK in a text", tells=False, by=desk.first, now=desk.now())
    with connection.cursor() as cursor:
        cursor.execute("SELECT s::text FROM answer_formalstep s")
        rows = json.dumps(cursor.fetchall())
    assert ref not in rows
    assert b"PLANTED-MARK".hex() not in rows
    assert "PLANTED" in steps.text_of(only(ref))


def test_the_command_goes_the_same_way(desk: Desk, run: Run) -> None:
    ref = held(desk)
    told = run("request", "show", ref, by="first")
    assert "step due" in told.text
    (listed,) = run("step", "list", by="first").document
    text = desk.home / "step.txt"
    shown = run("step", "show", listed["step"], "--out", text, by="first")
    assert "cannot answer it at present" in text.read_text()
    with pytest.raises(Refused):
        run("step", "sent", listed["step"], "--way", "post", by="first")
    run("step", "write", listed["step"], text, by="first")
    approved = run("step", "approve", listed["step"], "--digest", shown.document["digest"], by="second")
    assert approved.document["state"] == "approved"
    assert "(sent)" in run("step", "sent", listed["step"], "--way", "post", by="first").text
    assert run("step", "list", by="first").document == []
