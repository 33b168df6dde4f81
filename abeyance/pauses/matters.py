"""What other requests of possibly the same matter mean for this one: no label, agency or law leads round a pause.

1. A request that a person decided to be the same matter is weighed under the other's labels as well as under its own.
2. While nobody has decided, and a pause held the other, nothing is released.
3. A matter that a pause ever held meets the stricter bar of every exception.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from abeyance.patterns.queries import Other
from abeyance.rules.facts import DemandFacts
from abeyance.rules.pauses import Pause, Reach, reach


@dataclass(frozen=True)
class Matter:
    """`labels` count beside the request's own. `undecided`: how many others that a pause held nobody has decided."""

    labels: tuple[DemandFacts, ...] = ()
    undecided: int = 0
    ever_held: bool = False


def matter_of(labels: Sequence[DemandFacts], others: Sequence[Other], pauses: Sequence[Pause], now: datetime) -> Matter:
    """`labels`: the request's own, the newest first; `pauses`: at least all that could cover one of the others. About
    another that was labelled as this one is there is nothing to decide: what holds the one holds the other already."""
    own, held = {_who_and_law(label) for label in labels}, [each for each in others if _was_held(each, pauses, now)]
    undecided = {each.pair for each in held if not each.decided and _who_and_law(each.demand) not in own}
    return Matter(
        labels=tuple(dict.fromkeys(_label(labels[0], other.demand) for other in others if other.decided)),
        undecided=len(undecided),
        ever_held=bool(held),
    )


def _who_and_law(label: DemandFacts) -> tuple[str | None, str | None, str | None]:
    return label.jurisdiction, label.agency, label.instrument


def _was_held(other: Other, pauses: Sequence[Pause], now: datetime) -> bool:
    """By a pause in force, or by one that ended after the other had arrived."""
    return any(
        (pause.ended_epoch is None or pause.ended_epoch > other.demand.arrived_epoch)
        and reach(pause, other.demand, other.item, now=now) is not Reach.NO
        for pause in pauses
    )


def _label(said: DemandFacts, other: DemandFacts) -> DemandFacts:
    return replace(said, jurisdiction=other.jurisdiction, agency=other.agency, instrument=other.instrument)
