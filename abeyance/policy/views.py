"""Pages of policy and law: read, compare, propose, adopt."""

from __future__ import annotations

from datetime import UTC, date, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.errors import AbeyanceError, BadInput
from abeyance.people.pages import MemberRequest, act, page
from abeyance.policy import actions, commands, queries
from abeyance.rules.instruments import LawEntry, LawText, OutboundEntry
from abeyance.rules.permissions import Permission


@page(None)
def texts(request: MemberRequest) -> HttpResponse:
    return render(request, "policy/texts.html", commands.in_force(datetime.now(UTC)))


@page(None)
def text(request: MemberRequest, kind: str, name: str) -> HttpResponse:
    found = queries.body(kind, name)
    parsed = queries.current(kind, name)
    entries: list[LawEntry | OutboundEntry] = []
    if isinstance(parsed, LawText):
        entries = [*parsed.entries, *parsed.outbound]
    standings = {each["entry"]: each["standing"] for each in commands.in_force(datetime.now(UTC))["entries"]}
    context = {"text": found, "entries": [(entry, standings.get(entry.id, "")) for entry in entries]}
    return render(request, "policy/text.html", context)


@page(Permission.POLICY_PROPOSE, methods=("GET", "POST"))
def propose(request: MemberRequest) -> HttpResponse:
    """The whole text anew; what is wrong is named before anything is proposed, and nothing typed is lost."""
    body, problem = request.POST.get("body", "").replace("\r\n", "\n"), ""
    kind, name = request.GET.get("kind", ""), request.GET.get("name", "")
    if request.method == "POST":
        try:
            proposal = actions.propose_text(body, by=request.member, now=datetime.now(UTC))
        except AbeyanceError as wrong:
            problem = str(wrong)
        else:
            return redirect("policy-compare", code=proposal.code)
    elif answers := request.GET.get("answers", ""):
        body = commands.body_answering(answers[:64], request.GET)
    elif kind and name:
        body = queries.body(kind, name).body
    context = {"body": body, "problem": problem, "answers": request.GET.get("answers", "")[:64]}
    return render(request, "policy/propose.html", context, status=422 if problem else 200)


@page(None)
def compare(request: MemberRequest, code: str) -> HttpResponse:
    """What would change, line by line."""
    lines = [(line[:1], line) for line in commands.comparison(code)]
    return render(request, "policy/compare.html", {"code": code, "lines": lines})


@act(Permission.LAW_ADOPT)
def adopt(request: MemberRequest) -> HttpResponse:
    try:
        until = date.fromisoformat(request.POST.get("until", ""))
    except ValueError:
        raise BadInput("Say until when the adoption holds, as a date.") from None
    entry, against = request.POST.get("entry", "")[:80], request.POST.get("checked_against", "").strip()
    proposal = actions.propose_adoption(entry, until, checked_against=against, by=request.member, now=datetime.now(UTC))
    return redirect("proposal", code=proposal.code)


@act(Permission.LAW_ADOPT)
def end_adoption(request: MemberRequest) -> HttpResponse:
    entry = request.POST.get("entry", "")[:80]
    actions.end_adoption(entry, by=request.member, now=datetime.now(UTC))
    messages.success(request, _("%(entry)s decides nothing any more.") % {"entry": entry})
    return redirect("policy")
