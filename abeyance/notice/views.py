"""Pages of requests to look at a pause again: what waits, what was said, and the decision."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.errors import BadInput
from abeyance.notice import hearings
from abeyance.pauses import store
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.hearings import Asker, HearingOutcome
from abeyance.rules.permissions import Permission

P = Permission
MOST = 200


@page(P.HEARING_READ)
def listed(request: MemberRequest) -> HttpResponse:
    now, seen = _now(), hearings.visible_to(request.member)
    context = {
        "waiting": [hearings.as_document(row, now=now) for row in seen.filter(decided_at=None)[:MOST]],
        "decided": [
            hearings.as_document(row, now=now) for row in seen.exclude(decided_at=None).order_by("-decided_at")[:MOST]
        ],
        "pauses": [pause.name for pause in store.in_force()[:1000]],
        "askers": [asker.value for asker in Asker],
        "channels": [channel for channel in hearings.CHANNELS if channel != hearings.PORTAL],
    }
    return render(request, "notice/hearings.html", context)


@page(P.HEARING_READ)
def hearing(request: MemberRequest, code: str) -> HttpResponse:
    now = _now()
    row = hearings.find(code, by=request.member, now=now)
    context = {
        "hearing": hearings.in_full(row, now=now),
        "own": request.member in hearings.involved_in(row.pause),
        "outcomes": [outcome.value for outcome in HearingOutcome],
    }
    return render(request, "notice/hearing.html", context)


@act(P.HEARING_RECEIVE)
def receive(request: MemberRequest) -> HttpResponse:
    said = request.POST
    received = hearings.receive(
        said.get("pause", ""),
        _one_of(Asker, said.get("asker", "")),
        said.get("said", ""),
        said.get("contact", ""),
        channel=said.get("channel", ""),
        by=request.member,
        now=_now(),
    )
    messages.success(request, _("%(code)s is recorded, and its clock runs.") % {"code": received.code})
    return redirect("hearing", code=received.code)


@act(P.HEARING_DECIDE, step_up=True)
def decide(request: MemberRequest, code: str) -> HttpResponse:
    outcome = _one_of(HearingOutcome, request.POST.get("outcome", ""))
    hearings.decide(code, outcome, request.POST.get("reason", ""), by=request.member, now=_now())
    messages.success(request, _("Decided. Whoever asked is told why."))
    return redirect("hearing", code=code)


def _one_of(kind: Any, value: str) -> Any:
    try:
        return kind(value)
    except ValueError:
        known = ", ".join(str(each.value) for each in kind)
        raise BadInput(f"Choose one of: {known}.") from None


def _now() -> datetime:
    return datetime.now(UTC)
