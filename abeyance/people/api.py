"""The API of members and proposals: what the command can do, except that a token is never handed out over it."""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.people import actions, commands, proposals, queries, travel
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.models import Member, Proposal

router = Router(tags=["members"], auth=MemberToken())


class MemberOut(Schema):
    code: str
    handle: str
    roles: list[str]
    active: bool
    away_until: str | None


class ProposalOut(Schema):
    proposal: str
    kind: str
    subject: str
    digest: str
    proposed_by: str
    agreed_by: str | None
    open: bool


class ProposalWithContent(ProposalOut):
    content: dict[str, object] | None = None


class NewMember(Schema):
    handle: str = Field(max_length=63)
    roles: list[str] = Field(max_length=16)


class Journey(Schema):
    """`member`: somebody else, who asks for it."""

    until: datetime
    member: str | None = Field(default=None, max_length=64)


class Roles(Schema):
    roles: list[str] = Field(max_length=16)


def _now() -> datetime:
    return datetime.now(UTC)


def _member(member: Member) -> MemberOut:
    return MemberOut(**commands.member_document(member))


def _proposal(proposal: Proposal) -> ProposalOut:
    return ProposalOut(**commands.proposal_document(proposal))


@router.get("/members", response=list[MemberOut])
def members(request: HttpRequest) -> list[MemberOut]:
    return [_member(member) for member in queries.members(also_inactive=True)]


@router.post("/members", response={202: ProposalOut})
def add_member(request: HttpRequest, body: NewMember) -> ProposalOut:
    return _proposal(actions.propose_member(body.handle, body.roles, by=caller(request), now=_now()))


@router.put("/members/{member}/roles", response={202: ProposalOut})
def change_roles(request: HttpRequest, member: str, body: Roles) -> ProposalOut:
    return _proposal(actions.propose_roles(member, body.roles, by=caller(request), now=_now()))


@router.delete("/members/{member}", response={204: None})
def remove_member(request: HttpRequest, member: str, heir: str | None = None) -> None:
    actions.remove_member(member, heir=heir, by=caller(request), now=_now())


@router.put("/exclusions/{jurisdiction}", response={204: None})
def exclude_self(request: HttpRequest, jurisdiction: str) -> None:
    actions.exclude_self(jurisdiction, by=caller(request), now=_now())


@router.delete("/exclusions/{jurisdiction}", response={202: ProposalOut})
def include_self(request: HttpRequest, jurisdiction: str) -> ProposalOut:
    return _proposal(actions.propose_inclusion(jurisdiction, by=caller(request), now=_now()))


@router.post("/travel", response=dict[str, object])
def travel_(request: HttpRequest, body: Journey) -> dict[str, object]:
    """At once: this token, too, is void when the answer arrives."""
    by, until = caller(request), body.until if body.until.tzinfo else body.until.replace(tzinfo=UTC)
    left = travel.left_behind(queries.code_of(body.member) if body.member else by, until)
    away = travel.go(until, member=body.member, by=by, now=_now())
    return {"away_until": away.isoformat(timespec="minutes"), "left_behind": left}


@router.post("/travel/{member}/return", response={202: ProposalOut})
def return_(request: HttpRequest, member: str) -> ProposalOut:
    return _proposal(travel.propose_return(member, by=caller(request), now=_now()))


@router.put("/guarded/{jurisdiction}/{member}", response={202: ProposalOut})
def admit(request: HttpRequest, jurisdiction: str, member: str) -> ProposalOut:
    return _proposal(actions.propose_admission(member, jurisdiction, by=caller(request), now=_now()))


@router.delete("/guarded/{jurisdiction}/{member}", response={204: None})
def end_admission(request: HttpRequest, jurisdiction: str, member: str) -> None:
    actions.end_admission(member, jurisdiction, by=caller(request), now=_now())


@router.get("/proposals", response=list[ProposalOut])
def waiting(request: HttpRequest) -> list[ProposalOut]:
    return [_proposal(proposal) for proposal in proposals.waiting(caller(request))]


@router.get("/proposals/{code}", response=ProposalWithContent)
def proposal(request: HttpRequest, code: str) -> ProposalWithContent:
    found = proposals.find_for(code, caller(request))
    shown = ProposalWithContent(**commands.proposal_document(found))
    if commands.may_see_content(found, caller(request)):
        shown.content = dict(proposals.payload_of(found))
    return shown


@router.post("/proposals/{code}/agree", response=ProposalOut)
def agree(request: HttpRequest, code: str) -> ProposalOut:
    return _proposal(proposals.agree(code, by=caller(request), now=_now()))


@router.post("/proposals/{code}/withdraw", response=ProposalOut)
def withdraw(request: HttpRequest, code: str) -> ProposalOut:
    return _proposal(proposals.withdraw(code, by=caller(request), now=_now()))
