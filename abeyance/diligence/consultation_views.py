"""Pages of consultations, for the two members who opened one; others see how far it is and nothing that is said."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from abeyance.diligence import acting, consulting, talking
from abeyance.diligence.models import Host, Seat
from abeyance.errors import BadInput
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission


@page(Permission.DILIGENCE_READ)
def consultation(request: MemberRequest, code: str) -> HttpResponse:
    found = consulting.find(code)
    seat = Seat.objects.filter(consultation=found, of_member__member=request.member).first()
    live = consulting.is_live(found, _now())
    context = {
        "told": consulting.document(found, _now()),
        "consultation": found,
        "lines": consulting.lines(found, request.member),
        "hosts": Host.objects.filter(seat__consultation=found).count(),
        "talk": reverse("consultation", args=[found.code]),
        "take": reverse("consultation-take", args=[found.code]),
    }
    return render(request, "diligence/consultation.html", context | (acting.told(seat) if seat and live else {}))


@act(Permission.DILIGENCE_WRITE, step_up=True)
def propose(request: MemberRequest, code: str) -> HttpResponse:
    said = request.POST
    proposal = consulting.propose(
        code,
        said.get("audience", ""),
        int(said.get("guests", "1")) if said.get("guests", "1").isdecimal() else 0,
        _moment(said.get("ends", "")),
        risk=said.get("risk", ""),
        answer=said.get("answer", ""),
        by=request.member,
        now=_now(),
    )
    return redirect("proposal", code=proposal.code)


@act(Permission.DILIGENCE_READ)
def say(request: MemberRequest, code: str) -> HttpResponse:
    acting.act(consulting.seat_of(consulting.find(code), request.member), request)
    return redirect("consultation", code=code)


@page(Permission.DILIGENCE_READ)
def messages_of(request: MemberRequest, code: str) -> HttpResponse:
    return JsonResponse(talking.shown(consulting.seat_of(consulting.find(code), request.member)))


@page(Permission.DILIGENCE_READ)
def file(request: MemberRequest, code: str, number: int) -> HttpResponse:
    seat = consulting.seat_of(consulting.find(code), request.member)
    return acting.download(talking.file(seat.consultation, number), number)


@act(Permission.DILIGENCE_WRITE)
def take(request: MemberRequest, code: str) -> HttpResponse:
    said = request.POST
    consulting.take(
        code, said.get("seat", ""), said.get("text", ""), said.get("salt", ""), by=request.member, now=_now()
    )
    messages.success(request, _("The passage is in the assessment, as a new version."))
    return redirect("consultation", code=code)


@act(Permission.DILIGENCE_WRITE, step_up=True)
def issue(request: MemberRequest, code: str) -> HttpResponse:
    """Shown once."""
    issued = consulting.issue(code, request.POST.get("seat", ""), by=request.member, now=_now())
    return render(request, "diligence/issued.html", {"issued": issued, "code": code})


@act(Permission.DILIGENCE_WRITE)
def lines(request: MemberRequest, code: str) -> HttpResponse:
    said = request.POST
    texts = said.get("lines", "").splitlines()
    proposal = consulting.propose_lines(code, said.get("case", ""), texts, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


@act(Permission.DILIGENCE_WRITE)
def end(request: MemberRequest, code: str) -> HttpResponse:
    consulting.end(code, by=request.member, now=_now())
    messages.success(request, _("It is over, and what was written is destroyed."))
    return redirect("consultation", code=code)


def _moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(_("Give a date.")) from None
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _now() -> datetime:
    return datetime.now(UTC)
