"""Deciding whether another request is the same matter, and whether an announced exception may be used."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _

from abeyance.errors import BadInput
from abeyance.patterns import actions
from abeyance.patterns.models import Pair
from abeyance.people.pages import MemberRequest, act
from abeyance.rules.permissions import Permission


@act(Permission.CASE_READ)
def decide(request: MemberRequest, ref: str, other: str) -> HttpResponse:
    """The same: at once. Another: when a second member, who may read both, agrees."""
    now, verdict = datetime.now(UTC), request.POST.get("verdict")
    if verdict == Pair.THE_SAME:
        actions.decide_the_same(ref, other, by=request.member, now=now)
        messages.success(request, _("Decided: the same matter. What holds the one holds the other."))
    elif verdict == Pair.ANOTHER:
        actions.propose_another(ref, other, by=request.member, now=now)
        messages.success(request, _("Proposed. Another member agrees; until then it may be the same matter."))
    else:
        raise BadInput(_("Say whether it is the same matter or another."))
    return redirect("case", ref=ref)


@act(Permission.PAUSE_DECLARE)
def suspend(request: MemberRequest, name: str, exception: str) -> HttpResponse:
    actions.suspend_exception(name, exception, by=request.member, now=datetime.now(UTC))
    messages.success(request, _("Suspended. It opens nothing from now on, also where its use was agreed."))
    return redirect("pause", name=name)


@act(Permission.PAUSE_LIFT, step_up=True)
def resume(request: MemberRequest, name: str, exception: str) -> HttpResponse:
    proposal = actions.propose_resumption(name, exception, by=request.member, now=datetime.now(UTC))
    messages.success(request, _("Proposed. Until another member agrees it stays suspended."))
    return redirect("proposal", code=proposal.code)
