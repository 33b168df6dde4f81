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
from abeyance.patterns.queries import Others
from abeyance.pauses import store
from abeyance.pauses.court_orders import facts_of as orders_of
from abeyance.pauses.exceptions import facts_of, that_count
from abeyance.pauses.matters import matter_of
from abeyance.people import queries as people
from abeyance.policy import calendars
from abeyance.policy import queries as policy
from abeyance.rules import review, subjects, verdict
from abeyance.rules.clocks import Act, Clock, clocks_for
from abeyance.rules.decision import Decision, Reason
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.pauses import Pause, held_under_any, treated_as, with_treated
from abeyance.rules.policy import Books
from abeyance.rules.release import exception_for, order_over
from abeyance.rules.terms import Stage

RELATED = "Nobody has found yet what places the matter is related to; state it with the demand (none is an answer too)."


@dataclass(frozen=True)
class Held:
    """A pause that holds the item at a stage, and the sentence that says so. A plan has no name here."""

    pause: str
    stage: Stage
    reason: Reason


@dataclass(frozen=True)
class Weighed:
    """`decision` counts the pauses in; `by_law` is what law and policy say without them, but as another jurisdiction's
    where a pause has it answered so. `questions` are what a person could settle of what holds it."""

    item: Item
    decision: Decision
    by_law: Decision
    held: tuple[Held, ...]
    clocks: tuple[Clock, ...]
    allowed: frozenset[str]
    questions: tuple[Reason, ...] = ()


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
    of_others = [other.demand for theirs in others.values() for other in theirs.found]
    pauses = store.that_could_cover([*(label for file in each for label in file.labels), *of_others])
    return [
        (file.demand, _weigh_all(file, others.get(file.case.pk, Others()), suspended, books, pauses, small_team, now))
        for file in each
    ]


def _weigh_all(
    file: OnFile,
    others: Others,
    suspended: frozenset[tuple[str, str]],
    books: tuple[Books, ...],
    pauses: Sequence[Pause],
    small_team: bool,
    now: datetime,
) -> list[Weighed]:
    about = {item.number: casefacts.item_facts(item, books) for item in file.items}
    matter = matter_of(file.labels, list(about.values()), others, pauses, now)
    labels = (*file.labels, *matter.labels)
    uses = facts_of(that_count(file.uses, file.demand, suspended))
    identifiers = len({bytes(item.identifier) for item in file.items})
    holding = [
        pause
        for pause in pauses
        if exception_for(pause, labels[0], uses, small_team, matter_held=matter.ever_held) is None
    ]
    orders, version = orders_of(file.orders), file.demand.version

    def over(item: Item) -> list[Pause]:
        return [p for p in holding if order_over(p, item.number, version, orders, small_team) is None]

    return [
        _weigh(labels, item, matter.placed(about[item.number]), books, over(item), file.acts, identifiers, now)
        for item in file.items
    ]


def _weigh(
    labels: Sequence[DemandFacts],
    item: Item,
    about: ItemFacts,
    books: tuple[Books, ...],
    pauses: Sequence[Pause],
    acts: Sequence[Act],
    identifiers: int,
    now: datetime,
) -> Weighed:
    said = labels[0]
    treating = treated_as(pauses, labels, about, now=now)
    also_as = [pause.treat_as for pause in treating if pause.treat_as]
    by_law = review.judge(said, about, books=books, now=now, identifiers=identifiers, also_as=also_as)
    counting = with_treated(labels, treating)
    held = tuple(
        Held(reason.pause, stage, reason)
        for pause in pauses
        for stage in Stage
        if (reason := held_under_any(pause, counting, about, stage, now=now, books=books)) is not None
    )
    laws = dict.fromkeys(each.entry(said.instrument) for each in books)
    calendar = calendars.calendar_of(said.jurisdiction)
    clocks = tuple(dict.fromkeys(clock for law in laws for clock in clocks_for(said, about, law, calendar, acts)))
    allowed = review.allowed_fields(said, about, books=books, now=now, chosen=about.fields)
    asked = _questions(said, about, [pause for pause in pauses if pause.name in {each.pause for each in held}])
    decision = verdict.with_pauses(by_law, [each.reason for each in held])
    return Weighed(item, decision, by_law, held, clocks, allowed, asked)


def _questions(said: DemandFacts, about: ItemFacts, holding: Sequence[Pause]) -> tuple[Reason, ...]:
    found = []
    if any(pause.looks_at_the_account for pause in holding):
        found.append(subjects.question(about))
    if any(pause.related_to for pause in holding) and said.related_to is None:
        found.append(Reason("related-to-unknown", RELATED, "subjects"))
    return tuple(reason for reason in found if reason is not None)
