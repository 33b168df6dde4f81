"""Preservation under a pause: made only where the instrument binds the provider, and never too much for one agency.

The theory: what is kept for a State that is distrusted can be taken later, so keeping is decided as carefully as
giving, and apart from it. Without a pause none of this is asked. A preservation lets nothing out: no rule of release
reads it.

Nothing said means not bound: an entry that does not decide anything today obliges nobody."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from abeyance.rules.decision import Reason
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.instruments import LawEntry, Preservation, Route, Standing, standing
from abeyance.rules.people import Actor, Role
from abeyance.rules.policy import Books

PRESERVED = "preserved"  # the outcome of an item, told in words


def against_preserving(
    demand: DemandFacts, item: ItemFacts, held: Sequence[Reason], books: Sequence[Books], now: datetime
) -> tuple[Reason, ...]:
    """Why this item may not be preserved under a pause; of every text that is in force or proposed, each sentence once.
    Empty: it binds us."""
    found = [*_of_pause(item, held), *_of_facts(demand)]
    for each in books:
        found += _of_law(demand, item, each, now)
    return tuple(dict.fromkeys(found))


def against_recording(held: Sequence[Reason], *, decided: bool) -> tuple[Reason, ...]:
    """Why "preserved" may be neither recorded nor answered in the ordinary way: held, and nobody decided it."""
    if decided or not held:
        return ()
    return (
        _no(
            "preservation-undecided",
            "A pause holds this: two people decide whether it is preserved, with `abeyance request preserve`.",
        ),
    )


def over_cap(open_of_agency: int, cap: int) -> bool:
    """`open_of_agency`: what is preserved for it under pauses already, in requests that are open."""
    return open_of_agency >= cap


def against_second(agreer: Actor, *, over: bool) -> tuple[Reason, ...]:
    """Beside the second-person rule: over the cap it is counsel who agrees."""
    if not over or Role.COUNSEL in agreer.roles:
        return ()
    return (
        _no(
            "preservation-cap",
            "As much as the policy allows is preserved for this agency already ([pauses] preservations_per_agency): "
            "only counsel may agree to more.",
        ),
    )


def _of_pause(item: ItemFacts, held: Sequence[Reason]) -> Iterator[Reason]:
    if not held:
        yield _no(
            "no-pause",
            f"No pause holds item {item.number}: it is preserved as always, and recorded with the act 'preserved'.",
        )


def _of_facts(demand: DemandFacts) -> Iterator[Reason]:
    if not demand.confirmed:
        yield _no("not-confirmed", "Nobody has confirmed yet what was read from the papers.")
    if not demand.genuine:
        yield _no("not-genuine", "The requester has not been found genuine.")
    if demand.agency is None:
        yield _no("agency-unknown", "It is not settled which agency asks, so nobody can say how much is kept for it.")


def _of_law(demand: DemandFacts, item: ItemFacts, books: Books, now: datetime) -> Iterator[Reason]:
    entry = books.entry(demand.instrument)
    if entry is None:
        yield _no("instrument-not-on-file", "No law entry on file says that preserving is an obligation here.")
        return
    if entry.preservation is not Preservation.BINDING:
        yield _of_entry(
            "not-binding", f"{entry.instrument} obliges no provider to preserve: under a pause it is not.", entry
        )
    if (state := standing(entry, books.adopted, now)) is not Standing.IN_FORCE:
        yield _of_entry(
            "law-not-in-force", f"{entry.instrument}: the entry is {state.value}, so it binds nobody here.", entry
        )
    if demand.jurisdiction not in entry.covers:
        yield _of_entry("another-jurisdiction", f"{entry.instrument} is no instrument of who asks.", entry)
    if demand.requester not in entry.requesters:
        yield _of_entry("issuer-not-competent", f"{entry.instrument} is not issued by who asks here.", entry)
    if item.category is None or item.category not in entry.compels:
        yield _of_entry(
            "category-not-bound", f"{entry.instrument} does not reach what item {item.number} asks for.", entry
        )
    if entry.route is not Route.DIRECT and not _at_home(demand, item, books, entry):
        sentence = f"{entry.instrument} binds providers at home, and ours of item {item.number} is not known to be one."
        yield _of_entry("not-our-law", sentence, entry)


def _at_home(demand: DemandFacts, item: ItemFacts, books: Books, entry: LawEntry) -> bool:
    laws = {books.policy.law_of(demand.entity), books.policy.law_of(item.controller)}
    return None not in laws and laws <= entry.covers


def _of_entry(code: str, sentence: str, entry: LawEntry) -> Reason:
    return Reason(code, sentence, clause=entry.id, citation=entry.citation)


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"preservation:{code}")
