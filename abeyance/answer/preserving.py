"""Preservation under a pause: proposed by one, agreed by another, apart from the answer, and only where it binds us.

It writes an act that clocks run from and nothing else: what is preserved stays where it is, and leaves through the gate
or not at all. A proposal is a row of its own, shown with its request, so that only who may read that request knows."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from abeyance import fence, ledger
from abeyance.answer.documents import moment
from abeyance.answer.models import Preservation
from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, ClockAct, Demand
from abeyance.errors import NotFound, Refused
from abeyance.pauses.weighing import Weighed, weigh
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.policy import queries as policy
from abeyance.rules import people as people_rules
from abeyance.rules import preservation as rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import PreservationMade, PreservationProposed
from abeyance.rules.instruments import ActKind
from abeyance.rules.instruments import Preservation as Duty
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import DemandKind


def propose(ref: str, items: frozenset[int] = frozenset(), *, by: str, now: datetime) -> Preservation:
    """Propose to preserve these items (none named: every one). Nothing is kept until another member agrees. A proposal
    that waits already gives way to this one."""
    case = door.open_for(by, ref, Permission.ANSWER_PROPOSE, now=now)
    act = uuid4()
    with fence.together(act) as entered:
        case = Case.objects.select_for_update().get(pk=case.pk)
        demand, weighed = weigh(case, now=entered.now)
        people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
        chosen = _chosen(case, weighed, items)
        _refuse_unbound(case, demand, chosen, entered.now)
        Preservation.objects.filter(case=case, agreed_by=None).delete()
        row = Preservation.objects.create(
            case=case,
            version=demand.version,
            items=[one.item.number for one in chosen],
            agency=demand.agency or "",
            proposed_by=by,
            proposed_at=entered.now,
        )
        told = PreservationProposed(preservation=str(row.key), items=tuple(row.items))
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


def agree(ref: str, key: UUID, *, by: str, now: datetime) -> Preservation:
    """Agree as a second person, and as counsel where the agency has as much as the policy allows."""
    case = door.open_for(by, ref, Permission.ANSWER_AGREE, now=now)
    act = uuid4()
    with fence.together(act) as entered:
        case = Case.objects.select_for_update().get(pk=case.pk)
        row = _waiting(case, key)
        demand, weighed = weigh(case, now=entered.now)
        if row.version != demand.version:
            raise Refused([_no("other-version", "The demand has changed since; propose it anew.")])
        chosen = _chosen(case, weighed, frozenset(row.items))
        _refuse_unbound(case, demand, chosen, entered.now)
        directory.lock(row.agency)  # two agreements for one agency do not both take the last place
        over = _is_over(row.agency)
        _require_second(case, demand, row, over, by=by, now=entered.now)
        row.agreed_by, row.agreed_at = by, entered.now
        row.save()
        for number in row.items:
            ClockAct.objects.create(case=case, item_number=number, kind=ActKind.PRESERVED, at=entered.now, by=by)
        told = PreservationMade(
            preservation=str(row.key), items=tuple(row.items), proposer=row.proposed_by, over_cap=over
        )
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


def against_answering(case: Case, weighed: Sequence[Weighed], preserved: frozenset[int]) -> list[Reason]:
    """Why these items may not be answered as preserved while a pause holds them."""
    if not preserved:
        return []
    rows = Preservation.objects.filter(case=case).exclude(agreed_by=None)
    decided = {number for row in rows for number in row.items if row.version == case.version}
    return [
        reason
        for one in weighed
        if one.item.number in preserved
        for reason in rules.against_recording([held.reason for held in one.held], decided=one.item.number in decided)
    ]


def as_document(case: Case, demand: Demand, weighed: Sequence[Weighed], *, now: datetime) -> dict[str, Any] | None:
    """For a request that a pause holds, or that was preserved under one. How much is kept for the agency by others is
    not told: who reads this may not know of those requests."""
    held = any(one.held for one in weighed)
    rows = list(Preservation.objects.filter(case=case).order_by("pk")) if held or case.closed_at is None else []
    if not rows and not (held and case.closed_at is None and _is_asked(demand)):
        return None
    against = {one.item.number: _against(case, demand, one, now) for one in weighed}
    return {
        "items": [
            {"item": number, "binds": not reasons, "reasons": [reason.as_dict() for reason in reasons]}
            for number, reasons in against.items()
        ],
        "binds": any(not reasons for reasons in against.values()),
        "needs_counsel": bool(demand.agency) and _is_over(demand.agency or ""),
        "rows": [of_row(row) for row in rows],
    }


def of_row(row: Preservation) -> dict[str, Any]:
    return {
        "preservation": str(row.key),
        "version": row.version,
        "items": list(row.items),
        "proposed": moment(row.proposed_at),
        "made": moment(row.agreed_at),
    }


# --- how


def _is_asked(demand: Demand) -> bool:
    """Whether preserving is what is asked for, or goes with the instrument."""
    entries = [books.entry(demand.instrument) for books in policy.books()]
    binding = any(entry is not None and entry.preservation is Duty.BINDING for entry in entries)
    return binding or demand.kind == DemandKind.PRESERVATION


def _chosen(case: Case, weighed: Sequence[Weighed], items: frozenset[int]) -> list[Weighed]:
    if strange := items - {one.item.number for one in weighed}:
        raise NotFound(f"{case.ref} has no item {', '.join(map(str, sorted(strange)))}.")
    return [one for one in weighed if not items or one.item.number in items]


def _refuse_unbound(case: Case, demand: Demand, chosen: Sequence[Weighed], now: datetime) -> None:
    if case.closed_at is not None:
        raise Refused([_no("closed", "The request is closed; nothing is preserved for it.")])
    if against := [reason for one in chosen for reason in _against(case, demand, one, now)]:
        raise Refused(list(dict.fromkeys(against)))


def _against(case: Case, demand: Demand, one: Weighed, now: datetime) -> tuple[Reason, ...]:
    finding, books = casefacts.newest_finding(case, demand.version), policy.books()
    said = casefacts.demand_facts(case, demand, genuine=finding is not None and finding.genuine)
    held = [each.reason for each in one.held]
    return rules.against_preserving(said, casefacts.item_facts(one.item, books), held, books, now)


def _is_over(agency: str) -> bool:
    """By the smallest number of any text that is in force or proposed."""
    made = Preservation.objects.filter(agency=agency, case__closed_at=None).exclude(agreed_by=None).count()
    return rules.over_cap(made, min(books.policy.pauses.preservations_per_agency for books in policy.books()))


def _waiting(case: Case, key: UUID) -> Preservation:
    row = Preservation.objects.filter(case=case, key=key).first()
    if row is None:
        raise NotFound(f"{case.ref} has no such preservation that waits; look at the request again.")
    if row.agreed_by is not None:
        raise Refused([_no("agreed", "Two people have agreed to this preservation already.")])
    return row


def _require_second(case: Case, demand: Demand, row: Preservation, over: bool, *, by: str, now: datetime) -> None:
    locked = people.lock_members([by, row.proposed_by])
    house, finding = people.house_rules(), casefacts.newest_finding(case, demand.version)
    first = locked.get(row.proposed_by) or people.actor(row.proposed_by)
    second = locked.get(by) or people.actor(by)
    verifier = finding.by if finding else None
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    people.refuse_unless(people_rules.may(first, Permission.ANSWER_PROPOSE))
    people.refuse_unless(people_rules.may(second, Permission.ANSWER_AGREE))
    people.refuse_unless(people_rules.may_agree(first, second, verifier, house.small_team, now, house.waiting))
    if against := rules.against_second(second, over=over):
        raise Refused(against)


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"preservation:{code}")
