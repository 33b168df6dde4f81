"""What people do at the desk, in a real browser: receive, verify, narrow, agree, release; pause and lift."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import expect

from abeyance.casefile.models import Approval, Case, Package
from abeyance.intake import taking
from abeyance.pauses.models import PauseRow
from abeyance.release import making
from abeyance.rules.permissions import Role
from abeyance.site.demo import papers
from abeyance.site.demo.cast import TELEPHONE
from abeyance.site.requests import letters
from tests.desk import MAIL
from tests.pages.people import member_with
from tests.pages.test_every_page import looked_at


def arrive(desk: Any, person: Any) -> str:
    path: Path = desk.home / "order.eml"
    path.write_text(MAIL.format(number=77, identifier="+85291234567"))
    page = person.go("/")
    person.follow("A request has arrived")
    page.locator("#files").set_input_files(str(path))
    person.press("Take in")
    page.wait_for_url("**/requests/R-*/")
    return str(page.url.rstrip("/").rpartition("/")[2])


def confirm(person: Any, ref: str) -> None:
    page = person.go(f"/requests/{ref}/")
    person.follow("Compare papers and suggestions")
    page.get_by_role("button", name="+85291234567").first.click()
    assert page.locator("pre.paper mark").first.inner_text() == "+85291234567"
    for label, value in (("Kind of demand", "disclosure"), ("Who asks", "police")):
        page.get_by_label(label).first.select_option(value)
    page.get_by_label("Compelled, or only permitted?").select_option("compelled")
    for name, value in (("jurisdiction", "HK"), ("agency", "hk-harbour-police"), ("instrument", "hk-nsl43-s7")):
        page.locator(f"#{name}").fill(value)
    page.locator("#entity").fill("quill-hk")
    said = {"identifier": "+85291234567", "service": "quill", "fields": "telephone created-at email ip-address"}
    for name, value in said.items():
        page.locator(f"[name=item-1-{name}]").fill(value)
    page.locator("[name=item-1-category]").select_option("SubscriberData")
    page.locator("[name=item-1-identifier_kind]").select_option("telephone")
    page.locator("fieldset").filter(has_text="Item 1").get_by_text("More about this item").click()
    more = {"nexus": "the account that sent it", "controller": "quill-hk", "stored_in": "HK", "subject_country": "HK"}
    for name, value in more.items():
        page.locator(f"[name=item-1-{name}]").fill(value)
    person.press("These are the facts")


def verify(person: Any, ref: str) -> None:
    person.go(f"/requests/{ref}/").get_by_label("By which contact of the directory").fill(TELEPHONE)
    person.press("The requester is genuine")


def bar_notice(person: Any, ref: str) -> None:
    page = person.go(f"/requests/{ref}/")
    page.locator("#notice-state").select_option("barred")
    page.locator("#notice-until").fill("2036-01-01T12:00")
    page.locator("#notice-order").fill("Order of the invented magistrate, HP-1")
    person.press("Record the fact")


def test_receive_verify_narrow_agree_release(desk: Any, member: Any) -> None:
    clerk, second = member(desk.first), member(desk.second)
    ref = arrive(desk, clerk)
    confirm(clerk, ref)
    assert clerk.sees("to verify")
    verify(clerk, ref)
    assert clerk.sees("Propose an answer")
    clerk.press("Propose")
    assert clerk.sees("your own proposal")
    page = second.go("/")
    assert second.sees("Agree to a proposed answer")
    second.follow(ref)
    assert second.sees("Asked for, kept back")
    assert "ip-address" in page.locator("del").all_inner_texts()
    second.press("Agree to exactly this")
    bar_notice(clerk, ref)
    clerk.follow("See counts and fields first")
    assert clerk.sees("Rows")
    clerk.go(f"/requests/{ref}/")
    clerk.press("Gather and seal")
    second.go(f"/requests/{ref}/")
    second.follow("Look at the package and hand it over")
    second.press("Ask")
    assert second.sees("Yes, at this moment")
    page.get_by_label("a file to this browser").check()
    with page.expect_download() as leaving:
        page.get_by_role("button", name="Hand over", exact=True).click()
    left = Path(leaving.value.path()).read_bytes()
    assert left.startswith(b"age-encryption.org/v1")
    assert desk.case(ref).state == "released"
    page = clerk.go(f"/requests/{ref}/")
    assert page.locator(".story").inner_text().count("passed the gate") == 1
    clerk.press("Close")
    assert desk.case(ref).state == "closed"


def test_the_papers_are_seen_as_they_look(desk: Any, member: Any) -> None:
    path = papers.order_mail(desk.home / "pdf.eml")
    (taken,) = taking.take_each([path], channel="mail", by="operator", now=desk.now())
    page = member(desk.first).go(f"/requests/{taken.arrived.ref}/confirm/")
    with page.expect_response("**/*.png") as heard:
        page.get_by_text("As it looks").first.click()
    assert heard.value.headers["content-type"] == "image/png"
    picture = page.locator("img.page").first
    picture.scroll_into_view_if_needed()
    expect(picture).to_have_js_property("naturalWidth", 1200)


def test_a_refusal_is_proposed_agreed_and_closed(desk: Any, member: Any) -> None:
    ref = desk.genuine()
    page = member(desk.first).go(f"/requests/{ref}/")
    page.locator("#outcome-1").select_option("refuse")
    with page.expect_navigation():
        page.get_by_role("button", name="Propose", exact=True).click()
    second = member(desk.second)
    second.go(f"/requests/{ref}/")
    assert second.sees("refuse")
    second.press("Agree to exactly this")
    page = second.go(f"/requests/{ref}/")
    assert second.sees("Two people agreed that nothing is handed over.")
    expect(page.locator("#closing")).to_have_value("refused")
    with page.expect_navigation():
        page.get_by_role("region", name="Next").get_by_role("button", name="Close", exact=True).click()
    case = desk.case(ref)
    assert (case.state, case.closing) == ("closed", "refused")


def test_back_after_an_act_does_it_no_second_time(desk: Any, member: Any) -> None:
    ref = desk.genuine()
    clerk = member(desk.first)
    page = clerk.go(f"/requests/{ref}/")
    clerk.press("Propose")
    page.go_back()  # nothing of a case is kept by the browser, so it asks anew
    assert page.get_by_role("button", name="Propose", exact=True).count() == 0
    assert clerk.sees("your own proposal")
    assert Approval.objects.filter(item__case__ref=ref, withdrawn_at=None).count() == 1


def test_a_link_is_shown_once_with_its_code(desk: Any, member: Any) -> None:
    ref = desk.agreed()
    key = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now()).key
    second = member(desk.second)
    page = second.go(f"/packages/{key}/")
    second.press("Hand over")
    assert len(page.locator("#token").inner_text()) > 30
    assert len(page.locator("#code").inner_text()) == 11
    assert not Package.objects.get(pk=key).releases.exists()
    assert ref in page.locator("body").inner_text()


def test_pause_from_the_front_page_and_every_place_says_why(desk: Any, member: Any) -> None:
    ref = desk.genuine()
    counsel = member(desk.first)
    page = counsel.go("/")
    counsel.follow("Pause a country")
    page.get_by_role("button", name="One law, one agency").click()
    page.wait_for_url("**/pauses/drafts/**")
    page.locator("#name").fill("HK-2020-07")
    page.locator("#jurisdictions").fill("HK")
    page.locator("#review_by").fill("2036-01-06")
    page.locator("#reason").fill("A new law.")
    page.locator("#statement").fill("We are assessing a new law.")
    page.locator("#conditions").fill("the assessment is approved")
    counsel.press("See what it would hold")
    assert counsel.sees("1 open request")
    assert page.locator("#statement").input_value() == "We are assessing a new law."
    counsel.press("Declare it now")
    assert counsel.sees("HK-2020-07 is in force")
    counsel.go("/")
    assert counsel.sees("We are assessing a new law.")
    counsel.go(f"/requests/{ref}/")
    assert counsel.sees("Held: pause HK-2020-07, review stage")
    counsel.press("Propose")
    assert counsel.sees("This was not done")
    assert counsel.sees("Held: pause HK-2020-07")
    assert desk.case(ref).state == "in-review"
    desk.ready_to_lift("HK-2020-07")
    page = counsel.go("/pauses/HK-2020-07/")
    assert counsel.sees("Unless another confirms it")
    counsel.follow("How it may end")
    assert counsel.sees("hk-nsl43-s7")
    page.locator("#closing").fill("The assessment is approved.")
    counsel.press("Propose to lift")
    assert counsel.sees("Your own proposal")
    second = member(desk.second)
    second.go("/")
    second.follow("pause lift: HK-2020-07")
    second.press("Agree")
    assert second.sees("agreed to by")
    second.go(f"/requests/{ref}/")
    assert not second.sees("Held: pause")


def test_somebody_who_has_never_done_it_pauses_a_country_in_three_steps_and_two_minutes(desk: Any, member: Any) -> None:
    """Each thing that the person does is counted; for each, twenty seconds of reading and thinking are allowed."""
    ref, steps, begun = desk.genuine(), 0, time.monotonic()
    novice = member(desk.first)
    page = novice.go("/")
    novice.follow("Pause a country")
    steps += 1
    page.get_by_label("1. Whose requests?").fill("hk")
    steps += 1
    novice.press("See what it would hold")
    steps += 1
    assert novice.sees("1 open request")
    assert novice.sees("We have paused our answers to requests for user data from Hong Kong")
    assert PauseRow.objects.count() == 0
    novice.press("Declare it now")
    steps += 1
    assert novice.sees("is in force")
    assert steps <= 4
    assert steps * 20 + (time.monotonic() - begun) < 120
    row = PauseRow.objects.get()
    assert row.name.startswith("HK-2")
    assert [each["name"] for each in row.body["exceptions"]] == ["life-at-risk"]
    novice.go(f"/requests/{ref}/")
    assert novice.sees(f"Held: pause {row.name}, review stage")
    second = member(desk.second)
    second.go("/")
    second.follow(f"pause confirm: {row.name}")
    second.press("Agree")
    page = second.go(f"/pauses/{row.name}/")
    assert "confirmed by a second person" in page.locator(".story").inner_text()


def test_two_tabs_and_somebody_else_was_first(desk: Any, member: Any) -> None:
    ref = desk.proposed()
    second, other = member(desk.second), member(desk.second)
    second.go(f"/requests/{ref}/")
    other.go(f"/requests/{ref}/")
    second.press("Agree to exactly this")
    other.press("Agree to exactly this")
    assert other.sees("This was not done")
    other.follow("Back to where you were")
    assert other.sees("gathering")


def test_another_members_address_looks_like_one_that_is_not_there(desk: Any, member: Any) -> None:
    ref = desk.confirmed()
    Case.objects.filter(ref=ref).update(restricted=True)
    clerk = member(member_with(Role.REVIEWER).code)
    clerk.go(f"/requests/{ref}/")
    hidden = clerk.page.locator("main").inner_text().replace(ref, "R-X")
    clerk.go("/requests/R-AAAA-AAAA-AAAA/")
    assert clerk.page.locator("main").inner_text().replace("R-AAAA-AAAA-AAAA", "R-X") == hidden
    clerk.go("/")
    assert not clerk.sees(ref)
    clerk.go(f"/requests/?q={ref}")
    assert clerk.sees("0 requests")


def test_everything_works_without_scripts(desk: Any, member: Any) -> None:
    ref = desk.confirmed()
    plain = member(desk.first, java_script_enabled=False)
    verify(plain, ref)
    plain.press("Propose")
    assert desk.case(ref).state == "proposed"
    path = desk.home / "other.eml"
    path.write_text(MAIL.format(number=78, identifier="+85291234568"))
    plain.go("/requests/new/").locator("#files").set_input_files(str(path))
    plain.press("Take in")
    assert plain.sees("has arrived and is sealed")


def test_a_picture_among_the_papers_is_shown_to_who_asks_for_it(desk: Any, member: Any) -> None:
    fax = io.BytesIO()
    pages = [Image.new("L", (1000, 1400), shade) for shade in (250, 200)]
    pages[0].save(fax, "TIFF", save_all=True, append_images=pages[1:])
    with taking.in_memory(fax.getvalue()) as path:
        ref = taking.take_together([path], channel="file", by="operator", now=desk.now(), names=["order.tif"]).ref
    person = member(desk.first)
    asked_for: list[str] = []
    person.page.on("request", lambda request: asked_for.append(request.url))
    person.go(f"/requests/{ref}/confirm/")
    assert not [url for url in asked_for if url.endswith(".png")], "nothing is shown before somebody asks"
    person.follow("order.tif")
    assert person.sees("Page 1 of 2")
    assert looked_at(person, "picture") == []
    person.follow("Next page")
    assert person.sees("Page 2 of 2")
    assert person.page.evaluate("document.querySelector('img.page').naturalWidth") == 1000
    assert person.page.goto(person.page.url.replace("/2/", "/3/")).status == 422
    assert person.sees("could not be drawn")
