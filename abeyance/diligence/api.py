"""The API of assessments: what the command can do. What is privileged is never sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.diligence import actions, documents, queries, stating
from abeyance.people import queries as members
from abeyance.people.api import ProposalOut
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.commands import proposal_document
from abeyance.people.models import Proposal
from abeyance.rules import diligence as rules
from abeyance.rules.permissions import Permission

router = Router(tags=["due diligence"], auth=MemberToken())
Document = dict[str, Any]


class Begin(Schema):
    pause: str = Field("", max_length=64)
    template: str = Field("new-law", max_length=32)
    laws: list[str] = Field(default_factory=list, max_length=50)
    review_by: date


class Write(Schema):
    onto: int
    document: Document


class Comment(Schema):
    part: str = Field(max_length=32)
    text: str = Field(max_length=actions.LONGEST_NOTE)


class Owner(Schema):
    owner: str = Field(max_length=64)


class Prolong(Schema):
    until: date
    reason: str = Field(max_length=stating.LONGEST_REASON)


@router.get("/assessments", response=list[Document])
def assessments(request: HttpRequest) -> list[Document]:
    _reader(request)
    return [queries.document(each, now=_now()) for each in queries.assessments()[:1000]]


@router.post("/assessments", response={201: Document})
def begin(request: HttpRequest, body: Begin) -> Document:
    by, laws = caller(request), tuple(body.laws)
    made = actions.begin(body.pause, body.template, laws=laws, review_by=body.review_by, by=by, now=_now())
    return queries.document(made, now=_now())


@router.get("/assessments/parts", response=list[Document])
def parts(request: HttpRequest) -> list[Document]:
    return documents.parts()


@router.get("/assessments/{code}", response=Document)
def assessment(request: HttpRequest, code: str, version: int | None = None) -> Document:
    _reader(request)
    found = queries.find(code)
    row = queries.version(found, version) if version is not None else queries.newest(found)
    return queries.with_text(found, row, now=_now())


@router.post("/assessments/{code}/versions", response={201: Document})
def write(request: HttpRequest, code: str, body: Write) -> Document:
    row = actions.write(code, body.document, onto=body.onto, by=caller(request), now=_now())
    return queries.with_text(row.assessment, row, now=_now())


@router.get("/assessments/{code}/diff", response=list[Document])
def diff(request: HttpRequest, code: str, old: int, new: int) -> list[Document]:
    _reader(request)
    found = queries.find(code)
    before, after = (queries.shown(queries.version(found, number)) for number in (old, new))
    changes = rules.differences(before, after)
    return [{"part": each.part, "lines": [list(line) for line in each.lines]} for each in changes]


@router.post("/assessments/{code}/comments", response={201: Document})
def comment(request: HttpRequest, code: str, body: Comment) -> Document:
    made = actions.comment(code, body.part, body.text, by=caller(request), now=_now())
    return {"version": made.version, "part": made.part}


@router.put("/assessments/{code}/owner", response=Document)
def owner(request: HttpRequest, code: str, body: Owner) -> Document:
    return queries.document(actions.give_to(code, body.owner, by=caller(request), now=_now()), now=_now())


@router.post("/assessments/{code}/prolong", response={202: ProposalOut})
def prolong(request: HttpRequest, code: str, body: Prolong) -> ProposalOut:
    return _proposed(stating.propose_prolongation(code, body.until, body.reason, by=caller(request), now=_now()))


@router.post("/assessments/{code}/approve", response={202: ProposalOut})
def approve(request: HttpRequest, code: str) -> ProposalOut:
    return _proposed(stating.propose_approval(code, by=caller(request), now=_now()))


@router.get("/pauses/{name}/due-diligence", response=Document)
def published(request: HttpRequest, name: str) -> Document:
    """What is public of it."""
    return queries.published(name, today=_now().date())


def _reader(request: HttpRequest) -> None:
    members.require(caller(request), Permission.DILIGENCE_READ, _now())


def _proposed(proposal: Proposal) -> ProposalOut:
    return ProposalOut(**proposal_document(proposal))


def _now() -> datetime:
    return datetime.now(UTC)
