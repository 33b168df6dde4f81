"""What the log says of the beginning of a pause. Of a plan it keeps a digest; the declaration itself, which is public,
is written when the plan has begun. Whether it binds or is shown never waits for that: both go by the clock alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from abeyance import ledger
from abeyance.pauses import store
from abeyance.pauses.models import PauseRow
from abeyance.rules.events import PauseDeclared, PausePlanned
from abeyance.rules.pausefile import as_document
from abeyance.rules.pauses import Pause
from abeyance.rules.texts import digest_of

BY = "worker"


def begun(row: PauseRow) -> PauseDeclared | PausePlanned:
    if row.announced_at is None:
        return PausePlanned(digest=digest_of_pause(store.from_row(row)), change="made")
    return declared(store.from_row(row))


def declared(pause: Pause) -> PauseDeclared:
    return PauseDeclared(
        pause=pause.name,
        digest=digest_of_pause(pause),
        mode=pause.mode.value,
        title=pause.reason,
        statement=pause.statement,
        jurisdictions=tuple(sorted(pause.jurisdictions)),
        agencies=tuple(sorted(pause.agencies)),
        instruments=tuple(sorted(pause.laws)),
        services=tuple(sorted(pause.services)),
        stages=tuple(sorted(stage.value for stage in pause.stages)),
        new_only=not pause.under_way,
        related_to=tuple(sorted(pause.related_to)),
        brands=tuple(sorted(pause.brands)),
        companies=tuple(sorted(pause.companies)),
        subjects=tuple(sorted(pause.subjects)),
        since=pause.since,
        starts=pause.starts_at,
        treat_as=pause.treat_as,
        reroute_to=pause.reroute_to,
        exceptions=tuple(exception.name for exception in pause.exceptions),
    )


def announce_due(now: datetime) -> int:
    """For the worker: the declarations of plans that have begun. Harmless to repeat, also by two at once."""
    with transaction.atomic():
        due = store.ever_announced().filter(announced_at=None).select_for_update(skip_locked=True)
        return announce(list(due.order_by("pk")), now=now)


def announce(rows: Sequence[PauseRow], *, now: datetime) -> int:
    """Inside the caller's transaction; how many there were."""
    waiting = [row.pk for row in rows if row.announced_at is None]
    due = store.ever_announced().filter(pk__in=waiting)
    count = 0
    for row in due.order_by("pk"):
        if PauseRow.objects.filter(pk=row.pk, announced_at=None).update(announced_at=now):
            ledger.append(declared(store.from_row(row)), by=BY, now=now)
            count += 1
    for row in rows:
        row.refresh_from_db(fields=["announced_at"])
    return count


def digest_of_pause(pause: Pause) -> str:
    document: Mapping[str, Any] = as_document(pause)
    return digest_of(document)
