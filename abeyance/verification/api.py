"""The API of the directory: what `abeyance agency` can do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.people import commands as people
from abeyance.people.api import ProposalOut
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.directory import actions, documents, queries
from abeyance.people.directory.entry import read_entries
from abeyance.people.models import Proposal

router = Router(tags=["agencies"], auth=MemberToken())


class AgencyOut(Schema):
    agency: str
    name: str
    jurisdiction: str
    kind: str
    active: bool
    domains: list[str]


class ContactIn(Schema):
    kind: str
    value: str = Field(max_length=4000)
    source: str = Field(max_length=4000)
    source_date: date


class AgencyIn(Schema):
    code: str = Field(max_length=64)
    name: str = Field(max_length=200)
    jurisdiction: str
    kind: str
    domains: list[str] = Field(max_length=100)
    acts_for: list[str] = Field(default_factory=list, max_length=100)
    source: str = Field(max_length=4000)
    source_date: date
    contacts: list[ContactIn] = Field(max_length=100)


class KeyIn(Schema):
    kind: str
    public_key: str = Field(max_length=64 * 1024)


class OfficerIn(Schema):
    name: str = Field(max_length=200)
    address: str = Field(max_length=254)


def _now() -> datetime:
    return datetime.now(UTC)


def _proposed(proposal: Proposal) -> ProposalOut:
    return ProposalOut(**people.proposal_document(proposal))


@router.get("/agencies", response=list[AgencyOut])
def agencies(request: HttpRequest) -> list[AgencyOut]:
    return [AgencyOut(**documents.summary(row)) for row in queries.agencies()[:10_000]]


@router.get("/agencies/{code}", response=dict[str, Any])
def agency(request: HttpRequest, code: str) -> dict[str, Any]:
    return documents.in_full(queries.agency(code))


@router.post("/agencies", response={202: list[ProposalOut]})
def add(request: HttpRequest, body: AgencyIn) -> list[ProposalOut]:
    entries = read_entries({"agency": [body.model_dump()]}, "agency")
    made = actions.propose_agencies(entries, by=caller(request), now=_now())
    return [_proposed(proposal) for proposal in made]


@router.post("/agencies/{code}/suspend", response={204: None})
def suspend(request: HttpRequest, code: str) -> None:
    actions.suspend_agency(code, by=caller(request), now=_now())


@router.post("/agencies/{code}/reinstate", response={202: ProposalOut})
def reinstate(request: HttpRequest, code: str) -> ProposalOut:
    return _proposed(actions.propose_reinstatement(code, by=caller(request), now=_now()))


@router.post("/agencies/{code}/keys", response={202: ProposalOut})
def add_key(request: HttpRequest, code: str, body: KeyIn) -> ProposalOut:
    return _proposed(actions.propose_key(code, body.kind, body.public_key, by=caller(request), now=_now()))


@router.delete("/keys/{fingerprint}", response={204: None})
def revoke_key(request: HttpRequest, fingerprint: str) -> None:
    actions.revoke_key(fingerprint, by=caller(request), now=_now())


@router.post("/agencies/{code}/officers", response={202: ProposalOut})
def add_officer(request: HttpRequest, code: str, body: OfficerIn) -> ProposalOut:
    return _proposed(actions.propose_officer(code, body.name, body.address, by=caller(request), now=_now()))
