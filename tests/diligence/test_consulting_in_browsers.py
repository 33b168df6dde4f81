"""A member and a guest in two browsers: what they write is read by both and by nothing that the server keeps, and a key
file brings the guest back; a passage is quoted by consent, the assessment is approved and the pause lifted."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from abeyance.diligence import actions, consulting, queries
from abeyance.diligence.models import Message
from abeyance.pauses.models import PauseRow
from tests.casefile.packed import declare
from tests.diligence.consultations import guest_seat, opened
from tests.diligence.test_assessments import SAID, begun
from tests.planted.test_planted import places_of, written_by_the_server


def make_key(person: Any, folder: Path) -> Path:
    page = person.page
    page.get_by_role("button", name="Make my key").click()
    with page.expect_download() as leaving:
        page.get_by_role("link", name="Save my key file").click()
    kept = folder / f"{secrets.token_hex(4)}.json"
    leaving.value.save_as(kept)
    expect(page.locator("#talk[data-ready]")).to_be_attached()
    return kept


def write(person: Any, text: str) -> None:
    person.page.locator("#words").fill(text)
    person.page.get_by_role("button", name="Encrypt and send").click()
    expect(person.page.locator("#talk .said", has_text=text)).to_be_visible()


def reads(person: Any, text: str) -> None:
    person.page.reload()
    expect(person.page.locator("#talk .said", has_text=text)).to_be_visible()


def fingerprints(person: Any) -> list[str]:
    return person.page.locator("[data-fingerprint]").all_inner_texts()


def test_an_expert_is_consulted_and_the_pause_lifted(desk: Any, member: Any, guest: Any) -> None:
    declare(desk)
    assessment = begun(desk)
    actions.write(assessment.code, SAID, onto=1, by=desk.first, now=desk.now())
    found = opened(desk)
    host, expert, name = member(desk.first), guest(), guest_seat(found)
    host.go(f"/consultations/{found.code}/")
    make_key(host, desk.home)
    host.page.reload()
    host.press(f"Make the link and code {name}")
    path, code = host.page.locator("#path").inner_text(), host.page.locator("#code").inner_text()

    expert.go(path)
    expert.page.locator("#code").fill("AAAAA-AAAAA")
    expert.press("Come in")
    assert expert.sees("the link or code is not right")
    expert.page.locator("#code").fill(code)
    expert.press("Come in")
    key_file = make_key(expert, desk.home)
    asked, answered = (f"mk{secrets.token_hex(12)}" for _ in range(2))
    host.go(f"/consultations/{found.code}/")
    expect(host.page.locator("[data-fingerprint]")).to_have_count(2)  # else it is not sent: somebody could not read it
    write(host, f"What do you think of {asked}?")
    reads(expert, asked)
    write(expert, f"I think {answered}.")
    reads(host, answered)
    assert fingerprints(host) == fingerprints(expert)
    assert len(fingerprints(host)) == 2

    again = guest()
    again.go("/consult/")
    with again.page.expect_navigation():
        again.page.locator("#recovery").set_input_files(key_file)
    reads(again, asked)
    reads(again, answered)

    key_file.unlink()
    assert Message.objects.count() == 2
    assert places_of([asked, answered], [*written_by_the_server(), desk.home]) == []

    host.page.get_by_role("button", name="Ask to quote this").click()
    again.page.reload()
    again.page.get_by_role("button", name="Yes, exactly these words").click()
    expect(again.page.get_by_text(f"{name}: consented")).to_be_visible()
    host.page.reload()
    with host.page.expect_navigation():
        host.page.get_by_role("button", name="Take it into the assessment").click()
    assert [quote.text for quote in queries.whole(queries.newest(assessment)).quotes] == [f"I think {answered}."]

    host.go(f"/assessments/{assessment.code}/")
    host.press("Propose to approve it")
    second = member(desk.second)
    second.go("/")
    second.follow(f"assessment approve: {assessment.code}")
    second.press("Agree")
    page = host.go("/pauses/HK-2020-07/ending/")
    page.locator("#closing").fill("We asked, we weighed, and we go on.")
    host.press("Propose to lift")
    second.go("/")
    second.follow("pause lift: HK-2020-07")
    second.press("Agree")
    assert PauseRow.objects.get().lifted
    consulting.end(found.code, by=desk.first, now=desk.now())
    again.go("/consult/")
    assert again.sees("Come back to a consultation")
