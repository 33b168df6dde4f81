"""Letting somebody in and begin anew, signing out elsewhere, showing again who one is: in a browser."""

from __future__ import annotations

import time
from typing import Any

from django.contrib.sessions.models import Session
from django.core.cache import cache

from abeyance.people.models import Member
from abeyance.release import making
from abeyance.rules.permissions import Role
from abeyance.site.requests import letters
from tests.pages import browser as browsers
from tests.pages.people import account_of
from tests.pages.test_signing_in import digits, type_password

FIRST, AGAIN = "amber-birch-cedar-9", "delta-ember-fjord-8"


def sign_in_first(person: Any, token: str, password: str) -> None:
    person.go("/sign-in/first/")
    person.page.get_by_label("Your token").fill(token)
    person.page.get_by_label("A password").fill(password)
    person.page.get_by_label("The password again").fill(password)
    person.press("Go on to the second factor")


def show_token(person: Any, handle: str) -> str:
    page = person.go("/members/")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=handle))
    row.get_by_text("change").click()
    with page.expect_navigation():
        row.get_by_role("button", name="Show the token that is due").click()
    return str(page.locator("#token").inner_text())


def test_two_let_a_third_in_and_later_let_them_begin_anew(desk: Any, member: Any, nobody: Any) -> None:
    first, second = member(desk.first), member(desk.second)
    page = first.go("/members/")
    page.get_by_label("Name to sign in with").fill("third")
    page.locator("section.panel").filter(has_text="Let somebody in").get_by_label("reviewer").check()
    first.page.locator("section.panel").filter(has_text="Let somebody in").get_by_role("button").click()
    page.wait_for_url("**/proposals/*/")
    assert first.sees("Your own proposal: another member agrees.")
    assert not Member.objects.filter(handle="third").exists()
    second.go("/proposals/")
    second.follow("third")
    second.press("Agree")
    token = show_token(second, "third")
    sign_in_first(nobody, token, FIRST)
    assert nobody.sees("A second factor")
    third = Member.objects.get(handle="third")
    assert third.roles == [Role.REVIEWER.value]
    account_of(third)  # the second factor, as a phone would have it
    type_password(nobody, "third", FIRST)
    nobody.page.get_by_label("Code").fill(digits())
    nobody.press("Sign In")
    assert nobody.sees("What is due")

    page = first.go("/members/")
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="third"))
    row.get_by_text("change").click()
    with page.expect_navigation():
        row.get_by_role("button", name="propose a new beginning").click()
    nobody.go("/")
    assert nobody.sees("What is due")  # one person alone shuts nobody out
    second.go("/proposals/")
    second.follow("member token: third")
    second.press("Agree")
    nobody.go("/")
    assert "/sign-in/" in nobody.page.url  # the old sign-in is void at once
    sign_in_first(nobody, show_token(second, "third"), AGAIN)
    assert nobody.sees("A second factor")


def test_one_sees_where_one_is_signed_in_and_signs_out_elsewhere(
    desk: Any, nobody: Any, chromium: Any, live_server: Any
) -> None:
    here, elsewhere = nobody, browsers.at_a_browser(chromium, live_server.url)
    name = account_of(Member.objects.get(code=desk.first)).name
    for person in (elsewhere, here):
        cache.clear()  # a code counts once
        type_password(person, name)
        person.page.get_by_label("Code").fill(digits())
        person.press("Sign In")
    page = here.go("/yourself/")
    here.follow("Where you are signed in")
    assert page.get_by_role("row").count() == 3  # the head, and two sessions
    here.press("Sign Out Other Sessions")
    elsewhere.go("/requests/")
    assert "/sign-in/" in elsewhere.page.url
    here.go("/requests/")
    assert here.sees("0 requests")
    elsewhere.context.close()


def grow_old() -> None:
    """The second factor of every session was shown an hour ago; no code has been used."""
    cache.clear()
    for row in Session.objects.all():
        said = row.get_decoded()
        for record in said.get("account_authentication_methods", []):
            record["at"] = time.time() - 3600
        row.session_data = Session.objects.encode(said)
        row.save()


def show_again(person: Any, back: str) -> None:
    assert "/reauthenticate/" in person.page.url, person.page.url
    person.page.get_by_label("Code").fill(digits())
    person.page.get_by_role("button", name="Confirm").click()
    person.page.wait_for_url(f"**{back}*")


def test_agreeing_releasing_and_lifting_ask_again_who_one_is(desk: Any, member: Any) -> None:
    ref, pause = desk.proposed(), "HK-2020-07"
    second = member(desk.second)
    second.go(f"/requests/{ref}/")
    grow_old()
    second.press("Agree to exactly this")
    show_again(second, f"/requests/{ref}/")
    assert desk.case(ref).state == "proposed"  # nothing was done on the way
    second.press("Agree to exactly this")
    assert desk.case(ref).state == "gathering"

    desk.bar_notice(ref)
    key = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now()).key
    second.go(f"/packages/{key}/")
    grow_old()
    second.press("Hand over")
    show_again(second, f"/packages/{key}/")
    second.press("Hand over")
    assert second.sees("Link and code, shown once")

    declare(desk, pause)
    desk.ready_to_lift(pause)
    page = second.go(f"/pauses/{pause}/ending/")
    page.locator("#closing").fill("The assessment is approved.")
    grow_old()
    second.press("Propose to lift")
    show_again(second, f"/pauses/{pause}/ending/")
    page.locator("#closing").fill("The assessment is approved.")
    second.press("Propose to lift")
    assert second.sees("Your own proposal")


def declare(desk: Any, name: str) -> None:
    from dataclasses import replace

    from abeyance.pauses import actions as pauses
    from abeyance.site.demo.story import pause_of

    pauses.declare(replace(pause_of("telex"), name=name), by="operator", now=desk.now())
