"""Pages of the directory: agencies, their contact data from elsewhere than a request, their keys."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.errors import BadInput
from abeyance.people.directory import actions, documents, queries
from abeyance.people.directory.entry import ContactKind, read_entries
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import RequesterKind

MOST = 500
CONTACT_ROWS = 3


@page(None)
def agencies(request: MemberRequest) -> HttpResponse:
    looked_for = request.GET.get("q", "").strip()[:80]
    rows = queries.agencies()
    if looked_for:
        rows = rows.filter(
            Q(code__icontains=looked_for) | Q(name__icontains=looked_for) | Q(jurisdiction=looked_for.upper())
        )
    found = [documents.summary(row) for row in rows[: MOST + 1]]
    return render(
        request, "verification/agencies.html", {"agencies": found[:MOST], "more": len(found) > MOST, "q": looked_for}
    )


@page(None)
def agency(request: MemberRequest, code: str) -> HttpResponse:
    row = queries.agency(code)
    return render(request, "verification/agency.html", {"agency": documents.in_full(row), "kinds": ("age", "openpgp")})


@page(Permission.AGENCY_PROPOSE, methods=("GET", "POST"))
def new(request: MemberRequest) -> HttpResponse:
    """A new agency, or what is known of one anew; a second member agrees."""
    problem = ""
    if request.method == "POST":
        try:
            made = actions.propose_agencies(
                read_entries({"agency": [_stated(request)]}, "form"), by=request.member, now=_now()
            )
        except BadInput as wrong:
            problem = str(wrong)
        else:
            if made:
                return redirect("proposal", code=made[0].code)
            messages.success(request, _("The directory says all of this already."))
            return redirect("agencies")
    code = request.GET.get("code", "")
    context = {
        "said": request.POST if request.method == "POST" else _known(code),
        "agency_kinds": [kind.value for kind in RequesterKind],
        "contact_kinds": [kind.value for kind in ContactKind],
        "rows": _rows(request, code),
        "problem": problem,
    }
    return render(request, "verification/new.html", context, status=422 if problem else 200)


def _known(code: str) -> dict[str, str]:
    """What the directory has, as the form would say it."""
    if not code:
        return {}
    told = documents.in_full(queries.agency(code)) | {"code": code}
    plain = {key: value for key, value in told.items() if key not in ("contacts", "keys")}
    return {key: " ".join(value) if isinstance(value, list) else str(value) for key, value in plain.items()}


def _rows(request: MemberRequest, code: str) -> list[dict[str, Any]]:
    if request.method == "POST":
        return _contacts(request) + [{}] * CONTACT_ROWS
    known = documents.in_full(queries.agency(code))["contacts"] if code else []
    return [*known, *({} for _row in range(CONTACT_ROWS))]


def _stated(request: MemberRequest) -> dict[str, Any]:
    said = request.POST
    stated: dict[str, Any] = {key: said.get(key, "").strip() for key in ("code", "name", "kind", "source")}
    stated["jurisdiction"] = said.get("jurisdiction", "").strip().upper()
    stated |= {key: said.get(key, "").replace(",", " ").split() for key in ("domains", "acts_for")}
    stated["source_date"] = _date(said.get("source_date", ""))
    stated["contacts"] = [contact | {"source_date": _date(contact["source_date"])} for contact in _contacts(request)]
    return {key: value for key, value in stated.items() if value not in ("", [])}


def _contacts(request: MemberRequest) -> list[dict[str, Any]]:
    said = request.POST
    columns = [said.getlist(f"contact-{key}")[:100] for key in ("kind", "value", "source", "source_date")]
    return [
        {"kind": kind, "value": value.strip(), "source": source.strip(), "source_date": when.strip()}
        for kind, value, source, when in zip(*columns, strict=False)
        if value.strip()
    ]


def _date(text: str) -> Any:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("Say when it was looked up, as a date such as 2026-11-24.") from None


@act(Permission.AGENCY_PROPOSE)
def add_key(request: MemberRequest, code: str) -> HttpResponse:
    text, kind = request.POST.get("public_key", "").strip(), request.POST.get("kind", "")
    proposal = actions.propose_key(code, kind, text, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


@act(Permission.AGENCY_REVOKE)
def revoke_key(request: MemberRequest, code: str) -> HttpResponse:
    actions.revoke_key(request.POST.get("fingerprint", "")[:128], by=request.member, now=_now())
    messages.success(request, _("The key counts no more, from this moment."))
    return redirect("agency", code=code)


@act(Permission.AGENCY_REVOKE)
def suspend(request: MemberRequest, code: str) -> HttpResponse:
    actions.suspend_agency(code, by=request.member, now=_now())
    messages.success(request, _("Nothing goes to this agency any more."))
    return redirect("agency", code=code)


@act(Permission.AGENCY_PROPOSE)
def reinstate(request: MemberRequest, code: str) -> HttpResponse:
    proposal = actions.propose_reinstatement(code, by=request.member, now=_now())
    return redirect("proposal", code=proposal.code)


def _now() -> datetime:
    return datetime.now(UTC)
