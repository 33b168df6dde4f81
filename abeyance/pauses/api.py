"""The API of pauses: what the command can do. Bodies are the TOML file's keys as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Body, Field, Router, Schema

from abeyance.errors import BadInput, NotFound
from abeyance.pauses import actions, conditions, documents, store
from abeyance.pauses.models import PauseRow
from abeyance.pauses.preview import preview
from abeyance.people.api import ProposalOut
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.commands import proposal_document
from abeyance.rules.pausefile import Unreadable, parse_pause
from abeyance.rules.pauses import Pause

router = Router(tags=["pauses"], auth=MemberToken())
Document = dict[str, Any]


class Settled(Schema):
    outcome: Literal["met", "waived"]
    reason: str = Field(max_length=5000)


class Reason(Schema):
    reason: str = Field(max_length=5000)


class Closing(Schema):
    closing_statement: str = Field(max_length=10_000)


@router.get("/pauses", response=list[Document])
def pauses(request: HttpRequest, also_ended: bool = False) -> list[Document]:
    rows = PauseRow.objects.order_by("pk") if also_ended else store.rows_in_force()
    return [documents.of_row(row) for row in rows]


@router.post("/pauses/preview", response=Document)
def show_preview(request: HttpRequest, body: Body[Document]) -> Document:
    return documents.of_preview(preview(_read(body), reader=caller(request), now=_now()))


@router.get("/pauses/{name}", response=list[Document])
def versions(request: HttpRequest, name: str) -> list[Document]:
    rows = [documents.of_row(row) for row in store.known([name])]
    if not rows:
        raise NotFound("There is no such pause.")
    return rows


@router.post("/pauses", response={201: Document})
def declare(request: HttpRequest, body: Body[Document]) -> Document:
    return _bound(actions.declare(_read(body), by=caller(request), now=_now()), caller(request))


@router.put("/pauses/{name}", response=Document)
def amend(request: HttpRequest, name: str, body: Body[Document]) -> Document:
    pause = _read(body | {"name": name})
    return _bound(actions.amend(pause, by=caller(request), now=_now()), caller(request))


@router.post("/pauses/{name}/lift", response={202: ProposalOut})
def lift(request: HttpRequest, name: str, body: Closing) -> ProposalOut:
    proposal = actions.propose_lift(name, body.closing_statement, by=caller(request), now=_now())
    return ProposalOut(**proposal_document(proposal))


@router.get("/pauses/{name}/conditions", response=Document)
def show_conditions(request: HttpRequest, name: str) -> Document:
    return conditions.told(name, now=_now())


@router.post("/pauses/{name}/conditions/{number}", response={202: ProposalOut})
def settle(request: HttpRequest, name: str, number: int, body: Settled) -> ProposalOut:
    proposal = conditions.propose(name, number, body.outcome, body.reason, by=caller(request), now=_now())
    return ProposalOut(**proposal_document(proposal))


@router.post("/pauses/{name}/conditions/{number}/open", response=Document)
def open_again(request: HttpRequest, name: str, number: int, body: Reason) -> Document:
    """At once. Number 0 is the waived assessment."""
    conditions.reopen(name, number, body.reason, by=caller(request), now=_now())
    return conditions.told(name, now=_now())


@router.post("/pauses/{name}/waive-assessment", response={202: ProposalOut})
def waive(request: HttpRequest, name: str, body: Reason) -> ProposalOut:
    proposal = conditions.propose_waiver(name, body.reason, by=caller(request), now=_now())
    return ProposalOut(**proposal_document(proposal))


def _bound(bound: actions.Bound, by: str) -> Document:
    return documents.of_bound(bound, preview(bound.pause, reader=by, now=_now()))


def _read(body: Document) -> Pause:
    try:
        return parse_pause(body)
    except Unreadable as problem:
        raise BadInput(str(problem)) from None


def _now() -> datetime:
    return datetime.now(UTC)
