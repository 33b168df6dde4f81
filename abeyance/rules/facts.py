"""The facts about one demand and its items, as every rule reads them. None means: not known, and so: ask."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from abeyance.rules.terms import (
    DataCategory,
    DemandKind,
    Ground,
    IdentifierKind,
    Issuer,
    Need,
    Offence,
    PlaceSource,
    RequesterKind,
)


@dataclass(frozen=True)
class Period:
    """From `start` up to and without `end`, both aware datetimes in UTC; None is open."""

    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True)
class DemandFacts:
    """One version of a demand. `jurisdiction` is ISO 3166-1 alpha-2 (EU for Union law) of who asks, `agency` and
    `instrument` are codes of the directory and of the law entries, `agency_kind` comes from the directory too."""

    kind: DemandKind | None = None
    requester: RequesterKind | None = None
    jurisdiction: str | None = None
    agency: str | None = None
    instrument: str | None = None
    ground: Ground | None = None
    emergency: bool = False
    secrecy: bool = False
    entity: str | None = None  # legal entity that the demand names
    confirmed: bool = False  # a person has confirmed what was read from the papers
    genuine: bool = False  # verification found the requester genuine
    arrived_at: datetime | None = None
    served_at: datetime | None = None
    deadline: datetime | None = None  # as stated by the requester
    arrived_epoch: int = 0  # the fence's epoch at arrival
    related_to: frozenset[str] | None = None  # places the matter has to do with, as a person found; empty: none
    issuer: Issuer | None = None
    offence: Offence | None = None
    needs: frozenset[Need] = frozenset()


@dataclass(frozen=True)
class Place:
    """Where the account holder is, as one source has it."""

    country: str
    source: PlaceSource


@dataclass(frozen=True)
class ItemFacts:
    """identifier x service x category x period. `fields` are the data-map fields asked for (empty: none named)."""

    number: int
    service: str | None = None
    category: DataCategory | None = None
    identifier_kind: IdentifierKind | None = None
    period: Period = field(default_factory=Period)
    fields: frozenset[str] = frozenset()
    nexus_stated: bool = False
    controller: str | None = None  # legal entity that controls the account
    stored_in: str | None = None  # ISO 3166-1 alpha-2 of the place of storage
    subject_country: str | None = None  # where the account holder is, as the demand was stated
    places: tuple[Place, ...] = ()  # what every source says of it, oldest first
    brands: frozenset[str] = frozenset()  # of the service, by the data maps in force and proposed; empty: not known
    companies: frozenset[str] = frozenset()
    asked_epoch: int = 0  # the fence's epoch and the moment at which it was first asked for, where that was after the
    asked_at: datetime | None = None  # request had arrived: by an amendment that asked for more
