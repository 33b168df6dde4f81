"""The key ring: what lies between the root key and the database, and therefore in no backup of the database.

A *generation* is an epoch key (it wraps the private keys of cases) and an intake key (new case keys are sealed to
it). An erasure run makes a new generation, wraps the survivors with it, and destroys the old one. The file is replaced
whole: an open part (public keys, so that sealing needs nothing secret), and a body sealed under the root key.
"""

from __future__ import annotations

import base64
import json
import os
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from abeyance.errors import Unsafe
from abeyance.seals import hpke

RING = "ring"
NONCE = 12
MAX_RING_BYTES = 4 * 2**20


@dataclass(frozen=True)
class Generation:
    number: int
    epoch_key: bytes = field(repr=False)
    intake_private: bytes = field(repr=False)

    @classmethod
    def make(cls, number: int) -> Generation:
        return cls(number, os.urandom(32), hpke.new_private())


@dataclass(frozen=True)
class DigestKey:
    """Lives as long as look-backs need it, and dies with retention; `made` says when it began."""

    made: date
    key: bytes = field(repr=False)

    @classmethod
    def make(cls, today: date) -> DigestKey:
        return cls(today, os.urandom(32))


@dataclass(frozen=True)
class Ring:
    """The open ring, as only the key holder has it. The last generation and the last digest key are current."""

    id: UUID
    generations: tuple[Generation, ...]
    digest_keys: tuple[DigestKey, ...]
    log_private: bytes = field(repr=False)

    @property
    def current(self) -> Generation:
        return self.generations[-1]

    def generation(self, number: int) -> Generation | None:
        return next((found for found in self.generations if found.number == number), None)

    def public(self) -> PublicRing:
        shown = tuple(PublicGeneration(one.number, hpke.public_of(one.intake_private)) for one in self.generations)
        log_key = Ed25519PrivateKey.from_private_bytes(self.log_private).public_key().public_bytes_raw()
        return PublicRing(self.id, shown, log_key)


@dataclass(frozen=True)
class PublicGeneration:
    number: int
    intake_public: bytes


@dataclass(frozen=True)
class PublicRing:
    """What anybody may know of the ring."""

    id: UUID
    generations: tuple[PublicGeneration, ...]
    log_public: bytes

    @property
    def current(self) -> PublicGeneration:
        return self.generations[-1]

    def holds(self, number: int) -> bool:
        return any(one.number == number for one in self.generations)

    def as_dict(self) -> dict[str, Any]:
        shown = [{"number": one.number, "intake": to_text(one.intake_public)} for one in self.generations]
        return {"ring": str(self.id), "generations": shown, "log": to_text(self.log_public)}

    @classmethod
    def from_dict(cls, said: dict[str, Any]) -> PublicRing:
        shown = tuple(PublicGeneration(int(one["number"]), to_bytes(one["intake"])) for one in said["generations"])
        return cls(UUID(said["ring"]), shown, to_bytes(said["log"]))


@dataclass(frozen=True)
class RingFile:
    """The ring as it lies on disk. `root` says where the root key comes from, and carries it sealed."""

    public: PublicRing
    root: dict[str, Any]
    body: bytes = field(repr=False)


def make_ring(today: date) -> Ring:
    log_key = Ed25519PrivateKey.generate().private_bytes_raw()
    return Ring(uuid4(), (Generation.make(1),), (DigestKey.make(today),), log_key)


def derive(key: bytes, purpose: str) -> bytes:
    """One key for each purpose, so that no key is used for two things."""
    return HKDF(SHA256(), 32, salt=None, info=b"abeyance " + purpose.encode()).derive(key)


def wrap(key: bytes, secret: bytes, bound_to: bytes) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + AESGCM(key).encrypt(nonce, secret, bound_to)


def unwrap(key: bytes, wrapped: bytes, bound_to: bytes) -> bytes | None:
    """None if it was changed, or wrapped with another key or for another use."""
    try:
        return AESGCM(key).decrypt(wrapped[:NONCE], wrapped[NONCE:], bound_to)
    except (InvalidTag, ValueError):
        return None


def sealed_ring(ring: Ring, root_key: bytes, root: dict[str, Any]) -> RingFile:
    public = ring.public()
    secret = {
        "generations": [[one.number, to_text(one.epoch_key), to_text(one.intake_private)] for one in ring.generations],
        "digests": [[one.made.isoformat(), to_text(one.key)] for one in ring.digest_keys],
        "log": to_text(ring.log_private),
    }
    return RingFile(public, root, wrap(derive(root_key, "ring"), canonical(secret), canonical(public.as_dict())))


def opened_ring(file: RingFile, root_key: bytes) -> Ring:
    body = unwrap(derive(root_key, "ring"), file.body, canonical(file.public.as_dict()))
    if body is None:
        raise Unsafe("The key ring was changed, or belongs to another root key. Put back the copy of it that you keep.")
    said = json.loads(body)
    generations = tuple(Generation(one[0], to_bytes(one[1]), to_bytes(one[2])) for one in said["generations"])
    digests = tuple(DigestKey(date.fromisoformat(one[0]), to_bytes(one[1])) for one in said["digests"])
    return Ring(file.public.id, generations, digests, to_bytes(said["log"]))


def encoded(file: RingFile) -> bytes:
    return canonical({"format": 1, "public": file.public.as_dict(), "root": file.root, "body": to_text(file.body)})


def decoded(data: bytes, path: Path) -> RingFile:
    broken = Unsafe(f"{path} is not a key ring. Put back the copy of it that you keep.")
    if len(data) > MAX_RING_BYTES:
        raise broken
    try:
        said = json.loads(data)
        if said["format"] != 1 or not isinstance(said["root"], dict) or not said["public"]["generations"]:
            raise broken
        return RingFile(PublicRing.from_dict(said["public"]), said["root"], to_bytes(said["body"]))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise broken from None


def canonical(value: dict[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def to_text(data: bytes) -> str:
    return base64.b64encode(data).decode()


def to_bytes(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
