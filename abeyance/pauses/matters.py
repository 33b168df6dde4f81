"""What other requests of possibly the same matter mean for this one: no label, agency or law leads round a pause.

1. A request that a person decided to be the same matter is weighed under the other's labels as well as under its own.
2. While nobody has decided, and a pause held the other, nothing is released.
3. A matter that a pause ever held meets the stricter bar of every exception.

A label is what somebody says of a request and another could say otherwise: who asks, under which law, what places it is
related to, and where the account holder is. What is asked for is none: another service holds other data, and a demand
for both has the one held and the other not, so that asking for them apart gains nothing. So it is not carried over; but
where a label differs, a person decides, whatever the other was held for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from abeyance.patterns.queries import Other, Others
from abeyance.rules.facts import DemandFacts, ItemFacts, Place
from abeyance.rules.pauses import Pause, Reach, reach
from abeyance.rules.subjects import countries
from abeyance.rules.terms import PlaceSource


@dataclass(frozen=True)
class Matter:
    """`labels` count beside the request's own, and `places` beside what is said of its account holders. `undecided`:
    how many others that a pause held nobody has decided. `cut_off`: there are more than were read."""

    labels: tuple[DemandFacts, ...] = ()
    places: tuple[Place, ...] = ()
    undecided: int = 0
    cut_off: bool = False
    ever_held: bool = False

    def placed(self, item: ItemFacts) -> ItemFacts:
        """With where the others say that the holder is. What two people agreed on for this request settles that too; of
        whom nobody has said it here, it stays unknown, which every pause that looks at it holds."""
        return replace(item, places=(*self.places, *item.places)) if countries(item) else item


def matter_of(
    labels: Sequence[DemandFacts], items: Sequence[ItemFacts], others: Others, pauses: Sequence[Pause], now: datetime
) -> Matter:
    """`labels` and `items`: the request's own, the newest label first; `pauses`: at least all that could cover one of
    the others. About another that was labelled as this one is there is nothing to decide: what holds the one by its
    labels holds the other already, also by a label that counts until a second person has agreed to a newer one."""
    held = [each for each in others.found if _was_held(each, pauses, now)]
    decided = [each for each in others.found if each.decided]
    said = frozenset().union(*(countries(other.item) for other in decided))
    return Matter(
        labels=tuple(dict.fromkeys(_label(labels[0], other.demand) for other in decided)),
        places=tuple(Place(country, PlaceSource.CLERK) for country in sorted(said)),
        undecided=_undecided([each for each in held if not each.decided], labels, items, pauses),
        cut_off=others.cut_off,
        ever_held=bool(held) or others.cut_off or _was_held_itself(labels, items, pauses, now),
    )


def _undecided(
    held: Sequence[Other], labels: Sequence[DemandFacts], items: Sequence[ItemFacts], pauses: Sequence[Pause]
) -> int:
    looking = bool(held) and any(pause.looks_at_the_account for pause in pauses)
    return len({each.pair for each in held if not _alike(each, labels, items, looking)})


def _was_held_itself(
    labels: Sequence[DemandFacts], items: Sequence[ItemFacts], pauses: Sequence[Pause], now: datetime
) -> bool:
    """By a pause that has ended since the request arrived. What is replaced by a newer version of a pause goes on."""
    arrived = labels[0].arrived_epoch
    ended = [each for each in pauses if each.ended_epoch is not None and each.ended_epoch > arrived]
    going_on = {pause.name for pause in pauses if pause.ended_epoch is None} if ended else set()
    return any(
        reach(pause, label, item, now=now) is not Reach.NO
        for pause in ended
        if pause.name not in going_on and not pause.everything
        for label in labels
        for item in items
    )


def _alike(other: Other, labels: Sequence[DemandFacts], items: Sequence[ItemFacts], looking: bool) -> bool:
    """Whether it was labelled as this one, on every axis that a pause may read. `looking`: one of them looks at the
    account. Every item counts then: one that is rightly placed must not stand for another that is not."""
    wanted = _said(other.demand, looking)
    elsewhere = looking and any(countries(item) != countries(other.item) for item in items)
    return not elsewhere and any(_said(label, looking) == wanted for label in labels)


def _said(label: DemandFacts, looking: bool) -> tuple[object, ...]:
    return label.jurisdiction, label.agency, label.instrument, label.related_to if looking else None


def _was_held(other: Other, pauses: Sequence[Pause], now: datetime) -> bool:
    """By a pause in force, or by one that ended after the other had arrived."""
    return any(
        (pause.ended_epoch is None or pause.ended_epoch > other.demand.arrived_epoch)
        and reach(pause, other.demand, other.item, now=now) is not Reach.NO
        for pause in pauses
    )


def _label(said: DemandFacts, other: DemandFacts) -> DemandFacts:
    """What nobody has found of the other, that it is related to a place, is answered by what was found here: it is the
    same matter."""
    return replace(
        said,
        jurisdiction=other.jurisdiction,
        agency=other.agency,
        instrument=other.instrument,
        related_to=said.related_to if other.related_to is None else other.related_to,
    )
