"""Pages of a pause that is being written: a few plain questions, then every axis with what it would hold."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.errors import BadInput
from abeyance.pauses import documents, drafts, guided, views
from abeyance.pauses.preview import preview
from abeyance.people import queries as people
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import Stage


@page(Permission.PAUSE_DRAFT, methods=("GET", "POST"))
def new(request: MemberRequest) -> HttpResponse:
    """What the answers make is a draft, shown with what it would hold."""
    problem, said = "", {key: str(value) for key, value in request.POST.items()}
    if request.method == "POST":
        try:
            document = guided.document(said, exception="exception" in said, now=_now())
            made = drafts.save(document, by=request.member, now=_now())
        except BadInput as wrong:
            problem = str(wrong)
        else:
            messages.success(request, _("The draft is kept for you; it binds nobody yet."))
            return redirect("pause-draft", code=made.code)
    context = {
        "said": said,
        "problem": problem,
        "countries": guided.countries(),
        "templates": guided.TEMPLATES,
        "how_far": [(code, label) for code, (label, _stages) in guided.HOW_FAR.items()],
    }
    return render(request, "pauses/new.html", context, status=422 if problem else 200)


@act(Permission.PAUSE_DRAFT)
def blank(request: MemberRequest) -> HttpResponse:
    """An empty draft, for whoever wants every axis at once."""
    document = {"stages": [stage.value for stage in Stage], "mode": "hold"}
    return redirect("pause-draft", code=drafts.save(document, by=request.member, now=_now()).code)


@page(Permission.PAUSE_DRAFT, methods=("GET", "POST"))
def draft(request: MemberRequest, code: str) -> HttpResponse:
    """It is kept with each look, and what was seen is what is declared."""
    found = drafts.find(code, by=request.member)
    document, problem, seen = dict(found.document), "", None
    if request.method == "POST":
        document = views.stated(request)
        shared = views.words(request.POST.get("share", ""))
        found = drafts.save(document, by=request.member, now=_now(), code=code, authors=shared)
        if request.POST.get("way") == "declare":
            return views.told(request, drafts.declare(code, by=request.member, now=_now()))
    try:
        seen = views.shown(preview(drafts.read(document), reader=request.member, now=_now()))
    except BadInput as wrong:
        problem = str(wrong) if request.method == "POST" else ""
    authors = [people.handle_of(each) for each in found.authors]
    more = {"draft": documents.of_draft(found), "authors": authors, "problem": problem, "seen": seen}
    return views.form(request, document, more, status=422 if problem else 200)


@act(Permission.PAUSE_DRAFT)
def discard(request: MemberRequest, code: str) -> HttpResponse:
    drafts.discard(code, by=request.member, now=_now())
    messages.success(request, _("The draft is gone; it held nothing."))
    return redirect("pauses")


def _now() -> datetime:
    return datetime.now(UTC)
