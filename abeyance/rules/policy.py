"""The desk's policy: clauses a lawyer can read, and the numbers other rules need. Nothing said means no: a demand that
no clause speaks of makes the desk ask.

Of several clauses that speak of the same item the most cautious one counts, so the order of clauses means nothing, and
adding a clause that refuses, reroutes or asks can never loosen anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

from abeyance.rules.decision import Outcome
from abeyance.rules.instruments import Adoption, LawEntry, LawText, OutboundEntry, TreatyChannel, outcome_in
from abeyance.rules.services import DataMap
from abeyance.rules.terms import DataCategory, DemandKind, Ground, IdentifierKind, RequesterKind
from abeyance.rules.texts import Table, digest_of, each_once

FORMAT = 1
RECONFIRM_WITHIN = timedelta(days=30)
PRESERVATIONS_PER_AGENCY = 20
FOLLOW_UP_AFTER = timedelta(days=90)


@dataclass(frozen=True)
class When:
    """What a clause speaks of. An empty set or None asks nothing; everything that is asked must be so. `home` is
    whether the asking law is the law of the entity that holds the data."""

    kinds: frozenset[DemandKind] = frozenset()
    requesters: frozenset[RequesterKind] = frozenset()
    jurisdictions: frozenset[str] = frozenset()
    agencies: frozenset[str] = frozenset()
    instruments: frozenset[str] = frozenset()
    grounds: frozenset[Ground] = frozenset()
    categories: frozenset[DataCategory] = frozenset()
    identifiers: frozenset[IdentifierKind] = frozenset()
    services: frozenset[str] = frozenset()
    stored_in: frozenset[str] = frozenset()
    emergency: bool | None = None
    secrecy: bool | None = None
    home: bool | None = None


@dataclass(frozen=True)
class Clause:
    id: str
    sentence: str
    outcome: Outcome
    when: When


@dataclass(frozen=True)
class FieldRule:
    """Fields that may leave, of one category and one service (None: of any service)."""

    category: DataCategory
    service: str | None
    allow: frozenset[str]


@dataclass(frozen=True)
class Entity:
    """A legal entity of the operator and the State whose law binds it."""

    code: str
    name: str
    jurisdiction: str


@dataclass(frozen=True)
class PeoplePolicy:
    """`counsel_only`: instruments that bind whoever reads them, so that only counsel reads such a request at first."""

    approver_waiting: timedelta
    small_team: bool
    counsel_only: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Limits:
    """More `identifiers` than this need a stated nexus each; a longer period than `longest_period` is narrowed."""

    identifiers: int
    longest_period: timedelta
    period_needed: frozenset[DataCategory]


@dataclass(frozen=True)
class Retention:
    closed_cases: timedelta
    packages: timedelta
    refused_extracts: timedelta
    backups_after_erasure: timedelta


@dataclass(frozen=True)
class NoticePolicy:
    """How long the account holder has to object, and how far ahead a release may be put before the notice."""

    objection_window: timedelta
    longest_deferral: timedelta


@dataclass(frozen=True)
class VerificationPolicy:
    finding_valid: timedelta
    contact_settles: timedelta
    emergency_finding_valid: timedelta


@dataclass(frozen=True)
class PausePolicy:
    """How long a requester has to confirm a request after the pause over it has ended; then it lapses. How many
    preservations one agency may have under a pause before counsel has to agree to each further one. After how long
    somebody looks whether the treaty request has come that a rerouted requester was told of."""

    reconfirm_within: timedelta
    preservations_per_agency: int = PRESERVATIONS_PER_AGENCY
    follow_up_after: timedelta = FOLLOW_UP_AFTER


class ReportPeriod(StrEnum):
    HALF_YEAR = "half-year"
    YEAR = "year"


@dataclass(frozen=True)
class Band:
    """Counts of these instruments are published only as a range of this width."""

    id: str
    instruments: frozenset[str]
    width: int
    period: ReportPeriod
    citation: str


@dataclass(frozen=True)
class Reporting:
    smallest_count: int
    bands: tuple[Band, ...]


@dataclass(frozen=True)
class Policy:
    name: str
    title: str
    entities: tuple[Entity, ...]
    guarded: frozenset[str]
    people: PeoplePolicy
    limits: Limits
    clauses: tuple[Clause, ...]
    fields: tuple[FieldRule, ...]
    retention: Retention
    notice: NoticePolicy
    verification: VerificationPolicy
    reporting: Reporting
    pauses: PausePolicy
    digest: str

    def law_of(self, entity: str | None) -> str | None:
        """The State whose law binds the entity; None when the policy does not know it."""
        return next((known.jurisdiction for known in self.entities if known.code == entity), None)

    def fields_allowed(self, category: DataCategory, service: str) -> frozenset[str]:
        """What may leave at all; a rule for the service itself replaces the one for any service."""
        own = [rule.allow for rule in self.fields if rule.category is category and rule.service == service]
        general = [rule.allow for rule in self.fields if rule.category is category and rule.service is None]
        return frozenset().union(*(own or general))


@dataclass(frozen=True)
class Books:
    """What the desk goes by at one moment: the adopted texts, and which law entries counsel has adopted. While a text
    is proposed there are several Books, one as it is and one per proposal, and the stricter answer counts."""

    policy: Policy
    law: tuple[LawText, ...]
    maps: tuple[DataMap, ...]
    adopted: Mapping[str, Adoption]
    digests: frozenset[str] = frozenset()

    @cached_property
    def entries(self) -> dict[str, LawEntry]:
        return {entry.id: entry for text in self.law for entry in text.entries}

    @cached_property
    def outbound(self) -> tuple[OutboundEntry, ...]:
        return tuple(entry for text in self.law for entry in text.outbound)

    @cached_property
    def channels(self) -> tuple[TreatyChannel, ...]:
        return tuple(channel for text in self.law for channel in text.channels)

    def entry(self, code: str | None) -> LawEntry | None:
        return self.entries.get(code) if code else None

    def map_of(self, service: str | None) -> DataMap | None:
        return next((found for found in self.maps if found.service == service), None)


def parse_policy(content: Mapping[str, Any], *, file: str = "policy") -> Policy:
    """Read a policy strictly; the error names the file, the key and what is known there."""
    top = Table(content, file)
    head = top.table("policy")
    head.number("format", least=FORMAT, most=FORMAT)
    policy = Policy(
        name=head.code("name"),
        title=head.text("title"),
        # No guarded jurisdiction is a choice that can be meant, so this one list may be empty.
        guarded=head.countries("guarded", may_be_empty=True),
        entities=_entities(top, file),
        people=_people(top.table("people")),
        limits=_limits(top.table("limits")),
        clauses=each_once((_clause(table) for table in top.tables("clause")), lambda c: c.id, file, "clause"),
        fields=_field_rules(top, file),
        retention=_retention(top.table("retention")),
        notice=_notice(top.table("notice")),
        verification=_verification(top.table("verification")),
        reporting=_reporting(top.table("reporting"), file),
        pauses=_pauses(top.optional_table("pauses")),
        digest=digest_of(content),
    )
    head.done()
    top.done()
    return policy


def _entities(top: Table, file: str) -> tuple[Entity, ...]:
    found = []
    for table in top.tables("entity", required=False):
        found.append(Entity(table.code("code"), table.text("name"), table.country("jurisdiction")))
        table.done()
    return each_once(found, lambda entity: entity.code, file, "entity")


def _people(table: Table) -> PeoplePolicy:
    hours = table.number("approver_waiting_hours", most=24 * 90)
    people = PeoplePolicy(
        timedelta(hours=hours), table.yes_no("small_team"), table.codes("counsel_only", required=False)
    )
    table.done()
    return people


def _limits(table: Table) -> Limits:
    limits = Limits(
        identifiers=table.number("identifiers_without_own_nexus", least=1, most=1_000),
        longest_period=timedelta(days=table.number("longest_period_days", least=1, most=3_660)),
        period_needed=table.some_of("period_needed_for", DataCategory),
    )
    table.done()
    return limits


def _clause(table: Table) -> Clause:
    clause = Clause(
        id=table.code("id"),
        sentence=table.text("sentence"),
        outcome=outcome_in(table, "outcome"),
        when=_when(table.table("when")),
    )
    if clause.when == When() and clause.outcome > Outcome.ASK:
        raise table.wrong("when", "is empty: a clause that lets something through must say for what.")
    table.done()
    return clause


def _when(table: Table) -> When:
    when = When(
        kinds=table.some_of("kinds", DemandKind, required=False),
        requesters=table.some_of("requesters", RequesterKind, required=False),
        jurisdictions=table.countries("jurisdictions", required=False),
        agencies=table.codes("agencies", required=False),
        instruments=table.codes("instruments", required=False),
        grounds=table.some_of("grounds", Ground, required=False),
        categories=table.some_of("categories", DataCategory, required=False),
        identifiers=table.some_of("identifiers", IdentifierKind, required=False),
        services=table.codes("services", required=False),
        stored_in=table.countries("stored_in", required=False),
        emergency=table.optional_yes_no("emergency"),
        secrecy=table.optional_yes_no("secrecy"),
        home=table.optional_yes_no("home"),
    )
    table.done()
    return when


def _field_rules(top: Table, file: str) -> tuple[FieldRule, ...]:
    found = []
    for table in top.tables("fields"):
        service = table.code("service")
        category, allow = table.one_of("category", DataCategory), table.codes("allow", may_be_empty=True)
        found.append(FieldRule(category, None if service == "any" else service, allow))
        table.done()
    return each_once(found, lambda rule: f"{rule.service or 'any'}/{rule.category}", file, "fields rule")


def _days(table: Table, key: str, *, least: int = 0) -> timedelta:
    return timedelta(days=table.number(key, least=least, most=36_600))


def _retention(table: Table) -> Retention:
    retention = Retention(
        closed_cases=_days(table, "closed_cases_days", least=1),
        packages=_days(table, "packages_days", least=1),
        refused_extracts=_days(table, "refused_extracts_days"),
        backups_after_erasure=_days(table, "backups_after_erasure_days", least=1),
    )
    table.done()
    return retention


def _notice(table: Table) -> NoticePolicy:
    notice = NoticePolicy(_days(table, "objection_window_days"), _days(table, "longest_deferral_days"))
    table.done()
    return notice


def _verification(table: Table) -> VerificationPolicy:
    verification = VerificationPolicy(
        finding_valid=_days(table, "finding_valid_days", least=1),
        contact_settles=_days(table, "contact_settles_days"),
        emergency_finding_valid=timedelta(hours=table.number("emergency_finding_valid_hours", least=1)),
    )
    table.done()
    return verification


def _pauses(table: Table | None) -> PausePolicy:
    """A policy that says nothing of it means thirty days; of preservations, twenty; of following up, ninety days."""
    if table is None:
        return PausePolicy(RECONFIRM_WITHIN)
    follow_up = _days(table, "follow_up_days", least=1) if table.has("follow_up_days") else FOLLOW_UP_AFTER
    pauses = PausePolicy(
        reconfirm_within=_days(table, "reconfirm_within_days", least=1),
        preservations_per_agency=table.number("preservations_per_agency", PRESERVATIONS_PER_AGENCY),
        follow_up_after=follow_up,
    )
    table.done()
    return pauses


def _reporting(table: Table, file: str) -> Reporting:
    bands = each_once((_band(t) for t in table.tables("band", required=False)), lambda b: b.id, file, "band")
    reporting = Reporting(table.number("smallest_count", least=1, most=1_000), bands)
    taken: set[str] = set()
    for band in bands:
        if twice := taken & band.instruments:
            # One structure per period: two bands over one instrument would let a reader subtract.
            raise table.wrong("band", f"counts {', '.join(sorted(twice))} in two bands.")
        taken |= band.instruments
    table.done()
    return reporting


def _band(table: Table) -> Band:
    band = Band(
        id=table.code("id"),
        instruments=table.codes("instruments"),
        width=table.number("width", least=2, most=10_000),
        period=table.one_of("period", ReportPeriod),
        citation=table.text("citation"),
    )
    table.done()
    return band
