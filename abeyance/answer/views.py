"""Pages of formal steps: what is due in form, soonest first, and each step with its text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.answer import documents, rerouting, steps
from abeyance.answer.letters import page as setting
from abeyance.answer.steps import Way
from abeyance.errors import BadInput
from abeyance.people import queries as people
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.formalsteps import StepState
from abeyance.rules.permissions import Permission

P = Permission
MOST = 200


@page(P.CASE_READ)
def due(request: MemberRequest) -> HttpResponse:
    """Every open step of the requests that this member may know of."""
    now = _now()
    rows = list(steps.open_for(request.member)[: MOST + 1])
    told = [documents.of_step(row, now=now) for row in rows[:MOST]]
    follow_ups = [
        rerouting.as_document(row, request.member, now=now) for row in rerouting.waiting_for(request.member)[:MOST]
    ]
    context = {"steps": told, "more": len(rows) > MOST, "follow_ups": follow_ups}
    return render(request, "answer/steps.html", context)


@page(P.CASE_READ)
def step(request: MemberRequest, key: UUID) -> HttpResponse:
    now = _now()
    row = steps.find(key, by=request.member, now=now)
    context: dict[str, Any] = {
        "step": documents.in_full(row, now=now),
        "drafter": _name(row.drafted_by),
        "approver": _name(row.approved_by),
        "own": row.drafted_by == request.member,
        "ways": [way.value for way in Way],
        "open": row.state in steps.OPEN_VALUES,
        "states": StepState,
    }
    return render(request, "answer/step.html", context)


@page(P.CASE_READ)
def as_pdf(request: MemberRequest, key: UUID) -> HttpResponse:
    """The text as it is now, as it would be printed."""
    row = steps.find(key, by=request.member, now=_now())
    answer = HttpResponse(setting.text_as_pdf(steps.text_of(row), row.made_at), content_type="application/pdf")
    answer["Content-Disposition"] = f'inline; filename="{row.case.ref}-{row.form}.pdf"'
    return answer


@act(P.ANSWER_PROPOSE)
def write(request: MemberRequest, key: UUID) -> HttpResponse:
    steps.write(key, request.POST.get("text", ""), tells="tells" in request.POST, by=request.member, now=_now())
    messages.success(request, _("Written. Another member approves exactly this text."))
    return redirect("step", key=key)


@act(P.ANSWER_AGREE, step_up=True)
def approve(request: MemberRequest, key: UUID) -> HttpResponse:
    steps.approve(key, request.POST.get("digest", ""), by=request.member, now=_now())
    messages.success(request, _("Approved. It may go out now."))
    return redirect("step", key=key)


@act(P.ANSWER_PROPOSE)
def sent(request: MemberRequest, key: UUID) -> HttpResponse:
    steps.sent(key, _way(request.POST.get("way", "")), by=request.member, now=_now())
    messages.success(request, _("Recorded as sent. The clock that it meets runs on."))
    return redirect("step", key=key)


def _way(value: str) -> Way:
    try:
        return Way(value)
    except ValueError:
        raise BadInput(f"Say how it went: {', '.join(way.value for way in Way)}.") from None


def _name(code: str | None) -> str:
    return people.handle_of(code) if code and people.members().filter(code=code).exists() else code or ""


def _now() -> datetime:
    return datetime.now(UTC)
