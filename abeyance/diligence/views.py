"""Pages of assessments: begun, written, compared, approved; each part with what it asks and why."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from abeyance.diligence import actions, consulting, documents, queries, stating, words
from abeyance.diligence.models import Assessment, Consultation
from abeyance.errors import AbeyanceError, BadInput
from abeyance.people.models import Member
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules import diligence as rules
from abeyance.rules.diligence import Document
from abeyance.rules.diligence_templates import TEMPLATES
from abeyance.rules.permissions import Permission

BLANK = 2
LISTS = {
    "impacts": ("right", "group", "scale", "scope", "irremediability", "likelihood"),
    "options": ("option", "residual_risk", "chosen"),
    "mitigations": ("measure", "owner", "due"),
}
NUMBERS = frozenset({"scale", "scope", "irremediability", "likelihood"})
HEADS = {
    "right": gettext_lazy("Right"),
    "group": gettext_lazy("Group"),
    "scale": gettext_lazy("Scale, 1 to 4"),
    "scope": gettext_lazy("Scope, 1 to 4"),
    "irremediability": gettext_lazy("Hard to undo, 1 to 4"),
    "likelihood": gettext_lazy("Likelihood, 1 to 4"),
    "option": gettext_lazy("Option"),
    "residual_risk": gettext_lazy("Risk that is left"),
    "chosen": gettext_lazy("Chosen"),
    "measure": gettext_lazy("Measure"),
    "owner": gettext_lazy("Who sees to it"),
    "due": gettext_lazy("Until"),
}


@page(Permission.DILIGENCE_READ)
def assessments(request: MemberRequest) -> HttpResponse:
    told = [queries.document(each, now=_now()) for each in queries.assessments()[:500]]
    names = dict(Member.objects.filter(code__in={each["owner"] for each in told}).values_list("code", "handle"))
    return render(
        request,
        "diligence/list.html",
        {
            "assessments": [each | {"owned_by": names.get(each["owner"], "")} for each in told],
            "templates": list(TEMPLATES),
            "pause": request.GET.get("pause", ""),
        },
    )


@act(Permission.DILIGENCE_WRITE)
def begin(request: MemberRequest) -> HttpResponse:
    said = request.POST
    made = actions.begin(
        said.get("pause", "").strip(),
        said.get("template", ""),
        laws=tuple(said.get("laws", "").split()),
        review_by=_day(said.get("review_by", "")),
        by=request.member,
        now=_now(),
    )
    return redirect("assessment-write", code=made.code)


@page(None)
def sources(request: MemberRequest) -> HttpResponse:
    return render(request, "diligence/sources.html", {"parts": documents.parts(), "sources": _sources()})


@page(Permission.DILIGENCE_READ)
def assessment(request: MemberRequest, code: str) -> HttpResponse:
    found = queries.find(code)
    number = request.GET.get("version", "")
    row = queries.version(found, int(number)) if number.isdecimal() else queries.newest(found)
    said = queries.for_reader(row, request.member)
    consultations = Consultation.objects.filter(assessment=found).select_related("assessment").order_by("pk")
    context = _context(found, request) | {
        "row": row,
        "parts": _parts(said, set(row.marked)),
        "said": said,
        "missing": queries.lacks(found, queries.whole(row)),
        "versions": list(found.versions.order_by("-number")[:50]),
        "comments": queries.notes(found),
        "consultations": [consulting.document(each, _now()) for each in consultations],
        "public": queries.published(found.pause, today=_now().date()) if found.pause else None,
        "history": words.HISTORY,
        "audiences": consulting.AUDIENCES,
        "risks": consulting.RISKS,
    }
    return render(request, "diligence/assessment.html", context)


@page(Permission.DILIGENCE_WRITE, methods=("GET", "POST"))
def write(request: MemberRequest, code: str) -> HttpResponse:
    found = queries.find(code)
    base = queries.newest(found)
    problem, onto = "", base.number
    said = queries.for_reader(base, request.member)
    shown = rules.as_document(said)
    if request.method == "POST":
        shown, onto = _stated(request, base.marked), int(request.POST.get("onto", "0") or 0)
        try:
            actions.write(code, shown, onto=onto, by=request.member, now=_now())
        except AbeyanceError as wrong:
            problem = str(wrong)
        else:
            messages.success(request, _("A new version is written."))
            return redirect("assessment", code=found.code)
    context = _context(found, request) | {
        "onto": onto,
        "problem": problem,
        "laws": " ".join(shown["laws"]),
        "fields": _fields(shown, request),
        "missing": queries.lacks(found, queries.whole(base)),
    }
    return render(request, "diligence/write.html", context, status=422 if problem else 200)


@page(Permission.DILIGENCE_READ)
def compare(request: MemberRequest, code: str) -> HttpResponse:
    found = queries.find(code)
    asked = [request.GET.get(name, "") for name in ("old", "new")]
    if not all(number.isdecimal() for number in asked):
        raise BadInput(_("Choose two versions."))
    old, new = (queries.for_reader(queries.version(found, int(number)), request.member) for number in asked)
    changes = [(words.PARTS[each.part][0], each.lines) for each in rules.differences(old, new)]
    return render(request, "diligence/diff.html", {"assessment": found, "changes": changes, "asked": asked})


@act(Permission.DILIGENCE_READ)
def comment(request: MemberRequest, code: str) -> HttpResponse:
    said = request.POST
    actions.comment(code, said.get("part", ""), said.get("text", ""), by=request.member, now=_now())
    return redirect("assessment", code=code)


@act(Permission.DILIGENCE_WRITE)
def give(request: MemberRequest, code: str) -> HttpResponse:
    actions.give_to(code, request.POST.get("owner", "").strip(), by=request.member, now=_now())
    return redirect("assessment", code=code)


@act(Permission.DILIGENCE_WRITE, step_up=True)
def approve(request: MemberRequest, code: str) -> HttpResponse:
    proposal = stating.propose_approval(code, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


@act(Permission.DILIGENCE_WRITE, step_up=True)
def prolong(request: MemberRequest, code: str) -> HttpResponse:
    until, reason = _day(request.POST.get("until", "")), request.POST.get("reason", "")
    proposal = stating.propose_prolongation(code, until, reason, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


# --- what a template is given, and what a form says


def _context(found: Assessment, request: MemberRequest) -> dict[str, Any]:
    told = queries.document(found, now=_now())
    owner = Member.objects.filter(code=found.owner).values_list("handle", flat=True).first()
    return {"assessment": found, "told": told, "owned_by": owner or found.owner, "own": found.owner == request.member}


def _parts(said: Document, privileged: set[str]) -> list[dict[str, Any]]:
    shown = rules.as_document(said)
    return [
        {
            "code": part.code,
            "title": words.PARTS[part.code][0],
            "sources": part.sources,
            "privileged": part.code in privileged,
            "text": said.text(part.code),
            "heads": [HEADS[name] for name in LISTS.get(part.code, ())],
            "rows": [[_cell(each[name]) for name in LISTS[part.code]] for each in shown[part.code]]
            if part.is_list
            else [],
        }
        for part in rules.PARTS
    ]


def _cell(value: object) -> str:
    return ("✓" if value else "") if isinstance(value, bool) else str(value)


def _fields(shown: dict[str, Any], request: MemberRequest) -> list[dict[str, Any]]:
    return [
        {
            "code": part.code,
            "title": words.PARTS[part.code][0],
            "asks": words.PARTS[part.code][1],
            "sources": part.sources,
            "required": part.required,
            "privileged": part.code in shown["privileged"],
            "may_mark": part.code != rules.PUBLIC and not part.is_list,
            "text": shown["parts"].get(part.code, ""),
            "names": [(name, HEADS[name]) for name in LISTS.get(part.code, ())],
            "rows": [*shown.get(part.code, []), *({} for _blank in range(BLANK))] if part.is_list else [],
        }
        for part in rules.PARTS
    ]


def _stated(request: MemberRequest, marked: list[str]) -> dict[str, Any]:
    """The form as the document that a file would be."""
    said = request.POST
    return {
        "laws": said.get("laws", "").split(),
        "parts": {part: said[part] for part in rules.TEXTS if said.get(part, "").strip()},
        "privileged": said.getlist("privileged") if "marks" in said else list(marked),
        **{name: _rows(request, name) for name in LISTS},
    }


def _rows(request: MemberRequest, name: str) -> list[dict[str, Any]]:
    columns = {key: request.POST.getlist(f"{name}-{key}")[: rules.MOST] for key in LISTS[name]}
    count = max((len(values) for values in columns.values()), default=0)
    rows = []
    for number in range(count):
        row = {key: values[number].strip() if number < len(values) else "" for key, values in columns.items()}
        if any(value for key, value in row.items() if key != "chosen"):
            rows.append({key: _typed(key, value) for key, value in row.items()})
    return rows


def _typed(key: str, value: str) -> Any:
    if key in NUMBERS:
        return int(value) if value.isdecimal() else value
    return value == "yes" if key == "chosen" else value


def _sources() -> list[dict[str, Any]]:
    return [documents.source(code) for code in rules.SOURCES]


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(_("Give a date.")) from None


def _now() -> datetime:
    return datetime.now(UTC)
