"""The API of pauses: what the command can do. Bodies are the TOML file's keys as JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Body, Field, Router, Schema

from abeyance.errors import NotFound
from abeyance.pauses import actions, conditions, documents, drafts, lifting, scenarios, store
from abeyance.pauses.preview import preview, preview_of_lift
from abeyance.people.api import ProposalOut
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.commands import proposal_document

router = Router(tags=["pauses"], auth=MemberToken())
Document = dict[str, Any]


class Settled(Schema):
    outcome: Literal["met", "waived"]
    reason: str = Field(max_length=5000)


class Reason(Schema):
    reason: str = Field(max_length=5000)


class Closing(Schema):
    closing_statement: str = Field(max_length=10_000)
    outcome: str = Field("resume", max_length=24)
    successor: Document | None = None
    reroute_to: str = Field("", max_length=2)


class DraftIn(Schema):
    """`authors`: further members who may see and change it."""

    document: Document
    authors: list[str] = Field([], max_length=50)


@router.get("/pauses/drafts", response=list[Document])
def own_drafts(request: HttpRequest) -> list[Document]:
    return [documents.of_draft(draft) for draft in drafts.of(caller(request))]


@router.post("/pauses/drafts", response={201: Document})
def save_draft(request: HttpRequest, body: DraftIn) -> Document:
    return documents.of_draft(drafts.save(body.document, by=caller(request), now=_now(), authors=body.authors))


@router.get("/pauses/drafts/{code}", response=Document)
def draft(request: HttpRequest, code: str) -> Document:
    return documents.of_draft(drafts.find(code, by=caller(request)))


@router.put("/pauses/drafts/{code}", response=Document)
def change_draft(request: HttpRequest, code: str, body: DraftIn) -> Document:
    by = caller(request)
    return documents.of_draft(drafts.save(body.document, by=by, now=_now(), code=code, authors=body.authors))


@router.delete("/pauses/drafts/{code}", response={204: None})
def discard_draft(request: HttpRequest, code: str) -> None:
    drafts.discard(code, by=caller(request), now=_now())


@router.get("/pauses/drafts/{code}/preview", response=Document)
def preview_draft(request: HttpRequest, code: str) -> Document:
    by = caller(request)
    return documents.of_preview(preview(drafts.read(drafts.find(code, by=by).document), reader=by, now=_now()))


@router.post("/pauses/drafts/{code}/declare", response={201: Document})
def declare_draft(request: HttpRequest, code: str) -> Document:
    return _bound(drafts.declare(code, by=caller(request), now=_now()), caller(request))


@router.get("/pauses", response=list[Document])
def pauses(request: HttpRequest, also_ended: bool = False) -> list[Document]:
    rows = store.all_known(caller(request)) if also_ended else store.rows_in_force()
    return [documents.of_row(row) for row in rows]


@router.post("/pauses/preview", response=Document)
def show_preview(request: HttpRequest, body: Body[Document]) -> Document:
    return documents.of_preview(preview(drafts.read(body), reader=caller(request), now=_now()))


@router.get("/pauses/{name}", response=list[Document])
def versions(request: HttpRequest, name: str) -> list[Document]:
    rows = [documents.of_row(row) for row in store.known([name], caller(request))]
    if not rows:
        raise NotFound("There is no such pause.")
    return rows


@router.post("/pauses", response={201: Document})
def declare(request: HttpRequest, body: Body[Document]) -> Document:
    return _bound(actions.declare(drafts.read(body), by=caller(request), now=_now()), caller(request))


@router.put("/pauses/{name}", response=Document)
def amend(request: HttpRequest, name: str, body: Body[Document], why: str = "") -> Document:
    pause = drafts.read(body | {"name": name})
    return _bound(actions.amend(pause, by=caller(request), now=_now(), why=why[:10_000]), caller(request))


@router.post("/pauses/{name}/confirm", response={202: ProposalOut})
def confirm(request: HttpRequest, name: str) -> ProposalOut:
    """Stand behind a pause that nobody's word waits for; another member agrees to the proposal."""
    return ProposalOut(**proposal_document(actions.propose_confirm(name, by=caller(request), now=_now())))


@router.get("/pauses/{name}/lift-preview", response=Document)
def lift_preview(request: HttpRequest, name: str) -> Document:
    """What would go back to verification, by agency and instrument."""
    rows = [row for row in store.known([name], caller(request)) if row.ended_epoch is None]
    if not rows:
        raise NotFound("There is no such pause in force.")
    pauses_ = [store.from_row(row) for row in rows]
    return documents.of_lift(preview_of_lift(pauses_, reader=caller(request), now=_now()))


@router.post("/pauses/{name}/lift", response={202: ProposalOut})
def lift(request: HttpRequest, name: str, body: Closing) -> ProposalOut:
    proposal = actions.propose_lift(
        name,
        body.closing_statement,
        by=caller(request),
        now=_now(),
        outcome=lifting.outcome_called(body.outcome),
        successor=drafts.read(body.successor) if body.successor else None,
        to=body.reroute_to,
    )
    return ProposalOut(**proposal_document(proposal))


@router.get("/pauses/{name}/conditions", response=Document)
def show_conditions(request: HttpRequest, name: str) -> Document:
    return conditions.told(name, now=_now())


@router.post("/pauses/{name}/conditions/{number}", response={202: ProposalOut})
def settle(request: HttpRequest, name: str, number: int, body: Settled) -> ProposalOut:
    proposal = conditions.propose(name, number, body.outcome, body.reason, by=caller(request), now=_now())
    return ProposalOut(**proposal_document(proposal))


@router.post("/pauses/{name}/conditions/{number}/open", response=Document)
def open_again(request: HttpRequest, name: str, number: int, body: Reason) -> Document:
    """At once. Number 0 is the waived assessment."""
    conditions.reopen(name, number, body.reason, by=caller(request), now=_now())
    return conditions.told(name, now=_now())


@router.post("/pauses/{name}/waive-assessment", response={202: ProposalOut})
def waive(request: HttpRequest, name: str, body: Reason) -> ProposalOut:
    proposal = conditions.propose_waiver(name, body.reason, by=caller(request), now=_now())
    return ProposalOut(**proposal_document(proposal))


@router.get("/scenarios", response=list[dict[str, str]])
def list_scenarios(request: HttpRequest) -> list[dict[str, str]]:
    return [{"name": each["name"], "title": each["title"]} for each in scenarios.listed()]


@router.post("/scenarios/{name}/run", response=Document)
def run_scenario(request: HttpRequest, name: str) -> Document:
    """What it makes of the forty invented requests. Nothing is stored."""
    return scenarios.document(scenarios.named(name))


@router.post("/scenarios/run", response=Document)
def run_own(request: HttpRequest, body: Body[Document]) -> Document:
    """The same for a pause of one's own, by the keys of its file."""
    return scenarios.document(scenarios.of_pause(body))


def _bound(bound: actions.Bound, by: str) -> Document:
    return documents.of_bound(bound, preview(bound.pause, reader=by, now=_now()))


def _now() -> datetime:
    return datetime.now(UTC)
