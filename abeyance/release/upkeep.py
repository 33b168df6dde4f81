"""What becomes of hand-overs and packages by themselves: an attempt that nobody finished is ended as ambiguous, and a
package past its time is destroyed."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from django.db import transaction

from abeyance.casefile import retention
from abeyance.casefile.models import Package, Release
from abeyance.errors import SomeoneElseWasFirst
from abeyance.release import actions

ABANDONED_AFTER = timedelta(hours=6)  # longer than the slowest download of the largest package


def end_abandoned(*, now: datetime) -> int:
    """Attempts whose process died: some of the package may have left, and the record says so."""
    found = Release.objects.filter(state="started", made__lt=now - ABANDONED_AFTER).select_related("package__case")
    for row in found:
        with suppress(SomeoneElseWasFirst):
            actions.finish(row, "cut", now=now, reason="abandoned")
    return len(found)


def destroy_expired(*, now: datetime) -> int:
    """Packages past their time, unless a legal hold needs them. The row goes first: a file without one opens for nobody
    through the gate, and the next run removes it."""
    expired = Package.objects.filter(destroyed_at=None, expires_at__lt=now).select_related("case")
    expired = expired.exclude(case__legal_holds__isnull=False, case__legal_holds__ended_at=None)
    for package in expired:
        with transaction.atomic():
            retention.destroy_package(package, "past-its-time", by="worker", now=now)
        retention.package_file(package).unlink(missing_ok=True)
    return len(expired)
