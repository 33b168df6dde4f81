"""A pause: which demands it covers, at which stage, and the sentence that says so.

Axes are joined by AND, the values of one axis by OR, an empty axis means any. What is not known counts as covered
(`Reach.PERHAPS`): an unknown country is never a way round a pause.

`who` is the pre-filter of the database: a pause can only cover an item when the two sets of `who` marks meet. The test
`test_pauses.py` shows that the pre-filter never leaves out what the rule would cover.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import IntEnum

from abeyance.rules.decision import Reason
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.terms import DemandKind, PauseMode, Stage

ANY = "*"
UNKNOWN = "?"


class Reach(IntEnum):
    NO = 0
    PERHAPS = 1  # a fact that decides it is not known: held as well
    YES = 2


@dataclass(frozen=True)
class PauseException:
    """Announced with the pause, or it does not exist. Using it takes two people."""

    name: str
    sentence: str
    kinds: frozenset[DemandKind] = frozenset()
    instruments: frozenset[str] = frozenset()

    def could_apply(self, demand: DemandFacts) -> bool:
        """Both axes must be met by known facts; an exception that names nothing applies to nothing."""
        if not self.kinds and not self.instruments:
            return False
        kind_fits = not self.kinds or demand.kind in self.kinds
        instrument_fits = not self.instruments or demand.instrument in self.instruments
        return kind_fits and instrument_fits


@dataclass(frozen=True)
class ReviewRoute:
    """Where an agency, an account holder or a victim asks for this pause to be looked at again, and within how many
    days people who did not declare it decide. Published with the pause."""

    who: str
    how: str
    days: int


# Every pause has a way to be heard, also one that names none of its own.
ORDINARY_ROUTE = ReviewRoute(
    who="Somebody who has not declared, confirmed or amended this pause.",
    how="By the form beside this pause, or in writing to the address of this desk.",
    days=30,
)


@dataclass(frozen=True)
class Pause:
    """One version of a pause, in force from `declared_epoch` until `ended_epoch` (None: still in force)."""

    name: str
    version: int
    reason: str
    statement: str
    review_by: date
    jurisdictions: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()  # directory codes; they begin with the country: hk-police
    laws: frozenset[str] = frozenset()  # an instrument id, or the beginning of several: hk-nsl43
    services: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()  # where the account holder is
    stages: frozenset[Stage] = frozenset(Stage)
    under_way: bool = True
    mode: PauseMode = PauseMode.HOLD
    starts_at: datetime | None = None
    conditions: tuple[str, ...] = ()
    exceptions: tuple[PauseException, ...] = ()
    review: ReviewRoute | None = None
    everything: bool = False
    since_epoch: int = 0  # first version's epoch: "new" is judged by it
    declared_epoch: int = 0
    ended_epoch: int | None = None
    declared_at: datetime | None = None

    @property
    def route(self) -> ReviewRoute:
        return self.review or ORDINARY_ROUTE

    @property
    def who(self) -> frozenset[str]:
        """Pre-filter marks: agencies by their country, so that a demand of an unnamed agency still meets them."""
        countries = self.jurisdictions | {agency.split("-", 1)[0].upper() for agency in self.agencies}
        return frozenset(countries) if countries and not self.everything else frozenset({ANY})


def who_marks(demand: DemandFacts) -> frozenset[str]:
    """The marks of a demand. The country of its agency counts beside the country that it was said to come from."""
    agency_country = {demand.agency.split("-", 1)[0].upper()} if demand.agency else set()
    marks = ({demand.jurisdiction} if demand.jurisdiction else {UNKNOWN}) | agency_country
    return frozenset({ANY}) | frozenset(marks)


def prefilter(pause: Pause, demand: DemandFacts) -> bool:
    """What the database does with two arrays: True whenever `reach` could be anything but NO."""
    marks = who_marks(demand)
    return UNKNOWN in marks or bool(pause.who & marks)


def reach(pause: Pause, demand: DemandFacts, item: ItemFacts, *, now: datetime) -> Reach:
    """Does the pause cover this item at all, whatever the stage?"""
    if pause.starts_at is not None and now < pause.starts_at:
        return Reach.NO
    if not pause.under_way and demand.arrived_epoch < pause.since_epoch:
        return Reach.NO
    if pause.everything:
        return Reach.YES
    return min(
        _who(pause, demand),
        _law(pause, demand.instrument),
        _axis(pause.services, item.service),
        _axis(pause.subjects, item.subject_country),
    )


def reach_under_any(pause: Pause, labels: Iterable[DemandFacts], item: ItemFacts, *, now: datetime) -> Reach:
    """`reach` for a demand of which more than one label counts: the first that is covered decides."""
    each = (reach(pause, demand, item, now=now) for demand in labels)
    return next((found for found in each if found is not Reach.NO), Reach.NO)


def held_by(pause: Pause, demand: DemandFacts, item: ItemFacts, stage: Stage, *, now: datetime) -> Reason | None:
    """The sentence that says why `stage` may not go on, or None. Ended pauses hold nothing."""
    if pause.ended_epoch is not None or stage not in pause.stages:
        return None
    found = reach(pause, demand, item, now=now)
    if found is Reach.NO:
        return None
    return Reason(
        code="refused-by-pause" if pause.mode is PauseMode.REFUSE else "held-by-pause",
        sentence=sentence(pause, stage, certain=found is Reach.YES),
        clause=f"pause:{pause.name}/{pause.version}",
        pause=pause.name,
    )


def held_under_any(
    pause: Pause, labels: Iterable[DemandFacts], item: ItemFacts, stage: Stage, *, now: datetime
) -> Reason | None:
    """`held_by` for a demand of which more than one label counts: the first that is held decides."""
    for demand in labels:
        if (held := held_by(pause, demand, item, stage, now=now)) is not None:
            return held
    return None


def sentence(pause: Pause, stage: Stage, *, certain: bool) -> str:
    """One sentence, from the same facts that the gate used."""
    verb = "Refused" if pause.mode is PauseMode.REFUSE else "Held"
    since = f", since {_day(pause.declared_at)}" if pause.declared_at else ""
    perhaps = "" if certain else " (a fact that would decide it is not known)"
    return f"{verb}: pause {pause.name}, {stage.value} stage{since}{perhaps}; {_until(pause)}."


def is_tighter(new: Pause, old: Pause) -> bool:
    """True only when `new` provably holds everything that `old` holds; anything else is a loosening for two people."""
    if new.everything:
        in_time = new.starts_at is None and (new.under_way or not old.under_way)
        return new.stages >= old.stages and not new.exceptions and in_time
    return (
        not old.everything
        and _who_wider(new, old)
        and _wider(new.laws, old.laws)
        and _wider(new.services, old.services)
        and _wider(new.subjects, old.subjects)
        and new.stages >= old.stages
        and (new.under_way or not old.under_way)
        and (new.starts_at is None or (old.starts_at is not None and new.starts_at <= old.starts_at))
        and set(new.exceptions) <= set(old.exceptions)
        and set(new.conditions) >= set(old.conditions)
        and (old.review is None or new.review == old.review)
        and (new.mode is old.mode or new.mode is PauseMode.REFUSE)
    )


def last_lift_epoch(pauses: Iterable[Pause], demand: DemandFacts, item: ItemFacts, *, now: datetime) -> int:
    """The latest epoch at which a pause that covered this item ended: what was agreed before it is void."""
    ends = [
        pause.ended_epoch
        for pause in pauses
        if pause.ended_epoch is not None and reach(pause, demand, item, now=now) is not Reach.NO
    ]
    return max(ends, default=0)


def _who(pause: Pause, demand: DemandFacts) -> Reach:
    if not pause.jurisdictions and not pause.agencies:
        return Reach.YES
    by_country = _axis(pause.jurisdictions, demand.jurisdiction) if pause.jurisdictions else Reach.NO
    return max(by_country, _agency_country(pause, demand), _agency(pause, demand))


def _agency_country(pause: Pause, demand: DemandFacts) -> Reach:
    """An agency of a paused country stays covered, whatever country the papers name."""
    if demand.agency is None:
        return Reach.NO
    return Reach.YES if demand.agency.split("-", 1)[0].upper() in pause.jurisdictions else Reach.NO


def _agency(pause: Pause, demand: DemandFacts) -> Reach:
    if not pause.agencies:
        return Reach.NO
    if demand.agency is not None:
        return Reach.YES if demand.agency in pause.agencies else Reach.NO
    countries = {agency.split("-", 1)[0].upper() for agency in pause.agencies}
    return Reach.PERHAPS if demand.jurisdiction is None or demand.jurisdiction in countries else Reach.NO


def _law(pause: Pause, instrument: str | None) -> Reach:
    if not pause.laws:
        return Reach.YES
    if instrument is None:
        return Reach.PERHAPS
    if any(instrument == law or instrument.startswith(law + "-") for law in pause.laws):
        return Reach.YES
    # "hk-nsl43" without its schedule may be the very schedule that is paused.
    return Reach.PERHAPS if any(law.startswith(instrument + "-") for law in pause.laws) else Reach.NO


def _axis(wanted: frozenset[str], value: str | None) -> Reach:
    if not wanted:
        return Reach.YES
    if value is None:
        return Reach.PERHAPS
    return Reach.YES if value in wanted else Reach.NO


def _wider(new: frozenset[str], old: frozenset[str]) -> bool:
    return not new or (bool(old) and new >= old)


def _who_wider(new: Pause, old: Pause) -> bool:
    if not new.jurisdictions and not new.agencies:
        return True
    if not old.jurisdictions and not old.agencies:
        return False
    countries = {agency.split("-", 1)[0].upper() for agency in old.agencies - new.agencies}
    return new.jurisdictions >= old.jurisdictions and new.jurisdictions >= countries


def _until(pause: Pause) -> str:
    if not pause.conditions:
        return f"to be reviewed by {_day(pause.review_by)}"
    return f"lifts when {' and '.join(pause.conditions)}; to be reviewed by {_day(pause.review_by)}"


def _day(moment: date | datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
