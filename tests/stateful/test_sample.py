"""A sample of generated histories on real PostgreSQL: carried out by the ordinary acts, and after each of them the gate
is asked about every package. What it says from the rows is what the rules say of facts that this test keeps by itself,
and what it lets out is judged by the second reading. The last test shows that a fault between the two is found."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from abeyance import fence
from abeyance.asking import Asked
from abeyance.casefile.models import Package
from abeyance.casefile.whole import locking
from abeyance.errors import AbeyanceError
from abeyance.fence.models import Fence
from abeyance.patterns import actions as patterns
from abeyance.patterns import queries as matters_on_file
from abeyance.patterns.queries import Other
from abeyance.pauses import actions as pauses
from abeyance.pauses import court_orders, exceptions, store
from abeyance.pauses.models import PauseRow
from abeyance.people import proposals
from abeyance.release import actions as gate
from abeyance.release import reading
from abeyance.rules import pausefile, release
from abeyance.rules import pauses as pause_rules
from abeyance.rules.facts import Place
from abeyance.rules.pauses import Pause
from abeyance.rules.release import ExceptionFacts, OrderFacts, ReleaseFacts
from abeyance.rules.terms import PauseMode, PlaceSource
from tests.casefile.packed import sealed
from tests.desk import Desk, item
from tests.races.test_races import lift, renew
from tests.stateful import drawing
from tests.stateful.second_reading import broken_promises, fits, matter_read, places_of, touches

STEPS = 90


@dataclass
class Sample:
    desk: Desk
    packages: list[Package]
    chance: random.Random
    seen: Counter[str] = field(default_factory=Counter)
    facts: dict[Package, ReleaseFacts] = field(default_factory=dict)
    versions: list[Pause] = field(default_factory=list)
    standing_for: dict[str, list[Pause]] = field(default_factory=dict)
    suspended: set[tuple[str, str]] = field(default_factory=set)
    waiting: dict[str, str] = field(default_factory=dict)  # by pause, what a second person could agree to
    same: bool | None = None  # whether the two requests are one matter
    same_matter: bool = True  # what is decided about it, once somebody decides
    numbers: int = 0

    def run(self) -> Counter[str]:
        for package in self.packages:
            self.facts[package] = replace(_facts(self.desk, package), pauses=())
        self.the_gate_agrees()
        for _ in range(STEPS):
            step = self.chance.choice(
                [
                    self.one_declares,
                    self.one_declares,
                    self.one_amends,
                    self.another_confirms,
                    self.two_lift,
                    self.time_passes,
                    self.an_exception_is_used,
                    self.an_exception_is_used,
                    self.it_is_suspended_or_resumed,
                    self.a_court_overrides,
                    self.a_matter_is_decided,
                ]
            )
            try:
                step()
            except (AbeyanceError, pausefile.Unreadable):
                self.seen["not accepted"] += 1
            self.the_gate_agrees()
        return self.seen

    def the_gate_agrees(self) -> None:
        for package in self.packages:
            now, facts = self.desk.now(), replace(self.facts[package], pauses=tuple(self.versions))
            used = tuple(use for use in facts.items[0].exceptions if (use.pause, use.exception) not in self.suspended)
            facts = self._with_the_other(package, replace(facts, items=(replace(facts.items[0], exceptions=used),)))
            told = gate.could_leave(package.key, to=self.desk.cast.fingerprint, by=self.desk.second)
            expected = release.judge(facts, now)
            codes = [{reason.code for reason in verdict.reasons} for verdict in (told, expected)]
            assert (told.allowed, codes[0], told.exceptions) == (expected.allowed, codes[1], expected.exceptions)
            self.seen["allowed" if told.allowed else "refused"] += 1
            self.seen.update(codes[0])
            if told.allowed:
                everything = [*self.versions, *(each for found in self.standing_for.values() for each in found)]
                assert not broken_promises(facts, now, pauses=everything, suspended=self.suspended)
                self.seen["by a way through"] += bool(told.exceptions)

    # --- acts

    def one_declares(self) -> None:
        if len(self._names()) > 1:
            self.two_lift()
            return
        self.numbers += 1
        bound = pauses.declare(self._drawn(f"P-{self.numbers}"), by=self.desk.first, now=self.desk.now())
        assert bound.confirmation is not None
        self.versions.append(bound.pause)
        self.waiting[bound.pause.name] = bound.confirmation.code
        self.seen[f"mode {bound.pause.mode.value}"] += 1

    def one_amends(self) -> None:
        older = self._of_one_name()
        new = self.chance.choice([self._drawn(older[-1].name), drawing.changed(older[-1], self.chance)])
        bound = pauses.amend(_as_written(new), by=self.desk.first, now=self.desk.now(), why="A test.")
        assert bound.confirmation is not None
        self.waiting[bound.pause.name] = bound.confirmation.code
        for pause in older:
            if pause_rules.is_tighter(bound.pause, pause) and pause.confirm_by is not None:
                self._end(pause, bound.pause.declared_epoch)
                self.standing_for.setdefault(pause.name, []).append(pause)
        self.versions.append(bound.pause)
        self.seen["amended"] += 1
        self._done_again()

    def another_confirms(self) -> None:
        *older, newest = self._of_one_name()
        proposals.agree(self.waiting[newest.name], by=self.desk.second, now=self.desk.now())
        self._put(newest, replace(newest, confirm_by=None))
        for pause in older:
            self._end(pause, _epoch())
        self.standing_for.pop(newest.name, None)
        self.seen["confirmed"] += 1
        self._done_again()

    def two_lift(self) -> None:
        ended = self._of_one_name()
        lift(self.desk, ended[-1].name)
        for pause in ended:
            self._end(pause, _epoch())
        self.standing_for.pop(ended[-1].name, None)
        self.seen["lifted"] += 1
        self.the_gate_agrees()
        self._done_again()

    def time_passes(self) -> None:
        """Until a plan begins, or the 72 hours of somebody alone are over."""
        pause, past = self._of_one_name()[-1], self.desk.now() - timedelta(seconds=1)
        what = self.chance.choice(["starts_at", "confirm_by"])
        if getattr(pause, what) is None:
            return
        moved = replace(pause, **{what: past}, declared_at=past)
        with fence.alone(uuid4()):
            row = PauseRow.objects.filter(name=pause.name, version=pause.version)
            row.update(**{what: past, "declared_at": past, "body": pausefile.as_document(moved)})
        self._put(pause, moved)
        self.seen[what] += 1

    def an_exception_is_used(self) -> None:
        package, pause = self._held()
        said = self.facts[package].demand
        fitting = [each for each in pause.exceptions if fits(each, said)]
        found = self.chance.choice(fitting or pause.exceptions or drawing.EXCEPTIONS)
        ref, now = package.case.ref, self.desk.now()
        exceptions.propose_use(ref, pause.name, found.name, by=self.desk.first, now=now)
        use = exceptions.agree_use(ref, pause.name, found.name, by=self.desk.second, now=now)
        facts, (packed,) = self.facts[package], self.facts[package].items
        assert packed.approval is not None
        assert use.epoch is not None
        told = ExceptionFacts(pause.name, found.name, packed.approval.proposer, packed.approval.agreer, use.epoch)
        self.facts[package] = replace(facts, items=(replace(packed, exceptions=(*packed.exceptions, told)),))
        self.seen["used"] += 1
        if self.chance.random() < 0.5:
            self.the_gate_agrees()
            self.it_is_suspended_or_resumed([told])

    def it_is_suspended_or_resumed(self, uses: Sequence[ExceptionFacts] = ()) -> None:
        uses = uses or [use for facts in self.facts.values() for use in facts.items[0].exceptions]
        if not uses:
            return
        use, desk = self.chance.choice(uses), self.desk
        if (use.pause, use.exception) in self.suspended:
            waits = patterns.propose_resumption(use.pause, use.exception, by=desk.first, now=desk.now())
            proposals.agree(waits.code, by=desk.second, now=desk.now())
            self.seen["resumed"] += 1
        else:
            patterns.suspend_exception(use.pause, use.exception, by=desk.first, now=desk.now())
            self.seen["suspended"] += 1
        self.suspended ^= {(use.pause, use.exception)}

    def a_court_overrides(self) -> None:
        package, pause = self._held()
        ref, desk = package.case.ref, self.desk
        items = self.chance.choice([frozenset[int](), frozenset({1})])
        stated = court_orders.Stated(pause.name, "The invented court", "HP-7", desk.now().date(), items)
        row = court_orders.propose(ref, stated, by=desk.first, now=desk.now())
        row = court_orders.agree(ref, row.key, by=desk.second, now=desk.now())
        withdrawn = self.chance.random() < 0.3
        if withdrawn:
            court_orders.withdraw(ref, row.key, by=desk.first, now=desk.now())
        facts, (packed,) = self.facts[package], self.facts[package].items
        assert packed.approval is not None
        assert row.epoch is not None
        order = OrderFacts(
            pause.name, row.version, items, packed.approval.proposer, packed.approval.agreer, row.epoch, withdrawn
        )
        self.facts[package] = replace(facts, items=(replace(packed, orders=(*packed.orders, order)),))
        self.seen["by order"] += 1

    def a_matter_is_decided(self) -> None:
        """As the same by one person, as another by two."""
        if self.same is None and self.seen["question-open"] > 10:
            (one, other), desk = (package.case.ref for package in self.packages), self.desk
            if self.same_matter:
                patterns.decide_the_same(one, other, by=desk.first, now=desk.now())
                self.same = True
            else:
                waits = patterns.propose_another(one, other, by=desk.first, now=desk.now())
                proposals.agree(waits.code, by=desk.second, now=desk.now())
                self.same = False

    # --- how

    def _drawn(self, name: str) -> Pause:
        facts = self.facts[self.chance.choice(self.packages)]
        at = (facts.demand, facts.items[0].item)
        drawn = drawing.a_pause(self.chance, name, self.desk.now(), 0, at=at, one_person=True)
        if drawn.mode is PauseMode.TREAT_AS:
            drawn = replace(drawing.of_country(drawn, self.chance.choice(["HK", "GB", "US"])), treat_as="CN")
        announced = [each for each in drawn.exceptions if each.name != "nothing"]  # which no file can say
        return _as_written(replace(drawn, exceptions=tuple(announced[:3])))

    def _names(self) -> list[str]:
        return sorted({pause.name for pause in self.versions if pause.ended_epoch is None})

    def _of_one_name(self) -> list[Pause]:
        if not self._names():
            self.one_declares()
        name = self.chance.choice(self._names())
        return [pause for pause in self.versions if pause.name == name and pause.ended_epoch is None]

    def _held(self) -> tuple[Package, Pause]:
        """A package, and a pause that covers it if there is one."""
        package, pause = self.chance.choice(self.packages), self._of_one_name()[-1]
        said, about = self.facts[package].demand, self.facts[package].items[0].item
        in_force = [each for each in self.versions if each.ended_epoch is None]
        over = [each for each in in_force if touches(each, said, about, self.desk.now())]
        return package, self.chance.choice(over or [pause])

    def _put(self, old: Pause, new: Pause) -> None:
        self.versions[self.versions.index(old)] = new

    def _end(self, pause: Pause, epoch: int) -> None:
        self._put(pause, replace(pause, ended_epoch=epoch, ended_at=self.desk.now()))

    def _with_the_other(self, package: Package, facts: ReleaseFacts) -> ReleaseFacts:
        """Both came with papers that name one account, so nobody knows whether they are one matter until it is said."""
        (other,) = (found for each, found in self.facts.items() if each != package)
        about = replace(other.items[0].item, brands=frozenset(), companies=frozenset())
        others = [] if self.same is False else [Other(0, 0, self.same is True, other.demand, about)]
        own = facts.items[0].item
        read = matter_read([facts.demand], own, others, self.versions, self.desk.now())
        places = [Place(country, PlaceSource.CLERK) for country in sorted(read.there - places_of(own))]
        return replace(
            facts,
            labels=tuple(dict.fromkeys([facts.demand, *read.labels])),
            items=(replace(facts.items[0], item=replace(own, places=(*places, *own.places))),),
            undecided_matters=int(read.undecided),
            matter_held=read.ever_held,
        )

    def _done_again(self) -> None:
        """What the end of a pause voids: verified, agreed, packed and confirmed anew."""
        renew()
        for package, facts in self.facts.items():
            fresh = _facts(self.desk, package)
            packed = replace(facts.items[0], approval=fresh.items[0].approval)
            self.facts[package] = replace(
                facts,
                finding=fresh.finding,
                package_epoch=fresh.package_epoch,
                reconfirmed=fresh.reconfirmed,
                items=(packed,),
            )


def _as_written(pause: Pause) -> Pause:
    return pausefile.parse_pause(pausefile.as_document(pause))


def _epoch() -> int:
    return Fence.objects.get().epoch


def _facts(desk: Desk, package: Package) -> ReleaseFacts:
    asked = Asked()
    locked = locking(asked, package.key)
    with transaction.atomic():
        entered = fence.enter(asked)
        return reading.facts_of(locked(), entered, to=desk.cast.fingerprint, by=desk.second)


@pytest.fixture
def packages(desk: Desk) -> list[Package]:
    abroad = item(identifier_kind="email", identifier="wren@post.example", subject_country="SG")
    return [
        sealed(desk, needs=["life-at-risk"], issuer="judge", offence="violence"),
        sealed(desk, items=[abroad], related_to=[]),
    ]


@pytest.mark.parametrize(("drawn", "same"), [(43, True), (42, False)])
def test_what_the_gate_says_from_the_rows_is_what_the_rules_say_of_the_same_history(
    desk: Desk, packages: list[Package], drawn: int, same: bool
) -> None:
    seen = Sample(desk, packages, random.Random(drawn), same_matter=same).run()
    wanted = {
        "allowed": 10, "refused": 30, "used": 2, "by order": 2, "by a way through": 2, "amended": 2, "confirmed": 2,
        "lifted": 2, "suspended": 1, "starts_at": 1, "confirm_by": 1, "held-by-pause": 10, "question-open": 5,
    }  # fmt: skip
    assert {name: seen[name] for name, least in wanted.items() if seen[name] < least} == {}, seen
    assert seen["not accepted"] < STEPS / 2, seen


def _of_anybody_alone(demand: Any) -> frozenset[str]:
    return frozenset({pause_rules.ANY})


def _nothing_is_suspended(asked: Any) -> Any:
    return frozenset


@pytest.mark.parametrize(
    ("module", "name", "broken"),
    [(store, "who_marks", _of_anybody_alone), (matters_on_file, "suspended", _nothing_is_suspended)],
)
def test_what_the_gate_does_not_read_is_missed(
    desk: Desk, packages: list[Package], monkeypatch: pytest.MonkeyPatch, module: Any, name: str, broken: Any
) -> None:
    """The control: a query that leaves out the pauses of a country, or that an exception is suspended."""
    monkeypatch.setattr(module, name, broken)
    with pytest.raises(AssertionError):
        Sample(desk, packages, random.Random(42)).run()
