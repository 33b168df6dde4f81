"""The API of policy, law and data maps: what the command can do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.people.api import ProposalOut
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.commands import proposal_document
from abeyance.policy import actions, advising, queries
from abeyance.policy.commands import body_answering, checked, comparison, guidance_document, in_force, text_document
from abeyance.policy.reading import LARGEST

router = Router(tags=["policy"], auth=MemberToken())


class TextIn(Schema):
    body: str = Field(max_length=LARGEST)


class AdoptionIn(Schema):
    until: date
    checked_against: str = Field(default="", max_length=400)


@router.get("/policy", response=dict[str, Any])
def texts(request: HttpRequest) -> dict[str, Any]:
    return in_force(datetime.now(UTC))


@router.get("/policy/{kind}/{name}", response=dict[str, Any])
def text(request: HttpRequest, kind: str, name: str) -> dict[str, Any]:
    return text_document(queries.body(kind, name))


@router.get("/policy-proposals/{code}", response=dict[str, Any])
def proposed(request: HttpRequest, code: str) -> dict[str, Any]:
    return {**text_document(queries.proposed_body(code)), "changes": comparison(code)}


@router.get("/policy-answers/{entry}", response=dict[str, str])
def answer(
    request: HttpRequest,
    entry: str,
    to: str = "",
    under: str = "",
    category: str = "",
    kind: str = "",
    ground: str = "",
) -> dict[str, str]:
    """A text with the beginning of what it leaves open: an outbound entry of a law for one country, or a clause."""
    asked = {"to": to, "under": under, "category": category, "kind": kind, "ground": ground}
    return {"body": body_answering(entry[:64], asked)}


@router.get("/guidance", response=dict[str, Any])
def guidance(request: HttpRequest, country: str = "", language: str = "en") -> dict[str, Any]:
    """What to do when officers come to one of us, and whom to call."""
    return guidance_document(advising.guidance_for(country[:2].upper() or None, language[:12]))


@router.post("/policy/check", response=dict[str, str])
def check(request: HttpRequest, body: TextIn) -> dict[str, str]:
    return checked(body.body)


@router.post("/policy", response={202: ProposalOut})
def propose(request: HttpRequest, body: TextIn) -> ProposalOut:
    proposal = actions.propose_text(body.body, by=caller(request), now=datetime.now(UTC))
    return ProposalOut(**proposal_document(proposal))


@router.post("/law/{entry}/adopt", response={202: ProposalOut})
def adopt(request: HttpRequest, entry: str, body: AdoptionIn) -> ProposalOut:
    proposal = actions.propose_adoption(
        entry, body.until, checked_against=body.checked_against, by=caller(request), now=datetime.now(UTC)
    )
    return ProposalOut(**proposal_document(proposal))


@router.post("/law/{entry}/end", response={204: None})
def end(request: HttpRequest, entry: str) -> None:
    actions.end_adoption(entry, by=caller(request), now=datetime.now(UTC))
