"""Sealing a package to an agency's own key: age (pyrage) or OpenPGP (Sequoia), as a stream with bounded memory.

When the source stops in the middle, as it does when a pause cuts it, what was written so far is no whole message: age
lacks its last chunk, and the OpenPGP process is killed before it can write an end.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import BinaryIO, Literal

import pyrage
import pysequoia
from pysequoia.packet import PacketPile, Tag

from abeyance.errors import BadInput
from abeyance.seals import openpgp

Kind = Literal["age", "openpgp"]
LONGEST_KEY = 256 * 1024
LONGEST_AGE = 4096
PRIVATE = "This is a private key. Ask the agency for its public key, and tell it that this one is no longer secret."


def seal_for_agency(kind: Kind, public_key: str, chunks: Iterable[bytes], target: BinaryIO) -> None:
    """Binary output. Whatever `chunks` raises comes out here."""
    check_agency_key(kind, public_key)
    if kind == "age":
        _age(_age_recipient(public_key), chunks, target)
    else:
        openpgp.encrypt(str(_certificate(public_key)), chunks, target)


def check_agency_key(kind: Kind, text: str) -> str:
    """The fingerprint to compare over a second channel. Raises BadInput if nothing should be sealed to this key."""
    if len(text) > LONGEST_KEY:
        raise BadInput("That is too long for a public key.")
    if "PRIVATE KEY" in text.upper() or "AGE-SECRET-KEY" in text.upper() or "AGE-PLUGIN" in text.upper():
        raise BadInput(PRIVATE)
    if kind == "age":
        return hashlib.sha256(str(_age_recipient(text)).encode()).hexdigest()
    if kind == "openpgp":
        return _checked(_certificate(text)).fingerprint
    raise BadInput("An agency's key is of kind age or openpgp.")


# age


def _age_recipient(text: str) -> pyrage.x25519.Recipient:
    lines = [line.strip() for line in text[:LONGEST_AGE].splitlines() if line.strip() and not line.startswith("#")]
    if len(lines) != 1:
        raise BadInput("An age key is one line that begins with age1.")
    try:
        return pyrage.x25519.Recipient.from_str(lines[0])
    except pyrage.RecipientError:
        raise BadInput("This is not an age key: one begins with age1 and is copied whole.") from None


def _age(recipient: pyrage.x25519.Recipient, chunks: Iterable[bytes], target: BinaryIO) -> None:
    source = _Source(iter(chunks))
    try:
        pyrage.encrypt_io(source, target, [recipient])
    except pyrage.EncryptError:
        if source.problem is not None:
            raise source.problem from None
        raise


class _Source:
    """Chunks as a file. It remembers what was raised, because age reports only that something was."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left = chunks, memoryview(b"")
        self.problem: BaseException | None = None

    def read(self, size: int = -1) -> bytes:
        try:
            while not self._left:
                self._left = memoryview(next(self._chunks))
        except StopIteration:
            return b""
        except BaseException as problem:
            self.problem = problem
            raise
        taken = self._left[:size] if size >= 0 else self._left
        self._left = self._left[len(taken) :]
        return bytes(taken)


# OpenPGP


def _certificate(text: str) -> pysequoia.Cert:
    if _is_private(text.encode()):
        raise BadInput(PRIVATE)
    try:
        found = pysequoia.Cert.split_bytes(text.encode())
    except Exception:
        raise BadInput("This is not an OpenPGP key: paste the whole PUBLIC KEY BLOCK.") from None
    if len(found) != 1:
        raise BadInput(f"Here are {len(found)} OpenPGP keys; give one.")
    return found[0]


def _is_private(data: bytes) -> bool:
    """Whatever its armour says."""
    try:
        packets = PacketPile.from_bytes(data)
    except Exception:
        return False
    return any(packet.tag in (Tag.SecretKey, Tag.SecretSubkey) for packet in packets)


def _checked(certificate: pysequoia.Cert) -> pysequoia.Cert:
    if certificate.is_revoked:
        raise BadInput("This OpenPGP key was revoked. Ask the agency for its present one.")
    if certificate.expiration is not None and certificate.expiration <= datetime.now(UTC):
        raise BadInput(f"This OpenPGP key expired on {certificate.expiration:%Y-%m-%d}. Ask the agency for a new one.")
    try:
        pysequoia.encrypt(b"", [certificate])
    except Exception:
        raise BadInput(
            "This OpenPGP key cannot be encrypted to: it has no part for that, or a weak or expired one."
        ) from None
    return certificate
