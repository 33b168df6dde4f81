"""Formal steps of a request that a pause holds: kept up with its clocks, written, approved by a second person, sent.

`keep` is harmless to repeat: it makes what is missing, moves what has moved, and ends what nobody needs any more. It is
called by the worker, and whenever a request is looked at. It reads clocks and changes none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from abeyance import fence, ledger, seals
from abeyance.answer.models import FormalStep
from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, Demand, Release
from abeyance.errors import BadInput, Locked, NotFound, Refused
from abeyance.pauses import due, store
from abeyance.pauses.weighing import Weighed, weigh
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.policy import queries as policy
from abeyance.rules import formalsteps as rules
from abeyance.rules import people as people_rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import StepApproved, StepDrafted, StepScheduled, StepSent, StepSuperseded
from abeyance.rules.formaldrafts import Matter, draft, title_of
from abeyance.rules.formalsteps import OPEN, StepDue, StepState
from abeyance.rules.instruments import LawEntry, StepForm
from abeyance.rules.lifecycle import OPEN_STATES, State
from abeyance.rules.permissions import Permission
from abeyance.rules.shown import is_what_was_shown

LONGEST = 60_000
SOONEST = 100  # requests that are looked at in every round, because they are due first
WORKER = "worker"
OPEN_VALUES = [state.value for state in OPEN]


class Way(StrEnum):
    """How a step went. A closed list: the ledger keeps it."""

    PORTAL = "portal"  # the system of the authority or the court
    MAIL = "mail"
    POST = "post"
    FAX = "fax"
    BY_HAND = "by-hand"
    TO_COUNSEL = "to-counsel"


def titles_of(case: Case) -> dict[str, str]:
    """What each step of this request is called, by its key."""
    return {str(row.key): title_of(StepForm(row.form)) for row in _rows(case)}


# --- keeping up with the clocks


def keep_up(now: datetime, most: int, after: int = 0) -> int | None:
    """For the worker: what is due soonest, then requests by number; the last one done, or None."""
    due_first = due.soonest(SOONEST)
    in_turn = due.with_clocks(after, most)
    ended = FormalStep.objects.filter(state__in=OPEN_VALUES, case__closed_at__isnull=False).select_related("case")
    for case in {case.pk: case for case in (*due_first, *in_turn, *(step.case for step in ended[:most]))}.values():
        keep(case, now=now)
    return in_turn[-1].pk if in_turn else None


def keep(case: Case, *, now: datetime, weighed: tuple[Demand, list[Weighed]] | None = None) -> None:
    """Make this request's steps what its clocks and its holds ask for. `weighed`: by whoever has done so just now."""
    looked_at = weighed or weigh(case, now=now)
    demand, wanted, one_of = _wanted(case, *looked_at)
    known = {_name(step): step for step in _rows(case)}
    if not _differs(known, wanted, demand):
        return
    law, matter = _law(demand) if wanted else None, {}
    for name, step in wanted.items():
        if _is_new(known.get(name)):
            matter[name] = draft(step, _matter(case, demand, one_of[name], law))
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=case.pk)
        known = {_name(step): step for step in _rows(case)}  # somebody else may have been here
        for name, step in wanted.items():
            _make_or_move(case, demand, known.get(name), step, matter.get(name, ""), now)
        for name, row in known.items():
            if name not in wanted and row.state in OPEN:
                _supersede(case, row, _why_not(case, row, demand, looked_at[1]), now)


_Name = tuple[int, int, str]


def _rows(case: Case) -> QuerySet[FormalStep]:
    return FormalStep.objects.filter(case=case)


def _name(row: FormalStep) -> _Name:
    return row.version, row.item_number, row.clock


def _wanted(
    case: Case, demand: Demand, weighed: list[Weighed]
) -> tuple[Demand, dict[_Name, StepDue], dict[_Name, Weighed]]:
    nothing_held = not any(one.held for one in weighed)
    if nothing_held or State(case.state) not in OPEN_STATES or case.erased_at is not None:
        return demand, {}, {}
    law = _law(demand)
    found, one_of = {}, {}
    for one in weighed:
        holds = [held.reason for held in one.held]
        for step in rules.steps_for(one.item.number, one.clocks, holds, law.refuser if law else None):
            name = (demand.version, step.item, step.clock)
            found[name], one_of[name] = step, one
    return demand, found, one_of


def _law(demand: Demand) -> LawEntry | None:
    return next((entry for books in policy.books() if (entry := books.entry(demand.instrument)) is not None), None)


def _is_new(row: FormalStep | None) -> bool:
    return row is None or row.state == StepState.SUPERSEDED


def _differs(known: dict[_Name, FormalStep], wanted: dict[_Name, StepDue], demand: Demand) -> bool:
    if any(_is_new(known.get(name)) or known[name].due != step.due for name, step in wanted.items()):
        return True
    return any(row.state in OPEN and name not in wanted for name, row in known.items())


def _make_or_move(case: Case, demand: Demand, row: FormalStep | None, step: StepDue, text: str, now: datetime) -> None:
    if row is not None and row.state != StepState.SUPERSEDED:
        if row.due != step.due and row.state in OPEN:
            FormalStep.objects.filter(pk=row.pk).update(due=step.due, begin=step.begin)
        return
    if not text:
        return  # it has been made meanwhile and has ended again; the next round sees it
    row = row or FormalStep(case=case, version=demand.version, item_number=step.item, clock=step.clock)
    row.form, row.due, row.begin, row.made_at, row.state = step.form.value, step.due, step.begin, now, StepState.DUE
    row.drafted_by = row.drafted_at = row.approved_by = row.approved_at = None
    row.tells = False
    _put(row, text)
    row.save()
    told = StepScheduled(step=str(row.key), form=step.form.value, clock=step.clock[:164], item=step.item, due=step.due)
    ledger.append(told, by=WORKER, now=now, holder=case.holder, case=case.ref)


def _supersede(case: Case, row: FormalStep, why: str, now: datetime) -> None:
    FormalStep.objects.filter(pk=row.pk).update(state=StepState.SUPERSEDED)
    told = StepSuperseded(step=str(row.key), why=why)
    ledger.append(told, by=WORKER, now=now, holder=case.holder, case=case.ref)


def _why_not(case: Case, row: FormalStep, demand: Demand, weighed: Sequence[Weighed]) -> str:
    if State(case.state) not in OPEN_STATES or case.erased_at is not None:
        return "the-request-is-closed"
    if row.version != demand.version:
        return "the-demand-was-stated-anew"
    if not any(one.held for one in weighed if one.item.number == row.item_number):
        return "no-pause-holds-the-item"
    return "its-clock-has-gone"


def _put(row: FormalStep, text: str) -> None:
    row.text_digest = hashlib.sha256(text.encode()).digest()
    row.text = seals.seal(row.case.holder, text.encode(), place=row.place)


def _matter(case: Case, demand: Demand, one: Weighed, law: LawEntry | None) -> Matter:
    """What the draft may name; what nobody outside may read of our reasons is not in it."""
    names = {held.pause for held in one.held}
    pauses = [pause for pause in store.in_force() if pause.name in names]
    first = {held.pause: held.reason for held in reversed(one.held)}  # one sentence for each pause is enough
    reasons = tuple(dict.fromkeys(first[held.pause] for held in one.held))
    return Matter(
        reference=case.ref,
        their_reference=_their_reference(case, demand),
        agency=directory.name_of(demand.agency) if demand.agency else "",
        jurisdiction=demand.jurisdiction or "",
        instrument=law.instrument if law else demand.instrument or "",
        instrument_citation=law.citation if law else "",
        category=one.item.category or "",
        arrived=demand.arrived_at,
        reasons=reasons,
        statements=tuple(dict.fromkeys(pause.statement for pause in pauses)),
        review_by=min((pause.review_by for pause in pauses), default=None),
        sender=settings.ABEYANCE.operator_name or "the request desk",
    )


def _their_reference(case: Case, demand: Demand) -> str:
    """Sealed with the other particulars; while the desk is locked the draft goes without it."""
    if not demand.particulars:
        return ""
    with suppress(Locked):
        place = f"demand:{demand.version}:particulars"
        said = json.loads(seals.unseal(case.holder, bytes(demand.particulars), place=place)).get("reference", "")
        return str(said[0] if isinstance(said, list) and said else said or "")
    return ""


# --- reading


def of_case(case: Case) -> list[FormalStep]:
    """Every step that counts, the soonest first."""
    return list(_rows(case).exclude(state=StepState.SUPERSEDED).order_by("due", "item_number", "clock"))


def open_for(reader: str) -> QuerySet[FormalStep]:
    """Open steps of the requests that this reader may know of, the soonest due first."""
    rows = FormalStep.objects.filter(state__in=OPEN_VALUES, case__in=door.visible_to(reader))
    return rows.select_related("case").order_by("due", "pk")


def find(key: UUID, *, by: str, now: datetime) -> FormalStep:
    people.require(by, Permission.CASE_READ, now)
    row = FormalStep.objects.select_related("case").filter(key=key, case__in=door.visible_to(by)).first()
    if row is None:
        raise NotFound("There is no such step of a request that you may read. `abeyance step list` shows those.")
    return row


def text_of(row: FormalStep) -> str:
    return seals.unseal(row.case.holder, bytes(row.text), place=row.place).decode()


@dataclass(frozen=True)
class Running:
    """An open step that somebody may have to be woken for. Not for people: who may know of it is asked at the door."""

    ref: str
    due: datetime
    mark: int | None


def running(now: datetime, most: int) -> list[Running]:
    rows = FormalStep.objects.filter(state__in=OPEN_VALUES, case__closed_at=None).order_by("due")[:most]
    return [
        Running(ref, at, rules.mark_reached(made, at, now))
        for ref, made, at in rows.values_list("case__ref", "made_at", "due")
    ]


# --- writing, approving, sending


def write(key: UUID, text: str, *, tells: bool, by: str, now: datetime) -> FormalStep:
    """Take the draft up: as it is, or with other words. An approval of other words is gone."""
    text = text.replace("\r\n", "\n").strip() + "\n"
    if not 2 <= len(text) <= LONGEST:
        raise BadInput(f"The text of a step has 1 to {LONGEST:,} characters.")
    act = uuid4()
    case = _case_of(key, Permission.ANSWER_PROPOSE, by, now)
    with fence.together(act) as entered:
        row = _locked(case, key, (StepState.DUE, StepState.DRAFTED, StepState.APPROVED))
        people.refuse_unless(people.may_take_part(by, casefacts.newest_demand(case).jurisdiction))
        _put(row, text)
        row.state, row.tells, row.drafted_by, row.drafted_at = StepState.DRAFTED, tells, by, entered.now
        row.approved_by = row.approved_at = None
        row.save()
        told = StepDrafted(step=str(row.key), digest=row.text_digest.hex(), tells=tells)
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


def approve(key: UUID, digest: str, *, by: str, now: datetime) -> FormalStep:
    """A second person approves exactly this text; `digest` is that of what was looked at."""
    act = uuid4()
    case = _case_of(key, Permission.ANSWER_AGREE, by, now)
    with fence.together(act) as entered:
        row = _locked(case, key, (StepState.DRAFTED,))
        if not is_what_was_shown(digest, bytes(row.text_digest).hex()):
            raise Refused([_no("other-text", "The text has changed since you looked; read it again.")])
        assert row.drafted_by is not None
        _require_second(case, row.drafted_by, by=by, now=entered.now)
        row.state, row.approved_by, row.approved_at = StepState.APPROVED, by, entered.now
        row.save()
        told = StepApproved(step=str(row.key), digest=bytes(row.text_digest).hex(), drafter=row.drafted_by)
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


def sent(key: UUID, way: Way, *, by: str, now: datetime) -> FormalStep:
    """Record that the approved text went out or was filed. The clock that it meets runs on as before."""
    act = uuid4()
    case = _case_of(key, Permission.ANSWER_PROPOSE, by, now)
    with fence.together(act) as entered:
        row = _locked(case, key, (StepState.DUE, StepState.DRAFTED, StepState.APPROVED))
        against = rules.against_sending(
            StepState(row.state), StepForm(row.form), tells=row.tells, through_the_gate=_passed_the_gate(row)
        )
        if against:
            raise Refused(against)
        row.state, row.sent_by, row.sent_at, row.way = StepState.SENT, by, entered.now, way.value
        row.save()
        told = StepSent(step=str(row.key), digest=bytes(row.text_digest).hex(), way=way.value)
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, act=act)
    return row


def _passed_the_gate(row: FormalStep) -> bool:
    """Whether words about this item have been handed over since the text was approved."""
    if row.approved_at is None:
        return False
    released = Release.objects.filter(
        package__case=row.case,
        package__kind="words",
        package__items__item__number=row.item_number,
        made__gte=row.approved_at,
        state__in=("gone", "confirmed"),
    )
    return released.exists()


def _case_of(key: UUID, permission: Permission, by: str, now: datetime) -> Case:
    row = find(key, by=by, now=now)
    return door.open_for(by, row.case.ref, permission, now=now)


def _locked(case: Case, key: UUID, states: Sequence[StepState]) -> FormalStep:
    Case.objects.select_for_update().get(pk=case.pk)
    row = FormalStep.objects.select_related("case").get(key=key)
    if row.state not in states:
        raise Refused([_no("step-not-now", f"The step is '{row.state}', so this cannot be done with it now.")])
    return row


def _require_second(case: Case, drafter: str, *, by: str, now: datetime) -> None:
    locked = people.lock_members([by, drafter])
    house = people.house_rules()
    people.refuse_unless(people.may_take_part(by, casefacts.newest_demand(case).jurisdiction))
    first, second = locked.get(drafter) or people.actor(drafter), locked.get(by) or people.actor(by)
    people.refuse_unless(people_rules.may(second, Permission.ANSWER_AGREE))
    people.refuse_unless(people_rules.may_agree(first, second, None, house.small_team, now, house.waiting))


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"steps:{code}")
