"""Every address of the desk as every role and as nobody; and the doors that all of them are behind."""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, clear_url_caches, get_resolver, path

from abeyance.people.models import Member
from abeyance.people.pages import word_of
from abeyance.rules.permissions import ROLE_PERMISSIONS, Role
from abeyance.site.signin import doors
from abeyance.site.signin.trying import SignIn
from tests.pages.people import PASSWORD, account_of, member_with, signed_in

SAMPLES: dict[str, Any] = {
    "ref": "R-NONE-NONE-NONE",
    "other": "R-NONE-NONE-NONE",
    "key": uuid4(),
    "act": uuid4(),
    "code": "none",
    "exception": "none",
    "line": 999_999,
    "name": "NONE",
    "kind": "law",
    "language": "en",
    "verb": "close",
    "job": 999_999,
    "pk": 999_999,
    "token": "none",
    "part": 0,
    "number": 1,
}


def addresses(resolver: URLResolver | None = None, before: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Every page of the desk, with sample values; the API is tested where it stands."""
    for each in (resolver or get_resolver("abeyance.site.desk_urls")).url_patterns:
        here = before + str(each.pattern)
        if here.startswith("api/"):
            continue
        if isinstance(each, URLResolver):
            yield from addresses(each, here)
        else:
            yield here, each


def filled(route: str) -> str:
    return "/" + re.sub(r"<(?:\w+:)?(\w+)>", lambda found: str(SAMPLES[found[1]]), route)


ALL = [(route, pattern) for route, pattern in addresses()]


def test_every_page_says_what_it_needs_or_is_named_as_open() -> None:
    said = {pattern.name for _, pattern in ALL if word_of(pattern.callback)}
    open_ = {pattern.name for _, pattern in ALL} - said
    assert open_ <= doors.PUBLIC | doors.ONESELF, open_
    assert len(said) > 50


def test_nobody_gets_only_to_signing_in(desk: Any) -> None:
    for route, pattern in ALL:
        for method in ("get", "post"):
            answer = getattr(Client(HTTP_ACCEPT="text/html"), method)(filled(route))
            if pattern.name in doors.PUBLIC:
                assert answer.status_code < 500
            else:
                assert (answer.status_code, answer["Location"].partition("?")[0]) == (302, "/sign-in/"), (method, route)


@pytest.mark.parametrize("role", list(Role))
def test_every_address_as_every_role(role: Role, desk: Any) -> None:
    """A role without the permission is told so; one with it gets an answer that is no failure."""
    member = member_with(role)
    browser = signed_in(member.code)
    wrong = []
    for route, pattern in ALL:
        word = word_of(pattern.callback)
        if word is None:
            continue
        method = "get" if "GET" in word.methods else "post"
        status = getattr(browser, method)(filled(route)).status_code
        allowed = word.permission is None or word.permission in ROLE_PERMISSIONS[role]
        if (status == 403) is allowed or status >= 500:
            wrong.append((route, status, allowed))
    assert wrong == []


def test_a_page_without_a_word_is_not_reached(desk: Any, settings: Any, caplog: pytest.LogCaptureFixture) -> None:
    from abeyance.site import desk_urls

    desk_urls.urlpatterns.append(path("unsaid/", lambda request: pytest.fail("it was reached"), name="unsaid"))
    clear_url_caches()
    try:
        with caplog.at_level(logging.ERROR):
            assert signed_in(desk.first).get("/unsaid/").status_code == 404
        assert "does not say what it needs" in caplog.text
    finally:
        desk_urls.urlpatterns.pop()
        clear_url_caches()


def test_without_a_second_factor_one_only_sets_one_up(desk: Any) -> None:
    browser = signed_in(desk.first, factor=False, shown=False)
    assert browser.get("/")["Location"] == "/sign-in/factors/totp/activate/"
    assert browser.get("/sign-in/factors/totp/activate/").status_code == 200
    assert browser.get("/sign-in/password/")["Location"] == "/sign-in/factors/totp/activate/"


def test_a_session_that_has_not_shown_the_second_factor_is_ended(desk: Any) -> None:
    browser = signed_in(desk.first, shown=False)
    assert browser.get("/")["Location"].startswith("/sign-in/?")
    assert "_auth_user_id" not in browser.session


def test_agreeing_asks_again_who_one_is_and_a_fresh_factor_is_enough(desk: Any) -> None:
    ref = desk.proposed()
    old = signed_in(desk.second, lately=False).post(f"/requests/{ref}/agree/answer", {"back": f"/requests/{ref}/"})
    assert old["Location"] == f"/sign-in/factors/reauthenticate/?next=%2Frequests%2F{ref}%2F"
    assert desk.case(ref).state == "proposed"
    browser = signed_in(desk.second)
    browser.post(f"/requests/{ref}/agree/answer")
    assert desk.case(ref).state == "proposed"  # without what was shown, nobody has seen it
    shown = re.search(r'name="answer" value="([0-9a-f]{64})"', browser.get(f"/requests/{ref}/").content.decode())
    assert shown is not None
    assert browser.post(f"/requests/{ref}/agree/answer", {"answer": shown[1]}).status_code == 302
    assert desk.case(ref).state == "gathering"


def test_a_password_alone_gives_nobody_another_second_factor(desk: Any) -> None:
    """As whoever has found a session open, and knows the password."""
    browser = signed_in(desk.second, lately=False)
    session = browser.session
    key = "account_authentication_methods"
    session[key] = [*session[key], {"method": "password", "at": time.time(), "reauthenticated": True}]
    session.save()
    for page in ("totp/deactivate/", "webauthn/add/", "recovery-codes/generate/", "recovery-codes/download/"):
        for ask in (browser.get, browser.post):
            there = ask(f"/sign-in/factors/{page}")["Location"]
            assert there.startswith("/sign-in/factors/reauthenticate/?next="), page
    assert signed_in(desk.second).get("/sign-in/factors/webauthn/add/").status_code == 200


def test_a_code_is_taken_once_by_all_processes_for_as_long_as_it_counts(desk: Any) -> None:
    account_of(Member.objects.get(code=desk.second))
    code = SignIn("", "", "JBSWY3DPEHPK3PXP").code()

    def sign_in() -> str:
        browser = Client(HTTP_ACCEPT="text/html")
        name = Member.objects.get(code=desk.second).handle
        assert browser.post("/sign-in/", {"login": name, "password": PASSWORD}).status_code == 302
        return str(browser.post("/sign-in/factors/authenticate/", {"code": code}).headers.get("Location", "refused"))

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO signin_attempts VALUES ('long-ago', '', now() - interval '1 s')")
    assert sign_in() == "/"
    with connection.cursor() as cursor:
        cursor.execute("SELECT expires > now() + interval '80 s' FROM signin_attempts WHERE cache_key LIKE '%%used%%'")
        assert cursor.fetchall() == [(True,)]
        cursor.execute("SELECT count(*) FROM signin_attempts WHERE cache_key = 'long-ago'")
        assert cursor.fetchone() == (0,)
    assert sign_in() == "refused"


def test_nothing_leads_to_another_site(desk: Any) -> None:
    browser = signed_in(desk.second)
    for back in ("//evil.example/", "/\\evil.example", "/\t/evil.example", "https://evil.example", "\n//evil.example"):
        assert browser.post("/sign-in/language/", {"language": "en", "back": back})["Location"] == "/"
        refused = browser.post("/requests/R-NONE-NONE-NONE/act/none", {"back": back}).content.decode()
        assert "evil" not in refused


def test_a_removed_or_reset_member_is_out_at_once(desk: Any) -> None:
    from abeyance.people import actions

    member = member_with(Role.REVIEWER)
    browser = signed_in(member.code)
    assert browser.get("/").status_code == 200
    Member.objects.filter(pk=member.pk).update(factor_reset_at=desk.now())
    assert browser.get("/")["Location"].startswith("/sign-in/")
    other = member_with(Role.COUNSEL)
    browser = signed_in(other.code)
    actions.remove_member(other.code, by=desk.first, now=desk.now())
    assert browser.get("/")["Location"].startswith("/sign-in/")


def test_forms_from_elsewhere_are_refused(desk: Any) -> None:
    ref = desk.confirmed()
    browser = signed_in(desk.first)
    strict = Client(enforce_csrf_checks=True, HTTP_ACCEPT="text/html")
    strict.cookies = browser.cookies
    assert strict.post(f"/requests/{ref}/act/close", {"outcome": "withdrawn"}).status_code == 403
    assert desk.case(ref).state == "to-verify"


def test_where_a_form_goes_back_to_is_always_here(desk: Any) -> None:
    browser = signed_in(desk.first)
    for away in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example", "javascript:alert(1)"):
        page = browser.post("/requests/R-NONE-NONE-NONE/act/close", {"back": away}).content.decode()
        assert "elsewhere" not in page
        assert "javascript" not in page


def test_an_account_is_made_once_with_the_token_of_two(desk: Any) -> None:
    from abeyance.people import actions

    issued = actions.issue_token(desk.first, by=desk.first, now=desk.now())
    said = {"token": issued.token, "password": "amber-birch-cedar-9", "again": "amber-birch-cedar-9"}
    browser = Client(HTTP_ACCEPT="text/html")
    wrong = browser.post("/sign-in/first/", said | {"token": "abeyance-" + "x" * 43})
    assert (wrong.status_code, "not the one of an active member" in wrong.content.decode()) == (422, True)
    assert browser.post("/sign-in/first/", said | {"again": "other-password-1"}).status_code == 422
    assert browser.post("/sign-in/first/", said)["Location"] == "/sign-in/factors/totp/activate/"
    member = Member.objects.get(code=desk.first)
    account_of(member)  # the second factor
    again = Client(HTTP_ACCEPT="text/html").post("/sign-in/first/", said)
    assert (again.status_code, "You have an account already" in again.content.decode()) == (422, True)


def test_figures_for_prometheus_need_their_token_and_betray_no_case(desk: Any, settings: Any) -> None:
    from dataclasses import replace

    browser = Client(HTTP_AUTHORIZATION="Bearer figures")
    assert browser.get("/metrics").status_code == 404
    settings.ABEYANCE = replace(settings.ABEYANCE, metrics_token="figures")
    assert Client(HTTP_AUTHORIZATION="Bearer wrong").get("/metrics").status_code == 404
    desk.confirmed()
    hidden = desk.confirmed()
    desk.case(hidden).__class__.objects.filter(ref=hidden).update(restricted=True)
    body = browser.get("/metrics").content.decode()
    assert 'abeyance_requests_open{state="to-verify"} 1.0' in body
    assert "HK" not in body
