"""Acts around the weighing of a request: what clocks run from, and who may read it."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from abeyance import fence, ledger
from abeyance.asking import Asked
from abeyance.casefile import door, inside
from abeyance.casefile.models import Case, ClockAct, Reader
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.pauses.weighing import weigh
from abeyance.people import queries as people
from abeyance.rules import preservation
from abeyance.rules.decision import Reason
from abeyance.rules.events import AdminAct, ClockSet
from abeyance.rules.instruments import ActKind
from abeyance.rules.people import Permission

NOT_TO_BE_SET = frozenset({ActKind.ARRIVED, ActKind.RELEASED})  # the desk writes these itself


def record_act(
    ref: str,
    kind: ActKind,
    at: datetime,
    *,
    until: datetime | None = None,
    clock: str | None = None,
    item: int | None = None,
    by: str,
    now: datetime,
) -> ClockAct:
    """Record an act that clocks run from. `until` and `clock` belong to an extension: what was granted, for which."""
    _refuse_wrong_act(kind, at, until, clock, now)
    case = door.open_for(by, ref, Permission.CLOCK_SET, now=now)
    act, writing = uuid4(), Asked()
    stored = f"{kind.value}:{clock}" if clock else kind.value
    row = ClockAct(case=case, item_number=item, kind=stored, at=at, until=until, by=by)
    told = ClockSet(clock=kind.value, item=item, due=until)
    with inside.locked(case, act) as found:
        if kind is ActKind.PRESERVED:
            _refuse_under_a_pause(found.case, item, found.now)
        writing.written(row)
        ledger.appending(writing, [told], by=by, now=found.now, holder=found.sealing, case=case.ref, act=act)
        writing.now()
    return row


def _refuse_under_a_pause(case: Case, item: int | None, now: datetime) -> None:
    """Under a pause it is decided by two people, who write the act themselves."""
    _demand, weighed = weigh(case, now=now)
    held = [each.reason for one in weighed if item in (None, one.item.number) for each in one.held]
    if against := preservation.against_recording(held, decided=False):
        raise Refused(against)


def add_reader(ref: str, member: str, *, by: str, now: datetime) -> None:
    """Let a member read a restricted request; who takes no part in its jurisdiction is not let in."""
    case = door.open_for(by, ref, Permission.READER_ADD, now=now)
    code = people.code_of(member)
    for jurisdiction in case.demands.values_list("jurisdiction", flat=True):
        people.refuse_unless(people.may_take_part(code, jurisdiction))
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        Reader.objects.get_or_create(case=case, member=code)
        told = AdminAct(act="reader-added", subject=code)
        ledger.append(told, by=by, now=moment, holder=case.holder, case=case.ref, act=act)


def restrict(ref: str, *, by: str, now: datetime) -> None:
    """From now on only counsel and named readers may know of it; who does it stays one of them. Never undone: nobody's
    later mind opens what was hidden."""
    case = door.open_for(by, ref, Permission.READER_ADD, now=now)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        if not Case.objects.filter(pk=case.pk, restricted=False).update(restricted=True):
            raise Refused([Reason("restricted", "Its readers are named already.", clause="review:restricted")])
        Reader.objects.get_or_create(case=case, member=by)
        told = AdminAct(act="readers-named", subject=by)
        ledger.append(told, by=by, now=moment, holder=case.holder, case=case.ref, act=act)


def remove_reader(ref: str, member: str, *, by: str, now: datetime) -> None:
    """At once. Counsel may read every request and is no named reader."""
    case = door.open_for(by, ref, Permission.READER_ADD, now=now)
    code = people.code_of(member)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        if not Reader.objects.filter(case=case, member=code).delete()[0]:
            raise NotFound("That member is no named reader of this request.")
        told = AdminAct(act="reader-removed", subject=code)
        ledger.append(told, by=by, now=moment, holder=case.holder, case=case.ref, act=act)


def _refuse_wrong_act(kind: ActKind, at: datetime, until: datetime | None, clock: str | None, now: datetime) -> None:
    if kind in NOT_TO_BE_SET:
        raise BadInput(f"'{kind.value}' is recorded by the desk itself.")
    if at > now:
        raise BadInput("An act is recorded when it has happened; its moment lies in the future.")
    extension = kind is ActKind.EXTENSION_GRANTED
    if extension and until is None:
        raise BadInput("An extension says until when: --until.")
    if not extension and (until is not None or clock is not None):
        raise BadInput("Only an extension has --until and --clock.")
