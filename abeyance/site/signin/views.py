"""Pages of signing in that allauth does not have: the first time, the zone, the language."""

from __future__ import annotations

import zoneinfo

from allauth.account.internal.flows.login import record_authentication
from allauth.core import ratelimit
from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.errors import AbeyanceError
from abeyance.people.pages import MemberRequest, act
from abeyance.site.pages.language import back_from
from abeyance.site.signin import first as accounts
from abeyance.site.signin.forms import First
from abeyance.site.signin.models import Account


def first(request: HttpRequest) -> HttpResponse:
    """With the token of an invitation: a password, and then a second factor."""
    form = First(request.POST or None)
    if request.method == "POST" and form.is_valid():
        if not ratelimit.consume(request, action="login_failed", key=form.cleaned_data["token"]):
            return render(request, "429.html", status=429)
        try:
            account = accounts.make_account(form.cleaned_data["token"], form.cleaned_data["password"])
        except AbeyanceError as problem:
            form.add_error("token", forms.ValidationError(str(problem)))
        else:
            login(request, account, backend=settings.AUTHENTICATION_BACKENDS[0])
            record_authentication(request, account, method="password", reauthenticated=True)
            return redirect("mfa_activate_totp")
    return render(request, "signin/first.html", {"form": form}, status=422 if form.errors else 200)


def closed(request: HttpRequest) -> HttpResponse:
    return redirect("first-sign-in")


@act(None)
def zone(request: MemberRequest) -> HttpResponse:
    """In which zone this member reads dates."""
    wanted = request.POST.get("zone", "")[:64]
    if wanted in zoneinfo.available_timezones():
        Account.objects.filter(member__code=request.member).update(zone=wanted)
        messages.success(request, _("Dates are now shown in %(zone)s.") % {"zone": wanted})
    else:
        messages.error(request, _("There is no such time zone. They are written like Europe/Berlin."))
    return redirect(back_from(request) if "back" in request.POST else "oneself")
