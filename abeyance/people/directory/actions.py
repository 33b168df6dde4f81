"""Acts on the directory. Adding and changing is proposed; suspending and revoking happens at once, inside the fence."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any, Literal
from uuid import uuid4

from abeyance import fence, ledger, seals
from abeyance.errors import BadInput, SomeoneElseWasFirst
from abeyance.people import proposals
from abeyance.people import queries as members
from abeyance.people.directory import queries
from abeyance.people.directory.entry import AgencyEntry, ContactEntry, comparable, read_entry
from abeyance.people.directory.models import KEY_KINDS, Agency, AgencyContact, AgencyKey, Officer
from abeyance.people.models import Proposal, new_code
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules.events import AdminAct, AgencyKeyAdded, AgencyKeyRevoked
from abeyance.rules.permissions import Permission

_by_two = partial(on_agreement, propose=Permission.AGENCY_PROPOSE, agree=Permission.AGENCY_AGREE)

# --- agencies


def propose_agencies(entries: Sequence[AgencyEntry], *, by: str, now: datetime) -> tuple[Proposal, ...]:
    """One proposal for each that is new or different; an entry that says what the directory says is passed over."""
    return tuple(found for entry in entries if (found := _propose_agency(entry, by=by, now=now)) is not None)


def _propose_agency(entry: AgencyEntry, *, by: str, now: datetime) -> Proposal | None:
    present = Agency.objects.filter(code=entry.code).first()
    if present is not None and _says_the_same(present, entry):
        return None
    kind = "agency-add" if present is None else "agency-change"
    return proposals.propose(kind, entry.code, entry.as_payload(), by=by, now=now)


def _says_the_same(row: Agency, entry: AgencyEntry) -> bool:
    contacts = {_key(row, c.kind, c.value) for c in row.contacts.filter(removed_at=None)}
    plain = (row.name, row.jurisdiction, row.kind, tuple(row.domains), tuple(row.acts_for))
    wanted = (entry.name, entry.jurisdiction, entry.kind.value, entry.domains, entry.acts_for)
    return plain == wanted and contacts == {_key(row, c.kind.value, c.value) for c in entry.contacts}


@_by_two("agency-add")
def add_agency(proposal: Proposed, *, by: str, now: datetime) -> None:
    entry = read_entry(proposal.payload)
    if Agency.objects.filter(code=entry.code).exists():
        raise SomeoneElseWasFirst(f"The directory already has {entry.code}.")
    row = Agency(code=entry.code, added_at=now)
    _write(row, entry)
    _replace_contacts(row, entry.contacts, now)
    seals.new_case_key(row.holder, row.jurisdiction)
    ledger.append(AdminAct(act="agency-added", subject=row.code), by=by, now=now)


# Another jurisdiction or kind may bring a request under a pause or out of a clause, so nobody else is in the fence.
@_by_two("agency-change", alone=True)
def change_agency(proposal: Proposed, *, by: str, now: datetime) -> None:
    entry = read_entry(proposal.payload)
    row = _locked(entry.code)
    row.changed_at = now
    _write(row, entry)
    _replace_contacts(row, entry.contacts, now)
    changed = AdminAct(act="agency-changed", subject=row.code)
    ledger.append(changed, by=by, now=now, epoch=proposal.epoch)


def _write(row: Agency, entry: AgencyEntry) -> None:
    row.name, row.jurisdiction, row.kind = entry.name[:200], entry.jurisdiction, entry.kind.value
    row.domains, row.acts_for = list(entry.domains), list(entry.acts_for)
    row.source, row.source_date = entry.source, date.fromisoformat(entry.source_date)
    row.save()


def _add_contact(row: Agency, contact: ContactEntry, now: datetime) -> None:
    found = date.fromisoformat(contact.source_date)
    AgencyContact.objects.create(
        agency=row, kind=contact.kind.value, value=contact.value, source=contact.source, source_date=found, added_at=now
    )


def _replace_contacts(row: Agency, wanted: Sequence[ContactEntry], now: datetime) -> None:
    """What stays keeps its date: how long the directory has had it is what the bar asks for."""
    present = [(_key(row, each.kind, each.value), each.pk) for each in row.contacts.filter(removed_at=None)]
    named = {_key(row, contact.kind.value, contact.value): contact for contact in wanted}
    AgencyContact.objects.filter(pk__in=[pk for key, pk in present if key not in named]).update(removed_at=now)
    for new in sorted(named.keys() - {key for key, _ in present}):
        _add_contact(row, named[new], now)


def _key(row: Agency, kind: str, value: str) -> tuple[str, str]:
    return kind, comparable(kind, value, row.jurisdiction)


def suspend_agency(code: str, *, by: str, now: datetime) -> None:
    """At once: nothing more goes to it, and its requests are no longer found genuine."""
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        members.require(by, Permission.AGENCY_REVOKE, moment)
        row = _locked(code)
        row.active = False
        row.save(update_fields=["active"])
        ledger.append(AdminAct(act="agency-suspended", subject=code), by=by, now=moment, act=act, epoch=epoch)


def propose_reinstatement(code: str, *, by: str, now: datetime) -> Proposal:
    found = queries.agency(code)
    return proposals.propose("agency-reinstate", found.code, {"agency": found.code}, by=by, now=now)


@_by_two("agency-reinstate")
def reinstate_agency(proposal: Proposed, *, by: str, now: datetime) -> None:
    row = _locked(proposal.payload["agency"])
    row.active, row.changed_at = True, now
    row.save(update_fields=["active", "changed_at"])
    ledger.append(AdminAct(act="agency-reinstated", subject=row.code), by=by, now=now)


def _locked(code: str) -> Agency:
    row = Agency.objects.select_for_update().filter(code=code).first()
    if row is None:
        raise BadInput(f"The directory has no agency {code[:64]!r}.")
    return row


# --- keys


def propose_key(code: str, kind: str, public_key: str, *, by: str, now: datetime) -> Proposal:
    """The proposer has confirmed the key with the agency by a channel of the directory; another member agrees."""
    if kind not in KEY_KINDS:
        raise BadInput(f"A key is one of: {', '.join(KEY_KINDS)}.")
    from abeyance.seals.agencies import check_agency_key  # loads OpenPGP and age: only who adds a key pays for that

    form: Literal["age", "openpgp"] = "age" if kind == "age" else "openpgp"
    agency, fingerprint = queries.agency(code), check_agency_key(form, public_key)
    if AgencyKey.objects.filter(fingerprint=fingerprint).exists():
        raise BadInput("The directory knows this key already; a revoked key does not come back.")
    payload = {"agency": agency.code, "kind": kind, "public_key": public_key, "fingerprint": fingerprint}
    return proposals.propose("agency-key", agency.code, payload, by=by, now=now)


@_by_two("agency-key")
def add_key(proposal: Proposed, *, by: str, now: datetime) -> None:
    said: Any = proposal.payload
    if AgencyKey.objects.filter(fingerprint=said["fingerprint"]).exists():
        raise SomeoneElseWasFirst("The directory knows this key already.")
    AgencyKey.objects.create(
        agency=_locked(said["agency"]),
        kind=said["kind"],
        public_key=said["public_key"],
        fingerprint=said["fingerprint"],
        confirmed_by=proposal.proposed_by,
        agreed_by=by,
        added_at=now,
    )
    added = AgencyKeyAdded(agency=said["agency"], form=said["kind"], fingerprint=said["fingerprint"])
    ledger.append(added, by=by, now=now)


def revoke_key(fingerprint: str, *, reason: str = "revoked", by: str, now: datetime) -> None:
    """At once. `reason` is a code, not a text."""
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        members.require(by, Permission.AGENCY_REVOKE, moment)
        key = AgencyKey.objects.select_for_update().filter(fingerprint=fingerprint, revoked_at=None).first()
        if key is None:
            raise BadInput("The directory has no such key that still counts.")
        key.revoked_at = moment
        key.save(update_fields=["revoked_at"])
        gone = AgencyKeyRevoked(agency=key.agency.code, fingerprint=fingerprint, reason=reason)
        ledger.append(gone, by=by, now=moment, act=act, epoch=epoch)


# --- officers


def propose_officer(code: str, name: str, address: str, *, by: str, now: datetime) -> Proposal:
    """Name and address are sealed before they are proposed, so no proposal names anybody."""
    if not (0 < len(name) <= 200 and 3 <= len(address) <= 254 and "@" in address):
        raise BadInput("An officer has a name of at most 200 letters and a mail address.")
    agency, officer = queries.agency(code), new_code("o")
    particulars = json.dumps({"name": name, "address": address}, sort_keys=True).encode()
    payload = {
        "agency": agency.code,
        "officer": officer,
        "particulars": _spell(seals.seal(agency.holder, particulars, place=f"officer:{officer}")),
        "address": _spell(seals.digest("officer", address.strip().lower())),
    }
    return proposals.propose("agency-officer", agency.code, payload, by=by, now=now)


@_by_two("agency-officer")
def add_officer(proposal: Proposed, *, by: str, now: datetime) -> None:
    said = proposal.payload
    Officer.objects.create(
        agency=_locked(said["agency"]),
        code=said["officer"],
        particulars=base64.b64decode(said["particulars"]),
        address=base64.b64decode(said["address"]),
        added_at=now,
    )
    ledger.append(AdminAct(act="officer-added", subject=said["officer"]), by=by, now=now)


def _spell(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
