"""Turns of somebody who travels: others are called instead, and the roster says so."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from django.utils.translation import gettext as _

from abeyance.people.travel import on_being_away
from abeyance.site.oncall.models import Turn


@on_being_away
def turns(member: str, until: datetime) -> Iterator[str]:
    count = Turn.objects.filter(member__code=member, ends__gt=datetime.now(UTC), begins__lt=until).count()
    if count:
        yield _("Your turns on call until then: %(n)d. Others are called instead; put somebody on the roster.") % {
            "n": count
        }
