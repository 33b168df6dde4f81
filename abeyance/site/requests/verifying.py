"""What verification compares: how the request arrived, as its papers say."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from abeyance.casefile import door
from abeyance.rules.decision import Reason
from abeyance.rules.people import Permission
from abeyance.rules.verification import Bar
from abeyance.site.requests import documents
from abeyance.verification.gathering import Arrival


def arrival_of(ref: str, *, contact_differs: bool, by: str, now: datetime) -> Arrival:
    """Needs the key holder: sender and reply address are sealed with the rest of the papers."""
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    for document in case.documents.order_by("pk"):
        read = documents.reading_of(case, document)
        if read.get("sender"):
            return Arrival(read["sender"], read.get("reply_to"), contact_differs)
    return Arrival(contact_differs=contact_differs)


def reasons_of(bars: Sequence[Bar]) -> list[Reason]:
    return [Reason(bar.code, bar.sentence, "verification") for bar in bars]
