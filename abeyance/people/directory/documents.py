"""How an agency of the directory is shown, by command and API alike."""

from __future__ import annotations

from typing import Any

from abeyance.people.directory.models import Agency


def summary(row: Agency) -> dict[str, Any]:
    return {
        "agency": row.code,
        "name": row.name,
        "jurisdiction": row.jurisdiction,
        "kind": row.kind,
        "active": row.active,
        "domains": list(row.domains),
    }


def in_full(row: Agency) -> dict[str, Any]:
    contacts = row.contacts.filter(removed_at=None).order_by("id")
    return summary(row) | {
        "acts_for": list(row.acts_for),
        "source": row.source,
        "source_date": row.source_date.isoformat(),
        "contacts": [
            {"kind": c.kind, "value": c.value, "source": c.source, "source_date": c.source_date.isoformat()}
            for c in contacts
        ],
        "keys": [
            {"kind": key.kind, "fingerprint": key.fingerprint, "revoked": key.revoked_at is not None}
            for key in row.keys.order_by("id")
        ],
        "officers": row.officers.filter(removed_at=None).count(),
    }
