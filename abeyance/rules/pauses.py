"""A pause: which demands it covers, at which stage, and the sentence that says so.

Axes are joined by AND, the values of one axis by OR, an empty axis means any. Who asks and what the matter is related
to are one axis: a demand from a place, or related to it. What is not known counts as covered (`Reach.PERHAPS`): an
unknown country is never a way round a pause, and the reason names the fact that a person has to find.

`who` is the pre-filter of the database: a pause can only cover an item when the two sets of `who` marks meet. The test
`test_pauses.py` shows that the pre-filter never leaves out what the rule would cover.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum

from abeyance.rules import pauselife, subjects
from abeyance.rules.decision import Reason
from abeyance.rules.exceptions import PauseException as PauseException
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.pauseways import HOLDS, Way, way_of
from abeyance.rules.policy import Books
from abeyance.rules.terms import PauseMode, Stage

ANY = "*"
UNKNOWN = "?"
MOST_TREATED = 8  # a jurisdiction treated as another that is treated as another ... ends here
COURT_ORDER = "court-order"  # in place of an exception's name, where a court's order overrides the pause
VERBS = {PauseMode.REFUSE: "Refused", PauseMode.REROUTE: "Rerouted"}
CODES = {PauseMode.REFUSE: "refused-by-pause", PauseMode.REROUTE: "rerouted-by-pause"}


class Reach(IntEnum):
    NO = 0
    PERHAPS = 1  # a fact that decides it is not known: held as well
    YES = 2


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
    related_to: frozenset[str] = frozenset()  # or whatever the matter is related to, joined with the two above by OR
    laws: frozenset[str] = frozenset()  # an instrument id, or the beginning of several: hk-nsl43
    services: frozenset[str] = frozenset()
    brands: frozenset[str] = frozenset()  # services, brands and companies are one axis: which part of the house
    companies: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()  # where the account holder is
    stages: frozenset[Stage] = frozenset(Stage)
    under_way: bool = True
    since: datetime | None = None  # not those under way, but for requests that arrived since then
    mode: PauseMode = PauseMode.HOLD
    treat_as: str | None = None  # the jurisdiction as which it is answered
    reroute_to: str | None = None  # the State that the treaty channel leads to
    starts_at: datetime | None = None
    hold_release_meanwhile: bool = False  # of a plan: release is held before the start already
    conditions: tuple[str, ...] = ()
    exceptions: tuple[PauseException, ...] = ()
    review: ReviewRoute | None = None
    everything: bool = False
    since_epoch: int = 0  # first version's epoch: "new" is judged by it
    declared_epoch: int = 0
    ended_epoch: int | None = None
    declared_at: datetime | None = None
    ended_at: datetime | None = None
    confirm_by: datetime | None = None  # declared by one person: until when another confirms it; None: it stands

    @property
    def route(self) -> ReviewRoute:
        return self.review or ORDINARY_ROUTE

    @property
    def who(self) -> frozenset[str]:
        """Pre-filter marks: agencies by their country, so that a demand of an unnamed agency still meets them."""
        countries = self.jurisdictions | {agency.split("-", 1)[0].upper() for agency in self.agencies}
        anybody = self.everything or self.related_to or not countries
        return frozenset({ANY}) if anybody else frozenset(countries)

    @property
    def looks_at_the_account(self) -> bool:
        """Then that it holds a request says something of the account holder, and must not be told."""
        return bool(self.subjects or self.related_to)


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
    if not pauselife.has_bound(pause, now):
        return Reach.NO
    arrived = _arrived(pause, demand, item)
    if pause.everything:
        return arrived
    return min(arrived, *(found for _, found in _axes(pause, demand, item)))


def may_be_about(pause: Pause, labels: Iterable[DemandFacts], items: Iterable[ItemFacts]) -> bool:
    """Whether law and part of the house leave it open that the pause covers one of these. Neither changes with time,
    nor where a demand is answered as another jurisdiction's: True whenever `reach` could be anything but NO."""
    if pause.everything:
        return True
    law = not pause.laws or any(covers_law(pause, each.instrument) for each in labels)
    return law and any(_part(pause, each) is not Reach.NO for each in items)


def reach_under_any(pause: Pause, labels: Iterable[DemandFacts], item: ItemFacts, *, now: datetime) -> Reach:
    """`reach` for a demand of which more than one label counts: the first that is covered decides."""
    each = (reach(pause, demand, item, now=now) for demand in labels)
    return next((found for found in each if found is not Reach.NO), Reach.NO)


def unknown(pause: Pause, demand: DemandFacts, item: ItemFacts) -> tuple[str, ...]:
    """The facts by which a person could settle whether the pause covers this item."""
    named = () if pause.everything else _axes(pause, demand, item)
    found = [name for name, reached in named if reached is Reach.PERHAPS]
    return ("when it arrived", *found) if _arrived(pause, demand, item) is Reach.PERHAPS else tuple(found)


def held_by(
    pause: Pause,
    demand: DemandFacts,
    item: ItemFacts,
    stage: Stage,
    *,
    now: datetime,
    books: Sequence[Books] = (),
) -> Reason | None:
    """The sentence that says why `stage` may not go on, or None. Ended pauses hold nothing. Whether it is refused,
    rerouted or only held depends on the law of `books`; that it does not go on does not."""
    if stage not in pauselife.stages_at(pause, now):
        return None
    found = reach(pause, demand, item, now=now)
    if found is Reach.NO:
        return None
    if pauselife.phase(pause, now) is pauselife.Phase.PLANNED:
        return Reason("held-unannounced", pauselife.UNANNOUNCED, clause="pauses:not-announced")
    if pause.mode is PauseMode.TREAT_AS:
        return None
    # On a fact that nobody knows a person is asked; nothing is refused or sent elsewhere.
    way = way_of(pause.mode, pause.reroute_to, demand, books, now=now) if found is Reach.YES else HOLDS
    return Reason(
        code=CODES.get(way.mode, "held-by-pause"),
        sentence=sentence(pause, stage, now=now, way=way, missing=unknown(pause, demand, item)),
        clause=f"pause:{pause.name}/{pause.version}",
        citation=way.citation,
        pause=pause.name,
    )


def held_under_any(
    pause: Pause,
    labels: Iterable[DemandFacts],
    item: ItemFacts,
    stage: Stage,
    *,
    now: datetime,
    books: Sequence[Books] = (),
) -> Reason | None:
    """`held_by` for a demand of which more than one label counts: the first that is held decides."""
    for demand in labels:
        if (held := held_by(pause, demand, item, stage, now=now, books=books)) is not None:
            return held
    return None


def sentence(pause: Pause, stage: Stage, *, now: datetime, way: Way = HOLDS, missing: Sequence[str] = ()) -> str:
    """One sentence, from the same facts that the gate used."""
    since = f", since {_day(pause.declared_at)}" if pause.declared_at else ""
    why = f"; {way.because or way.channel}".rstrip(".") if way.because or way.channel else ""
    verb = VERBS.get(way.mode, "Held")
    how = f"{verb} while it is not known {', '.join(missing)}" if missing else verb
    alone = pauselife.why_only_release(pause, now)
    return f"{how}: pause {pause.name}, {stage.value} stage{since}{why}{alone}; {_until(pause)}."


# Answered as another jurisdiction is


def treated_as(
    pauses: Iterable[Pause], labels: Sequence[DemandFacts], item: ItemFacts, *, now: datetime
) -> list[Pause]:
    """The pauses in force by which this demand is answered as one of another jurisdiction, also by way of a third."""
    idle = (pauselife.Phase.ENDED, pauselife.Phase.PLANNED)
    treating = [
        pause for pause in pauses if pause.mode is PauseMode.TREAT_AS and pauselife.phase(pause, now) not in idle
    ]
    found: list[Pause] = []
    counting = list(labels)
    for _ in range(MOST_TREATED):
        more = [
            pause
            for pause in treating
            if pause not in found and any(reach(pause, each, item, now=now) is not Reach.NO for each in counting)
        ]
        if not more:
            break
        found += more
        counting += [replace(each, jurisdiction=pause.treat_as) for pause in more for each in labels]
    return found


def with_treated(labels: Sequence[DemandFacts], treating: Iterable[Pause]) -> tuple[DemandFacts, ...]:
    """The labels, and the same as if the other jurisdiction asked: its pauses cover them as well."""
    others = [replace(each, jurisdiction=pause.treat_as) for pause in treating for each in labels]
    return tuple(dict.fromkeys([*labels, *others]))


# Which of two versions holds more


def is_tighter(new: Pause, old: Pause) -> bool:
    """True only when `new` provably holds everything that `old` holds; anything else is a loosening for two people."""
    if new.everything:
        times = _sooner(new, old) and _holds_meanwhile(new, old)
        return new.stages >= old.stages and not new.exceptions and times and _no_milder(new, old)
    return (
        not old.everything
        and _who_wider(new, old)
        and _wider(new.laws, old.laws)
        and _parts_wider(new, old)
        and _wider(new.subjects, old.subjects)
        and new.stages >= old.stages
        and _sooner(new, old)
        and _holds_meanwhile(new, old)
        and not pauselife.is_prolonged(new.review_by, old.review_by)
        and set(new.exceptions) <= set(old.exceptions)
        and set(new.conditions) >= set(old.conditions)
        and (old.review is None or new.review == old.review)
        and _no_milder(new, old)
    )


def last_lift_epoch(
    pauses: Iterable[Pause], demand: DemandFacts, item: ItemFacts, *, now: datetime, after: int = 0
) -> int:
    """The latest epoch at which a pause that covered this item ended: what was agreed before it is void. `after`: ends
    that are no later change nothing for who asks, and after years there are many of them."""
    ends = [
        pause.ended_epoch
        for pause in pauses
        if pause.ended_epoch is not None
        and pause.ended_epoch > after
        and reach(pause, demand, item, now=now) is not Reach.NO
    ]
    return max(ends, default=0)


def last_end_epoch(
    pauses: Iterable[Pause], demand: DemandFacts, item: ItemFacts, *, now: datetime, after: int = 0
) -> int:
    """The same, of pauses that somebody declared: the hold over a restored desk says nothing about a request."""
    declared = (pause for pause in pauses if not pause.everything)
    return last_lift_epoch(declared, demand, item, now=now, after=after)


# Each axis


def _axes(pause: Pause, demand: DemandFacts, item: ItemFacts) -> tuple[tuple[str, Reach], ...]:
    """Every axis with the fact that it rests on."""
    return (
        *_from_or_about(pause, demand, item),
        ("under which law it comes", _law(pause, demand.instrument)),
        ("which service or company it is about", _part(pause, item)),
        ("where the account holder is", _subject(pause.subjects, item)),
    )


def _arrived(pause: Pause, demand: DemandFacts, item: ItemFacts) -> Reach:
    """What an amendment asks for beyond what was under way is as new as the amendment."""
    if pause.under_way:
        return Reach.YES
    if pause.since is None:
        return Reach.YES if max(demand.arrived_epoch, item.asked_epoch) >= pause.since_epoch else Reach.NO
    if demand.arrived_at is None:
        return Reach.PERHAPS
    return Reach.YES if max(demand.arrived_at, item.asked_at or demand.arrived_at) >= pause.since else Reach.NO


def _from_or_about(pause: Pause, demand: DemandFacts, item: ItemFacts) -> tuple[tuple[str, Reach], ...]:
    """One axis, of which the wider half counts; both are named where both are open."""
    asks, about = _who(pause, demand), _related(pause.related_to, demand, item)
    if not pause.related_to:
        return (("who asks", asks),)
    if not pause.jurisdictions and not pause.agencies:
        return (("what places it is related to", about),)
    if Reach.YES in (asks, about):
        return (("who asks", Reach.YES),)
    if asks is about is Reach.PERHAPS:
        return ("who asks", asks), ("what places it is related to", about)
    return (("who asks", asks),) if asks > about else (("what places it is related to", about),)


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


def _related(places: frozenset[str], demand: DemandFacts, item: ItemFacts) -> Reach:
    """By what a person found in the papers, or because the account holder is there; of whom nobody knows where that
    is, nobody knows either that it is not there."""
    if not places:
        return Reach.NO
    if demand.related_to is not None and demand.related_to & places:
        return Reach.YES
    there = subjects.countries(item)
    if there and there <= places:
        return Reach.YES
    return Reach.PERHAPS if demand.related_to is None or not there or there & places else Reach.NO


def _law(pause: Pause, instrument: str | None) -> Reach:
    if not pause.laws:
        return Reach.YES
    if instrument is None:
        return Reach.PERHAPS
    if any(instrument == law or instrument.startswith(law + "-") for law in pause.laws):
        return Reach.YES
    # "hk-nsl43" without its schedule may be the very schedule that is paused.
    return Reach.PERHAPS if any(law.startswith(instrument + "-") for law in pause.laws) else Reach.NO


def _part(pause: Pause, item: ItemFacts) -> Reach:
    """A service, or every service of a brand or of a company. Whose it is, the data map says; unsaid is not known."""
    if not pause.services and not pause.brands and not pause.companies:
        return Reach.YES
    by_name = _axis(pause.services, item.service) if pause.services else Reach.NO
    return max(by_name, _named(pause.brands, item.brands), _named(pause.companies, item.companies))


def _named(wanted: frozenset[str], found: frozenset[str]) -> Reach:
    """`found` may hold several, one for each data map that counts."""
    if not wanted:
        return Reach.NO
    if not found:
        return Reach.PERHAPS
    return Reach.YES if wanted & found else Reach.NO


def _subject(wanted: frozenset[str], item: ItemFacts) -> Reach:
    """Sources that disagree leave it open, also where none of them names a country of the pause."""
    if not wanted:
        return Reach.YES
    there = subjects.countries(item)
    if there and there <= wanted:
        return Reach.YES
    return Reach.NO if len(there) == 1 else Reach.PERHAPS


def covers_law(pause: Pause, instrument: str | None) -> bool:
    """Whether the instrument is among the laws that it names, or may be."""
    return _law(pause, instrument) is not Reach.NO


def _axis(wanted: frozenset[str], value: str | None) -> Reach:
    if not wanted:
        return Reach.YES
    if value is None:
        return Reach.PERHAPS
    return Reach.YES if value in wanted else Reach.NO


# Each axis of two versions


def _wider(new: frozenset[str], old: frozenset[str]) -> bool:
    return not new or (bool(old) and new >= old)


def _who_wider(new: Pause, old: Pause) -> bool:
    """`related_to` belongs to the same axis: a version that names it only holds no more than that."""
    if not (new.jurisdictions or new.agencies or new.related_to):
        return True
    if not (old.jurisdictions or old.agencies or old.related_to):
        return False
    countries = {agency.split("-", 1)[0].upper() for agency in old.agencies - new.agencies}
    asks_wider = new.jurisdictions >= old.jurisdictions and new.jurisdictions >= countries
    return asks_wider and new.related_to >= old.related_to


def _parts_wider(new: Pause, old: Pause) -> bool:
    if not (new.services or new.brands or new.companies):
        return True
    if not (old.services or old.brands or old.companies):
        return False
    return new.services >= old.services and new.brands >= old.brands and new.companies >= old.companies


def _sooner(new: Pause, old: Pause) -> bool:
    """From no later, and for requests that arrived no later."""
    starts = new.starts_at is None or (old.starts_at is not None and new.starts_at <= old.starts_at)
    if new.under_way or old.under_way:
        return starts and new.under_way
    if new.since is None or old.since is None:
        return starts and new.since is old.since
    return starts and new.since <= old.since


def _holds_meanwhile(new: Pause, old: Pause) -> bool:
    """A plan may hold release before its start, whatever it holds from then on: one that starts sooner must go on."""
    if old.starts_at is None or not old.hold_release_meanwhile:
        return True
    holds_from_its_start = Stage.RELEASE in new.stages and new.mode is not PauseMode.TREAT_AS
    same_start = new.starts_at == old.starts_at
    return (new.starts_at is None or new.hold_release_meanwhile) and (same_start or holds_from_its_start)


def _no_milder(new: Pause, old: Pause) -> bool:
    """Refusing is no milder than holding. A rerouting is a last word for whoever is held, and treating as another
    jurisdiction holds nothing by itself: to come to either takes two people."""
    if new.mode is PauseMode.REFUSE:
        return old.mode is not PauseMode.TREAT_AS
    return new.mode is old.mode and new.treat_as == old.treat_as and new.reroute_to == old.reroute_to


def _until(pause: Pause) -> str:
    review = f"to be reviewed by {_day(pause.review_by)}"
    lifts = f"lifts when {' and '.join(pause.conditions)}"
    return f"{lifts}; {review}" if pause.conditions else review


def _day(moment: date | datetime) -> str:
    return f"{moment.day} {moment:%B %Y}"
