"""Questions to the directory."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from django.db.models import Q, QuerySet

from abeyance.asking import Asked
from abeyance.errors import NotFound
from abeyance.people.directory.entry import comparable
from abeyance.people.directory.models import Agency, AgencyContact, AgencyKey, Officer
from abeyance.rules.terms import RequesterKind


@dataclass(frozen=True)
class KeyForAgency:
    """A key that counts, and whose it is."""

    agency: str
    kind: str
    public_key: str
    fingerprint: str


@dataclass(frozen=True)
class AgencyFacts:
    code: str
    jurisdiction: str
    kind: RequesterKind
    active: bool
    domains: frozenset[str]
    acts_for: frozenset[str]
    changed_at: datetime | None


def agencies() -> QuerySet[Agency]:
    return Agency.objects.order_by("code")


def agency(code: str) -> Agency:
    found = Agency.objects.filter(code=code[:64]).first()
    if found is None:
        raise NotFound(f"There is no agency {code[:64]!r} in the directory. `abeyance agency list` shows it.")
    return found


def lock(code: str) -> None:
    """Until the commit, for what is counted by agency. Inside the caller's transaction."""
    list(Agency.objects.select_for_update().filter(code=code))


def name_of(code: str) -> str:
    """As the directory calls it; the code itself for one that is not there."""
    return Agency.objects.filter(code=code[:64]).values_list("name", flat=True).first() or code


def facts_of(row: Agency) -> AgencyFacts:
    return AgencyFacts(
        code=row.code,
        jurisdiction=row.jurisdiction,
        kind=RequesterKind(row.kind),
        active=row.active,
        domains=frozenset(row.domains),
        acts_for=frozenset(row.acts_for),
        changed_at=row.changed_at,
    )


def all_domains() -> frozenset[str]:
    return frozenset(domain for domains in Agency.objects.values_list("domains", flat=True) for domain in domains)


def names() -> tuple[tuple[str, str, str], ...]:
    """Code, name and jurisdiction of every active agency: what intake looks for in a text."""
    return tuple(agencies().filter(active=True).values_list("code", "name", "jurisdiction"))


def called_like(said: str) -> list[str]:
    """Codes of agencies, suspended ones too, of which this is the code or name or a part of it."""
    found = agencies().filter(Q(code__icontains=said) | Q(name__icontains=said))
    return list(found.values_list("code", flat=True))


def nearest(said: str) -> str | None:
    """The active agency whose code or name is most like what somebody wrote, if one is; as "code (name)"."""
    spelled = {each.casefold(): f"{code} ({name})" for code, name, _ in names() for each in (code, name)}
    found = get_close_matches(said.casefold(), spelled, n=1, cutoff=0.75)
    return spelled[found[0]] if found else None


def standing_keys(code: str) -> tuple[KeyForAgency, ...]:
    """Keys that are not revoked, of an agency that is not suspended; the newest first."""
    rows = AgencyKey.objects.filter(agency__code=code, agency__active=True, revoked_at=None).order_by("-id")
    return tuple(_as_key(row, code) for row in rows)


LOCK_KEY = (
    "SELECT k.fingerprint, a.code, a.acts_for FROM people_agencykey k JOIN people_agency a ON a.id = k.agency_id"
    " WHERE k.fingerprint = %s AND k.revoked_at IS NULL AND a.active FOR SHARE"
)


@dataclass(frozen=True)
class KeyAtTheGate:
    """A key that counts now, and for whom its agency acts."""

    fingerprint: str
    agency: str
    acts_for: frozenset[str]


def lock_key(asked: Asked, fingerprint: str) -> Callable[[], KeyAtTheGate | None]:
    """For the gate: the key, if it counts now, unchangeable with its agency until the end of the transaction.
    To be called after `asked.now()`."""
    rows = asked.plain(LOCK_KEY, fingerprint)
    return lambda: KeyAtTheGate(rows[0][0], rows[0][1], frozenset(rows[0][2])) if rows else None


def contact(agency_code: str, value: str) -> AgencyContact | None:
    """The contact data of this value, however it is spelled, if the directory has it today."""
    wanted = AgencyContact.objects.filter(agency__code=agency_code, agency__active=True, removed_at=None)
    return same_contact(wanted.order_by("id"), value)


def same_contact(rows: QuerySet[AgencyContact], value: str) -> AgencyContact | None:
    """The first of these that this is another spelling of."""
    return next((row for row in rows.select_related("agency") if _is_spelled(row, value)), None)


def _is_spelled(row: AgencyContact, value: str) -> bool:
    country = row.agency.jurisdiction
    return comparable(row.kind, row.value, country) == comparable(row.kind, value, country)


def addresses(agency_code: str) -> frozenset[str]:
    """The mail addresses at which the directory says the agency is reached today."""
    wanted = AgencyContact.objects.filter(agency__code=agency_code, agency__active=True, removed_at=None, kind="email")
    return frozenset(wanted.values_list("value", flat=True))


def contact_values(agency_code: str) -> list[str]:
    """What the directory has to reach the agency by today: the only thing to call back to."""
    wanted = AgencyContact.objects.filter(agency__code=agency_code, agency__active=True, removed_at=None)
    return list(wanted.order_by("id").values_list("value", flat=True))


def knows_address(agency_code: str, address: str, digests: Sequence[bytes]) -> bool:
    """Is this very address one of the agency's, or that of one of its officers?"""
    if address.lower() in {known.lower() for known in addresses(agency_code)}:
        return True
    officers = Officer.objects.filter(agency__code=agency_code, removed_at=None)
    return officers.filter(address__in=list(digests)).exists()


def _as_key(row: AgencyKey, code: str) -> KeyForAgency:
    return KeyForAgency(code, row.kind, row.public_key, row.fingerprint)
