"""Formal steps: while a pause holds an item its clocks run on, and each of them is met in form and in time.

The theory: a pause stops no clock, so every due-by that is ours to meet has a step as long as the item is held; a step
never moves a clock, it only reads one. Which step it is says the law entry; where it says nothing, an interim reply, or
a refusal with grounds when the pause refuses and the instrument lets a provider refuse.

A step says nothing of an account. Where its text does, it leaves as every word about an account: through the gate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from abeyance.rules.clocks import Clock
from abeyance.rules.decision import Reason
from abeyance.rules.instruments import ClockKind, Direction, Refuser, StepForm

# These run against the authority, or end what it may still say: nothing is for us to do by then.
THEIRS = frozenset({ClockKind.CLARIFICATION, ClockKind.AUTHORITY_OBJECTION, ClockKind.VALIDATION})
TO_COUNSEL = frozenset({StepForm.APPLICATION_TO_VARY, StepForm.COMITY_MOTION, StepForm.PRESERVATION_ENDS})
REFUSED_BY_PAUSE = "refused-by-pause"
LEADS = {
    StepForm.ANNEX_III: timedelta(days=3),
    StepForm.REASONED_OBJECTION: timedelta(days=5),
    StepForm.APPLICATION_TO_VARY: timedelta(days=5),
    StepForm.COMITY_MOTION: timedelta(days=7),
    StepForm.ACKNOWLEDGEMENT: timedelta(hours=1),
    StepForm.REFUSAL: timedelta(days=2),
    StepForm.INTERIM_REPLY: timedelta(days=1),
    StepForm.PRESERVATION_ENDS: timedelta(days=7),
}
MARKS = (50, 25, 10)  # per cent of the time that is left: at each somebody is woken
OVER = 0


class StepState(StrEnum):
    DUE = "due"  # a draft lies there; nobody has taken it up
    DRAFTED = "drafted"
    APPROVED = "approved"
    SENT = "sent"
    SUPERSEDED = "superseded"  # nothing holds the item any more, its clock has ended, or there is a newer version


OPEN = frozenset({StepState.DUE, StepState.DRAFTED, StepState.APPROVED})


@dataclass(frozen=True)
class StepDue:
    """`clock` is the clause of the clock that it meets; `begin` is when somebody takes it up at the latest."""

    item: int
    clock: str
    form: StepForm
    due: datetime
    begin: datetime
    sentence: str
    citation: str

    @property
    def to_counsel(self) -> bool:
        return self.form in TO_COUNSEL


def steps_for(
    item: int, clocks: Iterable[Clock], holds: Sequence[Reason], refuser: Refuser | None
) -> tuple[StepDue, ...]:
    """One step for every clock that is ours to meet while something holds the item; the soonest first."""
    if not holds:
        return ()
    refusing = any(reason.code == REFUSED_BY_PAUSE for reason in holds)
    found: dict[str, StepDue] = {}
    for clock in clocks:
        if not is_ours(clock):
            continue
        step = _step(item, clock, _form(clock, refusing, refuser))
        # Two books may give one clock two dates: the earlier one counts.
        if clock.clause not in found or step.due < found[clock.clause].due:
            found[clock.clause] = step
    return tuple(sorted(found.values(), key=lambda step: (step.due, step.clock)))


def is_ours(clock: Clock) -> bool:
    return clock.direction is Direction.DUE_BY and not clock.ended and clock.kind not in THEIRS


def _form(clock: Clock, refusing: bool, refuser: Refuser | None) -> StepForm:
    if clock.step is not None:
        return clock.step
    return StepForm.REFUSAL if refusing and refuser is Refuser.PROVIDER else StepForm.INTERIM_REPLY


def _step(item: int, clock: Clock, form: StepForm) -> StepDue:
    lead = clock.lead if clock.lead is not None else LEADS[form]
    return StepDue(item, clock.clause, form, clock.at, clock.at - lead, clock.sentence, clock.citation)


def mark_reached(since: datetime, due: datetime, now: datetime) -> int | None:
    """How much of the time from `since` is left, as the lowest mark that has been reached; OVER when none is left, None
    before the first."""
    if now >= due:
        return OVER
    whole, left = due - since, due - now
    reached = [mark for mark in MARKS if left * 100 <= whole * mark]
    return min(reached, default=None)


def against_sending(state: StepState, form: StepForm, *, tells: bool, through_the_gate: bool) -> tuple[Reason, ...]:
    """Why a step may not be recorded as sent. `tells`: its text says whether an account exists or what is held of it;
    `through_the_gate`: words about this item have passed the gate since it was approved."""
    found = []
    if state is not StepState.APPROVED:
        found.append(_no("step-not-approved", "A second person has not approved exactly this text yet."))
    if tells and form not in TO_COUNSEL and not through_the_gate:
        sentence = "The text tells of an account, so it leaves through the gate: release it as words first."
        found.append(_no("step-tells", sentence))
    return tuple(found)


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"steps:{code}")
