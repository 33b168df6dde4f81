"""The API of the connected services: what `abeyance service` can do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.people import commands as people
from abeyance.people.api import ProposalOut
from abeyance.people.bearer import MemberToken, caller
from abeyance.services import actions, documents, queries

router = Router(tags=["services"], auth=MemberToken())


class ServiceIn(Schema):
    service: str = Field(max_length=80)
    connector: str = Field(max_length=32)
    entity: str | None = Field(default=None, max_length=80)
    address_file: str | None = Field(default=None, max_length=100)


class ServiceOut(Schema):
    service: str
    connector: str
    entity: str | None
    address_file: str
    connected: bool


def _now() -> datetime:
    return datetime.now(UTC)


@router.get("/services", response=list[ServiceOut])
def services(request: HttpRequest) -> list[ServiceOut]:
    return [ServiceOut(**documents.summary(row)) for row in queries.services()]


@router.get("/services/{name}/check", response=dict[str, Any])
def check(request: HttpRequest, name: str) -> dict[str, Any]:
    return documents.checked(*queries.check(name))


@router.get("/services/{name}/grants", response=dict[str, str])
def grants(request: HttpRequest, name: str) -> dict[str, str]:
    return {"service": name, "sql": queries.grants_for(name)}


@router.post("/services", response={202: ProposalOut})
def connect(request: HttpRequest, body: ServiceIn) -> ProposalOut:
    proposal = actions.propose_connection(
        body.service,
        body.connector,
        entity=body.entity,
        address_file=body.address_file,
        by=caller(request),
        now=_now(),
    )
    return ProposalOut(**people.proposal_document(proposal))


@router.delete("/services/{name}", response={204: None})
def disconnect(request: HttpRequest, name: str) -> None:
    actions.disconnect(name, by=caller(request), now=_now())
