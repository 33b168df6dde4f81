"""The portal in a browser: what is paused, a receipt checked, a package fetched, a notice read and objected to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.conf import settings as live
from django.urls import clear_url_caches
from pytest_django.live_server_helper import LiveServer

from abeyance.answer import actions as answers
from abeyance.casefile.models import NoticeFact
from abeyance.errors import Refused
from abeyance.ledger import sequencer
from abeyance.notice import holders
from abeyance.pauses import actions as pauses
from abeyance.release import actions as gate
from abeyance.release import links, making
from abeyance.rules.permissions import Role
from abeyance.site.demo.story import pause_of
from abeyance.site.requests import letters, receipts
from tests import hatching
from tests.casefile.packed import stated
from tests.pages import browser as browsers
from tests.pages.people import member_with
from tests.pages.test_every_page import looked_at


@pytest.fixture
def portal(chromium: Any, desk: Any, settings: Any) -> Iterator[browsers.Person]:
    """A server with the portal's addresses and doors; its hatch runs beside it."""
    hatching.open_hatch(desk.home)
    desk_pages = [each for each in live.MIDDLEWARE if "signin" in each or "allauth" in each]
    settings.MIDDLEWARE = [each for each in live.MIDDLEWARE if each not in desk_pages]
    settings.ROOT_URLCONF = "abeyance.site.portal_urls"
    clear_url_caches()
    server = LiveServer("localhost")
    person = browsers.at_a_browser(chromium, server.url)
    yield person
    person.context.close()
    server.stop()
    clear_url_caches()
    assert [said for said in person.wrong if "Content Security Policy" in said] == []


def given(desk: Any, language: str = "en") -> tuple[str, holders.Given]:
    ref = desk.proposed()
    how = {"channel": holders.Channel.SERVICE, "risk": holders.Risk.NONE_KNOWN, "language": language}
    return ref, holders.give(ref, 1, address="", by=desk.first, now=desk.now(), **how)


def test_anybody_reads_what_is_paused_and_why(desk: Any, portal: Any) -> None:
    portal.go("/")
    assert portal.sees("0 pauses are in force")
    pauses.declare(pause_of("quill"), by="operator", now=desk.now())
    portal.go("/")
    portal.follow("What is paused, and why")
    assert portal.sees(pause_of("quill").statement)
    assert not portal.sees(pause_of("quill").reason)
    axes = {"related_to": ["MO"], "brands": ["quill"], "since": "2020-06-30T23:00:00+08:00", "new_only": True}
    pauses.declare(stated(**axes), by="operator", now=desk.now())
    portal.go("/paused/")
    for shown in ("Or related to", "Brands", "those that arrived since 2020-06-30T15:00:00+00:00"):
        assert portal.sees(shown), shown
    assert looked_at(portal, "paused") == []


def test_a_receipt_is_checked_and_a_changed_one_does_not_hold(desk: Any, portal: Any) -> None:
    ref = desk.arrive()
    sequencer.integrate(desk.now(), force=True)
    text = receipts.of_arrival(desk.case(ref))
    for changed, sentence in ((text, "It holds."), (text.replace("a", "b", 3), "It does not hold.")):
        page = portal.go("/check/")
        page.locator("#text").fill(changed)
        portal.press("Check")
        assert portal.sees(sentence), sentence
        assert portal.sees(f"About request {ref}") == (sentence == "It holds.")
    page.locator("#text").fill("nonsense")
    portal.press("Check")
    assert not portal.sees("It holds.")
    assert portal.sees("This is neither a receipt nor a checkpoint")


def test_an_officer_fetches_a_package_and_a_wrong_code_does_not(desk: Any, portal: Any) -> None:
    ref = desk.agreed()
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    made = links.make(package.key, to=desk.cast.fingerprint, by=desk.second, now=desk.now())
    page = portal.go("/redeem/")
    assert portal.sees("/hand-over")
    assert looked_at(portal, "redeem") == []
    page.locator("#token").fill(made.token)
    page.locator("#code").fill("AAAAA-AAAAA")
    portal.press("Fetch")
    assert portal.sees("The code is not right")
    page.locator("#code").fill(made.code)
    with page.expect_download() as leaving:
        page.get_by_role("button", name="Fetch", exact=True).click()
    key = (desk.home / "demo" / "harbour-police.agekey").read_text().strip()
    left = Path(leaving.value.path()).read_bytes()
    assert pyrage.decrypt(left, [pyrage.x25519.Identity.from_str(key)]).startswith(b"PK")
    assert desk.case(ref).state == "released"


def test_an_account_holder_reads_objects_and_the_gate_stays_shut(desk: Any, portal: Any) -> None:
    ref, notice = given(desk)
    assert "+85291234567" not in notice.text
    answers.agree(ref, by=desk.second, now=desk.now())
    page = portal.go(f"/notice/{notice.token}/")
    assert portal.sees("An authority has asked for data about your account")
    assert not portal.sees("+85291234567")
    page.locator("#text").fill("I am a journalist; this is about my sources.")
    portal.press("Object")
    assert portal.sees("Your objection is recorded")
    assert NoticeFact.objects.filter(kind="objection-raised", by="account-holder").count() == 1
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    reasons = gate.could_leave(package.key, to=desk.cast.fingerprint, by=desk.second).reasons
    assert "objection-open" in {reason.code for reason in reasons}
    [found] = holders.objections(desk.case(ref))
    assert found["text"] == "I am a journalist; this is about my sources."
    portal.go("/notice/wrong-token/")
    assert portal.sees("This page does not exist, or its time is over.")


def test_the_notice_speaks_their_language(desk: Any, portal: Any) -> None:
    _, notice = given(desk, "zh-hant")
    assert "帳戶" in notice.text
    portal.go(f"/notice/{notice.token}/")
    assert portal.sees("帳戶")


def test_a_channel_in_other_hands_is_refused(desk: Any) -> None:
    ref = desk.proposed()
    how = {"channel": holders.Channel.SERVICE, "risk": holders.Risk.SEIZED, "language": "en"}
    with pytest.raises(Refused, match="somebody else's hands"):
        holders.give(ref, 1, address="", by=desk.first, now=desk.now(), **how)
    with pytest.raises(Refused):
        other = member_with(Role.AUDITOR).code
        holders.give(ref, 1, address="", by=other, now=desk.now(), **how | {"risk": holders.Risk.SHARED})
    assert not NoticeFact.objects.exists()


def test_nothing_of_the_desk_is_at_the_portal(desk: Any, portal: Any) -> None:
    for path in ("/requests/", "/sign-in/", "/members/", "/pauses/new/", "/api/requests", "/operation/"):
        assert portal.page.goto(portal.site + path).status == 404
