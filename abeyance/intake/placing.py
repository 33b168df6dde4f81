"""A finding on where an account holder is, as an act of its own: the demand as it stands, stated anew with that place.

It goes the ordinary way of every statement: a new version, after which what other sources say goes on counting, and
sources that disagree hold until a second person agrees.
"""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime

from abeyance import seals
from abeyance.casefile import door
from abeyance.casefile import facts as casefacts
from abeyance.casefile.facts import newest_demand
from abeyance.casefile.models import Case, Demand, Item
from abeyance.errors import BadInput, NotFound
from abeyance.intake import confirming
from abeyance.people import queries as people
from abeyance.rules.demandfile import StatedDemand, StatedItem
from abeyance.rules.facts import Period
from abeyance.rules.gathering import GatherRequest
from abeyance.rules.permissions import Permission
from abeyance.rules.services import Meaning
from abeyance.rules.terms import IdentifierKind, PlaceSource
from abeyance.services import queries as services

SOURCES = (PlaceSource.CLERK, PlaceSource.SERVICE, PlaceSource.TELEPHONE)  # AGREED takes two people
COUNTRY = re.compile(r"[A-Z]{2}")
STATED_BEFORE = "as an earlier version states"


def find(ref: str, number: int, country: str, source: PlaceSource, *, by: str, now: datetime) -> Demand:
    """Record where the account holder of an item is, and who says so."""
    if source not in SOURCES:
        raise BadInput(
            f"source is one of {', '.join(SOURCES)}; two people agree by `abeyance request agree-labels --version N`."
        )
    if not COUNTRY.fullmatch(country):
        raise BadInput("country is a country code of two capital letters, such as HK.")
    case = door.open_for(by, ref, Permission.DEMAND_CONFIRM, now=now)
    demand = _confirmed(case)
    rows = casefacts.items_of(demand)
    if number not in {row.number for row in rows}:
        raise NotFound(f"{case.ref} has no item {number}.")
    items = [_item(case, row) for row in rows]
    items[number - 1] = replace(items[number - 1], subject_country=country, place_source=source)
    return confirming.confirm(ref, replace(_stated(case, demand), items=tuple(items)), by=by, now=now)


def ask(ref: str, number: int, *, by: str, now: datetime) -> Demand:
    """Have the service itself say it, and record that as found. It is no more than one source among others."""
    case = door.open_for(by, ref, Permission.DEMAND_CONFIRM, now=now)
    demand = _confirmed(case)  # the service is asked about nobody whom only a machine has read out of the papers
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    rows = casefacts.items_of(demand)
    row = next((each for each in rows if each.number == number), None)
    if row is None or not row.service or not row.identifier_kind:
        raise NotFound(f"{case.ref} has no item {number} that names a service and an account.")
    said = _item(case, row)
    request = GatherRequest(row.service, IdentifierKind(row.identifier_kind), said.identifier, (), Period())
    way = services.way_to(row.service)
    if way.held.country_field is None:
        raise BadInput(
            f"The data map of {row.service} has no field that means “{Meaning.COUNTRY.value}”; record your own finding."
        )
    with way.opened() as connector:
        country = connector.country(request)
    if country is None:
        raise BadInput(f"{row.service} does not say where this account holder is; record your own finding.")
    return find(ref, number, country, PlaceSource.SERVICE, by=by, now=now)


def _confirmed(case: Case) -> Demand:
    demand = newest_demand(case)
    if demand.confirmed_at is None:
        raise BadInput(f"Nobody has stated yet what {case.ref} demands: `abeyance request confirm` comes first.")
    return demand


def _stated(case: Case, demand: Demand) -> StatedDemand:
    said = casefacts.demand_facts(case, demand, genuine=False)
    opened = seals.unseal(case.holder, bytes(demand.particulars), place=f"demand:{demand.version}:particulars")
    return StatedDemand(
        kind=said.kind,
        requester=said.requester,
        jurisdiction=said.jurisdiction,
        agency=said.agency,
        instrument=said.instrument,
        ground=said.ground,
        emergency=said.emergency,
        secrecy=said.secrecy,
        entity=said.entity,
        served_at=said.served_at,
        deadline=said.deadline,
        particulars=json.loads(opened),
        items=(),
        related_to=None if said.related_to is None else tuple(sorted(said.related_to)),
        issuer=said.issuer,
        offence=said.offence,
        needs=tuple(sorted(said.needs)),
    )


def _item(case: Case, row: Item) -> StatedItem:
    said = casefacts.item_facts(row)
    opened = seals.unseal(case.holder, bytes(row.identifier), place=row.place).decode() if row.identifier else ""
    return StatedItem(
        service=said.service,
        category=said.category,
        identifier_kind=said.identifier_kind,
        identifier=opened,
        period_start=said.period.start,
        period_end=said.period.end,
        fields=tuple(sorted(said.fields)),
        nexus=STATED_BEFORE if said.nexus_stated else "",
        controller=said.controller,
        stored_in=said.stored_in,
        subject_country=said.subject_country,
    )
