"""The API of what the public is told. The public side of it is on the portal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Body, Router

from abeyance.people import queries
from abeyance.people.bearer import MemberToken, caller
from abeyance.reporting import publishing
from abeyance.reporting import register as stances
from abeyance.rules.permissions import Permission

router = Router(tags=["reporting"], auth=MemberToken())
Document = dict[str, Any]


@router.get("/stances", response=list[Document])
def lines(request: HttpRequest) -> list[Document]:
    return [{"line": row.pk} | stances.document(row) for row in stances.lines()]


@router.post("/stances", response={201: Document})
def add(request: HttpRequest, body: Body[Document], instead_of: int | None = None) -> tuple[int, Document]:
    row = stances.record(stances.read(body), by=caller(request), now=_now(), replaces=instead_of)
    return 201, {"line": row.pk} | stances.document(row)


@router.delete("/stances/{line}", response=Document)
def drop(request: HttpRequest, line: int) -> Document:
    stances.withdraw(line, by=caller(request), now=_now())
    return {"line": line}


@router.post("/publications", response=Document)
def publish(request: HttpRequest) -> Document:
    queries.require(caller(request), Permission.PAUSE_DRAFT, _now())
    made = publishing.publish(_now(), by=caller(request))
    return {"published": made is not None}


def _now() -> datetime:
    return datetime.now(UTC)
