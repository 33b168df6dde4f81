"""The first page, the list of requests, what waits for a second person, and oneself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.casefile import door
from abeyance.pauses import documents as pause_documents
from abeyance.pauses import due, store
from abeyance.people import commands as people_documents
from abeyance.people import proposals, queries
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.lifecycle import State
from abeyance.rules.permissions import Permission
from abeyance.site.oncall import paging
from abeyance.site.pages import queue, saying_who
from abeyance.site.signin.models import Account

A_REF = re.compile(r"R-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", re.IGNORECASE)
PER_PAGE = 50
MOST_PAUSES = 20


@page(None)
def front(request: MemberRequest) -> HttpResponse:
    """What is due, what is held and why, what waits for me."""
    now, by = _now(), request.member
    allowed = queries.actor(by).permissions
    reads = Permission.CASE_READ in allowed
    if reads:
        due.catch_up(now)
    in_force = list(store.rows_in_force()[: MOST_PAUSES + 1])
    context = {
        "reads": reads,
        "due": queue.due(by, now=now) if reads else [],
        "waiting": queue.waiting(by, allowed, now=now) if reads else [],
        "pauses": [pause_documents.of_row(row) for row in in_force[:MOST_PAUSES]],
        "more_pauses": len(in_force) > MOST_PAUSES,
        "proposals": _for_second(by),
        "alarms": _alarms(by, now) if reads else 0,
    }
    template = "pages/front_lists.html" if request.headers.get("HX-Request") else "pages/front.html"
    return render(request, template, context)


@page(Permission.CASE_READ)
def requests(request: MemberRequest) -> HttpResponse:
    """Every request that this member may know of, by filters; a whole reference goes straight to it."""
    now, said = _now(), request.GET
    looked_for = said.get("q", "").strip()[:80]
    if (found := A_REF.fullmatch(looked_for)) and door.visible_to(request.member).filter(ref=found[0].upper()).exists():
        return redirect("case", ref=found[0].upper())
    cases = _filtered(door.visible_to(request.member), said.get("state", ""), said.get("country", ""), looked_for)
    pages = Paginator(cases.order_by("-pk"), PER_PAGE)
    pages.__dict__["count"] = min(cases[: queue.MOST_COUNTED + 1].count(), queue.MOST_COUNTED)
    shown = pages.get_page(said.get("page"))
    context = {
        "lines": queue.lines(cases.order_by("-pk")[shown.start_index() - 1 : shown.end_index()], now)
        if pages.count
        else [],
        "shown": shown,
        "count": pages.count,
        "more": pages.count >= queue.MOST_COUNTED,
        "states": [state.value for state in State],
        "said": {"q": looked_for, "state": said.get("state", ""), "country": said.get("country", "")[:2].upper()},
    }
    return render(request, "pages/requests.html", context)


def _filtered(seen: Any, state: str, country: str, looked_for: str) -> Any:
    cases = seen
    if state == "open":
        cases = cases.filter(closed_at=None)
    elif state in {known.value for known in State}:
        cases = cases.filter(state=state)
    if country.strip():
        cases = cases.filter(demands__jurisdiction=country.strip().upper()[:2]).distinct()
    if looked_for:
        cases = cases.filter(ref__startswith=looked_for.upper()) | cases.filter(demands__agency=looked_for.lower())
        cases = seen.filter(pk__in=cases.values("pk")[: queue.MOST_COUNTED])
    return cases


@page(None)
def waiting_proposals(request: MemberRequest) -> HttpResponse:
    return render(request, "pages/proposals.html", {"proposals": _for_second(request.member, also_own=True)})


@page(None)
def proposal(request: MemberRequest, code: str) -> HttpResponse:
    found = proposals.find(code)
    content = dict(proposals.payload_of(found)) if people_documents.may_see_content(found, request.member) else None
    kind = proposals.kind_named(found.kind)
    context = {
        "proposal": found,
        "document": people_documents.proposal_document(found),
        "by": saying_who.name_of(found.proposed_by),
        "agreed_by": saying_who.name_of(found.agreed_by) if found.agreed_by else "",
        "content": sorted(content.items()) if content else [],
        "may_agree": kind.agree in queries.actor(request.member).permissions and found.proposed_by != request.member,
        "own": found.proposed_by == request.member,
    }
    return render(request, "pages/proposal.html", context)


@act(None, step_up=True)
def agree(request: MemberRequest, code: str) -> HttpResponse:
    from django.contrib import messages

    agreed = proposals.agree(code, by=request.member, now=_now())
    messages.success(request, _("Agreed: %(kind)s %(subject)s.") % {"kind": agreed.kind, "subject": agreed.subject})
    return redirect("proposal", code=code)


@act(Permission.PROPOSAL_WITHDRAW)
def withdraw(request: MemberRequest, code: str) -> HttpResponse:
    from django.contrib import messages

    proposals.withdraw(code, by=request.member, now=_now())
    messages.success(request, _("Withdrawn."))
    return redirect("proposal", code=code)


@page(None)
def oneself(request: MemberRequest) -> HttpResponse:
    account = request.user
    assert isinstance(account, Account)
    context = {
        "roles": account.member.roles,
        "exclusions": sorted(queries.exclusions_of(request.member)),
        "permissions": sorted(permission.value for permission in queries.actor(request.member).permissions),
    }
    return render(request, "pages/oneself.html", context)


def _alarms(member: str, now: datetime) -> int:
    """Open alarms about requests that this member may know of."""
    return door.visible_to(member).filter(ref__in={alarm.case for alarm in paging.open_alarms(now)}).count()


def _for_second(member: str, *, also_own: bool = False) -> list[dict[str, Any]]:
    """Proposals that this member may agree to; with `also_own` every one that waits."""
    allowed = queries.actor(member).permissions
    found = []
    for each in proposals.waiting():
        mine = each.proposed_by == member
        may = not mine and proposals.kind_named(each.kind).agree in allowed
        if may or also_own:
            found.append({"row": each, "may": may, "mine": mine, "by": saying_who.name_of(each.proposed_by)})
    return found


def _now() -> datetime:
    return datetime.now(UTC)
