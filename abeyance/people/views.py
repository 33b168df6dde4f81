"""Pages of members: who there is, what each may do, and what two of them change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from abeyance.errors import BadInput
from abeyance.people import actions, commands, queries, travel
from abeyance.people.models import GuardedReader
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission, Role


@page(None)
def members(request: MemberRequest) -> HttpResponse:
    allowed = queries.actor(request.member).permissions
    keeps = Permission.GUARDED_KEEP in allowed
    context = {
        "members": list(queries.members(also_inactive=True)[:1000]),
        "roles": [role.value for role in Role],
        "house": queries.house_rules(),
        # The lists of guarded countries are the confidential adviser's alone.
        "admitted": list(GuardedReader.objects.select_related("member").order_by("jurisdiction", "pk")[: 1000 * keeps]),
        "keeps": keeps,
    }
    return render(request, "people/members.html", context)


@act(Permission.MEMBER_PROPOSE, step_up=True)
def propose_member(request: MemberRequest) -> HttpResponse:
    handle, roles = request.POST.get("handle", "").strip(), request.POST.getlist("roles")
    proposal = actions.propose_member(handle, roles, by=request.member, now=_now())
    messages.success(request, _("Proposed; another member agrees, and then hands over the token."))
    return redirect("proposal", code=proposal.code)


@act(Permission.MEMBER_PROPOSE, step_up=True)
def propose_roles(request: MemberRequest, code: str) -> HttpResponse:
    proposal = actions.propose_roles(code, request.POST.getlist("roles"), by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


@act(Permission.MEMBER_PROPOSE, step_up=True)
def propose_token(request: MemberRequest, code: str) -> HttpResponse:
    """For somebody who cannot sign in any more."""
    proposal = actions.propose_token(code, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


@act(Permission.MEMBER_AGREE, step_up=True)
def issue_token(request: MemberRequest, code: str) -> HttpResponse:
    """Shown once, to whoever hands it over."""
    issued = actions.issue_token(code, by=request.member, now=_now())
    return render(request, "people/token.html", {"issued": issued})


@act(Permission.MEMBER_REMOVE, step_up=True)
def remove(request: MemberRequest, code: str) -> HttpResponse:
    heir = request.POST.get("heir", "").strip() or None
    actions.remove_member(code, heir=heir, by=request.member, now=_now())
    messages.success(request, _("Removed, at once."))
    return redirect("members")


@act(Permission.EXCLUSION_SET_OWN)
def exclude_oneself(request: MemberRequest) -> HttpResponse:
    country, now = request.POST.get("country", "").strip().upper(), _now()
    if request.POST.get("way") == "include":
        proposal = actions.propose_inclusion(country, by=request.member, now=now)
        return redirect("proposal", code=proposal.code)
    actions.exclude_self(country, by=request.member, now=now)
    messages.success(request, _("From now on you take no part in requests of %(country)s.") % {"country": country})
    return redirect("oneself")


@page(None, methods=("GET", "POST"))
def journey(request: MemberRequest) -> HttpResponse:
    """The travel switch. It does not ask again who one is: it only shuts, and there may be little time."""
    if request.method == "GET":
        left = travel.left_behind(request.member, _now() + timedelta(days=7))
        return render(request, "people/travel.html", {"left": left, "longest": travel.LONGEST.days})
    until = _until(request.POST.get("until", ""))
    until = travel.go(until, by=request.member, now=_now())
    logout(request)  # the session is gone already; this one forgets it
    return render(request, "people/shut.html", {"until": until, "places": ()})


@act(Permission.MEMBER_REMOVE)
def journey_of(request: MemberRequest, code: str) -> HttpResponse:
    """For somebody who asks for it by telephone."""
    travel.go(_until(request.POST.get("until", "")), member=code, by=request.member, now=_now())
    messages.success(request, _("Shut out, at once."))
    return redirect("members")


@act(Permission.MEMBER_PROPOSE)
def let_back(request: MemberRequest, code: str) -> HttpResponse:
    proposal = travel.propose_return(code, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


def _until(text: str) -> datetime:
    found = commands.as_moment(text.strip())
    return found if "+" in text or "Z" in text else found.replace(tzinfo=timezone.get_current_timezone())


@act(Permission.GUARDED_KEEP, step_up=True)
def guard(request: MemberRequest) -> HttpResponse:
    member, country = request.POST.get("member", "").strip(), request.POST.get("country", "").strip().upper()
    if request.POST.get("way") == "end":
        actions.end_admission(member, country, by=request.member, now=_now())
        messages.success(request, _("Ended, at once."))
        return redirect("members")
    if request.POST.get("way") != "admit":
        raise BadInput("Choose whether to admit or to end.")
    proposal = actions.propose_admission(member, country, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


def _now() -> datetime:
    return datetime.now(UTC)
