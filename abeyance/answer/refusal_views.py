"""Pages of refusals in batch: the draft for one instrument, each list, what became of it."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.answer import refusal_documents as documents
from abeyance.answer import refusals
from abeyance.answer.models import RefusalLine
from abeyance.casefile import door
from abeyance.errors import NotFound, Refused
from abeyance.pauses import store
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import PauseMode

P = Permission


@page(P.CASE_READ)
def listed(request: MemberRequest) -> HttpResponse:
    """Choose an instrument and see whom a refusing pause refuses under it; and the lists there are."""
    now, by = _now(), request.member
    instrument, problem, drafted = request.GET.get("instrument", "").strip()[:80], "", None
    if instrument:
        try:
            drafted = documents.of_draft(refusals.draft(instrument, by=by, now=now))
        except Refused as refused:
            problem = refused.reasons[0].sentence
    context = {
        "instrument": instrument,
        "instruments": refusals.instruments(),
        "problem": problem,
        "refusing": [pause.name for pause in store.in_force() if pause.mode is PauseMode.REFUSE],
        "drafted": drafted,
        "batches": refusals.batches(by),
    }
    return render(request, "answer/refusals.html", context)


@page(P.CASE_READ)
def batch(request: MemberRequest, key: UUID) -> HttpResponse:
    now, by = _now(), request.member
    row = refusals.find(key, by=by, now=now)
    told = documents.of_batch(row, by=by, now=now)
    return render(request, "answer/refusal_list.html", {"told": told, "own": row.proposed_by == by})


@page(P.CASE_READ)
def letter(request: MemberRequest, key: UUID, ref: str) -> HttpResponse:
    """As it is sent, to be printed where there is no mail."""
    refusals.find(key, by=request.member, now=_now())
    row = RefusalLine.objects.filter(batch__key=key, case__in=door.visible_to(request.member), case__ref=ref).first()
    if row is None:
        raise NotFound("There is no such line that you may read.")
    return HttpResponse(refusals.letter_of(row), content_type="text/plain; charset=utf-8")


@act(P.ANSWER_PROPOSE)
def propose(request: MemberRequest) -> HttpResponse:
    said = request.POST
    made = refusals.propose(said.get("instrument", "")[:80], said.get("digest", ""), by=request.member, now=_now())
    messages.success(request, _("The list is proposed. Another member agrees; one of the two is counsel."))
    return redirect("refusal-list", key=made.key)


@act(P.ANSWER_AGREE, step_up=True)
def agree(request: MemberRequest, key: UUID) -> HttpResponse:
    refusals.agree(key, request.POST.get("digest", ""), by=request.member, now=_now())
    messages.success(request, _("Agreed. Each is looked at once more, then refused, and its letter is sent."))
    return redirect("refusal-list", key=key)


def _now() -> datetime:
    return datetime.now(UTC)
