"""How a request ends, and begins again: closed with an outcome, withdrawn by who sent it, reopened, sent back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from uuid import UUID, uuid4

from django.db.models import QuerySet

from abeyance import fence, ledger
from abeyance.casefile import door, moves, recalls
from abeyance.casefile.models import Case
from abeyance.errors import Refused
from abeyance.ledger.models import Entry
from abeyance.rules.decision import Reason
from abeyance.rules.events import CaseClosed
from abeyance.rules.lifecycle import Event, State
from abeyance.rules.people import Permission
from abeyance.rules.recalls import against_closing


class Closing(StrEnum):
    """What became of a request; a closed list, because reports count it."""

    ANSWERED = "answered"
    REFUSED = "refused"
    REROUTED = "rerouted"
    NOTHING_HELD = "nothing-held"
    WRONG_ENTITY = "wrong-entity"
    NOT_GENUINE = "not-genuine"
    CHALLENGED = "challenged"
    STAYED = "stayed"
    VARIED = "varied"
    APPEAL_PENDING = "appeal-pending"
    LAPSED = "lapsed"
    WITHDRAWN = "withdrawn"
    DUPLICATE = "duplicate"  # of a request that is answered on its own; a person has decided so


NEED_A_RELEASE = frozenset({Closing.ANSWERED, Closing.NOTHING_HELD})


Following = Callable[[Case, Closing, str, datetime], None]
_following: list[Following] = []


def on_closing(follow: Following) -> None:
    """For a room above that goes on from a closing: what it does in the same transaction."""
    if follow not in _following:
        _following.append(follow)


def close(ref: str, outcome: Closing, *, by: str, now: datetime) -> Case:
    """Close with an outcome. What tells of an account counts as answered only when it passed the gate."""
    permission = Permission.CASE_CLOSE
    return _end(ref, Event.WITHDRAWN if outcome is Closing.WITHDRAWN else Event.CLOSED, outcome, permission, by, now)


def reopen(ref: str, *, by: str, now: datetime) -> Case:
    """Begin again with verification: what was found and approved before does not carry over."""
    case = door.open_for(by, ref, Permission.CASE_CLOSE, now=now)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)
        if case.erased_at is not None:
            raise Refused([Reason("erased", "The request has been erased and cannot be reopened.", "casefile:erased")])
        _void(case, moment)
        moves.move(case, Event.REOPENED, by=by, now=moment)
        Case.objects.filter(pk=case.pk).update(closing="")
        ledger.append(CaseClosed(outcome="reopened"), by=by, now=moment, holder=case.holder, case=case.ref, act=act)
    return case


def send_back(ref: str, *, by: str, now: datetime) -> Case:
    """After a pause was lifted: verification and review begin again, under the law of the day."""
    case = door.open_for(by, ref, Permission.DEMAND_AMEND, now=now)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)
        sent_back(case, by=by, now=moment)
        told = CaseClosed(outcome="sent-back")
        ledger.append(told, by=by, now=moment, holder=case.holder, case=case.ref, act=act)
    return case


def still_open() -> QuerySet[Case]:
    """For the worker, who shows nobody anything."""
    return Case.objects.filter(closed_at=None, erased_at=None)


def sent_back(case: Case, *, by: str, now: datetime) -> None:
    """Inside the caller's transaction, which has locked the case."""
    _void(case, now)
    moves.move(case, Event.SENT_BACK, by=by, now=now)


def lapsed(case: Case, *, by: str, now: datetime, act: UUID) -> Entry:
    """Closed without a decision, because nobody confirmed it. Inside the caller's transaction, which has locked it."""
    moves.move(case, Event.CLOSED, by=by, now=now)
    Case.objects.filter(pk=case.pk).update(closing=Closing.LAPSED.value)
    told = CaseClosed(outcome=Closing.LAPSED.value)
    return ledger.append(told, by=by, now=now, holder=case.holder, case=case.ref, act=act)


def _end(ref: str, event: Event, outcome: Closing, permission: Permission, by: str, now: datetime) -> Case:
    case = door.open_for(by, ref, permission, now=now)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)
        if outcome in NEED_A_RELEASE and not case.packages.filter(releases__isnull=False).exists():
            sentence = f"'{outcome.value}' tells of an account, and nothing has passed the gate; release it first."
            raise Refused([Reason("nothing-released", sentence, "casefile:closing")])
        _refuse_open_questions(case, outcome)
        moves.move(case, event, by=by, now=moment)
        Case.objects.filter(pk=case.pk).update(closing=outcome.value)
        closed = CaseClosed(outcome=outcome.value)
        ledger.append(closed, by=by, now=moment, holder=case.holder, case=case.ref, act=act)
        for follow in _following:
            follow(case, outcome, by, moment)
    return case


def _refuse_open_questions(case: Case, outcome: Closing) -> None:
    if outcome is Closing.DUPLICATE and case.same_matter is not True:
        sentence = "Nobody has decided that this is an earlier demand once more."
        raise Refused([Reason("not-decided", sentence, "casefile:duplicate")])
    if State(case.state) is State.RECALLED:
        open_ = against_closing(recalls.questions_of(case))
        if open_:
            raise Refused([Reason("recall-open", sentence, "casefile:recall") for sentence in open_])


def _void(case: Case, now: datetime) -> None:
    """Findings count for their epoch and version only; a standing approval has to be taken back by hand."""
    from abeyance.casefile.models import Approval, Finding

    Approval.objects.filter(item__case=case, withdrawn_at__isnull=True).update(withdrawn_at=now)
    Finding.objects.filter(case=case).update(epoch=-1)
