"""What the page of a pause changes about its conditions."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from abeyance.pauses import conditions
from abeyance.people.pages import MemberRequest, act
from abeyance.rules.permissions import Permission


@act(Permission.DILIGENCE_WRITE)
def settle(request: MemberRequest, name: str, number: int) -> HttpResponse:
    outcome, reason, now = request.POST.get("outcome", ""), request.POST.get("reason", ""), datetime.now(UTC)
    if outcome == "open":
        conditions.reopen(name, number, reason, by=request.member, now=now)
        messages.success(request, _("Open again, at once."))
        return redirect("pause", name=name)
    proposal = conditions.propose(name, number, outcome, reason, by=request.member, now=now)
    return redirect("proposal", code=proposal.code)


@act(Permission.DILIGENCE_WRITE)
def waive(request: MemberRequest, name: str) -> HttpResponse:
    reason = request.POST.get("reason", "")
    proposal = conditions.propose_waiver(name, reason, by=request.member, now=datetime.now(UTC))
    return redirect("proposal", code=proposal.code)
