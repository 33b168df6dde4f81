"""Two years of a desk, replayed: ten thousand requests and thirty pauses on the pure rules, a clock of their own, and
epochs as the fence counts them. Everything is drawn from one seed, so a failure comes again.

Time is a list of what is due. Pauses are planned, declared, confirmed or not, amended and lifted; members leave and
come back; requests are verified, agreed, packed, told, held, excepted and handed over, often carelessly. After each of
these steps the gate is asked with what the database's pre-filter would show it, and what it lets out is judged by the
second reading of the promises with all pauses there are. The last tests show that a broken rule is caught.
"""

from __future__ import annotations

import heapq
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from abeyance.patterns.queries import Other, Others
from abeyance.pauses import matters
from abeyance.rules import clocks, diligence, formalsteps, hearings, patterns, pauselife, release
from abeyance.rules import pauses as pause_rules
from abeyance.rules.calendars import Calendar
from abeyance.rules.clocks import Act, Clock
from abeyance.rules.decision import Reason
from abeyance.rules.facts import DemandFacts, ItemFacts, Period, Place
from abeyance.rules.instruments import ActKind, Direction
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeFacts, NoticeState
from abeyance.rules.pauselife import LiftOutcome, Phase
from abeyance.rules.pauses import Pause, PauseException
from abeyance.rules.people import Actor
from abeyance.rules.permissions import Role
from abeyance.rules.release import (
    ApprovalFacts,
    ExceptionFacts,
    FindingFacts,
    OrderFacts,
    PackedItem,
    RecipientFacts,
    ReleaseFacts,
)
from abeyance.rules.terms import (
    DataCategory,
    DemandKind,
    Ground,
    IdentifierKind,
    Issuer,
    Need,
    Offence,
    PauseMode,
    PlaceSource,
    RequesterKind,
    Stage,
)
from tests.stateful.books import BOOKS
from tests.stateful.drawing import by_marks
from tests.stateful.second_reading import (
    MatterRead,
    broken_promises,
    holds_release,
    is_used,
    matter_read,
    places_of,
    touches,
)

BEGIN = datetime(2020, 7, 1, tzinfo=UTC)
END = BEGIN + timedelta(days=730)
REQUESTS, PAUSES = 10_000, 30
FIELDS = frozenset({"telephone", "created-at", "email"})
MOST_TRIES = 2
LOOKED_AT = 8  # sealed requests that are asked about after each act on a pause
NO_HOLIDAYS = Calendar("", UTC, frozenset())
ONE_DAY, ONE_HOUR = timedelta(days=1), timedelta(hours=1)
# Country, agencies, instrument, who asks, entity and where it is stored. The last three end in questions, with clocks.
SOURCES: tuple[tuple[str, tuple[str, ...], str, RequesterKind, str, str], ...] = (
    ("HK", ("hk-harbour-police", "hk-customs"), "hk-nsl43-s7", RequesterKind.POLICE, "quill-hk", "HK"),
    ("US", ("us-da-sample-county", "us-court"), "us-2703d", RequesterKind.PROSECUTOR, "quill-us", "US"),
    ("DE", ("de-court",), "eu-epoc", RequesterKind.COURT, "quill-hk", "HK"),
    ("GB", ("gb-court",), "gb-copo", RequesterKind.POLICE, "quill-hk", "HK"),
    ("IN", ("in-police",), "in-69", RequesterKind.POLICE, "quill-us", "US"),
)
EXCEPTIONS = (
    PauseException("life", "A life is at risk.", needs=frozenset({Need.LIFE_AT_RISK})),
    PauseException(
        "child",
        "A child, by a judge's order.",
        issuers=frozenset({Issuer.JUDGE}),
        needs=frozenset({Need.CHILD_SAFETY}),
        approvers=(Role.COUNSEL,),
    ),
    PauseException(
        "other-crime",
        "Another crime.",
        offences=frozenset({Offence.VIOLENCE, Offence.TRAFFICKING}),
        approvers=(Role.APPROVER,),
        if_ever_held=(Role.COUNSEL, Role.APPROVER),
    ),
)


@dataclass(eq=False)
class Request:
    number: int
    labels: list[DemandFacts]
    item: ItemFacts
    state: State = State.TO_VERIFY
    finding: FindingFacts | None = None
    approval: ApprovalFacts | None = None
    packed: frozenset[str] = frozenset()
    packed_epoch: int = 0
    packed_at: datetime = BEGIN
    notice: NoticeFacts = field(default_factory=lambda: NoticeFacts("a"))
    uses: list[ExceptionFacts] = field(default_factory=list)
    orders: list[OrderFacts] = field(default_factory=list)
    confirmed: list[int] = field(default_factory=list)
    acts: list[Act] = field(default_factory=list)
    tries: int = 0

    @property
    def open(self) -> bool:
        return self.state is not State.CLOSED


@dataclass
class Pair:
    """`verdict`: None as long as nobody has decided."""

    requests: tuple[Request, Request]
    verdict: str | None = None


@dataclass(eq=False)
class Named:
    """A pause with all that is known of it besides its versions. `standing_for` are versions that one person has
    replaced: what they held is held until two people have spoken."""

    name: str
    by: str
    involved: set[str]
    settled: dict[str, diligence.Outcome] = field(default_factory=dict)
    standing_for: list[Pause] = field(default_factory=list)


class TwoYears:
    def __init__(self, seed: int, requests: int = REQUESTS) -> None:
        self.chance, self.now, self.epoch = random.Random(seed), BEGIN, 1
        self.seen: Counter[str] = Counter()
        self.due: list[tuple[datetime, int, Callable[[], None]]] = []
        self.serial = count()
        self.members = {f"m-{number}": _member(number) for number in range(10)}
        self.requests: list[Request] = []
        self.pairs: dict[Request, list[Pair]] = {}
        self.versions: list[Pause] = []
        self.changes = 0
        self.remembered: dict[tuple[int, tuple[tuple[str | None, str | None], ...]], list[Pause]] = {}
        self.named: dict[str, Named] = {}
        self.suspended: set[tuple[str, str]] = set()
        self.asked_for: list[tuple[str, str, datetime]] = []
        self.recipients = {code: True for _, codes, *_ in SOURCES for code in codes}
        for _ in range(requests):
            self.later(self.a_request_arrives, self.chance.uniform(0, 725))
        for number in range(PAUSES):
            self.later(
                lambda number=number: self.a_pause_begins(number), 700 * (number + self.chance.random()) / PAUSES
            )
        for day in range(5, 725, 9):
            self.later(self.somebody_leaves, day)
            self.later(self.exceptions_are_counted, day)
        for day in (200, 520):
            self.later(self.the_desk_is_restored, day)

    def run(self) -> Counter[str]:
        while self.due:
            at, _, act = heapq.heappop(self.due)
            assert at >= self.now
            self.now = at
            self.seen["steps"] += 1
            act()
        return self.seen

    def later(self, act: Callable[[], None], days: float) -> None:
        at = self.now + timedelta(days=days)
        if at < END:
            heapq.heappush(self.due, (at, next(self.serial), act))

    def perhaps(self, probability: float) -> bool:
        return self.chance.random() < probability

    # --- people

    def somebody_leaves(self) -> None:
        code = self.chance.choice(sorted(self.members))
        self.members[code] = replace(self.members[code], active=False)
        self.later(lambda: self.somebody_comes(code), self.chance.uniform(1, 15))
        agency = self.chance.choice(sorted(self.recipients))
        self.recipients[agency] = self.perhaps(0.2)
        self.later(lambda: self.recipients.__setitem__(agency, True), 6)
        self.the_desk_is_looked_at()

    def somebody_comes(self, code: str) -> None:
        self.members[code] = replace(self.members[code], active=True)

    def anybody(self, *roles: Role) -> str:
        """Mostly somebody who may."""
        fitting = [code for code, member in self.members.items() if member.active and member.roles & set(roles)]
        return self.chance.choice(fitting if fitting and self.perhaps(0.95) else sorted(self.members))

    # --- requests

    def a_request_arrives(self) -> None:
        request = Request(len(self.requests), [self._demand()], self._item())
        if self.perhaps(0.04) and self.requests:
            earlier = self.requests[-self.chance.randint(1, min(400, len(self.requests)))]
            pair = Pair((earlier, request))
            self.pairs.setdefault(earlier, []).append(pair)
            self.pairs.setdefault(request, []).append(pair)
            self.later(lambda: self.somebody_decides(pair), self.chance.uniform(1, 60))
        self.requests.append(request)
        self.no_clock_is_stopped(request)
        self.later(lambda: self.somebody_works_at(request), self.chance.uniform(0.1, 3))

    def somebody_decides(self, pair: Pair) -> None:
        self.epoch += 1
        pair.verdict = self.chance.choice(["the-same", "another"])
        for request in pair.requests:
            self.check(request)

    def somebody_works_at(self, request: Request) -> None:
        """The next step, whatever it is; and after it the gate is asked."""
        if not request.open:
            return
        if request.state is State.TO_VERIFY:
            self.it_is_verified(request)
        elif request.state is State.IN_REVIEW:
            self.it_is_agreed_and_packed(request)
        if request.state in (State.SEALED, State.RELEASED):
            self.it_is_tried(request)
        if request.open:
            if request.tries:
                self.no_clock_is_stopped(request)
            self.later(lambda: self.somebody_works_at(request), self.chance.uniform(0.5, 4 + 9 * request.tries))

    def it_is_verified(self, request: Request) -> None:
        by = self.anybody(Role.INTAKE_CLERK, Role.REVIEWER)
        request.finding = FindingFacts(self.perhaps(0.97), by, self.now, self.epoch)
        request.state = State.IN_REVIEW
        if self.perhaps(0.02):  # another label, to which nobody has agreed yet: the older counts as well
            country, agencies, *_ = self.chance.choice(SOURCES[:2])
            request.labels.insert(0, replace(request.labels[0], jurisdiction=country, agency=agencies[0]))
        if self.perhaps(0.03):
            request.acts.append(Act(ActKind.CLARIFICATION_ASKED, self.now, request.finding.by))

    def it_is_agreed_and_packed(self, request: Request) -> None:
        if self.held(request, Stage.REVIEW, Stage.ANSWER) and self.perhaps(0.8):
            self.given_up_after(request, 3)
            return
        first = self.anybody(Role.REVIEWER, Role.COUNSEL)
        second = first if self.perhaps(0.02) else self.anybody(Role.APPROVER, Role.COUNSEL)
        agreed = frozenset(self.chance.sample(sorted(FIELDS), self.chance.randint(1, 3)))
        agreer = None if self.perhaps(0.02) else self.members[second]
        request.approval = ApprovalFacts(
            "release", agreed, Period(), Ground.COMPELLED, self.members[first], agreer, self.epoch
        )
        request.packed = agreed if self.perhaps(0.98) else agreed | {"email", "message-body"}
        request.packed_epoch, request.packed_at, request.state = self.epoch, self.now, State.SEALED
        self.notice_is_settled(request)

    def notice_is_settled(self, request: Request) -> None:
        state = self.chance.choice([None, NoticeState.GIVEN, *[NoticeState.BARRED] * 20, NoticeState.DEFERRED])
        request.notice = NoticeFacts(
            "a",
            state,
            given_at=self.now if state is NoticeState.GIVEN else None,
            objection_open=self.perhaps(0.02),
            since=self.now,
            until=self.now + self.chance.choice([3, 40, 60, 80]) * ONE_DAY,
            citation="an order",
            reason="recorded",
            approver="m-4",
        )

    def it_is_tried(self, request: Request) -> None:
        verdict = self.check(request)
        if verdict.allowed:
            self.seen["handed over"] += 1
            request.state = State.RELEASED if self.perhaps(0.1) else State.CLOSED
            return
        codes = {reason.code for reason in verdict.reasons}
        if codes & {"finding-void", "approval-void", "finding-old", "not-reconfirmed"}:
            request.state = State.TO_VERIFY  # all of it again
            self.the_requester_is_asked(request)
        elif codes & {"held-by-pause", "refused-by-pause", "rerouted-by-pause"}:
            self.a_way_through_is_looked_for(request)
            self.given_up_after(request, 4)
        else:
            request.state = self.chance.choice([State.IN_REVIEW, State.TO_VERIFY])
            self.given_up_after(request, MOST_TRIES)

    def given_up_after(self, request: Request, tries: int) -> None:
        request.tries += 1
        if request.tries >= tries or self.perhaps(0.15):
            request.state = State.CLOSED
            self.seen["given up"] += 1

    def the_requester_is_asked(self, request: Request) -> None:
        """Some never answer, and their requests lapse."""
        self.given_up_after(request, 4)
        if self.perhaps(0.8):
            request.confirmed.append(self.epoch)
        else:
            wait = pauselife.lapses_at(self.now, 3 * ONE_DAY) - self.now
            self.later(lambda: self.it_lapses(request), wait / ONE_DAY)

    def it_lapses(self, request: Request) -> None:
        if not request.confirmed:
            request.state = State.CLOSED

    def a_way_through_is_looked_for(self, request: Request) -> None:
        for pause in self.in_force():
            if not pause.everything and self.perhaps(0.6) and touches(pause, request.labels[0], request.item, self.now):
                if self.perhaps(0.75):
                    self.an_exception_is_used(request, pause)
                else:
                    self.a_court_overrides(request, pause)

    def an_exception_is_used(self, request: Request, pause: Pause) -> None:
        found = self.chance.choice(pause.exceptions or EXCEPTIONS)  # also one that was never announced
        people = [self.members[self.anybody(Role.COUNSEL, Role.APPROVER)] for _ in range(3)]
        agreer = people[1] if self.perhaps(0.9) else None
        third = people[2] if agreer and self.perhaps(0.4) else None
        request.uses.append(ExceptionFacts(pause.name, found.name, people[0], agreer, self.epoch, third))
        self.asked_for.append((pause.name, found.name, self.now))
        said, use = request.labels[0], request.uses[-1]
        for held in (False, True):
            found_way = release.exception_for(pause, said, [use], small_team=False, matter_held=held)
            assert bool(found_way) is is_used(pause, use, said, matter_held=held), "an exception without its full bar"

    def a_court_overrides(self, request: Request, pause: Pause) -> None:
        first, second = self.anybody(Role.COUNSEL), self.anybody(Role.COUNSEL, Role.APPROVER)
        items = frozenset({self.chance.choice([1, 1, 2])}) if self.perhaps(0.5) else frozenset()
        agreer = self.members[second] if self.perhaps(0.9) else None
        order = OrderFacts(pause.name, 1, items, self.members[first], agreer, self.epoch, withdrawn=self.perhaps(0.1))
        request.orders.append(order)

    def exceptions_are_counted(self) -> None:
        """What has become a way round is suspended by one person, and used again when two agree."""
        rising = patterns.rises(self.asked_for, now=self.now)
        assert {(rise.pause, rise.exception) for rise in rising} == set(_rising(self.asked_for, self.now))
        for rise in rising:
            if (rise.pause, rise.exception) not in self.suspended:
                self.epoch += 1
                self.suspended.add((rise.pause, rise.exception))
                self.seen["suspended"] += 1
                self.later(lambda rise=rise: self.suspended.discard((rise.pause, rise.exception)), 20)  # type: ignore[misc]
        self.the_desk_is_looked_at()

    # --- pauses

    def a_pause_begins(self, number: int) -> None:
        name, by = f"P-{number}", self.anybody(Role.COUNSEL, Role.APPROVER)
        self.epoch += 1
        pause = self._drawn(name, number)
        self.named[name] = Named(name, by, {by})
        self._begin(pause)
        self.seen[f"mode {pause.mode.value}"] += 1
        self.seen["planned"] += pause.starts_at is not None
        if self.perhaps(0.6):
            self.later(lambda: self.it_is_confirmed(name), self.chance.uniform(0, 3))
        else:
            self.later(lambda: self.nobody_confirmed(name), 3.01 + 10 * (pause.starts_at is not None))
        for _ in range(self.chance.randint(1, 3)):
            self.later(lambda: self.it_is_amended(name), self.chance.uniform(0.5, 20))
        self.later(lambda: self.it_is_to_be_lifted(name), self.chance.uniform(5, 40))
        self.later(lambda: self.somebody_asks_to_be_heard(name), self.chance.uniform(1, 60))
        self.the_desk_is_looked_at()

    def it_is_confirmed(self, name: str) -> None:
        """By a second person, who stands behind the newest version: what one person had replaced is gone with that."""
        found = [pause for pause in self.in_force() if pause.name == name and pause.confirm_by is not None]
        if found:
            self.epoch += 1
            self._replace(found[-1], replace(found[-1], confirm_by=None))
            for older in [pause for pause in self.in_force() if pause.name == name][:-1]:
                self._end(older)
            self.named[name].standing_for.clear()
            self.named[name].involved.add(self.anybody(Role.COUNSEL, Role.APPROVER))
            self.the_desk_is_looked_at()

    def nobody_confirmed(self, name: str) -> None:
        late = [p for p in self.in_force() if p.name == name and pauselife.phase(p, self.now) is Phase.RELEASE_ONLY]
        self.seen["release-only"] += len(late)
        for pause in late:
            assert Stage.RELEASE in pauselife.stages_at(pause, self.now), "unconfirmed, and release is free"
        self.the_desk_is_looked_at()
        if self.perhaps(0.5):
            self.later(lambda: self.it_is_confirmed(name), 5)

    def it_is_amended(self, name: str) -> None:
        older = [pause for pause in self.in_force() if pause.name == name]
        if not older:
            return
        self.epoch += 1
        waiting = [pause.confirm_by for pause in older if pause.confirm_by is not None]
        drawn = self._drawn(name, self.chance.randrange(12))
        new = replace(
            self.chance.choice([drawn, _tightened(older[-1])]),
            version=older[-1].version + 1,
            starts_at=older[-1].starts_at,
            since_epoch=min(pause.since_epoch for pause in older),
            declared_epoch=self.epoch,
            confirm_by=min(waiting) if len(waiting) == len(older) else self.now + 72 * ONE_HOUR,
        )
        for pause in older:  # as the act does: what provably holds no more than the new one ends, if nobody stood by it
            if pause_rules.is_tighter(new, pause) and pause.confirm_by is not None:
                self._end(pause)
                self.named[name].standing_for.append(pause)
                self.nothing_is_loosened(pause, new)
            else:
                self.seen["two versions"] += 1
        self._begin(new)
        self.later(lambda: self.it_is_confirmed(name), self.chance.uniform(0.1, 8))
        self.the_desk_is_looked_at()

    def nothing_is_loosened(self, old: Pause, new: Pause) -> None:
        """By one person: what the older version held, the newer holds too."""
        for request in self.requests[-300:]:
            said, item = request.labels[0], request.item
            if holds_release(old, self.now) and touches(old, said, item, self.now):
                held = holds_release(new, self.now) and touches(new, said, item, self.now)
                assert held, "one person has loosened a pause"

    def it_is_to_be_lifted(self, name: str) -> None:
        found = [pause for pause in self.in_force() if pause.name == name]
        if not found:
            return
        self.settle_something(self.named[name], found[-1])
        statement = self.chance.choice(["It is over.", "It is over.", " "])
        standing = diligence.Standing(self.named[name].settled, self._assessed(found[-1]), self._waived())
        against = diligence.may_lift(found[-1], standing, statement, today=self.now.date())
        if against:
            self.seen["not lifted yet"] += 1
            self.later(lambda: self.it_is_to_be_lifted(name), self.chance.uniform(1, 4))
            return
        _lifting_is_right(found[-1], standing, statement, self.now)
        self.it_is_lifted(found)

    def it_is_lifted(self, found: Sequence[Pause]) -> None:
        ways = [LiftOutcome.RESUME] * 6 + list(LiftOutcome)
        outcome = LiftOutcome.RESUME if found[-1].everything else self.chance.choice(ways)
        self.epoch += 1
        covered = [each for each in self.sealed() if any(self._covers(pause, each) for pause in found)]
        for pause in found:
            self._end(pause)
        self.named[found[-1].name].standing_for.clear()
        if outcome.has_successor and len(self.named) < PAUSES + 15:
            self.something_follows(found[-1], outcome)
        self.seen[f"lifted: {outcome.value}"] += 1
        for request in covered[:LOOKED_AT]:
            assert not self.check(request).allowed, "lifting released something"
        self.seen["covered when lifted"] += len(covered)

    def something_follows(self, pause: Pause, outcome: LiftOutcome) -> None:
        """In the same act, so that nothing is between the two; and two people have agreed to it."""
        name = pause.name if outcome is LiftOutcome.NARROW else f"{pause.name}-{self.epoch}"
        mode = PauseMode(outcome.mode) if outcome.mode else pause.mode
        follows = replace(
            pause,
            name=name,
            version=pause.version + 1,
            mode=mode,
            treat_as=pause.treat_as if mode is PauseMode.TREAT_AS else None,
            starts_at=None,
            stages=frozenset(Stage),
            confirm_by=None,
            declared_epoch=self.epoch,
            declared_at=self.now,
            ended_epoch=None,
            ended_at=None,
            conditions=(),
        )
        self._begin(follows)
        self.named.setdefault(name, Named(name, self.named[pause.name].by, set()))
        self.later(lambda: self.it_is_to_be_lifted(name), self.chance.uniform(10, 40))

    def the_desk_is_restored(self) -> None:
        """Everything is held, until two people lift it; then all was before the end of a pause."""
        self.epoch += 1
        name = f"EVERYTHING-{self.epoch}"
        held = Pause(
            name, 1, "r", "s", self.now.date(), everything=True,
            since_epoch=self.epoch, declared_epoch=self.epoch, declared_at=self.now,
        )  # fmt: skip
        self._begin(held)
        self.named[name] = Named(name, "operator", set())
        for request in self.sealed()[:LOOKED_AT]:
            assert not self.check(request).allowed, "a restored desk releases"
        self.later(lambda: self.it_is_lifted([held]), 2)

    def somebody_asks_to_be_heard(self, name: str) -> None:
        involved = frozenset(self.named[name].involved)
        for by in sorted(self.members):
            against = hearings.against_deciding(by, involved, name)
            assert bool(against) is (by in involved), "who declared it judges it"

    def settle_something(self, named: Named, pause: Pause) -> None:
        for condition in pause.conditions:
            if self.perhaps(0.5):
                named.settled[condition] = self.chance.choice(list(diligence.Outcome))

    def _assessed(self, pause: Pause) -> diligence.Assessed | None:
        if self.perhaps(0.2):
            return None
        newest, approved = self.chance.choice([(1, 1), (2, 2), (2, 1), (1, None)])
        approved_at = self.now - self.chance.choice([1, 1, 400]) * ONE_DAY if approved else None
        day = self.now.date() + self.chance.choice([-5, 100]) * ONE_DAY
        law = self.chance.choice(["a", "a", "a", "b"])
        return diligence.Assessed("A-1", newest, approved, approved_at, law, "a", day, owned=self.perhaps(0.9))

    def _waived(self) -> datetime | None:
        return self.now if self.perhaps(0.3) else None

    # --- the gate, and what must always hold

    def check(self, request: Request) -> release.Verdict:
        """Asked with what the pre-filter would find, and judged with everything there is."""
        if request.approval is None or request.state not in (State.SEALED, State.RELEASED):
            return release.Verdict(False, (Reason("not-ready", "Nothing is packed.", "gate"),))
        facts = self.facts(request)
        verdict = release.judge(facts, self.now)
        assert verdict.reasons
        self.seen["allowed" if verdict.allowed else "refused"] += 1
        if verdict.allowed:
            everything = [*self.versions, *(each for named in self.named.values() for each in named.standing_for)]
            broken = broken_promises(facts, self.now, pauses=everything, suspended=self.suspended)
            assert not broken, (self.now, request, broken)
            self.seen["by a way through"] += bool(verdict.exceptions)
            self.seen["by a court's order"] += any("court-order" in each for each in verdict.exceptions)
        return verdict

    def the_desk_is_looked_at(self) -> None:
        """After whatever concerns many requests at once."""
        ready = self.sealed()
        for request in self.chance.sample(ready, min(LOOKED_AT, len(ready))):
            self.check(request)

    def no_clock_is_stopped(self, request: Request) -> None:
        """The clocks are those of the law and of the acts, held or not; and while something holds the item, each that
        is ours to meet has a step that is due no later."""
        said = request.labels[0]
        entry = BOOKS.entry(said.instrument)
        found = clocks.clocks_for(said, request.item, entry, NO_HOLIDAYS, request.acts)
        ours = [clock for clock in found if _is_ours(clock)]
        holds = self.held(request, *Stage)
        steps = formalsteps.steps_for(1, found, holds, entry.refuser if entry else None)
        if not holds:
            assert not steps
            return
        self.seen["clocks that collide"] += len(ours)
        for clock in ours:
            meets = [step for step in steps if step.clock == clock.clause]
            assert meets, "a clock of a held request has no step"
            assert all(step.begin <= step.due <= clock.at for step in meets), "a step comes too late"
        assert said.deadline is None or any(clock.at == said.deadline for clock in found), "a pause stopped a clock"
        for step in steps:
            said_no = formalsteps.against_sending(
                formalsteps.StepState.APPROVED, step.form, tells=True, through_the_gate=False
            )
            assert bool(said_no) is not step.to_counsel, "words about an account leave beside the gate"

    def held(self, request: Request, *stages: Stage) -> list[Reason]:
        labels = self._labels_with_matter(request)
        found = [
            pause_rules.held_under_any(pause, labels, request.item, stage, now=self.now, books=(BOOKS,))
            for pause in self._prefiltered(labels)
            if pause.ended_epoch is None
            for stage in stages
        ]
        return [reason for reason in found if reason is not None]

    def facts(self, request: Request) -> ReleaseFacts:
        matter = self._matter(request)
        labels = (*request.labels, *matter.labels)
        approval = request.approval
        assert approval is not None
        packed = PackedItem(
            matter.placed(request.item),
            request.packed,
            Period(),
            replace(approval, proposer=self._as_now(approval.proposer), agreer=self._as_now(approval.agreer)),
            request.notice,
            exceptions=tuple(
                replace(
                    use,
                    proposer=self._as_now(use.proposer),
                    agreer=self._as_now(use.agreer),
                    third=self._as_now(use.third),
                )
                for use in request.uses
                if (use.pause, use.exception) not in self.suspended
            ),
            orders=tuple(
                replace(order, proposer=self._as_now(order.proposer), agreer=self._as_now(order.agreer))
                for order in request.orders
            ),
        )
        agency = request.labels[0].agency or SOURCES[0][1][0]
        return ReleaseFacts(
            state=request.state,
            erased=False,
            labels=labels,
            demand_version=1,
            package_version=1,
            package_epoch=request.packed_epoch,
            package_destroyed=False,
            package_expires=request.packed_at + 60 * ONE_DAY,
            finding=request.finding,
            recipient=RecipientFacts(agency, self.recipients[agency], frozenset(), "f", True, False),
            items=(packed,),
            pauses=tuple(self._prefiltered(labels)),
            books=(BOOKS,),
            releaser=self.members[self.anybody(Role.APPROVER, Role.COUNSEL)],
            undecided_matters=matter.undecided,
            reconfirmed=tuple(request.confirmed),
            matter_held=matter.ever_held,
        )

    def _prefiltered(self, labels: Sequence[DemandFacts]) -> list[Pause]:
        """As the database does: by marks, and from there by the jurisdictions as which somebody is answered."""
        key = self.changes, tuple((each.jurisdiction, each.agency) for each in labels)
        if key not in self.remembered:
            self.remembered[key] = by_marks(self.versions, labels)
        return self.remembered[key]

    def _matter(self, request: Request) -> matters.Matter:
        others = tuple(
            Other(number, other.number, pair.verdict == "the-same", label, other.item)
            for number, pair in enumerate(self.pairs.get(request, ()))
            if pair.verdict != "another"
            for other in pair.requests
            if other is not request
            for label in other.labels
        )
        found = matters.matter_of(request.labels, [request.item], Others(others), self.versions, self.now)
        told = MatterRead(
            frozenset(found.labels), places_of(found.placed(request.item)), bool(found.undecided), found.ever_held
        )
        assert told == matter_read(request.labels, request.item, others, self.versions, self.now), "a way round a pause"
        self.seen["undecided matters"] += bool(found.undecided)
        self.seen["ever held"] += found.ever_held
        return found

    def _labels_with_matter(self, request: Request) -> list[DemandFacts]:
        return [*request.labels, *(self._matter(request).labels if request in self.pairs else ())]

    def _covers(self, pause: Pause, request: Request) -> bool:
        """Surely, under its own first label, which is what voids what was done."""
        said = request.labels[0]
        return touches(pause, said, request.item, self.now) and said.arrived_epoch < self.epoch

    def _as_now(self, actor: Actor | None) -> Any:
        return self.members[actor.code] if actor else None

    def in_force(self) -> list[Pause]:
        return [pause for pause in self.versions if pause.ended_epoch is None]

    def sealed(self) -> list[Request]:
        return [each for each in self.requests[-1500:] if each.state in (State.SEALED, State.RELEASED)]

    # --- what is drawn

    def _demand(self) -> DemandFacts:
        which = self.chance.choices(SOURCES, [45, 35, 8, 6, 6])[0]
        country, agencies, instrument, requester, entity, _ = which
        self.source = which
        return DemandFacts(
            kind=DemandKind.DISCLOSURE,
            requester=requester,
            jurisdiction=self._or_none(country),
            agency=self._or_none(self.chance.choice(agencies)),
            instrument=self._or_none(instrument),
            ground=Ground.COMPELLED,
            entity=entity,
            confirmed=True,
            genuine=True,
            arrived_at=self.now,
            deadline=self.now + 20 * ONE_DAY if self.perhaps(0.3) else None,
            arrived_epoch=self.epoch,
            related_to=self.chance.choices([frozenset(), frozenset({"MO"}), None], [90, 5, 5])[0],
            issuer=self.chance.choice([None, *Issuer]),
            offence=self.chance.choice([None, *Offence]),
            needs=frozenset(self.chance.sample(list(Need), self.chance.choice([0, 0, 1]))),
        )

    def _item(self) -> ItemFacts:
        *_, entity, stored_in = self.source
        somewhere = self.chance.choices(["HK", "US", "GB", "MO", None], [30, 30, 30, 5, 5])[0]
        places = [
            Place(self.chance.choice(["HK", "US"]), self.chance.choice(list(PlaceSource)))
            for _ in range(self.chance.choices([0, 1, 2], [90, 7, 3])[0])
        ]
        return ItemFacts(
            number=1,
            service=self._or_none("quill"),
            category=DataCategory.SUBSCRIBER,
            identifier_kind=IdentifierKind.TELEPHONE,
            fields=FIELDS,
            nexus_stated=True,
            controller=entity,
            stored_in=stored_in,
            subject_country=somewhere,
            places=tuple(places),
            brands=self.chance.choices([frozenset({"wisp"}), frozenset({"chirp"}), frozenset()], [45, 45, 10])[0],
            companies=self.chance.choices([frozenset({"marlin"}), frozenset({"heron"}), frozenset()], [45, 45, 10])[0],
        )

    def _or_none(self, value: str) -> str | None:
        return value if self.perhaps(0.98) else None

    def _drawn(self, name: str, number: int) -> Pause:
        """Each axis and mode in turn, so that none is left out, and the rest by chance."""
        some = self.chance.choice
        axes: dict[str, Any] = [
            {"jurisdictions": frozenset({"HK"})},
            {"laws": frozenset({"hk-nsl43"})},
            {"subjects": frozenset({some(["HK", "US"])})},
            {"related_to": frozenset({"MO", "HK"}), "jurisdictions": frozenset({"IN"})},
            {"jurisdictions": frozenset({"US"}), "mode": PauseMode.TREAT_AS, "treat_as": "HK"},
            {"agencies": frozenset({"hk-customs", "us-court"})},
            {"brands": frozenset({"wisp"})},
            {"companies": frozenset({"marlin"}), "services": frozenset({"other"})},
            {"jurisdictions": frozenset({"US"}), "mode": PauseMode.REFUSE},
            {"jurisdictions": frozenset({"HK", "DE"}), "mode": PauseMode.REROUTE, "reroute_to": "US"},
            {"jurisdictions": frozenset({"GB", "DE", "IN"}), "mode": PauseMode.REFUSE},
            {"services": frozenset({"quill"}), "jurisdictions": frozenset({"HK"})},
        ][number % 12]
        mode = axes.get("mode", PauseMode.HOLD)
        start = self.now + timedelta(days=self.chance.uniform(1, 12)) if self.perhaps(0.25) else None
        under_way = self.perhaps(0.7)
        stages = (
            frozenset(Stage)
            if mode is PauseMode.TREAT_AS
            else frozenset(self.chance.sample(list(Stage), some([1, 3, 3])))
        )
        return Pause(
            **{"mode": mode} | axes,
            name=name,
            version=1,
            reason="r",
            statement="s",
            review_by=self.now.date() + some([60, 90]) * ONE_DAY,
            stages=stages,
            under_way=under_way,
            since=self.now - 10 * ONE_DAY if not under_way and self.perhaps(0.5) else None,
            starts_at=start,
            hold_release_meanwhile=start is not None and self.perhaps(0.5),
            conditions=tuple(f"condition {each}" for each in range(some([0, 1, 2]))),
            exceptions=tuple(self.chance.sample(EXCEPTIONS, some([0, 1, 3]))),
            since_epoch=self.epoch,
            declared_epoch=self.epoch,
            declared_at=self.now,
            confirm_by=pauselife.to_confirm_by(start, self.now),
        )

    def _begin(self, pause: Pause) -> None:
        self.versions.append(pause)
        self.changes += 1

    def _replace(self, old: Pause, new: Pause) -> None:
        self.changes += 1
        self.versions[self.versions.index(old)] = new

    def _end(self, pause: Pause) -> None:
        self._replace(pause, replace(pause, ended_epoch=self.epoch, ended_at=self.now))


def _member(number: int) -> Actor:
    roles: dict[int, set[Role]] = {0: {Role.INTAKE_CLERK}, 1: {Role.INTAKE_CLERK, Role.REVIEWER}, 2: {Role.REVIEWER}}
    found = roles.get(number, {Role.COUNSEL} if number < 6 else {Role.APPROVER})
    return Actor(f"m-{number}", frozenset(found), True, BEGIN - 9 * ONE_DAY, BEGIN - 9 * ONE_DAY)


def _tightened(pause: Pause) -> Pause:
    return replace(pause, stages=frozenset(Stage), exceptions=pause.exceptions[1:], under_way=True, since=None)


def _is_ours(clock: Clock) -> bool:
    """Read from the words of the law entries: those that run against the authority are not."""
    theirs = {"clarification", "authority-objection", "validation"}
    return clock.direction is Direction.DUE_BY and not clock.ended and clock.kind.value not in theirs


def _rising(uses: Sequence[tuple[str, str, datetime]], now: datetime) -> Iterator[tuple[str, str]]:
    """Three or more in four weeks, and three times as many as in the four before."""
    for pause, exception in {(pause, exception) for pause, exception, _ in uses}:
        ages = [(now - at).days for name, which, at in uses if (name, which) == (pause, exception)]
        new, old = sum(age < 28 for age in ages), sum(28 <= age < 56 for age in ages)
        if new >= 3 and new >= 3 * old:
            yield pause, exception


def _lifting_is_right(pause: Pause, standing: diligence.Standing, statement: str, now: datetime) -> None:
    assert statement.strip(), "lifted without a closing statement"
    assert set(pause.conditions) <= set(standing.conditions), "lifted with an open condition"
    found = standing.assessment
    if standing.waived_at is None or (pause.declared_at is not None and standing.waived_at < pause.declared_at):
        assert found is not None, "lifted without an assessment"
        assert found.approved == found.newest, "lifted on an assessment that nobody approved"
        assert found.approved_at is not None
        assert pause.declared_at is None or found.approved_at >= pause.declared_at, "lifted on an older assessment"
        assert found.review_by >= now.date(), "lifted on an overdue assessment"
        assert found.law == found.law_now, "lifted on an older law"
        assert found.owned, "lifted on an assessment without an owner"


def test_in_two_years_of_a_desk_no_step_breaks_a_promise() -> None:
    life = TwoYears(seed=2020)
    seen = life.run()
    assert len(life.requests) == REQUESTS
    assert sum(name.startswith("P-") and "-" not in name[2:] for name in life.named) == PAUSES
    wanted = {
        "handed over": 1500, "refused": 5000, "given up": 1000, "release-only": 3, "planned": 3, "two versions": 10,
        "not lifted yet": 50, "covered when lifted": 300, "clocks that collide": 5000, "undecided matters": 500,
        "ever held": 500, "by a way through": 10, "by a court's order": 5, "suspended": 10,
        **{f"mode {mode.value}": 2 for mode in PauseMode}, **{f"lifted: {outcome.value}": 1 for outcome in LiftOutcome},
    }  # fmt: skip
    assert {name: seen[name] for name, least in wanted.items() if seen[name] < least} == {}, seen


def _any_order(pause: Pause, item: int, version: int, orders: Sequence[OrderFacts], small_team: bool) -> str | None:
    return next((f"{pause.name}/court-order" for order in orders if order.pause == pause.name), None)


def _lapses_wholly(pause: Pause, now: datetime) -> frozenset[Stage]:
    return frozenset() if pause.confirm_by is not None and now >= pause.confirm_by else pause.stages


def _by_country_alone(pause: Pause, demand: DemandFacts) -> bool:
    return demand.jurisdiction in pause.jurisdictions


BROKEN: list[tuple[Any, str, Any]] = [
    (pause_rules, "held_under_any", lambda *args, **named: None),
    (pause_rules, "last_lift_epoch", lambda *args, **named: 0),
    (pause_rules, "prefilter", _by_country_alone),
    (pauselife, "needs_reconfirming", lambda *args, **named: False),
    (pauselife, "stages_at", _lapses_wholly),
    (release, "order_over", _any_order),
    (release, "_of_the_least", lambda *args, **named: ()),
    (release, "_of_notice", lambda *args, **named: ()),
    (release, "_of_recipient", lambda *args, **named: ()),
    (release, "_of_requester", lambda *args, **named: ()),
    (release, "_of_approval", lambda *args, **named: ()),
    (release, "_of_releaser", lambda *args, **named: ()),
    (matters, "_was_held", lambda *args, **named: False),
    (formalsteps, "is_ours", lambda clock: clock.step is not None),
    (formalsteps, "against_sending", lambda *args, **named: ()),
    (diligence, "may_lift", lambda *args, **named: ()),
    (patterns, "rises", lambda *args, **named: ()),
]


@pytest.mark.parametrize(("module", "name", "broken"), BROKEN, ids=[name for _, name, _ in BROKEN])
def test_a_broken_rule_is_caught_in_the_same_two_years(
    monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Any
) -> None:
    """The control: without this rule a quieter desk's replay ends at a step that breaks a promise, mostly soon."""
    monkeypatch.setattr(module, name, broken)
    with pytest.raises(AssertionError):
        TwoYears(seed=2020, requests=REQUESTS // 4).run()
