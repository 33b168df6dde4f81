"""An answer is proposed by one person and agreed by another, item by item, for what the rules let through at that
moment. Agreeing lets nothing out: it lets the minimum be gathered, and the gate asks everything again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from abeyance import fence, ledger
from abeyance.answer import preserving, rerouting
from abeyance.casefile import door, moves, remarks
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Approval, Case, Demand
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.pauses.weighing import Weighed, weigh
from abeyance.people import queries as people
from abeyance.rules import people as people_rules
from abeyance.rules.decision import Outcome, Reason
from abeyance.rules.events import AnswerAgreed, AnswerProposed, ApprovalWithdrawn, VerdictGiven, canonical
from abeyance.rules.facts import Period
from abeyance.rules.lifecycle import Event
from abeyance.rules.people import Permission
from abeyance.rules.preservation import PRESERVED
from abeyance.rules.shown import is_what_was_shown
from abeyance.rules.terms import Stage

RELEASE, REFUSE, REROUTE = "release", "refuse", "reroute"
IN_WORDS = ("nothing-held", "encrypted", "deleted", PRESERVED)
OUTCOMES = (RELEASE, REFUSE, REROUTE, *IN_WORDS)
FREEZES_ANSWERS = frozenset({Stage.REVIEW, Stage.ANSWER})

# For what a person refuses that the rules would not; the words themselves are sealed with the request.
IN_OWN_WORDS = Reason(
    "in-own-words", "The ground is in the words of whoever proposed it; the letter has them.", "answer"
)
WITHOUT_WORDS = Reason("law-and-rules", "Refused by two people, without a ground in words.", "answer")


@dataclass(frozen=True)
class ItemAnswer:
    """What is to be done with one item. Without fields: all that is allowed. Without a period: the one asked for."""

    number: int
    outcome: str
    fields: frozenset[str] = field(default_factory=frozenset)
    period: Period | None = None


@dataclass(frozen=True)
class Answered:
    ref: str
    answer: str  # digest of the standing answer, by which the second person agrees to exactly this
    approvals: tuple[Approval, ...]


def propose(ref: str, answers: Sequence[ItemAnswer] = (), *, why: str = "", by: str, now: datetime) -> Answered:
    """Propose what is to be done. Without `answers`: for each item what its verdict says. `why`: the ground of what is
    refused, in words for the requester; sealed with the request, and in the letter.

    Raises Refused with the reasons where a verdict asks first or a pause freezes the answer.
    """
    case = door.open_for(by, ref, Permission.ANSWER_PROPOSE, now=now)
    act = uuid4()
    ground = remarks.sealed(case, why, act=act)
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)
        demand, weighed = weigh(case, now=moment)
        people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
        chosen = _for_each(weighed, answers)
        if against := [*_against(weighed, chosen), *_unpreserved(case, weighed, chosen)]:
            raise Refused(against)
        if ground is not None:
            if not any(answer.outcome == REFUSE for answer in chosen.values()):
                raise BadInput("A ground in words is for what is refused; here nothing is.")
            ground.save()
        moves.move(case, Event.PROPOSED, by=by, now=moment)
        in_words = ground is not None
        approvals = [_write(one, chosen[one.item.number], demand, in_words, by=by, now=moment) for one in weighed]
        answer = digest_of(approvals)
        for one in weighed:
            ledger.append(_verdict(demand, one), by=by, now=moment, holder=case.holder, case=case.ref)
        proposed = AnswerProposed(
            answer=answer[:16], version=demand.version, items=tuple(one.item.number for one in weighed), digest=answer
        )
        ledger.append(proposed, by=by, now=moment, holder=case.holder, case=case.ref, act=act)
    return Answered(case.ref, answer, tuple(approvals))


def agree(ref: str, answer: str | None = None, *, by: str, now: datetime) -> Answered:
    """Agree to the proposed answer as a second person. `answer`, if given, is the digest of what was looked at.

    From here on the minimum may be gathered. Whatever a pause freezes, or the rules no longer let through, is refused.
    """
    case = door.open_for(by, ref, Permission.ANSWER_AGREE, now=now)
    act = uuid4()
    with fence.together(act):
        moment, epoch = fence.clock(), fence.epoch()
        case = Case.objects.select_for_update().get(pk=case.pk)
        demand, weighed = weigh(case, now=moment)
        approvals = _standing(weighed)
        standing = digest_of(approvals)
        if answer is not None and not is_what_was_shown(answer, standing):
            raise Refused([_no("other-answer", "The proposed answer has changed since you looked; look at it again.")])
        _require_second(case, demand, approvals[0].proposed_by, by=by, now=moment)
        chosen = {one.item.number: _as_answer(row) for one, row in zip(weighed, approvals, strict=True)}
        if against := [*_against(weighed, chosen), *_unpreserved(case, weighed, chosen)]:
            raise Refused(against)
        moves.move(case, Event.AGREED, by=by, now=moment)
        Approval.objects.filter(pk__in=[row.pk for row in approvals]).update(
            agreed_by=by, agreed_at=moment, epoch=epoch
        )
        agreed = AnswerAgreed(answer=standing[:16], proposer=approvals[0].proposed_by, digest=standing)
        ledger.append(agreed, by=by, now=moment, holder=case.holder, case=case.ref, epoch=epoch, act=act)
        if any(answer.outcome == REROUTE for answer in chosen.values()):
            rerouting.begin(case, by=by, now=moment)
    return Answered(case.ref, standing, tuple(_standing(weighed)))


def withdraw(ref: str, reason: str, *, by: str, now: datetime) -> None:
    """Take an answer back, proposed or agreed, also one that is packed already: nothing of it leaves any more."""
    case = door.open_for(by, ref, Permission.ANSWER_PROPOSE, now=now)
    act = uuid4()
    remark = remarks.sealed(case, reason, act=act)
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)  # the gate holds this row while it judges
        approvals = _standing(weigh(case, now=moment)[1])
        moves.move(case, Event.APPROVAL_WITHDRAWN, by=by, now=moment)
        Approval.objects.filter(pk__in=[row.pk for row in approvals]).update(withdrawn_at=moment)
        if remark is not None:
            remark.save()
        withdrawn = ApprovalWithdrawn(answer=digest_of(approvals)[:16])
        ledger.append(withdrawn, by=by, now=moment, holder=case.holder, case=case.ref, act=act)


def as_weighed(one: Weighed) -> ItemAnswer | None:
    """What the verdict of law and policy says to do; None when it asks a person first."""
    said = {Outcome.REFUSE: REFUSE, Outcome.REROUTE: REROUTE, Outcome.NARROW: RELEASE, Outcome.PROCEED: RELEASE}
    outcome = said.get(one.by_law.outcome)
    return ItemAnswer(one.item.number, outcome) if outcome else None


def _for_each(weighed: Sequence[Weighed], answers: Sequence[ItemAnswer]) -> dict[int, ItemAnswer]:
    given = {answer.number: answer for answer in answers}
    if strange := sorted(set(given) - {one.item.number for one in weighed}):
        raise BadInput(f"The request has no item {', '.join(map(str, strange))}.")
    if wrong := [answer.outcome for answer in answers if answer.outcome not in OUTCOMES]:
        raise BadInput(f"{wrong[0][:40]!r} is no outcome; known are {', '.join(OUTCOMES)}.")
    said = {one.item.number: given.get(one.item.number) or as_weighed(one) for one in weighed}
    return {number: answer for number, answer in said.items() if answer is not None}


def _against(weighed: Sequence[Weighed], chosen: Mapping[int, ItemAnswer]) -> list[Reason]:
    """Everything that speaks against these answers, each sentence once."""
    found: list[Reason] = []
    for one in weighed:
        answer = chosen.get(one.item.number)
        rerouted = answer is not None and answer.outcome == REROUTE
        found += [
            held.reason
            for held in one.held
            if held.stage in FREEZES_ANSWERS and not (rerouted and held.reason.code == "rerouted-by-pause")
        ]
        if answer is None or (answer.outcome in (RELEASE, *IN_WORDS) and one.by_law.outcome < Outcome.NARROW):
            found += one.by_law.reasons
        elif answer.outcome == RELEASE:
            found += _beyond(one, answer)
    return list(dict.fromkeys(found))


def _unpreserved(case: Case, weighed: Sequence[Weighed], chosen: Mapping[int, ItemAnswer]) -> list[Reason]:
    said = frozenset(number for number, answer in chosen.items() if answer.outcome == PRESERVED)
    return preserving.against_answering(case, weighed, said)


def _beyond(one: Weighed, answer: ItemAnswer) -> list[Reason]:
    if beyond := sorted(answer.fields - one.allowed):
        return [_no("more-than-allowed", f"Item {one.item.number}: not allowed are {', '.join(beyond)}.")]
    if not one.allowed:
        return [_no("nothing-allowed", f"Item {one.item.number}: no field is left that may be given.")]
    return []


def ground_of(case: Case) -> str:
    """The words of whoever proposed the newest answer, opened; empty if there are none. Raises Locked."""
    act = (
        Entry.objects.filter(case=case.ref, kind=AnswerProposed.__name__).order_by("-pk").values_list("act", flat=True)
    )
    return remarks.about(case, found) if (found := act.first()) else ""


def _reasons(one: Weighed, answer: ItemAnswer, in_words: bool) -> Sequence[Reason]:
    """What the rules said; where a person refuses what the rules did not, that person's ground instead."""
    if answer.outcome != REFUSE:
        return one.decision.reasons
    said = (IN_OWN_WORDS,) if in_words else ()
    return (*said, *one.decision.reasons) if one.by_law.outcome is Outcome.REFUSE else said or (WITHOUT_WORDS,)


def _write(one: Weighed, answer: ItemAnswer, demand: Demand, in_words: bool, *, by: str, now: datetime) -> Approval:
    one.item.approvals.filter(withdrawn_at__isnull=True).update(withdrawn_at=now)
    asked = Period(one.item.period_start, one.item.period_end)
    period = _clipped(answer.period or asked, now)
    return Approval.objects.create(
        item=one.item,
        outcome=answer.outcome,
        fields=sorted(answer.fields or one.allowed) if answer.outcome == RELEASE else [],
        period_start=period.start,
        period_end=period.end,
        ground=demand.ground,
        policy=one.decision.policy,
        reasons=[reason.as_dict() for reason in _reasons(one, answer, in_words)],
        proposed_by=by,
        proposed_at=now,
    )


def _clipped(period: Period, now: datetime) -> Period:
    """What does not exist yet is not promised."""
    end = now if period.end is not None and period.end > now else period.end
    return Period(period.start, end)


def _standing(weighed: Sequence[Weighed]) -> list[Approval]:
    found = [casefacts.standing_approval(one.item) for one in weighed]
    standing = [row for row in found if row is not None]
    if not standing or len(standing) != len(found):
        raise NotFound("No answer is proposed for this request. `abeyance request propose` proposes one.")
    return standing


def _require_second(case: Case, demand: Demand, proposer: str, *, by: str, now: datetime) -> None:
    locked = people.lock_members([by, proposer])
    house, finding = people.house_rules(), casefacts.newest_finding(case, demand.version)
    agreer, first = locked.get(by) or people.actor(by), locked.get(proposer) or people.actor(proposer)
    verifier = finding.by if finding else None
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    people.refuse_unless(people_rules.may(agreer, Permission.ANSWER_AGREE))
    people.refuse_unless(people_rules.may_agree(first, agreer, verifier, house.small_team, now, house.waiting))


def _as_answer(row: Approval) -> ItemAnswer:
    return ItemAnswer(row.item.number, row.outcome, frozenset(row.fields), Period(row.period_start, row.period_end))


def digest_of(approvals: Sequence[Approval]) -> str:
    """Of all that is decided, so that nobody agrees to something else than what they saw."""
    said = [
        {
            "item": row.item.number,
            "outcome": row.outcome,
            "fields": sorted(row.fields),
            "period": [_moment(row.period_start), _moment(row.period_end)],
            "ground": row.ground,
            "proposed_at": _moment(row.proposed_at),
        }
        for row in approvals
    ]
    return hashlib.sha256(canonical({"answer": said})).hexdigest()


def _moment(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


def _verdict(demand: Demand, one: Weighed) -> VerdictGiven:
    codes = tuple(dict.fromkeys(reason.code for reason in one.decision.reasons))
    return VerdictGiven(
        version=demand.version,
        item=one.item.number,
        verdict=one.decision.outcome.word,
        reasons=codes[:20],
        policy=one.decision.policy,
    )


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"answer:{code}")
