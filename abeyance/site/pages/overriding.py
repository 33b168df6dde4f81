"""The paper of a court's order that overrides a pause."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse

from abeyance.casefile import door
from abeyance.errors import NotFound
from abeyance.pauses import court_orders
from abeyance.people.pages import MemberRequest, page
from abeyance.rules.permissions import Permission


@page(Permission.CASE_READ)
def order_document(request: MemberRequest, ref: str, key: UUID) -> HttpResponse:
    """As counsel kept it, to be saved."""
    found = door.open_for(request.member, ref, Permission.CASE_READ, now=datetime.now(UTC))
    row = next((each for each in court_orders.of_case(found) if each.key == key), None)
    if row is None:
        raise NotFound("This request has no such order of a court.")
    answer = HttpResponse(court_orders.document_of(row), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.ref}-order"'
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer
