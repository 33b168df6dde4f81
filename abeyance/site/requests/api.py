"""The API of requests: what the commands can do, for the member whose token is sent."""

from __future__ import annotations

import base64
from datetime import UTC, date, datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from ninja import Body, Field, Router, Schema

from abeyance.answer import actions as answers
from abeyance.answer import steps
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile import door, ending, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case
from abeyance.errors import BadInput
from abeyance.intake import confirming, duplicates, placing, serving
from abeyance.notice import actions as notices
from abeyance.notice import holders
from abeyance.notice.actions import Told
from abeyance.pauses import court_orders, exceptions, reconfirming
from abeyance.people.bearer import MemberToken, caller
from abeyance.people.commands import proposal_document
from abeyance.policy import queries as policy
from abeyance.release import making, recall, recalling
from abeyance.review import actions as reviewing
from abeyance.review import holds
from abeyance.rules.instruments import ActKind
from abeyance.rules.notice import NoticeState
from abeyance.rules.pauselife import Reconfirm
from abeyance.rules.people import Permission
from abeyance.rules.recalls import Step
from abeyance.rules.terms import PlaceSource
from abeyance.rules.verification import FindingKind
from abeyance.site import portal
from abeyance.site.requests import (
    commands,
    documents,
    letters,
    package_api,
    papers,
    receipts,
    verifying,
    versions,
)
from abeyance.verification import actions as verification

router = Router(tags=["requests"], auth=MemberToken())
router.add_router("", package_api.router)
Document = dict[str, Any]


class AnswerIn(Schema):
    item: int
    outcome: str = Field(max_length=24)
    fields: list[str] = Field(default=[], max_length=200)


class Proposal(Schema):
    items: list[AnswerIn] = Field(default=[], max_length=1000)
    why: str = Field(default="", max_length=2000)


class Agreement(Schema):
    answer: str = Field(max_length=64)


class ReasonIn(Schema):
    reason: str = Field(default="", max_length=200)


class Inquiry(Schema):
    how: FindingKind
    contact: str = Field(max_length=4000)
    contact_differs: bool = False
    note: str = Field(default="", max_length=4000)


class NoticeIn(Schema):
    state: NoticeState
    items: list[int] = Field(default=[], max_length=1000)
    until: datetime | None = None
    order: str = Field(default="", max_length=80)
    reason: str = Field(default="", max_length=4000)


class TellIn(Schema):
    item: int
    channel: holders.Channel
    risk: holders.Risk
    language: str = Field(default="en", max_length=12)


class ActIn(Schema):
    act: ActKind
    at: datetime | None = None
    until: datetime | None = None
    clock: str | None = Field(default=None, max_length=12)
    item: int | None = None


class ExceptionIn(Schema):
    pause: str = Field(max_length=64)
    exception: str = Field(max_length=64)


class CourtOrderIn(Schema):
    pause: str = Field(max_length=64)
    court: str = Field(max_length=300)
    citation: str = Field(max_length=300)
    decided_on: date
    items: list[int] = Field(default=[], max_length=1000)
    barred_until: datetime | None = None
    document: str = Field(default="", max_length=4 * 2**20)  # base64


class ClosingIn(Schema):
    outcome: Closing


class RecallIn(Schema):
    reason: str = Field(max_length=200)
    suspend: bool = False


class RecallStepIn(Schema):
    step: Step
    note: str = Field(default="", max_length=2000)


class PlaceIn(Schema):
    country: str = Field(max_length=2)
    source: Literal["clerk", "service", "telephone"] = "clerk"


class DuplicateIn(Schema):
    same: bool


@router.get("/requests", response=list[Document])
def requests(request: HttpRequest, state: str | None = None, limit: int = 100) -> list[Document]:
    cases = door.visible_to(caller(request)).order_by("-pk")
    cases = cases.filter(state=state) if state else cases
    return documents.listed(list(cases[: max(1, min(limit, 1000))]), now=_now())


@router.get("/requests/{ref}", response=Document)
def show(request: HttpRequest, ref: str) -> Document:
    return _shown(ref, caller(request))


@router.get("/requests/{ref}/suggestions", response=list[Document])
def suggestions(request: HttpRequest, ref: str) -> list[Document]:
    return [dict(found) for found in documents.suggestions(_case(ref, caller(request)))]


@router.get("/requests/{ref}/receipt", response=Document)
def receipt(request: HttpRequest, ref: str) -> Document:
    return {"ref": ref, "receipt": receipts.of_arrival(_case(ref, caller(request)))}


@router.get("/requests/{ref}/receipts/{int:number}", response=Document)
def entry_receipt(request: HttpRequest, ref: str, number: int) -> Document:
    """The proof of one entry of this request's own."""
    return {"ref": ref, "entry": number, "receipt": receipts.of_entry(_case(ref, caller(request)), number)}


@router.put("/requests/{ref}/demand", response=Document)
def confirm(request: HttpRequest, ref: str, body: Body[Document]) -> Document:
    confirming.confirm(ref, commands.stated_demand(body), by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.get("/requests/{ref}/versions", response=list[Document])
def demand_versions(request: HttpRequest, ref: str) -> list[Document]:
    return versions.listed(_case(ref, caller(request)), reader=caller(request))


@router.post("/requests/{ref}/duplicate", response=Document)
def decide_duplicate(request: HttpRequest, ref: str, body: DuplicateIn) -> Document:
    duplicates.decide(ref, body.same, by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.post("/requests/{ref}/labels/agree", response=Document)
def agree_labels(request: HttpRequest, ref: str, version: int) -> Document:
    """`version`: of the demand that was looked at; a later one is refused."""
    confirming.agree_labels(ref, version, by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.post("/requests/{ref}/items/{number}/place", response=Document)
def find_place(request: HttpRequest, ref: str, number: int, body: PlaceIn) -> Document:
    """Where the account holder is, and who says so: a new version of the demand."""
    placing.find(ref, number, body.country, PlaceSource(body.source), by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.post("/requests/{ref}/items/{number}/place/ask", response=Document)
def ask_place(request: HttpRequest, ref: str, number: int) -> Document:
    """The connected service's own country field, recorded as one source among others."""
    placing.ask(ref, number, by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.get("/requests/{ref}/bars", response=list[Document])
def bars(request: HttpRequest, ref: str) -> list[Document]:
    arrival = verifying.arrival_of(ref, contact_differs=False, by=caller(request), now=_now())
    found = verification.raised_bars(ref, arrival, policy.books()[0].policy, by=caller(request), now=_now())
    return [dict(reason.as_dict()) for reason in verifying.reasons_of(found)]


@router.post("/requests/{ref}/genuine", response=Document)
def find_genuine(request: HttpRequest, ref: str, body: Inquiry) -> Document:
    by, now = caller(request), _now()
    arrival = verifying.arrival_of(ref, contact_differs=body.contact_differs, by=by, now=now)
    rules = policy.books()[0].policy
    found = verification.find_genuine(ref, body.how, body.contact, arrival, rules, note=body.note, by=by, now=now)
    reasons = [reason.as_dict() for reason in found.decision.reasons]
    return {"ref": found.ref, "genuine": found.genuine, "reasons": reasons}


@router.post("/requests/{ref}/false", response=Document)
def find_false(request: HttpRequest, ref: str, body: ReasonIn) -> Document:
    verification.find_false(ref, body.reason, by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.post("/requests/{ref}/answer", response=Document)
def propose(request: HttpRequest, ref: str, body: Proposal) -> Document:
    chosen = [ItemAnswer(each.item, each.outcome, frozenset(each.fields)) for each in body.items]
    proposed = answers.propose(ref, chosen, why=body.why, by=caller(request), now=_now())
    return {"ref": proposed.ref, "answer": proposed.answer}


@router.post("/requests/{ref}/answer/agree", response=Document)
def agree(request: HttpRequest, ref: str, body: Agreement) -> Document:
    agreed = answers.agree(ref, body.answer, by=caller(request), now=_now())
    return {"ref": agreed.ref, "answer": agreed.answer, "agreed": True}


@router.post("/requests/{ref}/answer/withdraw", response={204: None})
def withdraw(request: HttpRequest, ref: str, body: ReasonIn) -> None:
    answers.withdraw(ref, body.reason, by=caller(request), now=_now())


@router.post("/requests/{ref}/notice", response=Document)
def notice(request: HttpRequest, ref: str, body: NoticeIn) -> Document:
    told = Told(body.state, body.until, body.order, body.reason)
    rows = notices.record(ref, told, items=frozenset(body.items), by=caller(request), now=_now())
    return {"ref": ref, "items": [row.item.number for row in rows]}


@router.post("/requests/{ref}/tell", response={201: Document})
def tell(request: HttpRequest, ref: str, body: TellIn) -> Document:
    """The text for the account holder, with the token of their page; it is not shown again."""
    given = holders.give(
        ref,
        body.item,
        channel=body.channel,
        risk=body.risk,
        language=body.language,
        address=portal.portal_address(),
        by=caller(request),
        now=_now(),
    )
    return {"ref": ref, "item": body.item, "text": given.text, "until": documents.moment(given.until)}


class Shown(Schema):
    digest: str = Field(max_length=64)


@router.post("/requests/{ref}/notice/approve", response=Document)
def approve_deferral(request: HttpRequest, ref: str, body: Shown) -> Document:
    return {"ref": ref, "approved": notices.approve_deferral(ref, body.digest, by=caller(request), now=_now())}


@router.post("/requests/{ref}/objections/{item}", response={204: None})
def objection(request: HttpRequest, ref: str, item: int, answered: bool = False) -> None:
    notices.objection(ref, item, answered=answered, by=caller(request), now=_now())


@router.post("/requests/{ref}/acts", response=Document)
def record_act(request: HttpRequest, ref: str, body: ActIn) -> Document:
    by, now = caller(request), _now()
    reviewing.record_act(
        ref, body.act, body.at or now, until=body.until, clock=body.clock, item=body.item, by=by, now=now
    )
    return _shown(ref, by)


class ReconfirmIn(Schema):
    """What the requester has said is as it was: officer, order, offence, need."""

    points: list[Reconfirm] = Field(max_length=10)


@router.post("/requests/{ref}/reconfirm", response=Document)
def reconfirm(request: HttpRequest, ref: str, body: ReconfirmIn) -> Document:
    by = caller(request)
    reconfirming.reconfirm(ref, body.points, by=by, now=_now())
    return _shown(ref, by)


@router.post("/requests/{ref}/exceptions", response=Document)
def propose_exception(request: HttpRequest, ref: str, body: ExceptionIn) -> Document:
    exceptions.propose_use(ref, body.pause, body.exception, by=caller(request), now=_now())
    return {"ref": ref, "exception": body.exception, "agreed": False}


@router.post("/requests/{ref}/exceptions/agree", response=Document)
def agree_exception(request: HttpRequest, ref: str, body: ExceptionIn) -> Document:
    exceptions.agree_use(ref, body.pause, body.exception, by=caller(request), now=_now())
    return {"ref": ref, "exception": body.exception, "agreed": True}


@router.get("/requests/{ref}/preview", response=list[Document])
def preview(request: HttpRequest, ref: str) -> list[Document]:
    return [documents.item_preview(found) for found in making.preview(ref, by=caller(request), now=_now())]


@router.post("/requests/{ref}/gather", response={201: Document})
def gather(request: HttpRequest, ref: str) -> Document:
    return documents.package(making.gather(ref, letter=letters.covering, by=caller(request), now=_now()))


@router.post("/requests/{ref}/close", response=Document)
def close(request: HttpRequest, ref: str, body: ClosingIn) -> Document:
    ending.close(ref, body.outcome, by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.post("/requests/{ref}/reopen", response=Document)
def reopen(request: HttpRequest, ref: str) -> Document:
    ending.reopen(ref, by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.post("/requests/{ref}/send-back", response=Document)
def send_back(request: HttpRequest, ref: str) -> Document:
    ending.send_back(ref, by=caller(request), now=_now())
    return _shown(ref, caller(request))


@router.post("/requests/{ref}/recall", response=list[Document])
def recall_request(request: HttpRequest, ref: str, body: RecallIn) -> list[Document]:
    left = recall.recall(ref, body.reason, suspend=body.suspend, by=caller(request), now=_now())
    return [documents.hand_over(row) for row in left]


@router.post("/requests/{ref}/recall/steps", response=list[Document])
def recall_step(request: HttpRequest, ref: str, body: RecallStepIn) -> list[Document]:
    row = recalling.record(ref, body.step, body.note, by=caller(request), now=_now())
    return documents.recall(row.case, now=_now())


@router.post("/requests/{ref}/holds", response=Document)
def hold(request: HttpRequest, ref: str, body: ReasonIn) -> Document:
    row = holds.hold(ref, body.reason, by=caller(request), now=_now())
    return {"hold": row.pk, "in_force": True}


@router.delete("/requests/{ref}/holds/{number}", response={202: Document})
def end_hold(request: HttpRequest, ref: str, number: int) -> Document:
    """Proposes it; the hold is in force until another member agrees to the proposal."""
    return proposal_document(holds.propose_end(ref, number, by=caller(request), now=_now()))


@router.put("/requests/{ref}/readers/{member}", response={204: None})
def add_reader(request: HttpRequest, ref: str, member: str) -> None:
    reviewing.add_reader(ref, member, by=caller(request), now=_now())


@router.delete("/requests/{ref}/readers/{member}", response={204: None})
def remove_reader(request: HttpRequest, ref: str, member: str) -> None:
    reviewing.remove_reader(ref, member, by=caller(request), now=_now())


@router.post("/requests/{ref}/incident/{step}", response=list[Document])
def incident_step(request: HttpRequest, ref: str, step: str) -> list[Document]:
    """Of what is to be done after a demand was served on one of us in person, this is done."""
    return serving.steps_of(serving.done(ref, step, by=caller(request), now=_now()))


@router.post("/requests/{ref}/restrict", response={204: None})
def restrict(request: HttpRequest, ref: str) -> None:
    reviewing.restrict(ref, by=caller(request), now=_now())


@router.delete("/requests/{ref}", response={204: None})
def erase(request: HttpRequest, ref: str) -> None:
    retention.erase(ref, "retention", by=caller(request), now=_now())


@router.get("/requests/{ref}/documents/{key}/pages/{part}/{number}.png")
def drawn(request: HttpRequest, ref: str, key: UUID, part: int, number: int) -> HttpResponse:
    """One page or picture of its papers, drawn anew by a confined process. `part` counts from 0."""
    seen = papers.drawn(_case(ref, caller(request)), key, part, number)
    return HttpResponse(seen.png, content_type="image/png", headers={"X-Abeyance-Pages": str(seen.pages)})


@router.post("/requests/{ref}/court-orders", response={201: Document})
def court_order(request: HttpRequest, ref: str, body: CourtOrderIn) -> Document:
    try:
        document = base64.b64decode(body.document, validate=True)
    except ValueError:
        raise BadInput("document is base64.") from None
    said = body.dict(exclude={"document", "items"})
    stated = court_orders.Stated(**said, items=frozenset(body.items), document=document)
    row = court_orders.propose(ref, stated, by=caller(request), now=_now())
    return court_orders.as_document(row, opened=True)


@router.post("/requests/{ref}/court-orders/{key}/{verb}", response=Document)
def on_court_order(
    request: HttpRequest, ref: str, key: UUID, verb: Literal["agree", "withdraw", "publish"]
) -> Document:
    acts = {"agree": court_orders.agree, "withdraw": court_orders.withdraw, "publish": court_orders.publish}
    return court_orders.as_document(acts[verb](ref, key, by=caller(request), now=_now()), opened=True)


def _case(ref: str, by: str) -> Case:
    return door.open_for(by, ref, Permission.CASE_READ, now=_now())


def _shown(ref: str, by: str) -> Document:
    case = _case(ref, by)
    steps.keep(case, now=_now())
    return documents.in_full(case, now=_now(), reader=by)


def _now() -> datetime:
    return datetime.now(UTC)
