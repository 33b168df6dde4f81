"""Every page that a person sees, in Chromium: no violation of the content security policy, nothing serious for axe, at
both widths nothing wider than the screen, and reachable by keyboard. `make shots` keeps the pictures."""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe

from abeyance.answer import steps
from abeyance.answer.models import FormalStep
from abeyance.notice import hearings
from abeyance.pauses import actions as pauses
from abeyance.pauses import drafts, guided, reconfirming
from abeyance.people import proposals
from abeyance.release import making
from abeyance.rules.hearings import Asker
from abeyance.site.demo.story import pause_of
from abeyance.site.requests import letters
from tests.casefile.packed import stated
from tests.pages.browser import DESKTOP, PHONE

SHOTS = os.environ.get("ABEYANCE_TEST_SHOTS")
PAGES = {
    "front": "/",
    "requests": "/requests/",
    "new-request": "/requests/new/",
    "received": "/requests/{received}/",
    "confirm": "/requests/{received}/confirm/",
    "to-verify": "/requests/{confirmed}/",
    "in-review": "/requests/{genuine}/",
    "proposed": "/requests/{proposed}/",
    "gathering": "/requests/{agreed}/",
    "versions": "/requests/{confirmed}/versions/",
    "letters": "/requests/{confirmed}/letters/",
    "letter": "/requests/{confirmed}/letters/acknowledgement/zh-Hant/",
    "preview": "/requests/{agreed}/preview/",
    "package": "/packages/{package}/?to={key}",
    "pauses": "/pauses/",
    "pause": "/pauses/QUILL-2020-07/",
    "pause-covers": "/pauses/QUILL-2020-07/covers/",
    "pause-new": "/pauses/new/",
    "pause-draft": "/pauses/drafts/{draft}/",
    "pause-ending": "/pauses/QUILL-2020-07/ending/",
    "to-reconfirm": "/requests/{asked}/",
    "pause-amend": "/pauses/QUILL-2020-07/amend/",
    "scenarios": "/pauses/scenarios/",
    "scenario": "/pauses/scenarios/telex/",
    "steps": "/steps/",
    "step": "/steps/{step}/",
    "held": "/requests/{held}/",
    "published": "/published/",
    "hearings": "/hearings/",
    "refusals": "/refusals/?instrument=hk-nsl43-s7",
    "hearing": "/hearings/{hearing}/",
    "agencies": "/agencies/",
    "agency": "/agencies/hk-harbour-police/",
    "agency-new": "/agencies/new/?code=hk-harbour-police",
    "policy": "/policy/",
    "law": "/policy/law/hk/",
    "policy-propose": "/policy/propose/",
    "services": "/services/",
    "service": "/services/quill/",
    "grants": "/services/quill/grants/",
    "ledger": "/ledger/",
    "ledger-entry": "/ledger/1/",
    "members": "/members/",
    "jobs": "/operation/jobs/",
    "backups": "/operation/backups/",
    "operation": "/operation/",
    "proposals": "/proposals/",
    "oneself": "/yourself/",
    "travel": "/yourself/travel/",
    "served": "/served/?country=HK",
    "guidance": "/guidance/?country=HK",
    "on-call": "/on-call/",
    "emergency": "/emergency/",
    "factors": "/sign-in/factors/",
    "sessions": "/sign-in/sessions/",
    "password": "/sign-in/password/",
    "again": "/sign-in/factors/reauthenticate/",
    "passkey": "/sign-in/factors/webauthn/add/",
    "not-there": "/requests/R-AAAA-AAAA-AAAA/",
}
OPEN = {"sign-in": "/sign-in/", "first": "/sign-in/first/"}
GRAVE = {"serious", "critical", "moderate"}


def world(desk: Any) -> dict[str, str]:
    """A request at each step, one whose pause has ended, a pause over another country, a draft."""
    asked = desk.genuine()
    pauses.declare(stated(), by=desk.first, now=desk.now())
    desk.ready_to_lift("HK-2020-07")
    lift = pauses.propose_lift("HK-2020-07", "It is done.", by=desk.first, now=desk.now())
    proposals.agree(lift.code, by=desk.second, now=desk.now())
    reconfirming.ask_round(desk.now())
    draft = drafts.save(
        guided.document({"country": "HK"}, exception=True, now=desk.now()), by=desk.first, now=desk.now()
    )
    sealed = desk.agreed()
    package = making.gather(sealed, letter=letters.covering, by=desk.first, now=desk.now())
    known = {step: getattr(desk, step)() for step in ("confirmed", "genuine", "proposed", "agreed")}
    pause = pause_of("telex")
    pauses.declare(pause, by="operator", now=desk.now())
    held = desk.confirmed(jurisdiction=None, agency=None, deadline=desk.now() + timedelta(hours=30))
    pauses.declare(stated(name="NO-SUCH-PLACE", jurisdictions=["ZZ"]), by="operator", now=desk.now())
    steps.keep(desk.case(held), now=desk.now())
    hearing = hearings.receive(
        pause.name, Asker.VICTIM, "Please look again.", "", channel="post", by=desk.first, now=desk.now()
    )
    return known | {
        "hearing": hearing.code,
        "held": held,
        "asked": asked,
        "draft": draft.code,
        "step": str(FormalStep.objects.filter(case__ref=held)[0].key),
        "received": desk.arrive(),
        "package": str(package.key),
        "key": desk.cast.fingerprint,
        "pause": pause.name,
    }


def looked_at(person: Any, name: str, rules: list[str] | None = None) -> list[str]:
    """What is wrong with the page that is shown, at both widths and, for a picture, kept. `rules`: not all of axe's."""
    wrong = []
    for width, size in (("phone", PHONE), ("desktop", DESKTOP)):
        person.page.set_viewport_size(size)
        across = person.page.evaluate("document.documentElement.scrollWidth")
        if across > size["width"]:
            wrong.append(f"{name}: {across} px wide on a screen of {size['width']}")
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            person.page.screenshot(path=f"{SHOTS}/{name}-{width}.png", full_page=True)
    asked = {"resultTypes": ["violations"]} | ({"runOnly": {"type": "rule", "values": rules}} if rules else {})
    for found in Axe().run(person.page, options=asked).response["violations"]:
        if found["impact"] in GRAVE:
            where = "; ".join(str(node["target"]) for node in found["nodes"][:3])
            wrong.append(f"{name}: {found['id']} ({found['impact']}): {where}")
    return wrong


def looked_at_in_both(person: Any, name: str) -> list[str]:
    """By day and by night: all of axe's rules, and then what alone can differ."""
    person.page.emulate_media(color_scheme="light")
    wrong = looked_at(person, name)
    person.page.emulate_media(color_scheme="dark")
    return wrong + looked_at(person, f"{name}-dark", ["color-contrast"])


def test_every_page_is_sound(desk: Any, member: Any, nobody: Any) -> None:
    known, wrong = world(desk), []
    person = member(desk.first)
    for name, path in PAGES.items():
        path = path.replace("QUILL-2020-07", known["pause"]).format(**known)
        answer = person.page.goto(person.site + path)
        if answer.status >= 400 and name != "not-there":
            wrong.append(f"{name}: {answer.status}")
        wrong += looked_at_in_both(person, name)
    for name, path in OPEN.items():
        nobody.go(path)
        wrong += looked_at_in_both(nobody, name)
    assert wrong == []
    assert [said for said in (*person.wrong, *nobody.wrong) if "Content Security Policy" in said] == []


def test_the_picture_of_a_planted_fault_is_seen(desk: Any, member: Any) -> None:
    """The looking itself is tried: a page with faults has faults."""
    person = member(desk.first)
    person.go("/")
    person.page.evaluate("document.querySelector('main').innerHTML = '<img src=x><input><p id=p>wide</p>'")
    person.page.evaluate("document.getElementById('p').style.width = '3000px'")
    found = " ".join(looked_at(person, "planted"))
    assert "image-alt" in found
    assert "label" in found
    assert "px wide" in found


def test_by_keyboard_one_skips_to_the_content_and_finds_the_search(desk: Any, member: Any) -> None:
    page = member(desk.first).go("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
