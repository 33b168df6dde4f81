"""Clocks: what is due by when, and what may not be done before when, computed from recorded acts.

The theory: a wrong due-by must err towards *earlier*, a wrong not-before towards *later*. So a due-by whose starting
act is not recorded runs from the arrival, and a not-before whose starting act is unknown never ends. There is no
argument for pauses here, and there must not be: a pause stops no clock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from abeyance.rules.calendars import NEVER, Calendar, after_business_days, after_calendar_days, after_hours
from abeyance.rules.decision import Reason
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.instruments import ActKind, ClockKind, ClockRule, Direction, LawEntry, StepForm, Unit, When

STATED = "stated"


@dataclass(frozen=True)
class Act:
    """Something recorded that clocks run from. An extension names the moment it grants (`until`), of the clock it
    grants it for (`clock`; None: of every production clock), and who granted it."""

    kind: ActKind
    at: datetime
    by: str = ""
    until: datetime | None = None
    clock: str | None = None
    item: int | None = None  # None: the whole demand


@dataclass(frozen=True)
class Clock:
    """`clause` is the law entry and the clock in it ("eu-epoc/production"). `ended`: an act has made it moot."""

    kind: ClockKind
    direction: Direction
    at: datetime
    clause: str
    citation: str
    sentence: str
    ended: bool = False
    step: StepForm | None = None  # by which formal step it is met while a pause holds the item
    lead: timedelta | None = None  # how long before it is due the step is begun

    def is_overdue(self, now: datetime) -> bool:
        return self.direction is Direction.DUE_BY and not self.ended and now >= self.at

    def keeps_shut(self, now: datetime) -> bool:
        """Whether nothing may be released yet."""
        release = self.direction is Direction.NOT_BEFORE and self.kind is ClockKind.RELEASE
        return release and not self.ended and now < self.at


def clocks_for(
    demand: DemandFacts, item: ItemFacts, law: LawEntry | None, calendar: Calendar, acts: Sequence[Act]
) -> tuple[Clock, ...]:
    """Every clock of the item, soonest first. `law` is the entry of the demand's instrument, in force or not: a reading
    that counsel has not adopted may still warn of a date."""
    recorded = _relevant(demand, item, acts)
    found = list(_stated(demand, recorded))
    if law is not None:
        found += [
            _clock(rule, law, calendar, recorded) for rule in law.clocks if _applies(rule, demand, item, recorded)
        ]
    return tuple(sorted(found, key=lambda clock: (clock.ended, clock.at, clock.clause)))


def release_reasons(clocks: Iterable[Clock], now: datetime) -> tuple[Reason, ...]:
    """Why nothing may be released yet; empty when no clock keeps the gate shut."""
    return tuple(
        Reason("not-before", clock.sentence, clock.clause, clock.citation) for clock in clocks if clock.keeps_shut(now)
    )


def next_due(clocks: Iterable[Clock]) -> Clock | None:
    due = [clock for clock in clocks if clock.direction is Direction.DUE_BY and not clock.ended]
    return min(due, key=lambda clock: clock.at, default=None)


def _relevant(demand: DemandFacts, item: ItemFacts, acts: Sequence[Act]) -> tuple[Act, ...]:
    """The acts of the item and of the whole demand, with arrival and service from the demand where none is recorded."""
    own = [act for act in acts if act.item in (None, item.number)]
    for kind, at in ((ActKind.ARRIVED, demand.arrived_at), (ActKind.SERVED, demand.served_at)):
        if at is not None and not any(act.kind is kind for act in own):
            own.append(Act(kind, at))
    return tuple(sorted(own, key=lambda act: (act.at, act.kind)))


def _applies(rule: ClockRule, demand: DemandFacts, item: ItemFacts, acts: Sequence[Act]) -> bool:
    """An unknown category has every clock. A rule that waits for an act applies once the act is recorded."""
    if rule.categories and item.category is not None and item.category not in rule.categories:
        return False
    if rule.only_after and not any(act.kind in rule.only_after for act in acts):
        return False
    return rule.when is When.ALWAYS or (rule.when is When.EMERGENCY) is demand.emergency


def _stated(demand: DemandFacts, acts: Sequence[Act]) -> Iterator[Clock]:
    if demand.deadline is not None:
        at = max([demand.deadline, *_granted(acts, STATED, production=True)])
        sentence = "The date that the requester stated."
        yield Clock(ClockKind.STATED, Direction.DUE_BY, at, STATED, "", sentence)


def _clock(rule: ClockRule, law: LawEntry, calendar: Calendar, acts: Sequence[Act]) -> Clock:
    start = _start(rule, acts)
    ended = any(act.kind in rule.ends_with and (start is None or act.at >= start) for act in acts)
    at, remark = _moment(rule, calendar, acts)
    clause = f"{law.id}/{rule.id}"
    sentence = f"{rule.sentence} {remark}".strip()
    lead = timedelta(hours=rule.lead_hours) if rule.lead_hours is not None else None
    return Clock(rule.kind, rule.direction, at, clause, rule.citation, sentence, ended, rule.step, lead)


def _moment(rule: ClockRule, calendar: Calendar, acts: Sequence[Act]) -> tuple[datetime, str]:
    start = _start(rule, acts)
    if start is None:
        return _without_a_start(rule, acts)
    at = _count(rule, start, calendar)
    if rule.waits:
        at, remark = _with_waits(rule, start, at, calendar, acts)
    else:
        remark = ""
    return max([at, *_granted(acts, rule.id, production=rule.kind is ClockKind.PRODUCTION)]), remark


def _start(rule: ClockRule, acts: Sequence[Act]) -> datetime | None:
    """The act the clock runs from: the first one recorded for a due-by (earlier is safer), the last for a not-before.
    A due-by that runs from service falls back on arrival."""
    moments = [act.at for act in acts if act.kind is rule.after]
    if not moments and rule.direction is Direction.DUE_BY and rule.after is ActKind.SERVED:
        moments = [act.at for act in acts if act.kind is ActKind.ARRIVED]
    if not moments:
        return None
    return max(moments) if _later_is_safer(rule) else min(moments)


def _later_is_safer(rule: ClockRule) -> bool:
    """Repeated questions each start their own wait, so of those the last one counts too."""
    return rule.direction is Direction.NOT_BEFORE or rule.after is ActKind.CLARIFICATION_ASKED


def _without_a_start(rule: ClockRule, acts: Sequence[Act]) -> tuple[datetime, str]:
    if rule.direction is Direction.NOT_BEFORE or not acts:
        return NEVER, f"The act it runs from ({rule.after.value}) is not recorded, so no date can be given."
    # Due at once is the careful reading of a deadline whose beginning nobody wrote down.
    return acts[0].at, f"The act it runs from ({rule.after.value}) is not recorded, so it counts as due at once."


def _count(rule: ClockRule, start: datetime, calendar: Calendar) -> datetime:
    if rule.unit is Unit.HOURS:
        return after_hours(start, rule.length)
    if rule.unit is Unit.BUSINESS_DAYS:
        return after_business_days(start, rule.length, calendar)
    return after_calendar_days(start, rule.length, calendar, rolls=rule.rolls)


def _with_waits(
    rule: ClockRule, start: datetime, at: datetime, calendar: Calendar, acts: Sequence[Act]
) -> tuple[datetime, str]:
    """Move the date by the answered waits. While an answer is outstanding the date stays: nobody knows yet how far it
    will move, and the earlier one is the safe one."""
    waited = timedelta()
    asked: datetime | None = None
    for act in acts:
        if act.kind is ActKind.CLARIFICATION_ASKED and asked is None and start <= act.at < at + waited:
            asked = act.at
        elif act.kind is ActKind.CLARIFICATION_ANSWERED and asked is not None:
            waited, asked = waited + (act.at - asked), None
    remark = "An answer is outstanding; the date will move by the length of the wait." if asked is not None else ""
    return _moved(rule, at, waited, calendar), remark


def _moved(rule: ClockRule, at: datetime, waited: timedelta, calendar: Calendar) -> datetime:
    """Clocks in days move by whole days that have passed, never by a part of one."""
    if rule.unit is Unit.HOURS or not waited:
        return at + waited
    last_day = calendar.local_day(at - timedelta(microseconds=1))
    return calendar.end_of(last_day + timedelta(days=waited.days))


def _granted(acts: Sequence[Act], clock: str, *, production: bool) -> list[datetime]:
    """Extensions for this clock. One without a clock is meant for production, never for a not-before."""
    return [
        act.until
        for act in acts
        if act.kind is ActKind.EXTENSION_GRANTED
        and act.until is not None
        and act.by
        and (act.clock == clock or (act.clock is None and production))
    ]
