"""Signing in as people do: password and six digits, a passkey, the first time with a token."""

from __future__ import annotations

import re
import time
from typing import Any

from abeyance.ledger.models import Entry
from abeyance.people import actions
from abeyance.people.models import Member
from abeyance.site.signin.trying import SignIn
from tests.pages.people import PASSWORD, account_of, signed_in
from tests.site.homes import wait_until

SECRET = "JBSWY3DPEHPK3PXP"


def digits() -> str:
    return SignIn("", "", SECRET).code()


def type_password(person: Any, name: str, password: str = PASSWORD) -> None:
    person.go("/")
    person.page.get_by_label("Username").fill(name)
    person.page.get_by_label("Password").fill(password)
    person.press("Go on with a password")


def test_a_password_alone_opens_nothing(desk: Any, nobody: Any) -> None:
    name = account_of(Member.objects.get(code=desk.first)).name
    type_password(nobody, name, "wrong-password-1")
    assert "/sign-in/" in nobody.page.url
    type_password(nobody, name)
    assert nobody.sees("Two-Factor")
    nobody.go("/requests/")
    assert "/sign-in/" in nobody.page.url
    nobody.page.get_by_label("Code").fill("000000")
    nobody.press("Sign In")
    assert "/sign-in/" in nobody.page.url
    nobody.page.get_by_label("Code").fill(digits())
    nobody.press("Sign In")
    assert nobody.sees("What is due")
    nobody.page.get_by_text(name, exact=True).click()
    nobody.press("Sign out")
    nobody.go("/")
    assert "/sign-in/" in nobody.page.url


def test_the_first_time_with_a_token_then_with_a_passkey(desk: Any, nobody: Any) -> None:
    token = actions.issue_token(desk.first, by=desk.first, now=desk.now()).token
    site = nobody.site.replace("127.0.0.1", "localhost")
    nobody.site = site
    tool = nobody.context.new_cdp_session(nobody.page)
    tool.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    options |= {"isUserVerified": True, "automaticPresenceSimulation": True}
    tool.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    nobody.go("/sign-in/first/")
    nobody.page.get_by_label("Your token").fill(token)
    nobody.page.get_by_label("A password").fill("amber-birch-cedar-9")
    nobody.page.get_by_label("The password again").fill("amber-birch-cedar-9")
    nobody.press("Go on to the second factor")
    assert re.fullmatch("[A-Z2-7]{16,}=*", nobody.page.locator("#totp-secret").inner_text())
    nobody.follow("Rather a passkey")
    if nobody.page.get_by_label("Passwordless").count():
        nobody.page.get_by_label("Passwordless").check()
    nobody.page.get_by_role("button", name="Add").click()
    nobody.page.wait_for_url(lambda url: "add" not in url)
    nobody.go("/")
    assert nobody.sees("What is due")
    nobody.context.clear_cookies()
    nobody.go("/")
    nobody.page.get_by_role("button", name="Sign in with a passkey").click()
    nobody.page.wait_for_url(site + "/")
    assert nobody.sees("What is due")


def test_nothing_typed_is_lost_when_the_session_ends(desk: Any, member: Any) -> None:
    ref = desk.confirmed()
    person = member(desk.first)
    page = person.go(f"/requests/{ref}/")
    page.get_by_label("By which contact of the directory").fill("+85255500100")
    page.locator("#note").fill("Spoke with the duty desk at length.")
    person.context.clear_cookies(name="abeyance_desk_session")
    person.press("The requester is genuine")
    assert "/sign-in/" in page.url
    fresh = signed_in(desk.first)
    cookies = [{"name": name, "value": value.value, "url": person.site} for name, value in fresh.cookies.items()]
    person.context.add_cookies(cookies)
    person.go(f"/requests/{ref}/")
    assert page.locator("#note").input_value() == "Spoke with the duty desk at length."
    person.press("The requester is genuine")
    assert desk.case(ref).state == "in-review"
    assert person.sees("Done and recorded")


def test_what_was_typed_is_gone_once_it_is_recorded_and_with_signing_out(desk: Any, member: Any) -> None:
    def kept() -> list[str]:
        return list(page.evaluate("Object.keys(sessionStorage).filter((key) => key.startsWith('draft:'))"))

    person = member(desk.first)
    page = person.go("/requests/new/")
    page.locator("textarea[name=text]").fill("A letter about somebody.")
    assert len(kept()) == 1
    person.press("Record")
    assert person.sees("has arrived and is sealed")
    assert kept() == []
    person.go("/requests/new/")
    assert page.locator("textarea[name=text]").input_value() == ""
    page.locator("textarea[name=text]").fill("Another letter.")
    page.evaluate("sessionStorage.setItem('draft:m-somebody-else:/x/::y', '{}')")
    person.go("/")
    assert [key.split(":")[1] for key in kept()] == [desk.first]
    page.locator("details.menu summary").click()
    person.press("Sign out")
    assert kept() == []


def test_a_double_click_is_one_act(desk: Any, member: Any) -> None:
    ref = desk.genuine()
    page = member(desk.first).go(f"/requests/{ref}/")
    page.get_by_role("button", name="Propose", exact=True).dblclick()
    proposals = Entry.objects.filter(case=ref, kind="AnswerProposed")
    assert wait_until(proposals.exists)
    page.wait_for_load_state()
    time.sleep(0.5)  # the second click's request, which a browser may have given up, is still with the server
    assert proposals.count() == 1
