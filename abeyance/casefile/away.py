"""Requests of somebody who travels that nobody else would see to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from abeyance.casefile.models import Reader
from abeyance.people.travel import on_being_away


@on_being_away
def readers(member: str, until: datetime) -> Iterator[str]:
    """Counsel may read every request; of who is named beside them, nobody else may be."""
    others = Reader.objects.filter(case=OuterRef("case")).exclude(member=member)
    alone = Reader.objects.filter(member=member, case__closed_at=None).exclude(Exists(others)).count()
    if alone:
        yield _("Open requests that only you and counsel may read: %(n)d. Name another reader, or tell counsel.") % {
            "n": alone
        }
