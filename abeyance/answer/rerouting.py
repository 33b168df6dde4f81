"""After a reroute: somebody looks, by a date, whether the treaty request has come that the requester was told of.

The date is set by the act that reroutes, an answer that was agreed or a closing. It ends when the treaty request has
arrived, as a request of its own whose reference only its own readers see, or when nothing came."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db.models import Q, QuerySet

from abeyance import fence, ledger
from abeyance.answer.documents import moment
from abeyance.answer.models import FollowUp
from abeyance.casefile import door
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case
from abeyance.errors import BadInput, NotFound
from abeyance.people import queries as people
from abeyance.policy import queries as policy
from abeyance.rules.events import FollowUpEnded, FollowUpSet
from abeyance.rules.permissions import Permission

ARRIVED, NOTHING_CAME = "arrived", "nothing-came"


def begin(case: Case, *, by: str, now: datetime) -> None:
    """Inside the transaction of the act that reroutes, which has locked the case. One that waits already stays."""
    if FollowUp.objects.filter(case=case, ended_at=None).exists():
        return
    after = min(books.policy.pauses.follow_up_after for books in policy.books())
    row = FollowUp.objects.create(case=case, due=now + after, made_at=now)
    told = FollowUpSet(follow_up=str(row.key), due=row.due)
    ledger.append(told, by=by, now=now, holder=case.holder, case=case.ref)


def after_closing(case: Case, outcome: Closing, by: str, now: datetime) -> None:
    if outcome is Closing.REROUTED:
        begin(case, by=by, now=now)


def forget(case: Case) -> None:
    """An erased request is not followed up. Inside the transaction that erases it."""
    FollowUp.objects.filter(case=case).delete()


def end(ref: str, arrived_as: str = "", *, by: str, now: datetime) -> FollowUp:
    """The treaty request has arrived, as the request `arrived_as`; without it: nothing came."""
    case = door.open_for(by, ref, Permission.CLOCK_SET, now=now)
    other = door.open_for(by, arrived_as, Permission.CASE_READ, now=now) if arrived_as.strip() else None
    if other == case:
        raise BadInput("The treaty request is a request of its own; name its reference.")
    act = uuid4()
    with fence.together(act) as entered:
        Case.objects.select_for_update().get(pk=case.pk)
        row = FollowUp.objects.filter(case=case, ended_at=None).first()
        if row is None:
            raise NotFound(f"Nothing of {case.ref} waits to be followed up.")
        row.arrived_as, row.outcome = other, ARRIVED if other else NOTHING_CAME
        row.ended_by, row.ended_at = by, entered.now
        row.save()
        told = FollowUpEnded(follow_up=str(row.key), outcome=row.outcome)
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


# --- reading


def waiting_for(reader: str) -> QuerySet[FollowUp]:
    """Those of requests that this reader may know of, the soonest due first."""
    rows = FollowUp.objects.filter(ended_at=None, case__in=door.visible_to(reader))
    return rows.select_related("case").order_by("due", "pk")


def waiting_to(reader: str, *, now: datetime) -> QuerySet[FollowUp]:
    """The same for a member who asks."""
    people.require(reader, Permission.CASE_READ, now)
    return waiting_for(reader)


NOTHING: dict[str, Any] = {"follow_ups": [], "treaty_request_of": []}


def of_case(case: Case, reader: str, *, now: datetime) -> dict[str, Any]:
    """Its own follow-ups, and the rerouted requests that it is the treaty request of."""
    rows = FollowUp.objects.filter(Q(case=case) | Q(arrived_as=case)).select_related("case", "arrived_as")
    found = list(rows.order_by("pk"))
    before = frozenset(row.case.ref for row in found if row.case_id != case.pk)
    return {
        "follow_ups": [as_document(row, reader, now=now) for row in found if row.case_id == case.pk],
        "treaty_request_of": sorted(door.known(reader, before)) if before else [],
    }


def as_document(row: FollowUp, reader: str, *, now: datetime) -> dict[str, Any]:
    """`arrived_as` is named to those who may read that request as well."""
    other = row.arrived_as
    seen = other is not None and door.visible_to(reader).filter(pk=other.pk).exists()
    return {
        "ref": row.case.ref,
        "due": moment(row.due),
        "overdue": row.ended_at is None and now >= row.due,
        "outcome": row.outcome or None,
        "ended": moment(row.ended_at),
        "arrived_as": other.ref if other is not None and seen else None,
    }


def in_one_line(told: dict[str, Any]) -> str:
    if told["outcome"] is None:
        late = "OVERDUE " if told["overdue"] else ""
        return (
            f"{late}follow up by {told['due']}: has the treaty request come? abeyance request follow-up {told['ref']}"
        )
    if told["outcome"] == ARRIVED:
        return f"the treaty request has arrived as {told['arrived_as'] or 'a request that you may not read'}"
    return f"no treaty request came (said {told['ended']})"
