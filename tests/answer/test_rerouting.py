"""After a reroute somebody looks whether the treaty request has come: by a date, once, and for its readers alone."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.apps import apps

from abeyance.answer import actions as answers
from abeyance.answer import rerouting
from abeyance.answer.actions import ItemAnswer
from abeyance.answer.models import FollowUp
from abeyance.casefile import ending
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case, Reader
from abeyance.errors import BadInput, NotFound
from abeyance.ledger import listing
from abeyance.ledger.models import Entry
from abeyance.people.models import Member
from abeyance.rules.permissions import Role
from tests.desk import Desk
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller
from tests.requests.test_by_command import Run, run

__all__ = ["run"]


def closed(desk: Desk, outcome: Closing = Closing.REROUTED) -> str:
    ref = desk.confirmed()
    ending.close(ref, outcome, by=desk.first, now=desk.now())
    return ref


def test_a_reroute_is_followed_up_once_and_another_answer_is_not(desk: Desk) -> None:
    ref = desk.genuine()
    answers.propose(ref, [ItemAnswer(1, "reroute")], by=desk.first, now=desk.now())
    assert not FollowUp.objects.exists()  # one person reroutes nothing
    answers.agree(ref, by=desk.second, now=desk.now())
    row = FollowUp.objects.get(case__ref=ref)
    assert timedelta(days=89) < row.due - desk.now() < timedelta(days=90)
    rerouting.begin(desk.case(ref), by=desk.first, now=desk.now())
    assert Entry.objects.filter(case=ref, kind="FollowUpSet").count() == 1
    other = desk.agreed()
    assert not FollowUp.objects.filter(case__ref=other).exists()
    refused = closed(desk, Closing.REFUSED)
    assert not FollowUp.objects.filter(case__ref=refused).exists()


def test_it_ends_as_another_request_whose_reference_only_its_readers_see(desk: Desk) -> None:
    ref, treaty = closed(desk), desk.confirmed()
    with pytest.raises(BadInput):
        rerouting.end(ref, ref, by=desk.first, now=desk.now())
    Case.objects.filter(ref=treaty).update(restricted=True)
    clerk = member_with(Role.REVIEWER).code
    with pytest.raises(NotFound):
        rerouting.end(ref, treaty, by=clerk, now=desk.now())  # absent and not yours look alike
    row = rerouting.end(ref, treaty, by=desk.first, now=desk.now())
    assert rerouting.as_document(row, desk.first, now=desk.now())["arrived_as"] == treaty
    assert rerouting.as_document(row, clerk, now=desk.now())["arrived_as"] is None
    sentences = [entry["sentence"] for entry in listing.listed(case=ref, last=50)]
    assert any("looked for: arrived" in each for each in sentences)
    assert not any(treaty in each for each in sentences)
    assert rerouting.of_case(desk.case(treaty), desk.first, now=desk.now())["treaty_request_of"] == [ref]
    Case.objects.filter(ref=ref).update(restricted=True)
    assert rerouting.of_case(desk.case(treaty), clerk, now=desk.now())["treaty_request_of"] == []
    with pytest.raises(NotFound):
        rerouting.end(ref, by=desk.first, now=desk.now())  # nothing waits any more


def test_a_list_names_those_of_its_reader_and_an_erased_one_is_forgotten(desk: Desk) -> None:
    ref, hidden = closed(desk), closed(desk)
    Case.objects.filter(ref=hidden).update(restricted=True)
    clerk = member_with(Role.REVIEWER).code
    assert [row.case.ref for row in rerouting.waiting_for(clerk)] == [ref]
    Reader.objects.create(case=desk.case(hidden), member=clerk)
    assert {row.case.ref for row in rerouting.waiting_for(clerk)} == {ref, hidden}
    assert Member.objects.filter(code=clerk).exists()
    apps.get_app_config("answer").ready()  # harmless to repeat
    rerouting.forget(desk.case(ref))
    assert [row.case.ref for row in rerouting.waiting_for(clerk)] == [hidden]


def test_by_command_by_api_and_on_the_page(run: Run, desk: Desk) -> None:
    ref, other, treaty = closed(desk), closed(desk), desk.confirmed()
    FollowUp.objects.filter(case__ref=ref).update(due=desk.now() - timedelta(days=1))
    assert f"{ref}  OVERDUE follow up" in run("request", "follow-ups", by="first").text
    assert run("request", "follow-up", ref, "--arrived-as", treaty, by="first").document["arrived_as"] == treaty
    assert treaty in run("request", "show", ref, by="first").text
    first, browser = Caller(desk, "first"), signed_in(desk.first)
    assert [each["ref"] for each in first.get("/follow-ups").json()] == [other]
    assert other in browser.get("/steps/").content.decode()
    assert "Look whether that request has come by" in browser.get(f"/requests/{other}/").content.decode()
    assert ref in browser.get(f"/requests/{treaty}/").content.decode()
    assert browser.post(f"/requests/{other}/act/nothing-came").status_code == 302
    assert first.get(f"/requests/{other}").json()["rerouted"]["follow_ups"][0]["outcome"] == "nothing-came"
    third = closed(desk)
    assert browser.post(f"/requests/{third}/act/treaty-arrived", {"arrived_as": treaty}).status_code == 302
    assert first.post(f"/requests/{third}/follow-up", {}).status_code == 404
    assert first.post(f"/requests/{closed(desk)}/follow-up", {"arrived_as": treaty}).json()["outcome"] == "arrived"
