"""What was decided about telling an account holder: one fact per item, which the gate asks for. Missing means no."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from abeyance import fence, ledger, seals
from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, Item, NoticeFact
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.notice import deferrals
from abeyance.people import queries as people
from abeyance.policy import queries as policy
from abeyance.rules import people as people_rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import NoticeRecorded
from abeyance.rules.notice import NoticeState
from abeyance.rules.people import Permission
from abeyance.rules.shown import is_what_was_shown

RAISED, ANSWERED = "objection-raised", "objection-answered"
LONGEST_REASON = 4000


@dataclass(frozen=True)
class Told:
    """`until` ends the bar or the deferral; for a notice given it is the promised end of the time to object."""

    state: NoticeState
    until: datetime | None = None
    order: str = ""
    reason: str = ""


def record(ref: str, told: Told, *, items: frozenset[int] = frozenset(), by: str, now: datetime) -> list[NoticeFact]:
    """Record the fact for these items of the newest demand (none named: for all).

    A bar needs the citation of its order and its end, a notice forbidden by the instrument its clause; a deferral
    counts only when another member has approved it.
    """
    _refuse_incomplete(told, now)
    case = door.open_for(by, ref, Permission.NOTICE_RECORD, now=now)
    people.refuse_unless(people.may_take_part(by, casefacts.newest_demand(case).jurisdiction))
    chosen = items_named(case, items)
    sealed = seals.seal(case.holder, told.reason.encode(), place=deferrals.PLACE) if told.reason else b""
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        Case.objects.select_for_update().get(pk=case.pk)
        until = told.until or (window_ends(moment) if told.state is NoticeState.GIVEN else None)
        rows = [
            NoticeFact.objects.create(
                item=item, kind=told.state.value, at=moment, until=until, order=told.order, reason=sealed, by=by
            )
            for item in chosen
        ]
        append(case, rows, told.state.value, until, by=by, now=moment, act=act)
    return rows


def approve_deferral(ref: str, digest: str, *, by: str, now: datetime) -> int:
    """A second person approves the deferrals that wait in this request; returns how many. `digest` is that of what
    they were shown: a reason or a date recorded since is approved by nobody unseen."""
    case = door.open_for(by, ref, Permission.ANSWER_AGREE, now=now)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        Case.objects.select_for_update().get(pk=case.pk)  # what is recorded meanwhile waits for this row
        rows = deferrals.waiting(case)
        if not rows:
            raise NotFound("No deferral of a notice waits in this request.")
        if not is_what_was_shown(digest, deferrals.digest_of(rows)):
            sentence = "The deferral has changed since you looked, or you did not; look at its reason and date again."
            raise Refused([Reason("other-deferral", sentence, "people:two")])
        for proposer in {row.by for row in rows}:
            _require_second(case, proposer, by=by, now=moment)
        NoticeFact.objects.filter(pk__in=[row.pk for row in rows]).update(approved_by=by)
        append(case, rows, "deferral-approved", rows[0].until, by=by, now=moment, act=act)
    return len(rows)


def objection(ref: str, number: int, *, answered: bool, by: str, now: datetime) -> None:
    """The account holder objects, or the objection has been answered; while it is open the gate stays shut."""
    case = door.open_for(by, ref, Permission.NOTICE_RECORD, now=now)
    item = items_named(case, frozenset({number}))[0]
    act, kind = uuid4(), ANSWERED if answered else RAISED
    with fence.together(act):
        moment = fence.clock()
        Case.objects.select_for_update().get(pk=case.pk)
        row = NoticeFact.objects.create(item=item, kind=kind, at=moment, by=by)
        append(case, [row], kind, None, by=by, now=moment, act=act)


def _refuse_incomplete(told: Told, now: datetime) -> None:
    if len(told.reason) > LONGEST_REASON or len(told.order) > 80:
        raise BadInput(f"A reason has at most {LONGEST_REASON} characters, a citation at most 80.")
    if told.state in (NoticeState.BARRED, NoticeState.FORBIDDEN) and not told.order.strip():
        raise BadInput("Say which order bars the notice, or which clause forbids it.")
    if told.state in (NoticeState.BARRED, NoticeState.DEFERRED) and told.until is None:
        raise BadInput("A bar and a deferral have an end: --until.")
    if told.until is not None and told.until <= now:
        raise BadInput("The end has passed already.")
    if told.state is NoticeState.DEFERRED and not told.reason.strip():
        raise BadInput("A deferral is our own decision, so it needs a reason: --reason.")


def items_named(case: Case, numbers: frozenset[int]) -> list[Item]:
    found = [
        item for item in casefacts.items_of(casefacts.newest_demand(case)) if not numbers or item.number in numbers
    ]
    if not found or (numbers and len(found) != len(numbers)):
        raise NotFound(f"{case.ref} has no such item.")
    return found


def window_ends(now: datetime) -> datetime:
    return now + max((books.policy.notice.objection_window for books in policy.books()), default=timedelta(days=14))


def _require_second(case: Case, proposer: str, *, by: str, now: datetime) -> None:
    if proposer == people_rules.OPERATOR_CODE:
        sentence = "The deferral was recorded without a member's credential; a member has to record it again."
        raise Refused([Reason("operator-proposed", sentence, "people:operator-proposed")])
    locked = people.lock_members([by, proposer])
    house = people.house_rules()
    people.refuse_unless(people.may_take_part(by, casefacts.newest_demand(case).jurisdiction))
    first, agreer = locked.get(proposer) or people.actor(proposer), locked.get(by) or people.actor(by)
    people.refuse_unless(people_rules.may_agree(first, agreer, None, house.small_team, now, house.waiting))


def append(
    case: Case, rows: list[NoticeFact], fact: str, until: datetime | None, *, by: str, now: datetime, act: object
) -> None:
    """One entry per item; the first carries the act."""
    for index, row in enumerate(rows):
        recorded = NoticeRecorded(item=row.item.number, fact=fact, until=until)
        mine = {"act": act} if index == 0 else {}
        ledger.append(recorded, by=by, now=now, holder=case.holder, case=case.ref, **mine)  # type: ignore[arg-type]
