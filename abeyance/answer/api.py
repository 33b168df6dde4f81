"""The API of formal steps: what `abeyance step` can do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.answer import documents, preserving, refusal_documents, refusals, rerouting, steps
from abeyance.answer.steps import Way
from abeyance.people import queries as people
from abeyance.people.bearer import MemberToken, caller
from abeyance.rules.permissions import Permission

router = Router(tags=["steps"], auth=MemberToken())
Document = dict[str, Any]


class TextIn(Schema):
    text: str = Field(max_length=steps.LONGEST)
    tells: bool = False


class Approval(Schema):
    digest: str = Field(max_length=64)


class Sending(Schema):
    way: Way


@router.get("/steps", response=list[Document])
def due(request: HttpRequest, limit: int = 200) -> list[Document]:
    people.require(caller(request), Permission.CASE_READ, _now())
    rows = steps.open_for(caller(request))[: max(1, min(limit, 1000))]
    return [documents.of_step(row, now=_now()) for row in rows]


@router.get("/steps/{key}", response=Document)
def show(request: HttpRequest, key: UUID) -> Document:
    return documents.in_full(steps.find(key, by=caller(request), now=_now()), now=_now())


@router.put("/steps/{key}/text", response=Document)
def write(request: HttpRequest, key: UUID, body: TextIn) -> Document:
    row = steps.write(key, body.text, tells=body.tells, by=caller(request), now=_now())
    return documents.of_step(row, now=_now())


@router.post("/steps/{key}/approve", response=Document)
def approve(request: HttpRequest, key: UUID, body: Approval) -> Document:
    return documents.of_step(steps.approve(key, body.digest, by=caller(request), now=_now()), now=_now())


@router.post("/steps/{key}/sent", response=Document)
def sent(request: HttpRequest, key: UUID, body: Sending) -> Document:
    return documents.of_step(steps.sent(key, body.way, by=caller(request), now=_now()), now=_now())


class Listed(Schema):
    instrument: str = Field(max_length=80)
    digest: str = Field(max_length=64)


@router.get("/refusals/draft", response=Document)
def draft_refusals(request: HttpRequest, instrument: str) -> Document:
    return refusal_documents.of_draft(refusals.draft(instrument, by=caller(request), now=_now()))


@router.get("/refusals", response=list[Document])
def refusal_lists(request: HttpRequest) -> list[Document]:
    by, now = caller(request), _now()
    people.require(by, Permission.CASE_READ, now)
    return [refusal_documents.of_batch(batch, by=by, now=now) for batch in refusals.batches(by)]


@router.get("/refusals/{key}", response=Document)
def refusal_list(request: HttpRequest, key: UUID) -> Document:
    by, now = caller(request), _now()
    return refusal_documents.of_batch(refusals.find(key, by=by, now=now), by=by, now=now)


@router.post("/refusals", response={201: Document})
def propose_refusals(request: HttpRequest, body: Listed) -> Document:
    by, now = caller(request), _now()
    return refusal_documents.of_batch(refusals.propose(body.instrument, body.digest, by=by, now=now), by=by, now=now)


@router.post("/refusals/{key}/agree", response=Document)
def agree_to_refusals(request: HttpRequest, key: UUID, body: Approval) -> Document:
    by, now = caller(request), _now()
    return refusal_documents.of_batch(refusals.agree(key, body.digest, by=by, now=now), by=by, now=now)


class PreservationIn(Schema):
    items: list[int] = Field(default=[], max_length=1000)


@router.post("/requests/{ref}/preservations", response={201: Document})
def preserve(request: HttpRequest, ref: str, body: PreservationIn) -> Document:
    return preserving.of_row(preserving.propose(ref, frozenset(body.items), by=caller(request), now=_now()))


@router.post("/requests/{ref}/preservations/{key}/agree", response=Document)
def agree_to_preserve(request: HttpRequest, ref: str, key: UUID) -> Document:
    return preserving.of_row(preserving.agree(ref, key, by=caller(request), now=_now()))


class FollowUpIn(Schema):
    """Without `arrived_as`: nothing came."""

    arrived_as: str = Field(default="", max_length=16)


@router.get("/follow-ups", response=list[Document])
def follow_ups(request: HttpRequest) -> list[Document]:
    by, now = caller(request), _now()
    return [rerouting.as_document(row, by, now=now) for row in rerouting.waiting_to(by, now=now)[:1000]]


@router.post("/requests/{ref}/follow-up", response=Document)
def follow_up(request: HttpRequest, ref: str, body: FollowUpIn) -> Document:
    by, now = caller(request), _now()
    return rerouting.as_document(rerouting.end(ref, body.arrived_as, by=by, now=now), by, now=now)


def _now() -> datetime:
    return datetime.now(UTC)
