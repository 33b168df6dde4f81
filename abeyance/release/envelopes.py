"""A package encrypted to one of the agency's keys, kept until it has arrived: a download that broke off goes on where
it stopped, and the bytes are the same.

Encrypting twice never gives the same, so it is done once for each package and key. What is kept is sealed under the
case's key like the package itself, in a place that names the recipient's key: the key holder opens it only against a
committed release of this package to this key. So each attempt to go on passes the gate anew, and whoever takes the disk
and has the agency's key has nothing.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, cast
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connections, transaction
from django.db.models import F
from django.db.models.functions import Greatest

from abeyance import seals
from abeyance.casefile import retention
from abeyance.casefile.handovers import envelope_place
from abeyance.casefile.models import Envelope, Package, Release
from abeyance.errors import Refused
from abeyance.release import actions, encrypting
from abeyance.release.actions import Opened
from abeyance.release.packaging.flow import Flow
from abeyance.release.ranges import NotThere, Span, Wanted
from abeyance.rules.decision import Reason

FOLDER = "packages"
SUFFIX = ".envelope"
PIECE = 2**16


@dataclass(frozen=True)
class Leaving:
    """An allowed attempt: what it is called and marked, which part of it was asked for, and the bytes. Whoever drops
    this without reading it has recorded an attempt and handed over nothing."""

    release: Release
    name: str
    digest: str
    span: Span
    pieces: Generator[bytes]


def hand_over(
    key: UUID, *, to: str, channel: str, by: str, wanted: Wanted, still: Callable[[], None] = lambda: None
) -> Leaving:
    """One attempt to fetch the package, or the rest of it. `still` raises when the caller's own reason to let it go has
    ended; it is asked with the gate, every few seconds. Raises Refused, and NotThere."""
    with _by_one(key, to):
        still()
        kept = _kept(key, to)
        if kept is None:
            opened = actions.release(key, to=to, channel=channel, by=by)
            if (leaving := _made(opened, wanted, still)) is not None:
                return leaving
            kept = Envelope.objects.get(package_id=key, agency_key=to)
    opened, span = actions.release_envelope(kept, wanted, channel=channel, by=by)
    return _leaving(opened, kept, span, still)


def destroy(envelopes: Iterable[Envelope]) -> int:
    """The rows first: a file without one opens for nobody, and is found and removed later."""
    found = list(envelopes)
    Envelope.objects.filter(pk__in=[each.pk for each in found]).delete()
    for each in found:
        retention.envelope_file(each).unlink(missing_ok=True)
    return len(found)


def _kept(key: UUID, to: str) -> Envelope | None:
    found = Envelope.objects.filter(package_id=key, agency_key=to).first()
    if found is None or retention.envelope_file(found).exists():
        return found
    found.delete()
    return None


def _made(opened: Opened, wanted: Wanted, still: Callable[[], None]) -> Leaving | None:
    """Encrypts and keeps it. None when another machine was first: then its bytes count, and not these."""
    row = opened.release
    path = f"{row.package_id.hex[:2]}/{row.package_id}.{uuid4().hex[:8]}{SUFFIX}"
    target = _folder() / path
    try:
        sealed, read = _sealed(opened, target)
        kept = _recorded(opened, path, sealed)
        if kept is None:
            target.unlink(missing_ok=True)
            actions.finish(row, "failed", now=_now(), reason="overtaken")
            return None
        span = wanted.of(kept.size, f'"{kept.digest}"') or Span(0, kept.size, kept.size)
    except NotThere:
        actions.finish(row, "failed", now=_now(), reason="no-such-part")
        raise
    except BaseException as problem:
        target.unlink(missing_ok=True)
        encrypting.ended_early(row, problem)
        raise
    return _leaving(Opened(row, read(span.first), opened.recipient_key), kept, span, still)


def _sealed(opened: Opened, target: Path) -> tuple[seals.FileSeal, Callable[[int], Iterator[bytes]]]:
    def write(out: BinaryIO) -> None:
        try:
            encrypting.encrypt(opened, out)
        finally:
            connections.close_all()  # the writer's thread has connections of its own

    package = opened.release.package
    place = envelope_place(package.pk, opened.recipient_key)
    with Flow(write) as source:
        return seals.seal_and_read(package.case.holder, cast(BinaryIO, source), target, place=place)


def _recorded(opened: Opened, path: str, sealed: seals.FileSeal) -> Envelope | None:
    package = opened.release.package
    with transaction.atomic():
        if not Package.objects.select_for_update().filter(pk=package.pk, destroyed_at=None).exists():
            sentence = "The package was destroyed while it was being encrypted."
            raise Refused([Reason("package-destroyed", sentence, "release:envelope")])
        kept, fresh = Envelope.objects.get_or_create(
            package_id=package.pk,
            agency_key=opened.recipient_key,
            defaults={"path": path, "size": sealed.size, "sha256": sealed.sha256, "made_at": _now()},
        )
    return kept if fresh else None


def _leaving(opened: Opened, kept: Envelope, span: Span, still: Callable[[], None]) -> Leaving:
    name = f"{opened.release.package.case.ref}.{encrypting.suffix(opened.recipient_key)}"
    return Leaving(opened.release, name, kept.digest, span, _given(opened, kept, span, still))


def _given(opened: Opened, kept: Envelope, span: Span, still: Callable[[], None]) -> Generator[bytes]:
    """The bytes that were asked for; how far they came is noted, and what became of the attempt."""

    def look() -> None:
        still()
        encrypting.look_again(opened)

    given = 0
    try:
        for piece in encrypting.watched(_within(opened.pieces, span), look):
            given += len(piece)  # before it goes: what was on the way may have arrived
            yield piece
    except BaseException as problem:  # also when the other side hangs up
        _reached(kept, span.first, given)
        encrypting.ended_early(opened.release, problem, begun=given > 0)
        raise
    if _reached(kept, span.first, given) >= span.size:
        actions.finish(opened.release, "gone", now=_now())
    else:
        actions.finish(opened.release, "cut", now=_now(), reason="a-part-of-it")


def _within(pieces: Iterator[bytes], span: Span) -> Iterator[bytes]:
    """In small pieces, so that a slow reader is looked after as often as a quick one."""
    left = span.end - span.first
    for piece in pieces:
        for at in range(0, min(len(piece), left), PIECE):
            yield piece[at : min(at + PIECE, left)]
        left -= len(piece)
        if left <= 0:
            return


def _reached(kept: Envelope, first: int, given: int) -> int:
    """How many of the first bytes have been given without a gap, by this attempt and those before it."""
    before = Envelope.objects.filter(pk=kept.pk, reached__gte=first)
    before.update(reached=Greatest(F("reached"), first + given))
    return Envelope.objects.filter(pk=kept.pk).values_list("reached", flat=True).first() or 0


@contextmanager
def _by_one(key: UUID, to: str) -> Iterator[None]:
    """One at a time makes it, and the others wait. If a disk knows no locks, the row's uniqueness decides."""
    folder = _folder() / key.hex[:2]
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f".{key}.{to[:16]}.part"
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        path.unlink(missing_ok=True)
        os.close(handle)


def _folder() -> Path:
    return Path(settings.ABEYANCE_HOME) / FOLDER


def _now() -> datetime:
    return datetime.now(UTC)
