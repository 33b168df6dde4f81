"""Jobs of this room."""

from __future__ import annotations

from datetime import UTC, datetime

from abeyance import outbox
from abeyance.casefile.models import Release
from abeyance.release import upkeep


@outbox.task("release.follow_up")
def follow_up(release: int) -> None:
    """After a hand-over: look after those that were left unfinished, after packages past their time, and
    after what was kept for downloads."""
    if Release.objects.filter(pk=release).exists():
        upkeep.tend(now=datetime.now(UTC))
