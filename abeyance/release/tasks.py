"""Jobs of this room."""

from __future__ import annotations

from datetime import UTC, datetime

from abeyance import outbox
from abeyance.casefile.models import Release
from abeyance.release import upkeep


@outbox.task("release.follow_up")
def follow_up(release: int) -> None:
    """After a hand-over: look after those that were left unfinished, and after packages past their time."""
    if Release.objects.filter(pk=release).exists():
        now = datetime.now(UTC)
        upkeep.end_abandoned(now=now)
        upkeep.destroy_expired(now=now)
