"""Pages of the connected services: what may be read of each, and whether its role reads only that."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.errors import AbeyanceError, NotFound
from abeyance.people.pages import MemberRequest, act, page
from abeyance.policy import queries as policy
from abeyance.rules.permissions import Permission
from abeyance.services import actions, documents, queries
from abeyance.services.connector import KINDS


@page(None)
def services(request: MemberRequest) -> HttpResponse:
    known = queries.services()
    maps = policy.books()[0].maps
    connected = {row.name for row in known if row.disconnected_at is None}
    context = {
        "services": [documents.summary(row) for row in known],
        "maps": [each for each in maps if each.service not in connected],
        "connectors": sorted(KINDS),
    }
    return render(request, "services/services.html", context)


@page(None)
def service(request: MemberRequest, name: str) -> HttpResponse:
    held = next((each for each in policy.books()[0].maps if each.service == name), None)
    row = next((each for each in queries.services() if each.name == name), None)
    if held is None and row is None:
        raise NotFound("There is no such service.")
    context = {"name": name, "map": held, "service": documents.summary(row) if row else None}
    return render(request, "services/service.html", context)


@act(None)
def check(request: MemberRequest, name: str) -> HttpResponse:
    """Asks the service itself."""
    try:
        held, access = queries.check(name)
        found, problem = documents.checked(held, access), ""
    except AbeyanceError as wrong:
        found, problem = None, str(wrong)
    return render(request, "services/checked.html", {"name": name, "found": found, "problem": problem})


@page(None)
def grants(request: MemberRequest, name: str) -> HttpResponse:
    return render(request, "services/grants.html", {"name": name, "sql": queries.grants_for(name)})


@act(Permission.POLICY_PROPOSE)
def connect(request: MemberRequest) -> HttpResponse:
    said = request.POST
    proposal = actions.propose_connection(
        said.get("service", "")[:80],
        said.get("connector", "")[:20],
        entity=said.get("entity", "").strip() or None,
        address_file=said.get("address_file", "").strip() or None,
        by=request.member,
        now=datetime.now(UTC),
    )
    return redirect("proposal", code=proposal.code)


@act(Permission.POLICY_PROPOSE)
def disconnect(request: MemberRequest, name: str) -> HttpResponse:
    actions.disconnect(name, by=request.member, now=datetime.now(UTC))
    messages.success(request, _("Nothing more is read from %(service)s.") % {"service": name})
    return redirect("services")
