"""No flood at the end. When a pause has ended, what it held goes back to verification, some at a time, and its
requester is asked whether officer, order, offence and need are still the same. Until they have said so the gate keeps
it; in the end their silence closes it.

ask_round    the worker: asks after each end, a few requests in a round
reconfirm    a member: what the requester has said
lapse_round  the worker: closes what was not confirmed in time, neutrally

Each looks again, inside the fence, before it does anything; so each is harmless to repeat, and to two workers at once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models import QuerySet

from abeyance import fence, ledger, outbox
from abeyance.asking import Asked
from abeyance.casefile import door, ending, onfile
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case
from abeyance.errors import Refused
from abeyance.patterns import queries as patterns
from abeyance.patterns.queries import Others
from abeyance.pauses import coverage, store
from abeyance.pauses.matters import matter_of
from abeyance.pauses.models import PauseRow, Reconfirmation
from abeyance.people import queries as people
from abeyance.policy import queries as policy
from abeyance.rules import pauselife
from abeyance.rules import pauses as pause_rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import ReconfirmationAsked, Reconfirmed
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.instruments import Refuser
from abeyance.rules.lifecycle import State
from abeyance.rules.pauselife import Reconfirm
from abeyance.rules.pauses import Pause
from abeyance.rules.permissions import Permission

BY = "worker"
IN_A_ROUND = 50
ASKED_IN = (State.TO_VERIFY, State.IN_REVIEW, State.PROPOSED, State.GATHERING, State.SEALED)
SOON = timedelta(days=7)
OF_CASE = "SELECT confirmed_epoch FROM pauses_reconfirmation WHERE case_id = %s AND confirmed_epoch IS NOT NULL"


@dataclass(frozen=True)
class Standing:
    """Where a request stands after the end of a pause. Whether another one holds it matters only where something is
    needed. `lapses_at` None: nobody has been asked yet, or silence does not end it."""

    needed: bool
    held: bool
    last_end: int
    asked_at: datetime | None = None
    told_at: datetime | None = None
    lapses_at: datetime | None = None


def confirmed_of(asked: Asked, case: int) -> Callable[[], tuple[int, ...]]:
    """For the gate: at which epochs the requester has confirmed; to be called after `asked.now()`."""
    rows = asked.plain(OF_CASE, case)
    return lambda: tuple(int(row[0]) for row in rows)


def standing(case: Case, *, now: datetime) -> Standing:
    """By every label that counts, as the gate reads them: also those of requests of the same matter, and as the
    jurisdiction as which it is answered."""
    if not store.ended_since(case.arrived_epoch):
        return Standing(False, False, 0)
    asked = Asked()
    read, confirmed = onfile.read(asked, [case]), confirmed_of(asked, case.pk)
    others_of, books_of = patterns.others_of(asked, [case.pk]), policy.books_of(asked)
    asked.now()
    file, others, books = read()[0], others_of().get(case.pk, Others()), books_of()
    items = [casefacts.item_facts(item, books) for item in file.items]
    pauses = store.that_could_cover([*file.labels, *(other.demand for other in others.found)])
    matter = matter_of(file.labels, items, others, pauses, now)
    each = [_answered(matter.placed(item), (*file.labels, *matter.labels), pauses, now) for item in items]
    held = any(
        pause_rules.held_under_any(pause, labels, item, stage, now=now)
        for pause in pauses
        for item, labels in each
        for stage in pauselife.stages_at(pause, now)
    )
    ends = [pause_rules.last_end_epoch(pauses, label, item, now=now) for item, labels in each for label in labels]
    last_end = max(ends, default=0)
    needed = pauselife.needs_reconfirming(case.arrived_epoch, last_end, confirmed())
    if not needed or case.closed_at is not None:
        return Standing(False, held, last_end)
    row = Reconfirmation.objects.filter(case=case, after_epoch=last_end).first()
    if row is None:
        return Standing(True, held, last_end)
    lapses_at = pauselife.lapses_at(row.asked_at, within()) if _may_lapse(file.demand.instrument) else None
    return Standing(True, held, last_end, row.asked_at, row.told_at, None if held else lapses_at)


def _answered(
    item: ItemFacts, labels: tuple[DemandFacts, ...], pauses: list[Pause], now: datetime
) -> tuple[ItemFacts, tuple[DemandFacts, ...]]:
    return item, pause_rules.with_treated(labels, pause_rules.treated_as(pauses, labels, item, now=now))


def within() -> timedelta:
    return policy.books()[0].policy.pauses.reconfirm_within


def reconfirm(ref: str, points: Collection[Reconfirm], *, by: str, now: datetime) -> Case:
    """The requester has said that all four are as they were. What has changed is amended first; what is no longer
    needed is withdrawn."""
    case = door.open_for(by, ref, Permission.REQUESTER_VERIFY, now=now)
    if missing := [point.value for point in Reconfirm if point not in points]:
        sentence = f"Not confirmed: {', '.join(missing)}. Amend what has changed, or close what is no longer needed."
        raise Refused([_no("not-all-confirmed", sentence)])
    act = uuid4()
    with fence.together(act) as entered:
        case = Case.objects.select_for_update().get(pk=case.pk)
        people.refuse_unless(people.may_take_part(by, casefacts.newest_demand(case).jurisdiction))
        found = standing(case, now=entered.now)
        if not found.needed:
            raise Refused([_no("nothing-to-confirm", "No pause over this request has ended since it was confirmed.")])
        said = {"confirmed_by": by, "confirmed_at": entered.now, "confirmed_epoch": entered.epoch}
        first = said | {"asked_at": entered.now}
        Reconfirmation.objects.update_or_create(
            case=case, after_epoch=found.last_end, defaults=said, create_defaults=first
        )
        told = Reconfirmed(points=tuple(point.value for point in Reconfirm))
        ledger.append(told, by=by, now=entered.now, holder=case.holder, case=case.ref, epoch=entered.epoch, act=act)
    return case


# --- by the worker


def ask_round(now: datetime, most: int = IN_A_ROUND) -> int:
    """How many were asked. Each end is gone through once, in the order of the requests; what another pause still holds
    is left to the end of that one."""
    asked = 0
    for row in PauseRow.objects.filter(ended_epoch__isnull=False, asked_out=False).order_by("ended_epoch", "pk"):
        waiting = list(_covered_by(row, now).filter(pk__gt=row.asked_up_to)[: most - asked])
        for case in waiting:
            asked += _ask(case, now)
        done = {"asked_up_to": waiting[-1].pk} if waiting else {"asked_out": True}
        PauseRow.objects.filter(pk=row.pk).update(**done)
        if asked >= most:
            break
    return asked


def _covered_by(row: PauseRow, now: datetime) -> QuerySet[Case]:
    """Open requests that the pause covered when it ended."""
    pause = store.from_row(row)
    cases = ending.still_open().filter(state__in=ASKED_IN, arrived_epoch__lt=row.ended_epoch)
    if pause.everything or not pauselife.has_bound(pause, now):
        return cases.none()
    return cases.filter(pk__in=coverage.items_covered(pause, cases).values("case_id")).order_by("pk")


def _ask(case: Case, now: datetime) -> bool:
    act = uuid4()
    with fence.together(act) as entered:
        case = Case.objects.select_for_update().get(pk=case.pk)
        found = standing(case, now=entered.now)
        if not found.needed or found.held or found.asked_at is not None or State(case.state) not in ASKED_IN:
            return False
        row = Reconfirmation.objects.create(case=case, after_epoch=found.last_end, asked_at=entered.now)
        if State(case.state) is not State.TO_VERIFY:
            ending.sent_back(case, by=BY, now=entered.now)
        told = ReconfirmationAsked(after=found.last_end)
        entry = ledger.append(told, by=BY, now=entered.now, holder=case.holder, case=case.ref, act=act)
        outbox.queue("pages.ask_again", because_of=entry, reconfirmation=row.pk)
    return True


def lapse_round(now: datetime, most: int = IN_A_ROUND) -> int:
    """How many were closed because nobody confirmed them in time."""
    late = _open_asked().filter(asked_at__lte=now - within()).select_related("case").order_by("asked_at", "pk")
    return sum(_lapse(row) for row in late[:most])


def lapsing_soon(reader: str, now: datetime) -> list[tuple[str, datetime]]:
    """References that this member may know of, with the moment at which they lapse; the soonest first."""
    if not _open_asked().exists():
        return []
    until = now + SOON - within()
    rows = _open_asked().filter(asked_at__lte=until, case__in=door.visible_to(reader)).select_related("case")
    found = [(row.case.ref, standing(row.case, now=now).lapses_at) for row in rows.order_by("asked_at")[:IN_A_ROUND]]
    return [(ref, at) for ref, at in found if at is not None]


def _open_asked() -> QuerySet[Reconfirmation]:
    states = [state.value for state in ASKED_IN]
    return Reconfirmation.objects.filter(confirmed_epoch=None, lapsed_at=None, case__state__in=states)


def _lapse(row: Reconfirmation) -> bool:
    act = uuid4()
    with fence.together(act) as entered:
        case = Case.objects.select_for_update().get(pk=row.case_id)
        found = standing(case, now=entered.now)
        if found.lapses_at is None or entered.now < found.lapses_at:
            return False
        Reconfirmation.objects.filter(case=case, confirmed_epoch=None).update(lapsed_at=entered.now)
        entry = ending.lapsed(case, by=BY, now=entered.now, act=act)
        outbox.queue("pages.say_lapsed", because_of=entry, reconfirmation=row.pk)
    return True


def _may_lapse(instrument: str | None) -> bool:
    """Where the law leaves refusal to somebody else, silence ends nothing: a person has to answer."""
    entries = [entry for each in policy.books() if (entry := each.entry(instrument)) is not None]
    return all(entry.refuser is Refuser.PROVIDER for entry in entries)


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"pauses:{code}")
