"""The register of other companies' stances: who else has paused, by whose word, and when somebody last looked."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import transaction

from abeyance import ledger
from abeyance.errors import BadInput, NotFound
from abeyance.people import queries as people
from abeyance.reporting.models import StanceRow
from abeyance.rules.events import StanceRecorded, canonical
from abeyance.rules.permissions import Permission
from abeyance.rules.publication import Stance, StanceKind, why_not


def record(stance: Stance, *, by: str, now: datetime, replaces: int | None = None) -> StanceRow:
    """Add a line, or one in place of an older one. Raises BadInput with the sentence that says what to mend."""
    people.require(by, Permission.PAUSE_DRAFT, now)
    if problem := why_not(stance, now.date()):
        raise BadInput(problem)
    with transaction.atomic():
        if replaces is not None:
            _replace(replaces, now)
        row = StanceRow.objects.create(**asdict(stance), by=by, at=now)
        _record(by, now)
    return row


def withdraw(number: int, *, by: str, now: datetime) -> None:
    """Take a line off the register: it was wrong. The ledger keeps that there was one."""
    people.require(by, Permission.PAUSE_DRAFT, now)
    with transaction.atomic():
        _replace(number, now)
        _record(by, now)


def lines() -> list[StanceRow]:
    return list(StanceRow.objects.filter(replaced_at=None).order_by("jurisdiction", "since", "company"))


def document(row: StanceRow) -> dict[str, Any]:
    return {
        "company": row.company,
        "kind": row.kind,
        "jurisdiction": row.jurisdiction,
        "sentence": row.sentence,
        "source": row.source,
        "since": row.since.isoformat(),
        "until": row.until.isoformat() if row.until else None,
        "checked": row.checked.isoformat(),
    }


def read(said: dict[str, Any]) -> Stance:
    """A line from a form, a command or the API. Raises BadInput."""
    try:
        kind = StanceKind(str(said.get("kind", "")))
    except ValueError:
        known = ", ".join(each.value for each in StanceKind)
        raise BadInput(f"What the company does is one of: {known}.") from None
    texts = {name: str(said.get(name) or "").strip() for name in ("company", "jurisdiction", "sentence", "source")}
    if any(len(text) > 500 for text in texts.values()) or len(texts["company"]) > 80:
        raise BadInput("A company's name has at most 80 characters, a sentence or an address at most 500.")
    since, checked = _date(said, "since"), _date(said, "checked")
    until = _date(said, "until") if said.get("until") else None
    return Stance(**texts, kind=kind, since=since, checked=checked, until=until)


def _date(said: dict[str, Any], key: str) -> Any:
    try:
        return datetime.fromisoformat(str(said.get(key) or "")).date()
    except ValueError:
        raise BadInput(f"{key} is a date such as 2020-07-06.") from None


def _replace(number: int, now: datetime) -> None:
    if not StanceRow.objects.filter(pk=number, replaced_at=None).update(replaced_at=now):
        raise NotFound("There is no such line in the register.")


def _record(by: str, now: datetime) -> None:
    said = [document(row) for row in lines()]
    told = StanceRecorded(lines=len(said), digest=hashlib.sha256(canonical(said)).hexdigest())
    ledger.append(told, by=by, now=now, act=uuid4())
