"""What becomes of hand-overs and packages by themselves: an attempt that nobody finished is ended as ambiguous, a
package past its time is destroyed, and so is what was kept of it for a download that can never go on."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import transaction

from abeyance.casefile import retention
from abeyance.casefile.models import Case, Envelope, Link, Package, Release
from abeyance.errors import SomeoneElseWasFirst
from abeyance.people.directory.models import AgencyKey
from abeyance.release import actions, envelopes

ABANDONED_AFTER = timedelta(hours=6)  # longer than the slowest download of the largest package
FOR_GOOD = frozenset({"approval-void", "older-version", "package-destroyed", "package-expired", "erased"})


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
    return sum(_destroy(package, now) for package in expired)


def _destroy(package: Package, now: datetime) -> bool:
    """Whoever orders that the request is kept holds its row; so a hold is before this or after it."""
    files = retention.files_of(package)
    with transaction.atomic():
        case = Case.objects.select_for_update().get(pk=package.case_id)
        if case.legal_holds.filter(ended_at=None).exists():
            return False
        retention.destroy_package(package, "past-its-time", by="worker", now=now)
    for path in files:
        path.unlink(missing_ok=True)
    return True


def tend(*, now: datetime) -> None:
    """About once a minute, and after each hand-over."""
    end_abandoned(now=now)
    destroy_expired(now=now)
    destroy_useless(now=now)
    remove_unfinished(now=now)


def destroy_useless(*, now: datetime) -> int:
    """Envelopes that can serve nobody any more: no link is left, the key is revoked, or a pause that was lifted or a
    new version of the demand has made the package void for good."""
    kept = Envelope.objects.select_related("package").order_by("pk")
    return envelopes.destroy([each for each in kept if not _may_serve(each, now)])


def remove_unfinished(*, now: datetime) -> int:
    """What a process that died was writing, and envelopes without a row."""
    folder, removed = Path(settings.ABEYANCE_HOME) / envelopes.FOLDER, 0
    for path in [*folder.glob("*/.*.part"), *folder.glob(f"*/*{envelopes.SUFFIX}")]:
        with suppress(FileNotFoundError):
            old = datetime.fromtimestamp(path.stat().st_mtime, UTC) < now - ABANDONED_AFTER
            named = path.name.endswith(envelopes.SUFFIX)
            if old and not (named and Envelope.objects.filter(path=f"{path.parent.name}/{path.name}").exists()):
                path.unlink()
                removed += 1
    return removed


def _may_serve(kept: Envelope, now: datetime) -> bool:
    links = Link.objects.filter(package_id=kept.package_id, agency_key=kept.agency_key, void_at=None)
    link = links.filter(confirmed_at=None, expires_at__gt=now).first()
    if link is None or not AgencyKey.objects.filter(fingerprint=kept.agency_key, revoked_at=None).exists():
        return False
    verdict = actions.could_leave(kept.package_id, to=kept.agency_key, by=link.made_by)
    return not FOR_GOOD & {reason.code for reason in verdict.reasons}
