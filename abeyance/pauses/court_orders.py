"""A competent court's order that overrides a pause, for one request or some of its items.

It is no exception: nobody announced it, and it loosens nothing else. Counsel records it with court, date and citation,
another member agrees, and the gate reads it inside the fence like every fact. It names the pause that it overrides, so
one that is declared later holds all the same; it counts for one version of the demand, and withdrawn it is void."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

from abeyance import fence, ledger, seals
from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, CourtOrder
from abeyance.errors import BadInput, Locked, NotFound, Refused
from abeyance.pauses import store
from abeyance.people import queries as people
from abeyance.rules import people as people_rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import (
    CourtOrderAgreed,
    CourtOrderProposed,
    CourtOrderPublished,
    CourtOrderWithdrawn,
)
from abeyance.rules.people import Actor
from abeyance.rules.permissions import Permission
from abeyance.rules.release import OrderFacts

LONGEST = 300  # of the court's name and of the citation
LARGEST_DOCUMENT = 3 * 2**20
LOCKED = "sealed; the desk is locked"


@dataclass(frozen=True)
class Stated:
    """What counsel says of the order."""

    pause: str
    court: str
    citation: str
    decided_on: date
    items: frozenset[int] = frozenset()
    barred_until: datetime | None = None
    document: bytes = b""


def propose(ref: str, stated: Stated, *, by: str, now: datetime) -> CourtOrder:
    """Counsel records it. Nothing is overridden until another member agrees."""
    case = door.open_for(by, ref, Permission.COURT_ORDER_PROPOSE, now=now)
    _refuse_incomplete(stated, now)
    demand = casefacts.newest_demand(case)
    _refuse_unknown(case, stated)
    row = CourtOrder(
        case=case,
        version=demand.version,
        pause=stated.pause,
        items=sorted(stated.items),
        decided_on=stated.decided_on,
        barred_until=stated.barred_until,
        document_size=len(stated.document),
        proposed_by=by,
    )
    named = json.dumps({"court": stated.court.strip(), "citation": stated.citation.strip()}, ensure_ascii=False)
    row.named = seals.seal(case.holder, named.encode(), place=row.place)
    if stated.document:
        row.document = seals.seal(case.holder, stated.document, place=row.document_place)
    act = uuid4()
    with fence.together(act) as entered:
        Case.objects.select_for_update().get(pk=case.pk)
        people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
        row.proposed_at = entered.now
        row.save()
        told = CourtOrderProposed(order=str(row.key), pause=row.pause, items=tuple(row.items))
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


def agree(ref: str, key: UUID, *, by: str, now: datetime) -> CourtOrder:
    """Agree as a second person; from here on the gate counts it."""
    case = door.open_for(by, ref, Permission.COURT_ORDER_AGREE, now=now)
    act = uuid4()
    with fence.together(act) as entered:
        row = _locked(case, key)
        if row.agreed_by is not None:
            raise Refused([_no("order-agreed", "Two people have agreed to this order already.")])
        if row.version != casefacts.newest_demand(case).version:
            sentence = "The demand has been stated anew since this order was recorded: record it for what is asked now."
            raise Refused([_no("order-of-older-version", sentence)])
        _require_second(case, row, by=by, now=entered.now)
        row.agreed_by, row.agreed_at, row.epoch = by, entered.now, entered.epoch
        row.save()
        told = CourtOrderAgreed(order=str(row.key), pause=row.pause, proposer=row.proposed_by)
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, epoch=entered.epoch, act=act)
    return row


def withdraw(ref: str, key: UUID, *, by: str, now: datetime) -> CourtOrder:
    """Void at once, by one person: the gate holds the request's row while it judges, so it is before or after."""
    case = door.open_for(by, ref, Permission.COURT_ORDER_AGREE, now=now)
    act = uuid4()
    with fence.together(act) as entered:
        row = _locked(case, key)
        row.withdrawn_by, row.withdrawn_at = by, entered.now
        row.save()
        told = CourtOrderWithdrawn(order=str(row.key))
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


def publish(ref: str, key: UUID, *, by: str, now: datetime) -> CourtOrder:
    """Say in public that a court overrode the pause: when two have agreed and no bar runs any more."""
    case = door.open_for(by, ref, Permission.COURT_ORDER_PROPOSE, now=now)
    row = _of(case, key)
    named, act = named_in(row), uuid4()
    with fence.together(act) as entered:
        row = _locked(case, key, also_withdrawn=True)
        if row.agreed_by is None:
            raise Refused([_no("order-not-agreed", "A second person has not agreed to this order.")])
        if row.barred_until is not None and entered.now < row.barred_until:
            until = f"{row.barred_until.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
            raise Refused([_no("order-barred", f"It may not be published before {until}.")])
        if row.published_at is not None:
            raise Refused([_no("order-published", "It has been published already.")])
        row.published_at = entered.now
        row.save()
        told = CourtOrderPublished(
            pause=row.pause, court=named["court"], citation=named["citation"], decided_on=row.decided_on.isoformat()
        )
        ledger.append(told, by=by, now=entered.now, act=act)
    return row


# --- reading


def of_case(case: Case) -> list[CourtOrder]:
    return list(CourtOrder.objects.filter(case=case).select_related("case").defer("document").order_by("pk"))


def named_in(row: CourtOrder) -> dict[str, str]:
    opened = seals.unseal(row.case.holder, bytes(row.named), place=row.place)
    said: dict[str, str] = json.loads(opened)
    return said


def document_of(row: CourtOrder) -> bytes:
    if not row.document_size:
        raise NotFound("No document was kept with this order.")
    return seals.unseal(row.case.holder, bytes(row.document), place=row.document_place)


def as_document(row: CourtOrder, *, opened: bool) -> dict[str, Any]:
    """`opened`: for members; a shell alone does not read what is sealed."""
    try:
        named = named_in(row) if opened else {}
    except Locked:
        named = {"court": LOCKED, "citation": LOCKED}
    return named | {
        "order": str(row.key),
        "pause": row.pause,
        "version": row.version,
        "items": list(row.items),
        "decided_on": row.decided_on.isoformat(),
        "document": row.document_size > 0,
        "agreed": row.agreed_by is not None,
        "withdrawn": _moment(row.withdrawn_at),
        "barred_until": _moment(row.barred_until),
        "published": _moment(row.published_at),
    }


def facts_of(rows: Sequence[CourtOrder]) -> tuple[OrderFacts, ...]:
    """Every order on file, with the people as they are now."""
    codes = {code for row in rows for code in (row.proposed_by, row.agreed_by) if code}
    return as_facts(rows, {code: people.actor(code) for code in codes})


def as_facts(rows: Sequence[CourtOrder], actors: dict[str, Actor]) -> tuple[OrderFacts, ...]:
    return tuple(
        OrderFacts(
            pause=row.pause,
            version=row.version,
            items=frozenset(row.items),
            proposer=actors[row.proposed_by],
            agreer=actors[row.agreed_by] if row.agreed_by else None,
            epoch=row.epoch if row.epoch is not None else -1,
            withdrawn=row.withdrawn_at is not None,
        )
        for row in rows
    )


# --- how


def _of(case: Case, key: UUID) -> CourtOrder:
    row = CourtOrder.objects.select_related("case").filter(case=case, key=key).first()
    if row is None:
        raise NotFound(f"{case.ref} has no such order of a court.")
    return row


def _locked(case: Case, key: UUID, *, also_withdrawn: bool = False) -> CourtOrder:
    Case.objects.select_for_update().get(pk=case.pk)
    row = _of(case, key)
    if row.withdrawn_at is not None and not also_withdrawn:
        raise Refused([_no("order-withdrawn", "This order has been withdrawn; record it anew.")])
    return row


def _refuse_incomplete(stated: Stated, now: datetime) -> None:
    if not all(1 <= len(text.strip()) <= LONGEST for text in (stated.court, stated.citation)):
        raise BadInput(f"Name the court and the citation, in at most {LONGEST} characters each.")
    if stated.decided_on > now.date():
        raise BadInput("The date of the order lies in the future.")
    if len(stated.document) > LARGEST_DOCUMENT:
        raise BadInput(f"The document has at most {LARGEST_DOCUMENT // 2**20} MiB.")


def _refuse_unknown(case: Case, stated: Stated) -> None:
    if not store.in_force(stated.pause):
        raise NotFound(f"No pause {stated.pause[:48]} is in force. `abeyance pause list` shows those that are.")
    numbers = {item.number for item in casefacts.items_of(casefacts.newest_demand(case))}
    if strange := stated.items - numbers:
        raise NotFound(f"{case.ref} has no item {', '.join(map(str, sorted(strange)))}.")


def _require_second(case: Case, row: CourtOrder, *, by: str, now: datetime) -> None:
    demand = casefacts.newest_demand(case)
    locked = people.lock_members([by, row.proposed_by])
    house, finding = people.house_rules(), casefacts.newest_finding(case, demand.version)
    proposer = locked.get(row.proposed_by) or people.actor(row.proposed_by)
    agreer = locked.get(by) or people.actor(by)
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    people.refuse_unless(people_rules.may(proposer, Permission.COURT_ORDER_PROPOSE))
    people.refuse_unless(people_rules.may(agreer, Permission.COURT_ORDER_AGREE))
    verifier = finding.by if finding else None
    people.refuse_unless(people_rules.may_agree(proposer, agreer, verifier, house.small_team, now, house.waiting))


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"court-orders:{code}")
