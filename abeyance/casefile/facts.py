"""Rows turned into the facts that the rules read. Nothing here decides."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from abeyance.casefile.models import Approval, Case, ClockAct, Demand, Finding, Item
from abeyance.rules.clocks import Act
from abeyance.rules.facts import DemandFacts, ItemFacts, Period, Place
from abeyance.rules.instruments import ActKind
from abeyance.rules.policy import Books
from abeyance.rules.services import brands_of, companies_of
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


def newest_demand(case: Case) -> Demand:
    demand = case.demands.order_by("-version").first()
    assert demand is not None, "a case is made together with its first demand"
    return demand


def labels_that_count(
    case: Case, said: DemandFacts, versions: Sequence[Demand] | None = None
) -> tuple[DemandFacts, ...]:
    """The demand as it is labelled, and as it was labelled before a change that no second person has agreed to.

    Who asks and under which law decides which pause covers a request, so a new label alone must not lead past one.
    """
    versions = versions if versions is not None else list(case.demands.order_by("-version"))
    counting = [said]
    for newer, older in itertools.pairwise(versions):
        if newer.labels_agreed_by is not None:
            break
        before = replace(
            said,
            jurisdiction=older.jurisdiction or said.jurisdiction,
            agency=older.agency or said.agency,
            instrument=older.instrument or said.instrument,
            related_to=said.related_to if older.related_to is None else frozenset(older.related_to),
        )
        counting.append(before)
    return tuple(dict.fromkeys(counting))


def newest_finding(case: Case, version: int) -> Finding | None:
    """The last word on whether the requester is genuine; a finding for an older version says nothing of a newer one."""
    return case.findings.filter(demand_version=version).order_by("-pk").first()


def standing_approval(item: Item) -> Approval | None:
    return item.approvals.filter(withdrawn_at__isnull=True).first()


def demand_facts(case: Case, demand: Demand, *, genuine: bool) -> DemandFacts:
    return DemandFacts(
        kind=_known(DemandKind, demand.kind),
        requester=_known(RequesterKind, demand.requester),
        jurisdiction=demand.jurisdiction,
        agency=demand.agency,
        instrument=demand.instrument,
        ground=_known(Ground, demand.ground),
        emergency=demand.emergency,
        secrecy=demand.secrecy,
        entity=demand.entity,
        confirmed=demand.confirmed_at is not None,
        genuine=genuine,
        arrived_at=demand.arrived_at,
        served_at=demand.served_at,
        deadline=demand.deadline,
        arrived_epoch=case.arrived_epoch,
        related_to=None if demand.related_to is None else frozenset(demand.related_to),
        issuer=_known(Issuer, demand.issuer),
        offence=_known(Offence, demand.offence),
        needs=frozenset(Need(need) for need in demand.needs),
    )


def item_facts(item: Item, books: Sequence[Books] = ()) -> ItemFacts:
    """Of which brand and company a service is, the data maps in `books` say; without them it is not known."""
    maps = [each.map_of(item.service) for each in books]
    return ItemFacts(
        number=item.number,
        service=item.service,
        category=_known(DataCategory, item.category),
        identifier_kind=_known(IdentifierKind, item.identifier_kind),
        period=Period(item.period_start, item.period_end),
        fields=frozenset(item.fields),
        nexus_stated=item.nexus_stated,
        controller=item.controller,
        stored_in=item.stored_in,
        subject_country=item.subject_country,
        places=tuple(read_place(each) for each in item.places),
        brands=brands_of(maps),
        companies=companies_of(maps),
        asked_epoch=item.arrived_epoch,
        asked_at=item.asked_at,
    )


def read_place(text: str) -> Place:
    source, _, country = text.partition(":")
    return Place(country, PlaceSource(source))


def spell_place(country: str, source: PlaceSource) -> str:
    return f"{source.value}:{country}"


def items_of(demand: Demand) -> list[Item]:
    return list(demand.items.order_by("number"))


def acts_of(case: Case) -> list[Act]:
    """The recorded acts that clocks run from. "extension-granted:production" grants for that one clock."""
    return [as_act(row) for row in case.clock_acts.order_by("pk")]


def as_act(row: ClockAct) -> Act:
    kind, _, clock = row.kind.partition(":")
    return Act(ActKind(kind), row.at, row.by, row.until, clock or None, row.item_number)


def _known(kind: Any, value: str | None) -> Any:
    return kind(value) if value is not None else None
