"""What a pause would do, said before it binds, and again when it has: whom it covers, which clocks run on meanwhile,
what is packed already, what had left, whom a penalty would meet. Every number counts only what the reader may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from django.db.models import Count, Q, QuerySet

from abeyance.casefile.door import visible_to
from abeyance.casefile.models import Case, Item, Link, Package, Release
from abeyance.pauses import coverage
from abeyance.pauses.coverage import Coverage
from abeyance.pauses.weighing import Weighed, weigh_each
from abeyance.policy import queries as policy
from abeyance.rules.clocks import Clock
from abeyance.rules.instruments import Checked, Direction, LawEntry, Penalty
from abeyance.rules.pauses import Pause, covers_law

MOST_WEIGHED = 200  # requests whose clocks are computed; of more, the preview says that there are more
A_YEAR = timedelta(days=365)
MOST_INSTRUMENTS = 40


@dataclass(frozen=True)
class Collision:
    """A legal clock that runs on while the pause holds the item."""

    ref: str
    item: int
    clock: Clock


@dataclass(frozen=True)
class Exposure:
    """What the law that is paused threatens, and whom: the firm, or its people."""

    instruments: str
    penalty: Penalty
    checked: bool


@dataclass(frozen=True)
class Preview:
    """`packages` and `links`: sealed answers that would no longer leave, and links to them that would stop working.
    `elsewhere`: what the same agencies have asked in a year under laws that the pause does not name."""

    pause: Pause
    coverage: Coverage
    by_outcome: dict[str, int]
    collisions: tuple[Collision, ...]
    requests_weighed: int
    handed_over: tuple[Release, ...]
    in_flight: tuple[Release, ...]
    packages: int
    links: int
    exposures: tuple[Exposure, ...]
    elsewhere: tuple[tuple[str, int], ...]
    warnings: tuple[str, ...]


def preview(pause: Pause, *, reader: str, now: datetime) -> Preview:
    """`reader` is a member's code or "operator"."""
    cases = visible_to(reader)
    lately = coverage.handed_over_lately(pause, cases, now=now)
    matching = coverage.items_covered(pause, cases)
    weighed = _weighed(matching, now)
    packages = Package.objects.filter(
        items__item__in=matching.values("pk"), destroyed_at=None, expires_at__gt=now
    ).distinct()
    elsewhere = asked_elsewhere(pause, reader, now=now)
    return Preview(
        pause=pause,
        coverage=coverage.covered(pause, cases),
        by_outcome=dict(Counter(one.by_law.outcome.word for _, items in weighed for one in items)),
        collisions=_collisions(weighed),
        requests_weighed=len(weighed),
        handed_over=tuple(release for release in lately if release.state in ("gone", "confirmed")),
        in_flight=tuple(release for release in lately if release.state not in ("gone", "confirmed")),
        packages=packages.count(),
        links=Link.objects.filter(package__in=packages, void_at=None, confirmed_at=None, expires_at__gt=now).count(),
        exposures=exposures(pause),
        elsewhere=elsewhere,
        warnings=tuple(_warnings(pause, elsewhere)),
    )


def exposures(pause: Pause) -> tuple[Exposure, ...]:
    """By the law entries as they are, adopted or not: a threat is no less for not having been checked."""
    threatened: dict[Penalty, list[LawEntry]] = {}
    for entry in policy.books()[0].entries.values():
        for penalty in entry.penalties if _is_about(pause, entry) else ():
            threatened.setdefault(penalty, []).append(entry)
    return tuple(
        Exposure(", ".join(each.id for each in laws), penalty, all(each.checked is Checked.CHECKED for each in laws))
        for penalty, laws in threatened.items()
    )


def asked_elsewhere(pause: Pause, reader: str, *, now: datetime) -> tuple[tuple[str, int], ...]:
    """Requests of a year by instrument: of the agencies and countries that the pause is about, or, where it names laws
    alone, of those that have used these laws."""
    if not pause.laws:
        return ()
    items = Item.objects.filter(case__in=visible_to(reader), case__arrived_at__gte=now - A_YEAR)
    who = Q(jurisdiction__in=pause.jurisdictions) | Q(agency__in=pause.agencies)
    if not pause.jurisdictions and not pause.agencies:
        pairs = items.values_list("agency", "instrument").distinct()
        who = Q(agency__in={agency for agency, instrument in pairs if agency and covers_law(pause, instrument)})
    counted = items.filter(who, instrument__isnull=False).values_list("instrument")
    rows = counted.annotate(n=Count("case", distinct=True)).order_by("-n", "instrument")
    return tuple((each, n) for each, n in rows if not covers_law(pause, each))[:MOST_INSTRUMENTS]


def _is_about(pause: Pause, entry: LawEntry) -> bool:
    if pause.laws:
        return covers_law(pause, entry.id)
    countries = pause.jurisdictions | {agency.split("-", 1)[0].upper() for agency in pause.agencies} | pause.subjects
    return entry.jurisdiction in countries


def _warnings(pause: Pause, elsewhere: Sequence[tuple[str, int]]) -> Iterable[str]:
    if pause.laws and not (pause.jurisdictions or pause.agencies or pause.subjects):
        yield (
            "It rests on the law that is cited alone: the same agencies may ask for the same accounts under another"
            " law, and are not held. Name the country or the agencies if that is not meant."
        )
    elif elsewhere:
        asked = sum(count for _, count in elsewhere)
        yield f"The same agencies sent {asked} request(s) in a year under laws that this pause does not name."


def _weighed(matching: QuerySet[Item], now: datetime) -> list[tuple[str, list[Weighed]]]:
    """The oldest open requests first, since their clocks end soonest; of each the items that are covered."""
    covered = _first_covered(matching)
    found = weigh_each([case for case, _ in covered], now=now)
    return [
        (case.ref, [one for one in items if one.item.number in numbers])
        for (case, numbers), (_, items) in zip(covered, found, strict=True)
    ]


def _first_covered(matching: QuerySet[Item]) -> list[tuple[Case, set[int]]]:
    items = matching.select_related("case").order_by("case_id", "number")
    found = groupby(items[: 5 * MOST_WEIGHED], key=lambda item: item.case)
    return [(case, {item.number for item in of_case}) for case, of_case in found][:MOST_WEIGHED]


def _collisions(weighed: Sequence[tuple[str, Sequence[Weighed]]]) -> tuple[Collision, ...]:
    found = [
        Collision(ref, one.item.number, clock)
        for ref, items in weighed
        for one in items
        for clock in one.clocks
        if clock.direction is Direction.DUE_BY and not clock.ended
    ]
    return tuple(sorted(found, key=lambda collision: collision.clock.at))


@dataclass(frozen=True)
class Backlog:
    """What a lift would send back: open requests by agency and instrument."""

    agency: str
    instrument: str
    requests: int
    oldest: datetime
    by_state: dict[str, int]


@dataclass(frozen=True)
class LiftPreview:
    requests: int
    backlog: tuple[Backlog, ...]
    packages: int  # sealed before or during the pause, and void when it ends


def preview_of_lift(pauses: Sequence[Pause], *, reader: str, now: datetime) -> LiftPreview:
    """Nothing of this would leave: each goes back to verification, and its requester is asked to confirm it."""
    cases = visible_to(reader)
    covered = Q(pk__in=[])
    for pause in pauses:
        covered |= Q(pk__in=coverage.items_covered(pause, cases).values("pk"))
    items = Item.objects.filter(covered)
    rows = items.values_list("agency", "instrument", "case__state", "case_id", "case__arrived_at").distinct()
    groups: dict[tuple[str, str], dict[int, tuple[str, datetime]]] = {}
    for agency, instrument, state, case, arrived in rows:
        groups.setdefault((agency or "", instrument or ""), {})[case] = (state, arrived)
    backlog = [
        Backlog(
            agency, instrument, len(found), min(at for _, at in found.values()),
            dict(Counter(state for state, _ in found.values())),
        )
        for (agency, instrument), found in groups.items()
    ]  # fmt: skip
    packages = Package.objects.filter(items__item__in=items, destroyed_at=None, expires_at__gt=now).distinct().count()
    requests = len({case for found in groups.values() for case in found})
    return LiftPreview(requests, tuple(sorted(backlog, key=lambda each: -each.requests)), packages)
