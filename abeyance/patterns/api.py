"""The API of matters and of suspended exceptions."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.casefile import door
from abeyance.patterns import actions, documents, queries
from abeyance.people.api import ProposalOut
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.commands import proposal_document
from abeyance.rules.permissions import Permission

router = Router(tags=["patterns"], auth=MemberToken())
Document = dict[str, Any]


class Verdict(Schema):
    verdict: Literal["the-same", "another"]


class ExceptionOf(Schema):
    pause: str = Field(max_length=64)
    exception: str = Field(max_length=64)


@router.get("/requests/{ref}/matter", response=list[Document])
def matter(request: HttpRequest, ref: str) -> list[Document]:
    case = door.open_for(caller(request), ref, Permission.CASE_READ, now=_now())
    return documents.of_matter(case, caller(request))


@router.post("/requests/{ref}/matter/{other}", response=Document)
def decide(request: HttpRequest, ref: str, other: str, body: Verdict) -> Document:
    if body.verdict == "the-same":
        actions.decide_the_same(ref, other, by=caller(request), now=_now())
        return {"verdict": body.verdict}
    proposal = actions.propose_another(ref, other, by=caller(request), now=_now())
    return {"verdict": None, "proposal": proposal.code}


@router.get("/suspended-exceptions", response=list[Document])
def suspended(request: HttpRequest) -> list[Document]:
    return [documents.of_suspension(row) for row in queries.suspensions()]


@router.post("/suspended-exceptions", response=Document)
def suspend(request: HttpRequest, body: ExceptionOf) -> Document:
    row = actions.suspend_exception(body.pause, body.exception, by=caller(request), now=_now())
    return documents.of_suspension(row)


@router.post("/suspended-exceptions/resume", response=ProposalOut)
def resume(request: HttpRequest, body: ExceptionOf) -> Document:
    proposal = actions.propose_resumption(body.pause, body.exception, by=caller(request), now=_now())
    return proposal_document(proposal)


def _now() -> datetime:
    return datetime.now(UTC)
