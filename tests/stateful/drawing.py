"""What generated histories are made of: demands, items, and pauses on every axis. A pause is aimed at a request: on
each axis it names nothing, or what the request has, or something else, so that one axis alone often decides."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from abeyance.rules import pauselife
from abeyance.rules import pauses as pause_rules
from abeyance.rules.facts import DemandFacts, ItemFacts, Period, Place
from abeyance.rules.pauses import Pause, PauseException
from abeyance.rules.permissions import Role
from abeyance.rules.terms import (
    DataCategory,
    DemandKind,
    Ground,
    IdentifierKind,
    Issuer,
    Need,
    Offence,
    PauseMode,
    PlaceSource,
    RequesterKind,
    Stage,
)
from tests.stateful.books import NOT_ADOPTED

FIELDS = frozenset({"telephone", "created-at", "email"})
COUNTRIES = ("HK", "US", "GB", "MO")
SPAN = timedelta(days=30)
AXES = ("jurisdictions", "agencies", "related_to", "laws", "services", "brands", "companies", "subjects")


@dataclass(frozen=True)
class Source:
    """Somebody whose demands the policy lets through when everything is in order."""

    country: str
    agencies: tuple[str, ...]
    instruments: tuple[str, ...]
    requester: RequesterKind
    entity: str
    kind: DemandKind = DemandKind.DISCLOSURE
    ground: Ground = Ground.COMPELLED


HARBOUR = Source(
    "HK", ("hk-harbour-police", "hk-customs"), ("hk-nsl43-s7", "hk-nsl43-s4-identification"),
    RequesterKind.POLICE, "quill-hk",
)  # fmt: skip
COUNTY = Source(
    "US", ("us-da-sample-county", "us-court"), ("us-2703d", "us-warrant"), RequesterKind.PROSECUTOR, "quill-us"
)
URGENT = Source(
    "US", ("us-da-sample-county",), ("us-emergency",), RequesterKind.POLICE, "quill-us",
    DemandKind.EMERGENCY, Ground.PERMITTED,
)  # fmt: skip
SOURCES = (HARBOUR, HARBOUR, HARBOUR, COUNTY, COUNTY, COUNTY, URGENT)

EXCEPTIONS = (
    PauseException("life", "A life is at risk.", needs=frozenset({Need.LIFE_AT_RISK})),
    PauseException("court", "By another law.", instruments=frozenset({"hk-nsl43-s4-identification", "us-warrant"})),
    PauseException(
        "child",
        "A child, by a judge's order.",
        issuers=frozenset({Issuer.JUDGE}),
        needs=frozenset({Need.CHILD_SAFETY, Need.LIFE_AT_RISK}),
        approvers=(Role.COUNSEL,),
    ),
    PauseException(
        "crime",
        "A crime of violence.",
        kinds=frozenset({DemandKind.DISCLOSURE}),
        offences=frozenset({Offence.VIOLENCE}),
        approvers=(Role.APPROVER, Role.COUNSEL),
    ),
    PauseException(
        "anybody",
        "An ordinary demand.",
        kinds=frozenset({DemandKind.DISCLOSURE}),
        if_ever_held=(Role.COUNSEL, Role.COUNSEL),
    ),
    PauseException("nothing", "It names nothing, so it applies to nothing."),
)


def a_demand(chance: random.Random, now: datetime, epoch: int, *, source: Source, gaps: float = 0.0) -> DemandFacts:
    """`gaps`: how often something is not known."""

    def known(value: Any) -> Any:
        return None if chance.random() < gaps else value

    return DemandFacts(
        kind=known(source.kind),
        requester=known(source.requester),
        jurisdiction=known(source.country),
        agency=known(chance.choice(source.agencies if chance.random() < 0.6 else ("hk-customs", "us-court"))),
        instrument=known(NOT_ADOPTED if chance.random() < gaps / 2 else chance.choice(source.instruments)),
        ground=known(source.ground),
        emergency=source.kind is DemandKind.EMERGENCY,
        entity=source.entity,
        confirmed=True,
        genuine=True,
        arrived_at=now,
        arrived_epoch=epoch,
        related_to=chance.choice([None, frozenset(), frozenset(), frozenset({chance.choice(COUNTRIES)})]),
        issuer=chance.choice([None, Issuer.JUDGE, Issuer.JUDGE, Issuer.POLICE]),
        offence=chance.choice([None, Offence.VIOLENCE, Offence.VIOLENCE, Offence.SPEECH]),
        needs=frozenset(chance.sample([Need.LIFE_AT_RISK, Need.CHILD_SAFETY], chance.choice([0, 1, 1]))),
    )


def an_item(chance: random.Random, now: datetime, *, source: Source, gaps: float = 0.0) -> ItemFacts:
    return ItemFacts(
        number=1,
        service=None if chance.random() < gaps else "quill",
        category=None if chance.random() < gaps / 2 else DataCategory.SUBSCRIBER,
        identifier_kind=IdentifierKind.TELEPHONE,
        period=Period(now - SPAN, now),
        fields=FIELDS,
        nexus_stated=True,
        controller=source.entity,
        stored_in=source.country,
        subject_country=chance.choice([None, "HK", "HK", "US", "GB"]),
        places=places(chance),
        brands=chance.choice([frozenset(), frozenset({"wisp"}), frozenset({"wisp", "chirp"})]),
        companies=chance.choice([frozenset(), frozenset({"marlin"}), frozenset({"heron"})]),
    )


def places(chance: random.Random) -> tuple[Place, ...]:
    several = chance.choice([0, 0, 0, 1, 2])
    return tuple(a_place(chance) for _ in range(several))


def a_place(chance: random.Random) -> Place:
    return Place(chance.choice(["HK", "HK", "US", "GB"]), chance.choice([PlaceSource.AGREED, *PlaceSource]))


def a_pause(
    chance: random.Random, name: str, now: datetime, epoch: int, *, at: tuple[DemandFacts, ItemFacts], one_person: bool
) -> Pause:
    said, item = at
    mode = chance.choice([PauseMode.HOLD, PauseMode.HOLD, *PauseMode])
    start = now + timedelta(hours=chance.choice([1, 40, 200])) if chance.random() < 0.3 else None
    under_way = chance.random() < 0.65
    since = None if under_way or chance.random() < 0.5 else now - timedelta(hours=chance.choice([0, 1, 30, 300]))
    return Pause(
        name=name,
        version=1,
        reason="r",
        statement="s",
        review_by=now.date() + timedelta(days=90),
        **axes(chance, said, item),
        stages=frozenset(Stage) if mode is PauseMode.TREAT_AS else _stages(chance),
        under_way=under_way,
        since=since,
        mode=mode,
        treat_as=chance.choice(COUNTRIES) if mode is PauseMode.TREAT_AS else None,
        reroute_to=chance.choice(["US", "GB"]) if mode is PauseMode.REROUTE else None,
        starts_at=start,
        hold_release_meanwhile=start is not None and chance.random() < 0.5,
        exceptions=tuple(chance.sample(EXCEPTIONS, chance.choice([0, 4, 6]))),
        since_epoch=epoch,
        declared_epoch=epoch,
        declared_at=now,
        confirm_by=pauselife.to_confirm_by(start, now) if one_person else None,
    )


def axes(chance: random.Random, said: DemandFacts, item: ItemFacts) -> dict[str, frozenset[str]]:
    """At least one axis is named; mostly one or two are."""
    drawn = {
        "jurisdictions": _aimed(chance, [said.jurisdiction, (said.agency or "").split("-")[0].upper()], COUNTRIES),
        "agencies": _aimed(chance, [said.agency], ("hk-customs", "us-court", "gb-police")),
        "related_to": _aimed(chance, said.related_to or (), COUNTRIES),
        "laws": _aimed(chance, _laws_like(said.instrument), ("hk-nsl43-s6", "eu")),
        "services": _aimed(chance, [item.service], ("other",)),
        "brands": _aimed(chance, item.brands, ("chirp",)),
        "companies": _aimed(chance, item.companies, ("marlin", "heron")),
        "subjects": _aimed(chance, [item.subject_country, *(place.country for place in item.places)], COUNTRIES),
    }
    named = ["jurisdictions"] if chance.random() < 0.2 else chance.sample(sorted(drawn), chance.choice([1, 1, 2, 3]))
    return {axis: values for axis, values in drawn.items() if axis in named}


def of_country(pause: Pause, country: str) -> Pause:
    nothing: dict[str, Any] = dict.fromkeys(AXES, frozenset())
    return replace(pause, **nothing | {"jurisdictions": frozenset({country})})


def changed(pause: Pause, chance: random.Random) -> Pause:
    """The same but for one thing."""
    axis = chance.choice(["jurisdictions", "related_to", "laws", "services", "subjects"])
    others: list[dict[str, Any]] = [
        {axis: frozenset()},
        {axis: getattr(pause, axis) | {{"laws": "eu", "services": "other"}.get(axis, chance.choice(COUNTRIES))}},
        {"stages": frozenset(Stage)},
        {"stages": _stages(chance)},
        {"exceptions": pause.exceptions[1:]},
        {"exceptions": EXCEPTIONS[:2]},
        {"under_way": True, "since": None},
        {"starts_at": None},
        {"hold_release_meanwhile": pause.starts_at is not None and not pause.hold_release_meanwhile},
    ]
    return replace(pause, **chance.choice(others))


def by_marks(pauses: Sequence[Pause], labels: Sequence[DemandFacts]) -> list[Pause]:
    """What the database shows the gate: by marks, and from there by the jurisdictions as which somebody is answered."""
    found: list[Pause] = []
    left, asked = list(pauses), list(labels)
    while asked:
        more = [pause for pause in left if any(pause_rules.prefilter(pause, each) for each in asked)]
        gone = {id(pause) for pause in more}
        left = [pause for pause in left if id(pause) not in gone]
        found += more
        as_which = {pause.treat_as for pause in more if pause.mode is PauseMode.TREAT_AS}
        asked = [replace(each, jurisdiction=country) for country in as_which for each in labels]
    return found


def _aimed(chance: random.Random, own: Iterable[str | None], others: tuple[str, ...]) -> frozenset[str]:
    """Something that the request has, or something else, or both."""
    known = sorted(value for value in own if value)
    wanted = {chance.choice(known)} if known and chance.random() < 0.7 else set()
    return frozenset(wanted | {chance.choice(others)} if not wanted or chance.random() < 0.3 else wanted)


def _laws_like(instrument: str | None) -> list[str | None]:
    """The instrument, the law that it belongs to, and a part of it."""
    if instrument is None:
        return []
    return [instrument, instrument.rsplit("-", 1)[0], f"{instrument}-1"]


def _stages(chance: random.Random) -> frozenset[Stage]:
    return frozenset(chance.sample(list(Stage), chance.choice([1, 3, 3, 3])))
