"""An emergency at night, on a telephone; the recall of what should not have left; several files at once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from abeyance.people.models import Member
from abeyance.release import actions as gate
from abeyance.release import handing, making
from abeyance.site.oncall import paging
from abeyance.site.oncall.models import Alarm, Turn
from abeyance.site.requests import letters
from tests.desk import MAIL
from tests.pages.browser import PHONE


def test_an_emergency_at_night_from_the_alarm_to_the_case(desk: Any, member: Any) -> None:
    ref, now = desk.confirmed(emergency=True, kind="emergency"), desk.now()
    for code, level in ((desk.first, 1), (desk.second, 2)):
        who = Member.objects.get(code=code)
        Turn.objects.create(member=who, begins=now - timedelta(hours=1), ends=now + timedelta(hours=8), level=level)
    paging.tend(now - timedelta(minutes=7), lambda *_: True)
    woken = member(desk.first, viewport=PHONE, color_scheme="dark")
    page = woken.go("/")
    woken.follow("1 alarm waits for somebody")
    said = page.locator(".alarm").inner_text()
    assert "emergency" in said
    assert "Raised 7 min ago" in said
    assert "to more people in 2 min" in said or "to more people in 3 min" in said
    assert woken.sees("after ten minutes also: second")
    woken.press(f"It is mine {ref}")
    assert page.url.endswith(f"/requests/{ref}/")
    assert Alarm.objects.get().acknowledged_by == desk.first
    expect(page.get_by_role("heading", level=2).first).to_contain_text("Find out whether the requester is genuine")
    page = member(desk.second).go("/emergency/")
    expect(page.locator("main")).to_contain_text("first, after 7 minutes")
    expect(page.locator("main")).to_contain_text("No alarm is open")


def test_a_recall_is_taken_step_by_step_to_its_end(desk: Any, member: Any) -> None:
    ref = desk.agreed()
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    opened = gate.release(package.key, to=desk.cast.fingerprint, channel="file", by=desk.second)
    for _piece in handing.as_encrypted_stream(opened):
        pass
    person = member(desk.first)
    page = person.go(f"/requests/{ref}/")
    page.get_by_text("Recall what was handed over").click()
    page.locator("#recall-reason").fill("wrong-account")
    person.press("Recall")
    assert person.sees("Decide whether this was a breach")
    assert page.get_by_role("button", name="Close", exact=True).count() == 0
    for said in ("Deletion was asked for", "They confirm the deletion", "It is a breach: open its record"):
        person.go(f"/requests/{ref}/")
        person.press(said)
    assert "GDPR Art. 33(1), unchecked" in page.locator(".steps").inner_text()
    for said in ("The authority has been told", "The account holder has been told"):
        person.go(f"/requests/{ref}/")
        person.press(said)
    person.press("Close")
    assert desk.case(ref).state == "closed"
    person.go(f"/requests/{ref}/letters/")
    page.locator("a[href$='/letters/recall/en/']").click(no_wait_after=True)
    expect(page.locator("img.page").first).to_have_js_property("naturalWidth", 1200, timeout=60_000)


def test_many_files_are_dropped_seen_by_name_and_taken_in_at_once(desk: Any, member: Any) -> None:
    paths = [desk.home / f"dropped-{number}.eml" for number in range(3)]
    for number, path in enumerate(paths):
        Path(path).write_text(MAIL.format(number=300 + number, identifier=f"+8529123400{number}"))
    person = member(desk.first)
    page = person.go("/requests/new/")
    texts = [[path.name, path.read_text()] for path in paths]
    dropped = page.evaluate_handle(
        "texts => { const held = new DataTransfer(); for (const [name, text] of texts)"
        " held.items.add(new File([text], name)); return held; }",
        texts,
    )
    page.locator("#drop").dispatch_event("drop", {"dataTransfer": dropped})
    assert page.locator("#chosen li").count() == 3
    page.get_by_role("button", name="not this one: dropped-1.eml").click()
    assert page.locator("#chosen li").count() == 2
    person.press("Take in")
    assert page.locator(".message.success").count() == 2
