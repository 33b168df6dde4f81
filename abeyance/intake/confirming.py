"""A person makes facts of suggestions, or states the demand anew. Each time a new version; nothing is ever edited.

Keyed digests of the identifiers need the key holder, so this is the first step that a locked desk cannot take.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from datetime import datetime
from uuid import uuid4

from abeyance import fence, ledger, seals
from abeyance.casefile import door, moves
from abeyance.casefile import facts as casefacts
from abeyance.casefile.facts import newest_demand
from abeyance.casefile.models import Case, Demand, Item
from abeyance.errors import Refused, SomeoneElseWasFirst
from abeyance.intake.places import place_of
from abeyance.intake.registered import as_registered
from abeyance.patterns import actions as patterns
from abeyance.people import queries as people
from abeyance.policy.queries import binds_readers
from abeyance.rules import people as people_rules
from abeyance.rules.decision import Reason
from abeyance.rules.demandfile import StatedDemand, StatedItem
from abeyance.rules.events import DemandAmended, SuggestionsConfirmed
from abeyance.rules.lifecycle import Event, State
from abeyance.rules.patterns import marks_of
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import PlaceSource


@dataclass(frozen=True)
class _SealedItem:
    item: StatedItem
    number: int
    sealed: bytes
    digest: bytes | None


def confirm(ref: str, stated: StatedDemand, *, by: str, now: datetime) -> Demand:
    """State what the papers demand. The first time it confirms the suggestions; later it amends."""
    case = door.open_for(by, ref, Permission.DEMAND_CONFIRM, now=now)
    people.refuse_unless(people.may_take_part(by, stated.jurisdiction))
    stated = as_registered(stated)
    version = newest_demand(case).version + 1
    items = _sealed(case, stated, version)
    particulars = json.dumps(stated.particulars, ensure_ascii=False).encode()
    sealed = seals.seal(case.holder, particulars, place=f"demand:{version}:particulars")
    marks = patterns.digested(marks_of(stated, _named_in_papers(case)))
    act = uuid4()
    with fence.together(act) as entered:
        shared = patterns.look_for(case, marks)
        case = Case.objects.select_for_update().get(pk=case.pk)
        moment = fence.clock()  # after the lock: what was proposed for the older version is before it
        if newest_demand(case).version + 1 != version:
            raise SomeoneElseWasFirst(f"Somebody else has just stated what {case.ref} demands; look at it again.")
        first = State(case.state) is State.RECEIVED
        demand = _write(case, stated, items, sealed, version=version, by=by, now=moment, epoch=entered.epoch)
        patterns.remember(case, marks, shared, by=by, now=moment)
        moves.move(case, Event.CONFIRMED if first else Event.AMENDED, by=by, now=moment)
        digest = hashlib.sha256(particulars).hexdigest()
        event: SuggestionsConfirmed | DemandAmended
        if first:
            event = SuggestionsConfirmed(version=version, items=len(items), digest=digest)
        else:
            event = DemandAmended(version=version, items=len(items), digest=digest, why="amended")
        ledger.append(event, by=by, now=moment, holder=case.holder, case=case.ref, act=act)
    return demand


def _named_in_papers(case: Case) -> list[tuple[str, str]]:
    """Accounts that were read in the papers, also those that nobody asks about."""
    rows = [row for row in case.documents.all() if row.reading]
    sealed = [(bytes(row.reading), f"{row.place}:reading") for row in rows]
    readings = [json.loads(zlib.decompress(opened)) for opened in seals.unseal_many(case.holder, sealed)]
    return [(found["field"], found["value"]) for reading in readings for found in reading.get("suggestions", [])]


def agree_labels(ref: str, version: int | None = None, *, by: str, now: datetime) -> None:
    """A second person agrees to who asks, under which law, what it is related to and where the account holders are;
    only then does what was said before stop counting. `version`, if given, is that of the demand that was looked at."""
    case = door.open_for(by, ref, Permission.ANSWER_AGREE, now=now)
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        demand = newest_demand(case)
        if version not in (None, demand.version):
            sentence = "The demand has been stated anew since you looked; look at it again."
            raise Refused([Reason("other-version", sentence, "people:two")])
        _require_second(demand, by=by, now=moment)
        Demand.objects.filter(pk=demand.pk).update(labels_agreed_by=by)
        for item in demand.items.exclude(subject_country=None):
            item.places = [*item.places, casefacts.spell_place(item.subject_country or "", PlaceSource.AGREED)]
            item.save(update_fields=["places"])
        agreed = DemandAmended(version=demand.version, items=demand.items.count(), digest="", why="labels-agreed")
        ledger.append(agreed, by=by, now=moment, holder=case.holder, case=case.ref, epoch=epoch, act=act)


def _require_second(demand: Demand, *, by: str, now: datetime) -> None:
    """A new label can lead past a pause, so it takes as much as any other loosening."""
    if demand.confirmed_by is None:
        raise Refused([Reason("nothing-confirmed", "Nobody has confirmed these papers yet.", "people:two")])
    locked, house = people.lock_members([by, demand.confirmed_by]), people.house_rules()
    first = locked.get(demand.confirmed_by) or people.actor(demand.confirmed_by)
    agreer = locked.get(by) or people.actor(by)
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    people.refuse_unless(people_rules.may(agreer, Permission.ANSWER_AGREE))
    people.refuse_unless(people_rules.may_agree(first, agreer, None, house.small_team, now, house.waiting))


def _sealed(case: Case, stated: StatedDemand, version: int) -> list[_SealedItem]:
    plain = [(item.identifier.encode(), f"item:{version}:{number}") for number, item in enumerate(stated.items, 1)]
    sealed = seals.seal_many(case.holder, plain)
    return [
        _SealedItem(item, number, sealed[number - 1], _digest_of(item)) for number, item in enumerate(stated.items, 1)
    ]


def _digest_of(item: StatedItem) -> bytes | None:
    if not item.identifier or item.identifier_kind is None:
        return None
    return seals.digest(f"identifier:{item.identifier_kind.value}", item.identifier.casefold())


def _write(
    case: Case,
    stated: StatedDemand,
    items: list[_SealedItem],
    particulars: bytes,
    *,
    version: int,
    by: str,
    now: datetime,
    epoch: int,
) -> Demand:
    older = newest_demand(case)
    demand = Demand.objects.create(
        case=case,
        version=version,
        kind=stated.kind,
        requester=stated.requester,
        jurisdiction=stated.jurisdiction,
        agency=stated.agency,
        instrument=stated.instrument,
        ground=stated.ground,
        emergency=stated.emergency,
        secrecy=stated.secrecy,
        entity=stated.entity,
        particulars=particulars,
        arrived_at=older.arrived_at,
        served_at=stated.served_at,
        deadline=stated.deadline,
        related_to=None if stated.related_to is None else list(stated.related_to),
        issuer=stated.issuer,
        offence=stated.offence,
        needs=list(stated.needs),
        confirmed_by=by,
        confirmed_at=now,
    )
    Item.objects.filter(case=case, open=True).update(open=False)
    before = list(Item.objects.filter(case=case).exclude(demand=demand).select_related("demand"))
    Item.objects.bulk_create(_row(demand, case, stated, sealed, before, epoch) for sealed in items)
    _mark(case, stated, items)
    return demand


def _mark(case: Case, stated: StatedDemand, items: list[_SealedItem]) -> None:
    """A person decides whether it is the same matter again; and once restricted, a new label does not open it."""
    digests = [sealed.digest for sealed in items if sealed.digest]
    same = Item.objects.filter(identifier_digest__in=digests, agency=stated.agency, case__erased_at=None)
    earlier = same.exclude(case=case).order_by("case_id").values_list("case_id", flat=True).first()
    if case.possible_duplicate_of_id != earlier:
        case.same_matter = None
    case.possible_duplicate_of_id = earlier
    case.restricted = case.restricted or binds_readers(stated.instrument)
    case.add_country(stated.jurisdiction)
    case.save(update_fields=["possible_duplicate_of", "restricted", "same_matter", "countries"])


def _places(sealed: _SealedItem, before: list[Item]) -> list[str]:
    """What was said before of where this account holder is goes on counting beside what is said now, until a second
    person agrees: a country alone must not lead past a pause."""
    item, said = sealed.item, _said_before(sealed, before)
    if prefix := place_of(item.identifier_kind, item.identifier):
        telephone = casefacts.spell_place(prefix, PlaceSource.TELEPHONE)
        said += [] if telephone in said else [telephone]
    if item.subject_country:
        found = casefacts.spell_place(item.subject_country, item.place_source)
        agreed = [
            number for number, place in enumerate(said) if casefacts.read_place(place).source is PlaceSource.AGREED
        ]
        # What is said again after two people had settled it is said anew.
        said += [] if found in said[agreed[-1] if agreed else 0 :] else [found]
    return said


def _said_before(sealed: _SealedItem, before: list[Item]) -> list[str]:
    """In the newest version that asked about this account, however many versions have left it out since."""
    same = [older for older in before if _same_account(older, sealed)]
    newest = max((older.demand.version for older in same), default=0)
    said: list[str] = []
    for older in same:
        if older.demand.version == newest:
            said += [place for place in older.places if place not in said] if said else older.places
    return said


def _same_account(older: Item, sealed: _SealedItem) -> bool:
    if older.identifier_digest is None or sealed.digest is None:
        return older.number == sealed.number
    return bytes(older.identifier_digest) == sealed.digest


def _asked_before(sealed: _SealedItem, before: list[Item]) -> Item | None:
    """The item of an earlier version that asked for all of this already."""
    found = [older for older in before if _same_account(older, sealed) and _no_wider(sealed.item, older)]
    return min(found, key=lambda older: older.arrived_epoch, default=None)


def _no_wider(item: StatedItem, older: Item) -> bool:
    fields = not older.fields or (bool(item.fields) and set(item.fields) <= set(older.fields))
    begins = older.period_start is None or (item.period_start is not None and item.period_start >= older.period_start)
    ends = older.period_end is None or (item.period_end is not None and item.period_end <= older.period_end)
    return fields and begins and ends and (older.service, older.category) == (item.service, item.category)


def _row(
    demand: Demand,
    case: Case,
    stated: StatedDemand,
    sealed: _SealedItem,
    before: list[Item],
    epoch: int,
) -> Item:
    """What the first statement asks for came with the papers; what a later one adds is new, for a pause of what is
    new."""
    item = sealed.item
    confirmed = [older for older in before if older.demand.confirmed_by is not None]
    asked = _asked_before(sealed, confirmed)
    added = bool(confirmed) and asked is None
    return Item(
        demand=demand,
        case=case,
        number=sealed.number,
        service=item.service,
        category=item.category,
        identifier_kind=item.identifier_kind,
        identifier=sealed.sealed,
        identifier_digest=sealed.digest,
        period_start=item.period_start,
        period_end=item.period_end,
        fields=list(item.fields),
        nexus_stated=bool(item.nexus),
        controller=item.controller,
        stored_in=item.stored_in,
        subject_country=item.subject_country,
        places=_places(sealed, before),
        related_to=None if stated.related_to is None else list(stated.related_to),
        jurisdiction=stated.jurisdiction,
        agency=stated.agency,
        instrument=stated.instrument,
        arrived_epoch=epoch if added else asked.arrived_epoch if asked else case.arrived_epoch,
        asked_at=demand.confirmed_at if added else asked.asked_at if asked else None,
    )
