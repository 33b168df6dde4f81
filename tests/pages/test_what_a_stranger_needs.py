"""What somebody who has never seen the desk stumbles over without."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from abeyance.casefile.models import Case
from abeyance.intake import confirming
from abeyance.people import proposals
from abeyance.people.directory import actions as directory
from abeyance.people.directory.entry import entries_of
from abeyance.people.directory.models import Agency
from abeyance.people.models import Exclusion, Member
from abeyance.policy import actions as policy
from abeyance.release import making
from abeyance.rules.permissions import Role
from abeyance.site.oncall.models import Alarm
from abeyance.site.requests import letters
from abeyance.verification.commands import EXAMPLES
from tests.casefile.packed import declare
from tests.desk import Desk, demand, item
from tests.pages.people import member_with, signed_in


def shown(desk: Desk, address: str, by: str = "") -> str:
    return html.unescape(signed_in(by or desk.first).get(address).content.decode())


def test_a_country_is_named_and_no_name_is_cut(desk: Desk) -> None:
    browser = signed_in(desk.first)
    assert 'value="South Korea">KR' in shown(desk, "/pauses/new/")
    said = {"template": "new-law", "how_far": "all", "exception": "yes"}
    there: Any = browser.post("/pauses/new/", said | {"country": "Germany"})
    body = html.unescape(browser.get(there["Location"]).content.decode())
    assert "user data from Germany, while" in body
    assert 'value="DE"' in body
    for nowhere in ("Ger", "XA", "Atlantis"):
        wrong: Any = browser.post("/pauses/new/", said | {"country": nowhere})
        assert wrong.status_code == 422
        assert "by its name or its two letters" in wrong.content.decode()


def test_a_closed_request_is_held_by_nothing_and_asks_nothing(desk: Desk) -> None:
    ref = desk.genuine(items=[item(subject_country="")])
    declare(desk)
    assert "Held: pause" in shown(desk, f"/requests/{ref}/")
    signed_in(desk.first).post(f"/requests/{ref}/act/close", {"outcome": "withdrawn"})
    assert desk.case(ref).state == "closed"
    body = shown(desk, f"/requests/{ref}/")
    assert "Held: pause" not in body
    assert "State it" not in body


def test_labels_are_agreed_to_by_somebody_else(desk: Desk) -> None:
    ref = desk.confirmed()
    assert "You stated them: another member agrees." in shown(desk, f"/requests/{ref}/")
    assert "Agree to these labels" not in shown(desk, f"/requests/{ref}/")
    assert "Agree to these labels" in shown(desk, f"/requests/{ref}/", desk.second)


def test_an_empty_file_is_taken_and_said_to_be_empty(desk: Desk) -> None:
    browser = signed_in(desk.first)
    files = {"files": SimpleUploadedFile("order.pdf", b"", content_type="application/pdf")}
    there: Any = browser.post("/requests/new/", files)
    assert there.status_code == 302
    assert not any("order" in str(row.get_decoded()) for row in Session.objects.all()), "a name may name a person"
    assert "1 file is empty (0 B)" in browser.get(there["Location"]).content.decode()


def test_a_request_is_found_by_part_of_an_agencys_name(desk: Desk) -> None:
    ref = desk.confirmed()
    Agency.objects.filter(code="hk-harbour-police").update(active=False)
    for looked_for in ("harbour", "Harbour Pol", ref[2:8]):
        assert f"/requests/{ref}/" in shown(desk, f"/requests/?q={looked_for.replace('+', '%2B')}"), looked_for
    for nothing in ("atlantis", "anti-corruption", "r-kelly@x.example"):
        assert f"/requests/{ref}/" not in shown(desk, f"/requests/?q={nothing}"), nothing
    assert f"/requests/{ref}/" in shown(desk, "/requests/?country=hong+kong")
    apart = member_with(Role.REVIEWER, name="apart")
    Exclusion.objects.create(member=apart, jurisdiction="HK")
    assert f"/requests/{ref}/" not in shown(desk, "/requests/?q=harbour", apart.code)


def test_what_is_looked_for_is_in_no_kept_address(desk: Desk) -> None:
    there: Any = Client(HTTP_ACCEPT="text/html").get("/requests/?q=target@example.org&state=open")
    assert "target" not in there["Location"]
    assert "state%3Dopen" in there["Location"]


def test_a_package_names_its_agency_and_a_link_says_where_it_is_used(desk: Desk, settings: Any) -> None:
    settings.ABEYANCE = replace(settings.ABEYANCE, portal_origin="https://requests.example")
    ref = desk.agreed()
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    body = shown(desk, f"/packages/{package.key}/")
    assert "<dt>For</dt><dd>Harbour" in body
    made: Any = signed_in(desk.first).post(
        f"/packages/{package.key}/hand-over", {"to": desk.cast.fingerprint, "way": "link"}
    )
    assert "https://requests.example/redeem/" in made.content.decode()


def test_a_new_contact_is_shown_as_the_one_thing_that_is_new(desk: Desk) -> None:
    entry = next(each for each in entries_of(EXAMPLES) if each.code == "hk-harbour-police")
    more = replace(entry.contacts[0], value="+85255500177")
    changed = replace(entry, contacts=(*entry.contacts, more))
    (proposal,) = directory.propose_agencies([changed], by=desk.first, now=desk.now())
    body = shown(desk, f"/proposals/{proposal.code}/", desk.second)
    assert body.count('<span class="hidden">new: </span>') == 1
    assert '<span class="hidden">gone: </span>' not in body
    assert "+85255500177" in body.split("What it would change")[1].split("</ins>")[0]
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    ref = desk.confirmed()
    assert "changed on" in shown(desk, f"/requests/{ref}/")
    said = {"how": "call-back", "contact": "+85255500177", "note": ""}
    signed_in(desk.first).post(f"/requests/{ref}/act/genuine", said)
    assert desk.case(ref).state == "to-verify", "the new number counts for nothing yet"
    desk.verify(ref)  # by the number that the directory has had for long
    assert desk.case(ref).state == "in-review"


def test_whoever_agrees_to_a_law_sees_what_it_says(desk: Desk) -> None:
    until = desk.now().date().replace(year=desk.now().year + 1, day=1)
    proposal = policy.propose_adoption("hk-out", until, checked_against="Cap. 486", by=desk.first, now=desk.now())
    body = shown(desk, f"/proposals/{proposal.code}/", desk.second)
    assert "Whether data held in Hong Kong may go to a foreign authority is for counsel." in body
    assert "Turn it down" in body


def test_what_is_missing_is_not_said_to_have_been_undone(desk: Desk) -> None:
    body = shown(desk, "/requests/R-XXXX-XXXX-XXXX/")
    assert "<h1>There is nothing here</h1>" in body
    assert "Nothing was changed" not in body


def test_before_a_step_is_shown_again_who_one_is_nothing_is_done_and_that_is_said(desk: Desk) -> None:
    ref = desk.proposed()
    browser = signed_in(desk.second, lately=False)
    there: Any = browser.post(f"/requests/{ref}/agree/answer", {"back": f"/requests/{ref}/"}, follow=True)
    assert "Nothing is done yet. Show again who you are; then press it once more." in there.content.decode()
    assert desk.case(ref).state == "proposed"


def test_counsel_is_led_to_where_the_law_is_answered(desk: Desk) -> None:
    proposal = policy.propose_adoption(
        "hk-out", desk.now().date() + timedelta(days=30), checked_against="Cap. 486", by=desk.first, now=desk.now()
    )
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    ref = desk.confirmed(jurisdiction="DE", agency="de-lka-musterland", instrument="de-100j")
    Case.objects.filter(ref=ref).update(state="in-review")
    body = shown(desk, f"/requests/{ref}/")
    assert "Counsel answers what hk-out leaves open" in body
    body = shown(desk, "/policy/propose/?answers=hk-out&to=DE&under=de-100j&category=SubscriberData")
    assert 'id = "hk-out-de"' in body
    assert "the beginning of counsel's answer to hk-out" in body


@pytest.mark.parametrize(("said", "code"), [("Quill Messenger (Hong Kong) Ltd.", "quill-hk"), ("nobody", "nobody")])
def test_the_operators_own_entity_is_known_by_its_name(desk: Desk, said: str, code: str) -> None:
    ref = desk.arrive()
    made = confirming.confirm(ref, demand(entity=said), by=desk.first, now=desk.now())
    assert made.entity == code


def test_an_ordinary_order_of_another_state_is_answered_once_law_and_policy_say_so(desk: Desk) -> None:
    """All of it through pages, by two people: each reason leads to where it is settled."""
    ref = desk.confirmed(jurisdiction="DE", agency="de-lka-musterland", instrument="de-100j")
    one, two = signed_in(desk.first), signed_in(desk.second)
    said = {"how": "call-back", "contact": directory_of("de-lka-musterland"), "note": ""}
    one.post(f"/requests/{ref}/act/genuine", said)
    assert desk.case(ref).state == "in-review"

    def settle(address: str, said: dict[str, str]) -> None:
        made: Any = one.post(address, said)
        code = made["Location"].rstrip("/").split("/")[-1] if "/proposals/" in made["Location"] else None
        code = code or next(part for part in made["Location"].split("/") if part.startswith("p-"))
        two.post(f"/proposals/{code}/agree", {})

    until = (desk.now().date() + timedelta(days=30)).isoformat()
    for entry in ("de-100j", "hk-out"):
        settle("/policy/adopt", {"entry": entry, "until": until, "checked_against": "the gazette"})
    for words in ("Counsel answers what hk-out leaves open", "Write a clause for such demands"):
        body = shown(desk, f"/requests/{ref}/")
        found = re.search(rf'href="([^"]+)">{words}', body)
        assert found is not None, words
        text = textarea(one.get(found[1]).content.decode())
        beginning, _, end = text.rpartition('outcome = "ask"')
        text = f'{beginning}outcome = "proceed"{end}'.replace('sentence = ""', 'sentence = "It may be given."')
        settle("/policy/propose/", {"body": text.replace('source = ""', 'source = "Cap. 486"')})
    assert "<dt>Answers the question of</dt><dd><code>hk-out</code></dd>" in shown(desk, "/policy/law/hk/")
    settle("/policy/adopt", {"entry": "hk-out-de", "until": until, "checked_against": "Cap. 486"})
    body = shown(desk, f"/requests/{ref}/")
    assert "as the verdict says (proceed)" in body or "as the verdict says (narrow)" in body
    one.post(f"/requests/{ref}/act/propose", {"items": "1", "outcome-1": "", "why": ""})
    assert desk.case(ref).state == "proposed"


def directory_of(agency: str) -> str:
    entry = next(each for each in entries_of(EXAMPLES) if each.code == agency)
    return next(each.value for each in entry.contacts if each.kind == "telephone")


def textarea(body: str) -> str:
    found = re.search(r"<textarea[^>]*>(.*?)</textarea>", body, re.DOTALL)
    assert found is not None
    return html.unescape(found[1])


def test_a_fact_that_is_not_stated_is_asked_for_and_breaks_no_page(desk: Desk) -> None:
    for changes in ({"ground": None}, {"kind": None}, {"ground": None, "kind": None, "jurisdiction": "DE"}):
        ref = desk.confirmed(instrument="de-100j", agency="de-lka-musterland", **changes)
        Case.objects.filter(ref=ref).update(state="in-review")
        answer: Any = signed_in(desk.first).get(f"/requests/{ref}/")
        assert answer.status_code == 200
        assert "State what is missing" in answer.content.decode()


def test_an_objection_is_answered_for_an_item_that_is_chosen(desk: Desk) -> None:
    ref = desk.genuine()
    answer: Any = signed_in(desk.first).post(f"/requests/{ref}/act/objection", {"answered": "yes"})
    assert answer.status_code == 422
    assert "Choose the item" in answer.content.decode()


def test_whose_an_emergency_is_stands_on_the_request(desk: Desk) -> None:
    ref = desk.confirmed(kind="emergency", emergency=True)
    member = member_with(Role.REVIEWER, name="heron")
    said = {"case": ref, "raised_at": desk.now(), "acknowledged_by": member.code, "acknowledged_at": desk.now()}
    Alarm.objects.create(kind="due", about=desk.now(), **said)
    assert "sees to this emergency" not in shown(desk, f"/requests/{ref}/"), "it was a due date"
    Alarm.objects.update_or_create(case=ref, kind="emergency", about=None, defaults=said)
    assert "heron sees to this emergency since" in shown(desk, f"/requests/{ref}/")
    Member.objects.filter(pk=member.pk).update(active=False)
    assert "sees to this emergency" not in shown(desk, f"/requests/{ref}/")
