"""One item weighed as of now: the verdict of law and policy, what holds it at which stage, its clocks. The page, the
command, the letter and the gate all speak from these reasons. It is below all stages, because each of them asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from abeyance.asking import Asked
from abeyance.casefile import facts as casefacts
from abeyance.casefile import onfile
from abeyance.casefile.models import Case, Demand, Item
from abeyance.casefile.onfile import OnFile
from abeyance.patterns import queries as patterns
from abeyance.patterns.queries import Other
from abeyance.pauses import store
from abeyance.pauses.court_orders import facts_of as orders_of
from abeyance.pauses.exceptions import facts_of
from abeyance.pauses.matters import matter_of
from abeyance.people import queries as people
from abeyance.policy import calendars
from abeyance.policy import queries as policy
from abeyance.rules import review
from abeyance.rules.clocks import Act, Clock, clocks_for
from abeyance.rules.decision import Decision, Outcome, Reason
from abeyance.rules.facts import DemandFacts
from abeyance.rules.pauses import Pause, held_under_any
from abeyance.rules.policy import Books
from abeyance.rules.release import exception_for, order_over
from abeyance.rules.terms import PauseMode, Stage


@dataclass(frozen=True)
class Held:
    """A pause that holds the item at a stage, and the sentence that says so. A plan has no name here."""

    pause: str
    stage: Stage
    reason: Reason


@dataclass(frozen=True)
class Weighed:
    """`decision` counts the pauses in; `by_law` is what law and policy say without them."""

    item: Item
    decision: Decision
    by_law: Decision
    held: tuple[Held, ...]
    clocks: tuple[Clock, ...]
    allowed: frozenset[str]


def weigh(case: Case, *, now: datetime) -> tuple[Demand, list[Weighed]]:
    """The newest demand of the case, with every item weighed by the books in force."""
    return weigh_each([case], now=now)[0]


def weigh_each(cases: Sequence[Case], *, now: datetime) -> list[tuple[Demand, list[Weighed]]]:
    """The same for several, with a few questions however many there are."""
    if not cases:
        return []
    asked = Asked()
    read, books_of, house = onfile.read(asked, cases), policy.books_of(asked), people.house_rules_of(asked)
    others_of, suspended_of = patterns.others_of(asked, [case.pk for case in cases]), patterns.suspended(asked)
    asked.now()
    each, books, small_team, others, suspended = read(), books_of(), house().small_team, others_of(), suspended_of()
    of_others = [other.demand for found in others.values() for other in found]
    pauses = store.that_could_cover([*(label for file in each for label in file.labels), *of_others])
    return [
        (file.demand, _weigh_all(file, others.get(file.case.pk, []), suspended, books, pauses, small_team, now))
        for file in each
    ]


def _weigh_all(
    file: OnFile,
    others: Sequence[Other],
    suspended: frozenset[tuple[str, str]],
    books: tuple[Books, ...],
    pauses: Sequence[Pause],
    small_team: bool,
    now: datetime,
) -> list[Weighed]:
    labels = (*file.labels, *matter_of(file.labels[0], others, pauses, now).labels)
    uses = facts_of([use for use in file.uses if (use.pause, use.exception) not in suspended])
    identifiers = len({bytes(item.identifier) for item in file.items})
    holding = [pause for pause in pauses if exception_for(pause, labels[0], uses, small_team) is None]
    orders, version = orders_of(file.orders), file.demand.version

    def over(item: Item) -> list[Pause]:
        return [p for p in holding if order_over(p, item.number, version, orders, small_team) is None]

    return [_weigh(labels, item, books, over(item), file.acts, identifiers, now) for item in file.items]


def _weigh(
    labels: Sequence[DemandFacts],
    item: Item,
    books: tuple[Books, ...],
    pauses: Sequence[Pause],
    acts: Sequence[Act],
    identifiers: int,
    now: datetime,
) -> Weighed:
    said, about = labels[0], casefacts.item_facts(item)
    by_law = review.judge(said, about, books=books, now=now, identifiers=identifiers)
    held = tuple(
        Held(reason.pause, stage, reason)
        for pause in pauses
        for stage in Stage
        if (reason := held_under_any(pause, labels, about, stage, now=now)) is not None
    )
    laws = dict.fromkeys(each.entry(said.instrument) for each in books)
    calendar = calendars.calendar_of(said.jurisdiction)
    clocks = tuple(dict.fromkeys(clock for law in laws for clock in clocks_for(said, about, law, calendar, acts)))
    allowed = review.allowed_fields(said, about, books=books, now=now, chosen=about.fields)
    return Weighed(item, _with_pauses(by_law, held, pauses), by_law, held, clocks, allowed)


def _with_pauses(by_law: Decision, held: Sequence[Held], pauses: Sequence[Pause]) -> Decision:
    """A pause never makes anything less cautious: what law and policy refuse stays refused."""
    if not held:
        return by_law
    refusing = {pause.name for pause in pauses if pause.mode is PauseMode.REFUSE}
    outcome = Outcome.REFUSE if any(each.pause in refusing for each in held) else Outcome.HOLD
    reasons = tuple(dict.fromkeys(each.reason for each in held))
    if by_law.outcome < outcome:
        return by_law
    return Decision(outcome, reasons, by_law.policy)
