"""The door to every page of the desk. Closed unless a view says what it needs, and whoever asks has shown both factors.

1. What is public is named here: signing in, the health word, the API (which asks for a token itself).
2. Nobody gets further without an account whose member is active.
3. An account without a second factor gets no further than setting one up.
4. A view that does not say what it needs is not reached.
5. The member's roles must allow it; some views ask again who one is, and so does every change of the factors.
"""

from __future__ import annotations

import logging
import zoneinfo
from collections.abc import Callable
from typing import Any, cast

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from abeyance.errors import AbeyanceError, NotFound
from abeyance.people import queries as people
from abeyance.people.pages import MemberRequest, word_of
from abeyance.rules import people as rules
from abeyance.site import answers, saying
from abeyance.site.pages.language import back_from
from abeyance.site.signin import factors
from abeyance.site.signin.models import Account

log = logging.getLogger(__name__)
Next = Callable[[HttpRequest], HttpResponseBase]

PUBLIC = frozenset({"health", "account_login", "account_logout", "account_inactive", "mfa_authenticate"})
PUBLIC |= {"mfa_login_webauthn", "first-sign-in", "account_signup", "calendar-feed", "metrics", "set-language"}
# What somebody who has no second factor yet may do.
SETTING_UP = frozenset({"mfa_activate_totp", "mfa_add_webauthn", "account_reauthenticate"})
# allauth's own pages for oneself; each asks again where it should.
ONESELF = SETTING_UP | {"mfa_index", "mfa_reauthenticate", "mfa_reauthenticate_webauthn", "mfa_deactivate_totp"}
ONESELF |= {"mfa_list_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn", "account_change_password"}
ONESELF |= {"mfa_generate_recovery_codes", "mfa_view_recovery_codes", "mfa_download_recovery_codes"}
ONESELF |= {"usersessions_list"}
# What gives somebody another second factor, or shows one: a password alone must not, since the session may be stolen.
FACTORS = frozenset({"mfa_activate_totp", "mfa_deactivate_totp", "mfa_add_webauthn", "mfa_remove_webauthn"})
FACTORS |= {"mfa_generate_recovery_codes", "mfa_view_recovery_codes", "mfa_download_recovery_codes"}
API = "api/"


class Doors:
    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            return self.get_response(request)
        finally:
            timezone.deactivate()

    def process_view(
        self, request: HttpRequest, view: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        match = request.resolver_match
        assert match is not None
        if match.route.startswith(API) or match.view_name in PUBLIC:
            return None
        account = request.user
        if not isinstance(account, Account):
            return _to_sign_in(request)
        timezone.activate(zone_of(account))
        if not factors.has_second(account):
            return None if match.view_name in SETTING_UP else _redirect("mfa_activate_totp")
        if not factors.shown_both(request, account):
            logout(request)
            return _to_sign_in(request)
        cast(MemberRequest, request).member = account.member.code
        if match.view_name in ONESELF:
            again = match.view_name in FACTORS and not factors.shown_lately(request, account)
            return _redirect(factors.asks_again(account), next=_page_of(request)) if again else None
        return self._said(request, account, view)

    def _said(self, request: HttpRequest, account: Account, view: Any) -> HttpResponseBase | None:
        word = word_of(view)
        if word is None:
            log.error("the page %s does not say what it needs", request.resolver_match and request.resolver_match.route)
            return answers.not_found(request)
        if word.permission is not None:
            ruling = rules.may(people.as_actor(account.member), word.permission)
            if not ruling.allowed:
                sentences = [reason.sentence for reason in ruling.reasons]
                return render(request, "refused.html", {"sentences": sentences, "title": "not-yours"}, status=403)
        if word.step_up and not factors.shown_lately(request, account):
            if request.method == "POST":
                messages.warning(request, _("Nothing is done yet. Show again who you are; then press it once more."))
            return _redirect(factors.asks_again(account), next=_page_of(request))
        return None

    def process_exception(self, request: HttpRequest, problem: Exception) -> HttpResponse | None:
        """Errors that mean something become a page here, and nowhere else."""
        match = request.resolver_match
        if not isinstance(problem, AbeyanceError) or (match and match.route.startswith(API)):
            return None
        told = saying.problem_document(problem)
        sentences = [each["sentence"] for each in told.get("reasons", [])] or [told["error"]]
        context = {
            "sentences": sentences,
            "reasons": told.get("reasons", []),
            "back": _page_of(request),
            "missing": isinstance(problem, NotFound),
            "looked": request.method == "GET",
        }
        return render(request, "refused.html", context, status=int(answers.status_of(problem)))


def zone_of(account: Account) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(account.zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError):
        return zoneinfo.ZoneInfo("UTC")


def _page_of(request: HttpRequest) -> str:
    """Where a form was: what it says itself, if that is an address of ours."""
    if request.method != "POST":
        # What somebody looks for may name a person, and an address is kept in sessions and logs.
        words = request.GET.copy()
        words.pop("q", None)
        return f"{request.path}?{words.urlencode()}" if words else request.path
    return back_from(request)


def _to_sign_in(request: HttpRequest) -> HttpResponseBase:
    if request.headers.get("HX-Request"):
        return HttpResponse(status=204, headers={"HX-Refresh": "true"})
    return _redirect("account_login", next=_page_of(request))


def _redirect(name: str, **query: str) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse(name) + (f"?{urlencode(query)}" if query else ""))
