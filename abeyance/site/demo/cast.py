"""The invented company's desk: its policy, the law entries its counsel adopted, its directory, its people.

Everything comes into being by the ordinary acts, each proposed by one member and agreed by another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pyrage

from abeyance.people import proposals
from abeyance.people.directory import actions as directory
from abeyance.people.directory.entry import entries_of
from abeyance.people.directory.models import Agency, AgencyContact, AgencyKey
from abeyance.people.models import Member, Proposal
from abeyance.policy import actions as policy
from abeyance.policy.models import AdoptedEntry, Current
from abeyance.policy.reading import kind_of, name_of, read
from abeyance.site.demo import quill
from abeyance.verification.commands import EXAMPLES

DATA = Path(__file__).parent / "data"
ADOPTED = ("hk-nsl43-s7", "us-2703d", "us-subpoena", "de-100j", "eu-epoc")
ADOPTED_FOR = timedelta(days=365)
CHECKED_AGAINST = "the official text, read by invented counsel for the demonstration"
POLICE = "hk-harbour-police"
TELEPHONE = "+85255500100"
KNOWN_FOR = timedelta(days=90)


@dataclass(frozen=True)
class Cast:
    """Member codes of the two who run the desk, and the key of the police that asks."""

    first: str
    second: str
    fingerprint: str


def set_up(folder: Path, *, now: datetime) -> Cast:
    """Harmless to repeat. `folder` gets the agency's private key, which only the demonstration has."""
    first, second = Member.objects.filter(founder=True).order_by("pk").values_list("code", flat=True)[:2]
    for path in sorted(DATA.glob("*.toml")):
        _text(path, first, second, now)
    _law(first, second, now)
    quill.connect(first=first, second=second, now=now)
    _agree(directory.propose_agencies(entries_of(EXAMPLES), by=first, now=now), second, now)
    # As if the desk had known them for long: what only a settled contact clears can be tried from the first day.
    AgencyContact.objects.filter(added_at=now).update(added_at=now - KNOWN_FOR)
    return Cast(first, second, _key(folder, first, second, now))


def _text(path: Path, first: str, second: str, now: datetime) -> None:
    body = path.read_text(encoding="utf-8")
    parsed, digest = read(kind_of(body), body, file=path.name)
    if not Current.objects.filter(kind=kind_of(body), name=name_of(parsed), text_id=digest).exists():
        _agree([policy.propose_text(body, file=path.name, by=first, now=now)], second, now)


def _law(first: str, second: str, now: datetime) -> None:
    until = (now + ADOPTED_FOR).date()
    for entry in ADOPTED:
        if not AdoptedEntry.objects.filter(entry=entry, ended_at=None).exists():
            proposal = policy.propose_adoption(entry, until, checked_against=CHECKED_AGAINST, by=first, now=now)
            _agree([proposal], second, now)


def _key(folder: Path, first: str, second: str, now: datetime) -> str:
    present = AgencyKey.objects.filter(agency=Agency.objects.get(code=POLICE), revoked_at=None).first()
    if present is not None:
        return present.fingerprint
    identity = pyrage.x25519.Identity.generate()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "harbour-police.agekey").write_text(f"{identity}\n")
    public = str(identity.to_public())
    _agree([directory.propose_key(POLICE, "age", public, by=first, now=now)], second, now)
    return AgencyKey.objects.get(public_key=public).fingerprint


def _agree(waiting: Iterable[Proposal], by: str, now: datetime) -> None:
    for proposal in waiting:
        proposals.agree(proposal.code, by=by, now=now)
