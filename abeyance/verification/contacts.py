"""Which contact data an inquiry rests on: the directory's, never the request's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from abeyance.errors import BadInput
from abeyance.people.directory.entry import ContactKind
from abeyance.people.directory.models import Agency, AgencyContact, AgencyKey
from abeyance.people.directory.queries import same_contact
from abeyance.rules.verification import FindingKind

KINDS: Mapping[FindingKind, frozenset[ContactKind]] = {
    FindingKind.CALL_BACK: frozenset({ContactKind.TELEPHONE}),
    FindingKind.KNOWN_CHANNEL: frozenset({ContactKind.EMAIL, ContactKind.PORTAL}),
    FindingKind.AUTHORITY_CONFIRMED: frozenset(ContactKind),
}


@dataclass(frozen=True)
class Basis:
    source: str
    since: datetime | None


def basis(how: FindingKind, agency_code: str | None, contact: str) -> Basis:
    """The directory's record of this number, address or key; BadInput if it has none that this way may use."""
    agency = Agency.objects.filter(code=agency_code, active=True).first() if agency_code else None
    if agency is None:
        raise BadInput("Name the agency first: it must be in the directory and not be suspended (abeyance agency add).")
    found = _of_key(agency, contact) if how is FindingKind.KNOWN_KEY else _of_contact(agency, how, contact)
    if found is None:
        raise BadInput(
            f"The directory has no such contact of {agency.code} for {how.value}. A number or address from the request"
            " itself proves nothing; `abeyance agency show` lists what there is."
        )
    return found


def _of_key(agency: Agency, fingerprint: str) -> Basis | None:
    key = AgencyKey.objects.filter(agency=agency, fingerprint=fingerprint, revoked_at=None).first()
    return Basis(f"key {key.fingerprint}, agreed by two members", key.added_at) if key else None


def _of_contact(agency: Agency, how: FindingKind, value: str) -> Basis | None:
    """An authority may also be confirmed by one for which it acts."""
    kinds = [kind.value for kind in KINDS[how]]
    codes = [agency.code, *(agency.acts_for if how is FindingKind.AUTHORITY_CONFIRMED else [])]
    rows = AgencyContact.objects.filter(agency__code__in=codes, agency__active=True, removed_at=None, kind__in=kinds)
    row = same_contact(rows.order_by("id"), value)
    return Basis(f"{row.source} ({row.source_date.isoformat()})", _since(row, agency)) if row else None


def _since(row: AgencyContact, agency: Agency) -> datetime:
    """A contact of an agency for which this one acts is as young as what last changed here: it may be the bond."""
    if row.agency_id == agency.pk:
        return row.added_at
    return max(row.added_at, agency.changed_at or agency.added_at)
