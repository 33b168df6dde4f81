"""Assessments on a real desk: written by one, approved by two, sealed, and asked for when a pause is lifted."""

from __future__ import annotations

import tomllib
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from abeyance.diligence import actions, queries, stating
from abeyance.diligence.models import Assessment, Version
from abeyance.errors import BadInput, NotFound, Refused, SomeoneElseWasFirst
from abeyance.ledger.models import Entry
from abeyance.pauses import actions as pauses
from abeyance.pauses import alarming, conditions
from abeyance.people import actions as people
from abeyance.people import proposals
from abeyance.people.models import Credential, Member
from abeyance.people.queries import digest_of
from abeyance.policy import actions as policy
from abeyance.policy import queries as policies
from abeyance.rules.permissions import Role
from abeyance.site.demo.story import ASSESSMENT
from tests.casefile.packed import declare, stated
from tests.desk import Desk
from tests.pages.people import member_with

SAID: dict[str, Any] = tomllib.loads(ASSESSMENT.read_text(encoding="utf-8"))
PAUSE = "HK-2020-07"
LATER = date(2036, 1, 6)


def begun(desk: Desk, pause: str = PAUSE) -> Assessment:
    return actions.begin(pause, "new-law", review_by=LATER, by=desk.first, now=desk.now())


def written(desk: Desk, assessment: Assessment, **changes: Any) -> Version:
    onto = queries.newest(assessment).number
    return actions.write(assessment.code, SAID | changes, onto=onto, by=desk.first, now=desk.now())


def approved(desk: Desk, assessment: Assessment) -> None:
    proposal = stating.propose_approval(assessment.code, by=desk.first, now=desk.now())
    with pytest.raises(Refused):
        proposals.agree(proposal.code, by=desk.first, now=desk.now())
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


def agreed(desk: Desk, proposal: Any) -> None:
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


def lift(desk: Desk) -> None:
    agreed(desk, pauses.propose_lift(PAUSE, "It is over.", by=desk.first, now=desk.now()))


def refusals(desk: Desk) -> set[str]:
    with pytest.raises(Refused) as refused:
        pauses.propose_lift(PAUSE, "It is over.", by=desk.first, now=desk.now())
    return {reason.code for reason in refused.value.reasons}


def test_a_pause_is_lifted_by_the_whole_way_and_by_no_shorter_one(desk: Desk) -> None:
    declare(desk, conditions=["courts review orders", "the law is amended"])
    assert refusals(desk) == {"condition-open", "no-assessment"}
    assessment = begun(desk)
    with pytest.raises(Refused, match=r"The part scope is empty.*Exactly one option"):
        stating.propose_approval(assessment.code, by=desk.first, now=desk.now())
    written(desk, assessment)
    assert refusals(desk) == {"condition-open", "not-approved"}
    approved(desk, assessment)
    agreed(desk, conditions.propose(PAUSE, 1, "met", "A judge reads each.", by=desk.first, now=desk.now()))
    assert refusals(desk) == {"condition-open"}
    agreed(desk, conditions.propose(PAUSE, 2, "waived", "It will not be.", by=desk.first, now=desk.now()))
    waits = pauses.propose_lift(PAUSE, "It is over.", by=desk.first, now=desk.now())
    conditions.reopen(PAUSE, 1, "The judge was dismissed.", by=desk.second, now=desk.now())
    with pytest.raises(Refused, match="Condition 1 is open"):
        proposals.agree(waits.code, by=desk.second, now=desk.now())
    agreed(desk, conditions.propose(PAUSE, 1, "met", "Another judge.", by=desk.first, now=desk.now()))
    agreed(desk, waits)
    assert not pauses.PauseRow.objects.filter(ended_epoch=None).exists()
    public = list(Entry.objects.filter(kind__in=["AssessmentApproved", "ConditionSettled"]).values_list("public"))
    assert public == [(True,)] * 5


def test_an_approval_is_of_one_version_of_one_law_and_of_the_pause_as_it_is(desk: Desk) -> None:
    declare(desk)
    assessment = begun(desk)
    written(desk, assessment)
    waits = stating.propose_approval(assessment.code, by=desk.first, now=desk.now())
    written(desk, assessment, laws=["hk-nsl43", "hk-pdpo"])
    with pytest.raises(SomeoneElseWasFirst, match="newer version"):
        agreed(desk, waits)
    approved(desk, assessment)
    amend_the_law(desk)
    assert refusals(desk) == {"older-law"}
    approved(desk, assessment)
    pauses.amend(stated(), by=desk.first, now=desk.now())
    assert refusals(desk) == {"older-pause"}
    approved(desk, assessment)
    lift(desk)


def amend_the_law(desk: Desk) -> None:
    """One entry of it says something else from now."""
    body = policies.body("law", "hk").body
    changed = body.replace('route = "domestic"', 'route = "treaty"', 1)
    assert changed != body
    agreed(desk, policy.propose_text(changed, by=desk.first, now=desk.now()))


def test_versions_are_only_added_and_a_second_writer_reads_first(desk: Desk) -> None:
    assessment = begun(desk)
    written(desk, assessment)
    with pytest.raises(SomeoneElseWasFirst, match="no longer the newest"):
        actions.write(assessment.code, SAID, onto=1, by=desk.second, now=desk.now())
    written(desk, assessment, parts=SAID["parts"] | {"decision": "Answer nothing."})
    texts = [queries.whole(queries.version(assessment, number)).text("decision") for number in (1, 2, 3)]
    assert texts == ["", SAID["parts"]["decision"], "Answer nothing."]
    with pytest.raises(SomeoneElseWasFirst, match="has an assessment already"):
        begun(desk)
    actions.comment(assessment.code, "decision", "Why nothing?", by=desk.second, now=desk.now())
    assert [note["text"] for note in queries.notes(assessment)] == ["Why nothing?"]


def test_privileged_parts_are_keyed_apart_exported_by_nobody_and_kept_by_whoever_may_not_read_them(desk: Desk) -> None:
    assessment = begun(desk)
    advice = SAID["parts"] | {"advice": "We would lose in court."}
    written(desk, assessment, parts=advice, privileged=["advice"])
    reviewer = member_with(Role.REVIEWER).code
    row = queries.newest(assessment)
    assert queries.for_reader(row, desk.first).text("advice") == "We would lose in court."
    assert queries.for_reader(row, reviewer).text("advice") == ""
    assert "We would lose" not in str(queries.with_text(assessment, row, now=desk.now()))
    assert (assessment.holder, assessment.privileged_holder) != (assessment.privileged_holder, assessment.holder)
    for changes in ({"privileged": []}, {"privileged": ["advice"], "parts": advice}):
        with pytest.raises(Refused, match="privileged"):
            actions.write(assessment.code, SAID | changes, onto=2, by=reviewer, now=desk.now())
    exported = queries.with_text(assessment, row, now=desk.now())["document"]
    actions.write(assessment.code, exported, onto=2, by=reviewer, now=desk.now())
    assert queries.whole(queries.newest(assessment)).text("advice") == "We would lose in court."


def test_a_prolongation_needs_two_and_a_published_reason_and_an_overdue_one_is_shown_as_overdue(desk: Desk) -> None:
    declare(desk)
    assessment = actions.begin(
        PAUSE, "new-law", review_by=desk.now().date() + timedelta(days=1), by=desk.first, now=desk.now()
    )
    late = desk.now().date() + timedelta(days=2)
    assert queries.published(PAUSE, today=desk.now().date())["overdue"] is False
    assert queries.published(PAUSE, today=late)["overdue"] is True
    assert alarms_in(desk, days=0) == []
    assert alarms_in(desk, days=2) == alarms_in(desk, days=3) == ["assessment"]
    with pytest.raises(BadInput, match="reason that is published"):
        stating.propose_prolongation(assessment.code, LATER, " ", by=desk.first, now=desk.now())
    waits = stating.propose_prolongation(
        assessment.code, LATER, "The court sits in May.", by=desk.first, now=desk.now()
    )
    with pytest.raises(Refused):
        proposals.agree(waits.code, by=desk.first, now=desk.now())
    agreed(desk, waits)
    told = queries.published(PAUSE, today=late)
    assert (told["overdue"], told["review_by"], told["state"]) == (False, "2036-01-06", "begun")
    assert told["history"][-1]["text"] == "The court sits in May."
    assert alarms_in(desk, days=2) == []


def alarms_in(desk: Desk, *, days: int) -> list[str]:
    """Of assessments; whether the pause itself was confirmed is another matter."""
    found = alarming.alarms(desk.now() + timedelta(days=days), reader=desk.first)
    return [each.kind for each in found if "assessment" in each.sentence]


def test_what_is_published_is_what_two_people_approved_and_nothing_else(desk: Desk) -> None:
    declare(desk)
    assessment = begun(desk)
    written(desk, assessment)
    assert queries.published(PAUSE, today=desk.now().date())["summary"] == ""
    approved(desk, assessment)
    told = queries.published(PAUSE, today=desk.now().date())
    assert (told["state"], told["summary"]) == ("approved", SAID["parts"]["publication"])
    assert SAID["parts"]["dissent"] not in str(told)
    assert {desk.first, desk.second} & set(str(told).replace("'", " ").split()) == set()


def test_an_owner_is_replaced_before_leaving(desk: Desk) -> None:
    member = Member.objects.get(code=desk.second)
    assessment = actions.begin("", "new-market", review_by=LATER, by=member.code, now=desk.now())
    with pytest.raises(Refused, match=f"owns {assessment.code}"):
        people.remove_member(member.code, by="operator", now=desk.now())
    assert Member.objects.get(pk=member.pk).active
    auditor = member_with(Role.AUDITOR)
    with pytest.raises(Refused, match="may not write"):
        people.remove_member(member.code, heir=auditor.code, by="operator", now=desk.now())
    people.remove_member(member.code, heir=desk.first, by="operator", now=desk.now())
    assert Assessment.objects.get(pk=assessment.pk).owner == desk.first
    assert not Member.objects.get(pk=member.pk).active


def test_who_may_not_write_reads_at_most(desk: Desk) -> None:
    assessment = begun(desk)
    auditor, clerk = member_with(Role.AUDITOR).code, member_with(Role.INTAKE_CLERK).code
    with pytest.raises(Refused):
        actions.write(assessment.code, SAID, onto=1, by=auditor, now=desk.now())
    with pytest.raises(Refused):
        actions.comment(assessment.code, "decision", "x", by=clerk, now=desk.now())
    actions.comment(assessment.code, "decision", "Noted.", by=auditor, now=desk.now())
    with pytest.raises(Refused):
        stating.propose_approval(assessment.code, by="operator", now=desk.now())


def api(desk: Desk, member: str) -> Any:
    token = "abeyance-" + member.replace("-", "_").ljust(43, "x")
    row = Member.objects.get(code=member)
    Credential.objects.get_or_create(digest=digest_of(token), defaults={"member": row, "created_at": desk.now()})
    return Client(headers={"Authorization": f"Bearer {token}"})


def test_the_api_goes_the_same_way(desk: Desk) -> None:
    declare(desk, conditions=["courts review orders"])
    first, second, clerk = api(desk, desk.first), api(desk, desk.second), api(desk, member_with(Role.INTAKE_CLERK).code)
    json = {"content_type": "application/json"}
    made = first.post("/api/assessments", {"pause": PAUSE, "review_by": "2036-01-06"}, **json)
    assert made.status_code == 201
    path = f"/api/assessments/{made.json()['assessment']}"
    wrote = first.post(f"{path}/versions", {"onto": 1, "document": SAID}, **json)
    assert (wrote.status_code, wrote.json()["missing"]) == (201, [])
    assert clerk.get(path).status_code == 409
    assert {each["part"] for each in first.get(f"{path}/diff?old=1&new=2").json()} >= {"decision", "impacts"}
    assert first.post(f"{path}/comments", {"part": "scope", "text": "Good."}, **json).status_code == 201
    asked = first.post(f"{path}/approve").json()
    assert second.post(f"/api/proposals/{asked['proposal']}/agree").status_code == 200
    said = {"outcome": "met", "reason": "A judge reads each."}
    settled = first.post(f"/api/pauses/{PAUSE}/conditions/1", said, **json)
    assert second.post(f"/api/proposals/{settled.json()['proposal']}/agree").status_code == 200
    told = first.get(f"/api/pauses/{PAUSE}/conditions").json()
    assert told["conditions"][0]["state"] == "met"
    assert told["against_lifting"] == []
    reopened = second.post(f"/api/pauses/{PAUSE}/conditions/1/open", {"reason": "No."}, **json)
    assert reopened.json()["conditions"][0]["state"] == "open"
    assert first.get(f"/api/pauses/{PAUSE}/due-diligence").json()["state"] == "approved"
    assert first.post(f"/api/pauses/{PAUSE}/waive-assessment", {"reason": "It is small."}, **json).status_code == 202
    assert first.post(f"{path}/prolong", {"until": "2036-02-06", "reason": "Later."}, **json).status_code == 202
    assert first.put(f"{path}/owner", {"owner": desk.second}, **json).json()["owner"] == desk.second
    assert first.get("/api/assessments/a-none").status_code == 404
    assert {each["part"] for each in first.get("/api/assessments/parts").json()} >= {"remedy", "harm-of-pause"}


def test_absent_ones_are_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        queries.find("a-none")
    with pytest.raises(NotFound, match="has 0 condition"):
        declare(desk)
        conditions.propose(PAUSE, 1, "met", "x", by=desk.first, now=desk.now())
