"""The API of requests to look at a pause again: what `abeyance hearing` can do."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.notice import hearings
from abeyance.people import queries as people
from abeyance.people.bearer import MemberToken, caller
from abeyance.rules.hearings import Asker, HearingOutcome
from abeyance.rules.permissions import Permission

router = Router(tags=["hearings"], auth=MemberToken())
Document = dict[str, Any]


class HearingIn(Schema):
    pause: str = Field(max_length=64)
    asker: Asker
    said: str = Field(max_length=hearings.LONGEST)
    contact: str = Field(default="", max_length=hearings.LONGEST)
    channel: str = Field(max_length=16)


class Decision(Schema):
    outcome: HearingOutcome
    reason: str = Field(max_length=hearings.LONGEST)


@router.get("/hearings", response=list[Document])
def listed(request: HttpRequest, also_decided: bool = False) -> list[Document]:
    by, now = caller(request), _now()
    people.require(by, Permission.HEARING_READ, now)
    rows = hearings.visible_to(by) if also_decided else hearings.open_for(by)
    return [hearings.as_document(row, now=now) for row in rows[:1000]]


@router.get("/hearings/{code}", response=Document)
def show(request: HttpRequest, code: str) -> Document:
    return hearings.in_full(hearings.find(code, by=caller(request), now=_now()), now=_now())


@router.post("/hearings", response={201: Document})
def receive(request: HttpRequest, body: HearingIn) -> Document:
    said = body.dict()
    received = hearings.receive(
        said["pause"],
        body.asker,
        said["said"],
        said["contact"],
        channel=said["channel"],
        by=caller(request),
        now=_now(),
    )
    return {"hearing": received.code, "token": received.token, "due": hearings.moment(received.due)}


@router.post("/hearings/{code}/decide", response=Document)
def decide(request: HttpRequest, code: str, body: Decision) -> Document:
    row = hearings.decide(code, body.outcome, body.reason, by=caller(request), now=_now())
    return hearings.in_full(row, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)
