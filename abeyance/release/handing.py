"""The ways out after the gate has said yes: a file, a mail, a link with a code. Each attempt is a release of its own,
and leaves only what is encrypted to the agency's confirmed key."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from io import BytesIO
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from django.db import connections

from abeyance.casefile import door
from abeyance.casefile.models import Package, Release
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.people.directory.models import AgencyKey
from abeyance.release import actions, encrypting, envelopes, posting
from abeyance.release.actions import Opened
from abeyance.release.packaging.flow import Flow
from abeyance.rules.decision import Reason
from abeyance.rules.people import Permission

LARGEST_MAIL = 20 * 2**20

NO_HAND_OVER = "There is no such hand-over that you may read."


@dataclass(frozen=True)
class HandedOver:
    release: Release
    size: int
    path: Path | None = None


def to_file(key: UUID, *, to: str, path: Path, by: str) -> HandedOver:
    """Write the package, encrypted to the agency's key, into a new file. What is half written is removed again."""
    _refuse_existing(path)
    opened = actions.release(key, to=to, channel="file", by=by)
    fresh = path.with_name(f".{path.name}.part")
    try:
        with _new_file(fresh) as target:
            encrypting.encrypt(opened, target)
            target.flush()
            os.fsync(target.fileno())
            size = target.tell()
        fresh.rename(path)
    except BaseException as problem:
        fresh.unlink(missing_ok=True)
        encrypting.ended_early(opened.release, problem)
        raise
    actions.finish(opened.release, "gone", now=_now())
    return HandedOver(opened.release, size, path)


def by_mail(key: UUID, *, to: str, address: str, by: str) -> HandedOver:
    """Send it to an address that the directory has for the agency; bytes given to a mail server count as gone."""
    agency_key = encrypting.key_of(to)
    if address not in directory.addresses(agency_key.agency.code):
        sentence = f"{address[:80]} is no mail address that the directory has for {agency_key.agency.code}."
        raise Refused([Reason("address-not-in-directory", sentence, "release:address")])
    _refuse_large(key)
    opened = actions.release(key, to=to, channel="mail", by=by)
    try:
        message, size = _message(opened, agency_key, address)
        posting.send(message, message_id=f"<{opened.release.act}@abeyance>")
    except posting.Ambiguous as problem:
        actions.finish(opened.release, "cut", now=_now(), reason=type(problem).__name__)
        raise
    except BaseException as problem:
        encrypting.ended_early(opened.release, problem)
        raise
    actions.finish(opened.release, "gone", now=_now())
    return HandedOver(opened.release, size)


def as_encrypted_stream(opened: Opened) -> Iterator[bytes]:
    """For an answer over HTTP. It ends without its last part, which age and OpenPGP notice, when a pause cuts it."""

    def write(target: BinaryIO) -> None:
        try:
            encrypting.encrypt(opened, target)
        finally:
            connections.close_all()  # the writer's thread has connections of its own

    begun = False
    try:
        with Flow(write) as source:
            while piece := source.read(2**16):
                begun = True
                yield piece
    except BaseException as problem:  # also when the other side hangs up
        encrypting.ended_early(opened.release, problem, begun=begun)
        raise
    actions.finish(opened.release, "gone", now=_now())


def confirm(act: UUID, digest: str, *, by: str, now: datetime) -> Release:
    """The agency has confirmed the SHA-256 of the opened package: the hand-over is complete, its links are used up,
    and nothing is kept any longer for going on with it."""
    row = Release.objects.select_related("package__case").filter(act=act).first()
    if row is None:
        people.require(by, Permission.PACKAGE_RELEASE, now)
        raise NotFound(NO_HAND_OVER)
    door.open_for(by, row.package.case.ref, Permission.PACKAGE_RELEASE, now=now, absent=NO_HAND_OVER)
    if bytes(row.package.sha256).hex() != digest.strip().lower():
        raise BadInput("That is not the digest of the package that was handed over.")
    actions.finish(row, "confirmed", now=now)
    row.package.links.filter(confirmed_at=None).update(confirmed_at=now)
    envelopes.destroy(row.package.envelopes.all())
    return row


def _message(opened: Opened, key: AgencyKey, address: str) -> tuple[EmailMessage, int]:
    buffer = BytesIO()
    encrypting.encrypt(opened, buffer)
    message = EmailMessage()
    message["To"], message["Subject"] = address, f"Answer to {opened.release.package.case.ref}"
    message.set_content(
        f"The answer to {opened.release.package.case.ref} is attached, encrypted to the key {key.fingerprint}.\n"
    )
    name = f"{opened.release.package.case.ref}.{encrypting.SUFFIX[key.kind]}"
    message.add_attachment(buffer.getvalue(), maintype="application", subtype="octet-stream", filename=name)
    return message, buffer.tell()


def _new_file(path: Path) -> BinaryIO:
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "wb")
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}.") from None


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise BadInput(f"{path} exists already; nothing was released.")
    if not path.parent.is_dir():
        raise BadInput(f"{path.parent} is no folder; nothing was released.")


def _refuse_large(key: UUID) -> None:
    size = Package.objects.filter(pk=key).values_list("size", flat=True).first()
    if size is not None and size > LARGEST_MAIL:
        raise BadInput(f"The package has {size // 2**20} MiB, too large for a mail: hand it over as a file or a link.")


def _now() -> datetime:
    return datetime.now(UTC)
