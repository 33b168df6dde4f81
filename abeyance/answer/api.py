"""The API of formal steps: what `abeyance step` can do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.answer import documents, steps
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


def _now() -> datetime:
    return datetime.now(UTC)
