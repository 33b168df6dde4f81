"""What a pause would do, said before it binds, and again when it has: whom it covers, which clocks run on meanwhile,
and what had left already. Every number counts only what the reader may see."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from abeyance.casefile.door import visible_to
from abeyance.casefile.models import Case, Release
from abeyance.pauses import coverage
from abeyance.pauses.coverage import Coverage
from abeyance.pauses.weighing import weigh
from abeyance.rules.clocks import Clock
from abeyance.rules.instruments import Direction
from abeyance.rules.pauses import Pause

MOST_WEIGHED = 200  # requests whose clocks are computed; of more, the preview says that there are more


@dataclass(frozen=True)
class Collision:
    """A legal clock that runs on while the pause holds the item."""

    ref: str
    item: int
    clock: Clock


@dataclass(frozen=True)
class Preview:
    pause: Pause
    coverage: Coverage
    collisions: tuple[Collision, ...]
    requests_weighed: int
    handed_over: tuple[Release, ...]
    in_flight: tuple[Release, ...]


def preview(pause: Pause, *, reader: str, now: datetime) -> Preview:
    """`reader` is a member's code or "operator"."""
    cases = visible_to(reader)
    lately = coverage.handed_over_lately(pause, cases, now=now)
    covered = _first_covered(pause, reader)
    return Preview(
        pause=pause,
        coverage=coverage.covered(pause, cases),
        collisions=_collisions(covered, now),
        requests_weighed=len(covered),
        handed_over=tuple(release for release in lately if release.state in ("gone", "confirmed")),
        in_flight=tuple(release for release in lately if release.state not in ("gone", "confirmed")),
    )


def _first_covered(pause: Pause, reader: str) -> list[tuple[Case, set[int]]]:
    """The oldest open requests first: their clocks end soonest."""
    items = coverage.items_covered(pause, visible_to(reader)).select_related("case").order_by("case_id", "number")
    found = groupby(items[: 5 * MOST_WEIGHED], key=lambda item: item.case)
    return [(case, {item.number for item in of_case}) for case, of_case in found][:MOST_WEIGHED]


def _collisions(covered: list[tuple[Case, set[int]]], now: datetime) -> tuple[Collision, ...]:
    found = [
        Collision(case.ref, one.item.number, clock)
        for case, numbers in covered
        for one in weigh(case, now=now)[1]
        if one.item.number in numbers
        for clock in one.clocks
        if clock.direction is Direction.DUE_BY and not clock.ended
    ]
    return tuple(sorted(found, key=lambda collision: collision.clock.at))
