"""Deferrals that wait for a second person: what one is shown, and the digest by which exactly that is approved."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from abeyance import seals
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, NoticeFact
from abeyance.errors import Locked
from abeyance.rules.events import canonical
from abeyance.rules.notice import NoticeState

PLACE = "notice:reason"


def waiting(case: Case) -> list[NoticeFact]:
    """Of each item of the newest demand what counts now, where that is a deferral which nobody approved."""
    items = [item.pk for item in casefacts.items_of(casefacts.newest_demand(case))]
    rows = NoticeFact.objects.filter(item__in=items).exclude(kind__startswith="objection")
    newest = rows.select_related("item").order_by("item", "-pk").distinct("item")
    found = [row for row in newest if row.kind == NoticeState.DEFERRED.value and row.approved_by is None]
    return sorted(found, key=lambda row: row.item.number)


def digest_of(rows: Sequence[NoticeFact]) -> str:
    """A row is written once; a reason or a date that is recorded anew is another row."""
    said = [
        {
            "row": row.pk,
            "item": row.item.number,
            "until": row.until.isoformat() if row.until else None,
            "reason": hashlib.sha256(bytes(row.reason)).hexdigest(),
        }
        for row in rows
    ]
    return hashlib.sha256(canonical({"deferrals": said})).hexdigest()


def as_document(case: Case, *, opened: bool) -> dict[str, Any] | None:
    """None where none waits. With the reasons for whoever may read what is sealed, while the key holder answers."""
    rows = waiting(case)
    if not rows:
        return None
    reasons = _reasons(case, rows) if opened else [None] * len(rows)
    return {
        "digest": digest_of(rows),
        "proposers": sorted({row.by for row in rows}),
        "items": [
            {"item": row.item.number, "until": row.until, "reason": reason}
            for row, reason in zip(rows, reasons, strict=True)
        ],
    }


def _reasons(case: Case, rows: Sequence[NoticeFact]) -> list[str | None]:
    sealed = [(bytes(row.reason), PLACE) for row in rows]
    try:
        return [said.decode() for said in seals.unseal_many(case.holder, sealed)]
    except Locked:
        return [None] * len(rows)
