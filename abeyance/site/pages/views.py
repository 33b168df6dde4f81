"""The first page, the list of requests, what waits for a second person, and oneself."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance import countries
from abeyance.asking import Asked, Question, question
from abeyance.casefile import door
from abeyance.casefile.models import Case
from abeyance.pauses import alarming, due, reconfirming, store, wording
from abeyance.pauses import documents as pause_documents
from abeyance.people import commands as people_documents
from abeyance.people import proposals
from abeyance.people import queries as people
from abeyance.people.pages import MemberRequest, act, page
from abeyance.policy import queries as policy
from abeyance.rules.lifecycle import State
from abeyance.rules.people import Actor
from abeyance.rules.permissions import Permission
from abeyance.site.oncall import paging
from abeyance.site.pages import proposing, queue, saying_who
from abeyance.site.signin.models import Account

A_REF = re.compile(r"R-[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}", re.IGNORECASE)
MOST_PAUSES = 20
LAW_ADOPT = "law-adopt"


@page(None)
def front(request: MemberRequest) -> HttpResponse:
    """What is due, what is held and why, what waits for me."""
    now, sight = _now(), people.sight_of(request.member)
    reads, seen = Permission.CASE_READ in sight.actor.permissions, door.visible_in(sight)
    asked = Asked()
    in_force = asked.again(_in_force())
    if reads:
        due.catch_up(now)
        lists_of = queue.lists(asked, sight)
    asked.now()
    lists = lists_of(now) if reads else None
    context = {
        "reads": reads,
        "due": lists.due if lists else [],
        "waiting": lists.waiting if lists else [],
        "pauses": [pause_documents.of_row(row) for row in in_force[:MOST_PAUSES]],
        "more_pauses": len(in_force) > MOST_PAUSES,
        "proposals": _for_second(sight.actor),
        "alarms": _alarms(seen, now) if reads else 0,
        "undecided": alarming.alarms_of(in_force, now, reader=request.member),
        "lapsing": reconfirming.lapsing_soon(request.member, now) if reads else [],
    }
    template = "pages/front_lists.html" if request.headers.get("HX-Request") else "pages/front.html"
    return render(request, template, context)


@page(Permission.CASE_READ)
def requests(request: MemberRequest) -> HttpResponse:
    """Every request that this member may know of, by filters; a whole reference goes straight to it."""
    said, seen = request.GET, door.visible_to(request.member)
    looked_for = said.get("q", "").strip()[:80]
    if (found := A_REF.fullmatch(looked_for)) and seen.filter(ref=found[0].upper()).exists():
        return redirect("case", ref=found[0].upper())
    wanted = queue.wanted(seen, state=said.get("state", ""), country=said.get("country", ""), looked_for=looked_for)
    listed = queue.listed(wanted, said.get("page", ""), now=_now())
    context = {
        "lines": listed.lines,
        "shown": listed.page,
        "count": listed.page.paginator.count,
        "more": listed.more,
        "states": [state.value for state in State],
        "said": {
            "q": looked_for,
            "state": said.get("state", ""),
            "country": countries.code_or_text(said.get("country", "")[:60]),
        },
    }
    return render(request, "pages/requests.html", context)


@page(None)
def waiting_proposals(request: MemberRequest) -> HttpResponse:
    return render(
        request, "pages/proposals.html", {"proposals": _for_second(people.actor(request.member), also_own=True)}
    )


@page(None)
def proposal(request: MemberRequest, code: str) -> HttpResponse:
    found = proposals.find_for(code, request.member)
    content = dict(proposals.payload_of(found)) if people_documents.may_see_content(found, request.member) else None
    kind = proposals.kind_named(found.kind)
    pause = proposing.pause_of(found, content, request.member) if content else None
    context = {
        "proposal": found,
        "document": people_documents.proposal_document(found),
        "by": saying_who.name_of(found.proposed_by),
        "subject": saying_who.name_of(found.subject),
        "agreed_by": saying_who.name_of(found.agreed_by) if found.agreed_by else "",
        "content": proposing.in_plain_words(content) if content else [],
        "changes": proposing.changes(found, content, request.member) if content else [],
        "pause": pause,
        "axes": wording.shown(pause) if pause else [],
        "exceptions": [(each, wording.conditions_of(each)) for each in pause["exceptions"]] if pause else [],
        "law": policy.entry_of(found.subject) if found.kind == LAW_ADOPT else None,
        "may_agree": kind.agree in people.actor(request.member).permissions and found.proposed_by != request.member,
        "own": found.proposed_by == request.member,
    }
    return render(request, "pages/proposal.html", context)


@act(None, step_up=True)
def agree(request: MemberRequest, code: str) -> HttpResponse:
    from django.contrib import messages

    agreed = proposals.agree(code, by=request.member, now=_now())
    messages.success(
        request,
        _("Agreed: %(kind)s %(subject)s.")
        % {"kind": agreed.kind.replace("-", " "), "subject": saying_who.name_of(agreed.subject)},
    )
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
        "exclusions": sorted(people.exclusions_of(request.member)),
        "permissions": sorted(permission.value for permission in people.actor(request.member).permissions),
    }
    return render(request, "pages/oneself.html", context)


@cache
def _in_force() -> Question:
    return question(store.rows_in_force())


def _alarms(seen: QuerySet[Case], now: datetime) -> int:
    """Open alarms about requests that this member may know of."""
    alarms = {alarm.case for alarm in paging.open_alarms(now)}
    return seen.filter(ref__in=alarms).count() if alarms else 0


def _for_second(member: Actor, *, also_own: bool = False) -> list[dict[str, Any]]:
    """Proposals that this member may agree to; with `also_own` every one that waits."""
    waiting = proposals.waiting(member.code)
    spoken_of = [code for each in waiting for code in (each.proposed_by, each.subject)]
    names = saying_who.names_of(spoken_of) if waiting else {}
    found = []
    for each in waiting:
        mine = each.proposed_by == member.code
        may = not mine and proposals.kind_named(each.kind).agree in member.permissions
        if may or also_own:
            by = names.get(each.proposed_by, each.proposed_by)
            subject = names.get(each.subject, each.subject)
            found.append({"row": each, "may": may, "mine": mine, "by": by, "subject": subject})
    return found


def _now() -> datetime:
    return datetime.now(UTC)
