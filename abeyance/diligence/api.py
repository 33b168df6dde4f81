"""The API of assessments and consultations: what the command can do. What is privileged is never sent."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Router, Schema

from abeyance.diligence import (
    acting,
    actions,
    consultation_commands,
    consulting,
    documents,
    queries,
    stating,
    talking,
)
from abeyance.diligence.models import Consultation, Seat
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


# --- consultations; what is encrypted in a browser is read there alone


class Invite(Schema):
    audience: str = Field("expert", max_length=16)
    guests: int = 1
    ends: datetime
    risk: str = Field(max_length=16)
    answer: str = Field(max_length=consulting.LONGEST_RISK)


class Text(Schema):
    text: str = Field(max_length=10_000)


class Passage(Text):
    seat: str = Field(max_length=16)
    salt: str = Field(max_length=64)


class Lines(Schema):
    request: str = Field(max_length=24)
    lines: list[str] = Field(max_length=consulting.MOST_LINES)


@router.get("/consultations", response=list[Document])
def consultations(request: HttpRequest) -> list[Document]:
    _reader(request)
    rows = Consultation.objects.select_related("assessment").order_by("-pk")[:1000]
    return [consulting.document(row, _now()) for row in rows]


@router.post("/assessments/{code}/consultations", response={202: ProposalOut})
def invite(request: HttpRequest, code: str, body: Invite) -> ProposalOut:
    said = body.dict()
    ends = said["ends"] if said["ends"].tzinfo else said["ends"].replace(tzinfo=UTC)
    how = {"risk": said["risk"], "answer": said["answer"], "by": caller(request), "now": _now()}
    return _proposed(consulting.propose(code, said["audience"], said["guests"], ends, **how))


@router.get("/consultations/{code}", response=Document)
def consultation(request: HttpRequest, code: str) -> Document:
    _reader(request)
    return consultation_commands.document(consulting.find(code), caller(request))


@router.post("/consultations/{code}/seats/{seat}/link", response={201: Document})
def link(request: HttpRequest, code: str, seat: str) -> Document:
    """Shown once."""
    made = consulting.issue(code, seat, by=caller(request), now=_now())
    return {"seat": made.seat, "path": made.path, "code": made.code}


@router.put("/consultations/{code}/key", response={204: None})
def key(request: HttpRequest, code: str, body: Text) -> None:
    """Your public key of age."""
    talking.leave_key(_seat(request, code), "age", body.text.strip(), now=_now())


@router.post("/consultations/{code}/files", response={201: Document})
def send(request: HttpRequest, code: str) -> Document:
    """The body is a file encrypted with age."""
    talking.send_file(_seat(request, code), request.body, now=_now())
    return {"size": len(request.body)}


@router.get("/consultations/{code}/files/{number}")
def fetch(request: HttpRequest, code: str, number: int) -> HttpResponse:
    return acting.download(talking.file(_seat(request, code).consultation, number), number)


@router.post("/consultations/{code}/lines", response={202: ProposalOut})
def lines(request: HttpRequest, code: str, body: Lines) -> ProposalOut:
    return _proposed(consulting.propose_lines(code, body.request, body.lines, by=caller(request), now=_now()))


@router.post("/consultations/{code}/number", response=Document)
def number_passage(request: HttpRequest, code: str, body: Text) -> Document:
    """The number by which somebody consents to exactly this text; nothing is stored."""
    _seat(request, code)
    return consultation_commands.numbered(body.text)


@router.post("/consultations/{code}/passages", response={201: Document})
def take(request: HttpRequest, code: str, body: Passage) -> Document:
    row = consulting.take(code, body.seat, body.text, body.salt, by=caller(request), now=_now())
    return {"version": row.number}


@router.post("/consultations/{code}/end", response={204: None})
def end(request: HttpRequest, code: str) -> None:
    consulting.end(code, by=caller(request), now=_now())


def _seat(request: HttpRequest, code: str) -> Seat:
    return consulting.seat_of(consulting.find(code), caller(request))
