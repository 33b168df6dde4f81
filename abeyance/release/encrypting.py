"""Encrypting an opened package to the agency's confirmed key, for as long as nothing new holds it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import BinaryIO, cast

from abeyance.casefile.models import Release
from abeyance.errors import AbeyanceError, NotFound, Refused
from abeyance.people.directory.models import AgencyKey
from abeyance.release import actions
from abeyance.release.actions import Opened
from abeyance.seals import agencies

LOOK_EVERY_SECONDS = 5.0
SUFFIX = {"age": "zip.age", "openpgp": "zip.gpg"}


def encrypt(opened: Opened, target: BinaryIO) -> None:
    key = key_of(opened.recipient_key)
    pieces = watched(opened.pieces, lambda: look_again(opened))
    agencies.seal_for_agency(cast(agencies.Kind, key.kind), key.public_key, pieces, target)


def watched(pieces: Iterable[bytes], look: Callable[[], None]) -> Iterator[bytes]:
    """The pieces, with a look every few seconds at whether they may still go; what it raises ends them."""
    looked = time.monotonic()
    for piece in pieces:
        if time.monotonic() - looked >= LOOK_EVERY_SECONDS:
            look()
            looked = time.monotonic()
        yield piece


def look_again(opened: Opened) -> None:
    """Raises Refused when the gate would say no by now."""
    verdict = actions.could_leave(opened.release.package_id, to=opened.recipient_key, by=opened.release.by)
    if not verdict.allowed:
        raise Refused(verdict.reasons)


def ended_early(row: Release, problem: BaseException, *, begun: bool = False) -> None:
    """What became of it is recorded, by a code; the problem itself is the caller's to raise. What had `begun` counts as
    cut and not as failed: some of it may have left."""
    cut = begun or isinstance(problem, Refused)
    reason = problem.reasons[0].code if isinstance(problem, Refused) else type(problem).__name__
    with suppress(AbeyanceError):
        actions.finish(row, "cut" if cut else "failed", now=datetime.now(UTC), reason=reason)


def key_of(fingerprint: str) -> AgencyKey:
    key = AgencyKey.objects.select_related("agency").filter(fingerprint=fingerprint, revoked_at=None).first()
    if key is None:
        raise NotFound("The directory has no such key in force. `abeyance agency show` lists an agency's keys.")
    return key


def suffix(fingerprint: str) -> str:
    return SUFFIX[key_of(fingerprint).kind]
