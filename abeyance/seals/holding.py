"""What the key holder knows and does. One of these exists in its process, and nowhere else."""

from __future__ import annotations

import gc
import threading
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives import hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256

from abeyance.errors import AbeyanceError, BadInput, Locked, NotFound, Unsafe
from abeyance.seals import casekeys, disk, handover, hpke, keyring, passphrase, rotation, rows, shares, survivors
from abeyance.seals.binding import Kind, bound_to, checked, is_package
from abeyance.seals.checkpoint_text import refuse_strange_text
from abeyance.seals.database import Database
from abeyance.seals.keyring import NewSource, OpenRing, Source
from abeyance.seals.ring import derive
from abeyance.seals.rows import Cursor
from abeyance.seals.shares import Share

LOCKED = "The desk is locked. Unlock it with abeyance keys unlock; receiving and sealing go on meanwhile."
KEEP_DIGESTS = timedelta(days=366)
TEND_SECONDS = 60.0
ERASED = "The key of this was erased, or it never was."


class Holder:
    def __init__(self, home: Path, database: Database) -> None:
        self.home, self.database = home, database
        self._opened: OpenRing | None = None
        self._given: dict[int, Share] = {}
        self._changing = threading.Lock()  # whoever writes the ring file
        self._wake = threading.Event()
        self.trouble = ""
        self.cannot: list[str] = []  # what of `hardening` could not be had

    # Locking and unlocking

    def status(self) -> dict[str, Any]:
        file, opened = keyring.read(self.home), self._opened
        source = keyring.source_of(file)
        return {
            "locked": opened is None,
            "source": source.value,
            "ring": str(file.public.id),
            "generation": file.public.current.number,
            "erasure_run_unfinished": len(file.public.generations) > 1,
            "shares_given": sorted(self._given),
            "shares_needed": file.root["threshold"] if source is Source.SHARES else 0,
            "trouble": self.trouble,
            "warnings": keyring.warnings(self.home) + self.cannot,
        }

    def unlock(self, words: str | None, share: str | None) -> dict[str, Any]:
        """A trial ring needs nothing, another its passphrase or, one after the other, its shares."""
        if self._opened is None:
            opener = self._opener(words, share)
            if opener is not None:
                self._take(keyring.open_with(keyring.read(self.home), opener))
        return self.status()

    def unlock_if_trial(self) -> None:
        keyring.sweep(self.home)
        if keyring.source_of(keyring.read(self.home)) is Source.TRIAL:
            self.unlock(None, None)

    def lock(self) -> dict[str, Any]:
        self._opened = None
        self._given.clear()
        gc.collect()
        return self.status()

    def _opener(self, words: str | None, share: str | None) -> bytes | None:
        root = keyring.read(self.home).root
        source = Source(root["source"])
        if source is Source.TRIAL:
            return keyring.trial_opener(self.home)
        if source is Source.PASSPHRASE:
            if words is None:
                raise BadInput("This key ring opens with a passphrase.")
            return passphrase.key_from(words, root)
        if share is None:
            raise BadInput(f"This key ring opens with {root['threshold']} shares, given one after the other.")
        return self._opener_from_shares(shares.read_share(share, root), int(root["threshold"]))

    def _opener_from_shares(self, share: Share, threshold: int) -> bytes | None:
        self._given[share.number] = share
        if len(self._given) < threshold:
            return None
        opener = shares.combined(list(self._given.values()))
        self._given.clear()
        return opener

    def _take(self, opened: OpenRing) -> None:
        self._opened = opened
        keyring.sweep(self.home)
        survivors.destroy_all_but(keyring.folder(self.home), opened.ring)
        self._wake.set()

    def tend(self) -> None:
        """For a thread of its own: whatever was cut off, or failed because the database was away, is done in time."""
        while True:
            self._wake.wait(TEND_SECONDS)
            self._wake.clear()
            if self._opened is not None:
                self._put_right()

    def _put_right(self) -> None:
        """Publish the intake key, and go on with an erasure run that was cut off."""
        try:
            if rotation.is_unfinished(self.open_ring().ring):
                self.rotate(KEEP_DIGESTS, give_up=False)
            else:
                rotation.publish(self.database, self.open_ring().ring, wait=False)
            self.trouble = ""
        except AbeyanceError as problem:
            self.trouble = str(problem)

    def open_ring(self) -> OpenRing:
        opened = self._opened
        if opened is None:
            raise Locked(LOCKED)
        return opened

    # Opening

    def unseal(self, holder: str, sealed: list[tuple[bytes, str]]) -> list[bytes]:
        if any(is_package(place) for _, place in sealed):
            raise BadInput("A package is opened by a release, and by nothing else.")
        with self.database.transaction() as cursor:
            private = self._private(cursor, holder)
        return [hpke.open_with(private, one, bound_to(Kind.FIELD, holder, place)) for one, place in sealed]

    def file_key(self, holder: str, sealed: bytes, place: str) -> bytes:
        if is_package(place):
            raise BadInput("A package is opened by a release, and by nothing else.")
        with self.database.transaction() as cursor:
            return self._file_key(cursor, holder, sealed, place)

    def package_key(self, holder: str, sealed: bytes, place: str, act: UUID) -> bytes:
        """Opened first, noted second, given out when the note is committed."""
        if not is_package(place):
            raise BadInput("That place is not a package's.")
        with self.database.transaction() as cursor:
            key = self._file_key(cursor, holder, sealed, place)
            handover.note(cursor, act, place)
        return key

    def _file_key(self, cursor: Cursor, holder: str, sealed: bytes, place: str) -> bytes:
        return hpke.open_with(self._private(cursor, holder), sealed, bound_to(Kind.FILE_KEY, holder, place))

    def _private(self, cursor: Cursor, holder: str) -> bytes:
        """Always from the database, so that an erased case is closed at once, and no client brings a key of its own."""
        ring = self.open_ring().ring
        row = rows.case_row(cursor, checked(holder))
        if row is None:
            raise NotFound(ERASED)
        private = casekeys.of_ring(ring, row) or survivors.private_key(keyring.folder(self.home), ring, row)
        if private is None and ring.generation(row.generation) is None:
            raise NotFound(ERASED)
        if private is None:
            raise Unsafe("The key of this case was changed in the database and does not open.")
        return private

    # Digests and signatures

    def digests(self, field: str, value: str) -> list[bytes]:
        """Newest first."""
        return [_digest(one.key, field, value) for one in reversed(self.open_ring().ring.digest_keys)]

    def sign_checkpoint(self, text: bytes) -> bytes:
        refuse_strange_text(text)
        return Ed25519PrivateKey.from_private_bytes(self.open_ring().ring.log_private).sign(text)

    # Changing the ring

    def rotate(self, keep_digests: timedelta, *, give_up: bool) -> dict[str, Any]:
        with self._changing:
            opened = self.open_ring()
            wanted = rotation.Wanted(keyring.today(), keep_digests, give_up)
            return asdict(rotation.rotate(self.home, opened, self.database, wanted, self._keep))

    def _keep(self, opened: OpenRing) -> None:
        if self._opened is not None:
            self._opened = opened

    def to_passphrase(self, words: str) -> dict[str, Any]:
        self._change_source(keyring.from_passphrase(words), {Source.TRIAL, Source.PASSPHRASE})
        return self.status()

    def to_shares(self, threshold: int, of: int) -> list[str]:
        source, made = keyring.from_shares(threshold, of)
        self._change_source(source, set(Source))
        return made

    def _change_source(self, source: NewSource, allowed_from: set[Source]) -> None:
        """Only ever to a safer one: taking shares back into one hand would be a loosening."""
        with self._changing:
            if keyring.source_of(keyring.read(self.home)) not in allowed_from:
                raise BadInput("The root key is with its custodians; a passphrase would put it into one hand.")
            opened = keyring.with_source(self.open_ring().ring, source)
            keyring.write(self.home, opened)
            disk.shred(keyring.folder(self.home) / keyring.TRIAL_FILE)
            self._keep(opened)


def _digest(key: bytes, field: str, value: str) -> bytes:
    mark = hmac.HMAC(derive(key, f"digest {checked(field)}"), SHA256())
    mark.update(value.encode())
    return mark.finalize()
