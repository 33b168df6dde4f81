"""C2SP signed-note with Ed25519 keys: text, a blank line, and lines of signatures."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass

ED25519 = b"\x01"
LARGEST_NOTE = 64 * 1024
MOST_SIGNATURES = 32
DASH = "\N{EM DASH}"
KEY_NAME = re.compile(r"[^\s+\x00-\x1f\x7f]{1,200}")

Check = Callable[[bytes, bytes, bytes], bool]  # (public key, signature, text) -> does it hold


class BadNote(ValueError):
    """Not a note, not spelled as one, or not signed by the key that was asked for."""


@dataclass(frozen=True)
class VerifierKey:
    """Printed as `name+id+key`, as Go's note package does."""

    name: str
    public: bytes

    @property
    def identity(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.identity.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


@dataclass(frozen=True)
class Signature:
    name: str
    identity: bytes
    signature: bytes

    def __str__(self) -> str:
        return f"{DASH} {self.name} {base64.b64encode(self.identity + self.signature).decode()}"


@dataclass(frozen=True)
class Note:
    text: str
    signatures: tuple[Signature, ...]

    def print(self) -> bytes:
        lines = "".join(f"{signature}\n" for signature in self.signatures)
        return f"{self.text}\n{lines}".encode()


def read_key(text: str) -> VerifierKey:
    """A verifier key; BadNote for any other spelling."""
    name, identity, encoded = ([*text.split("+", 2), "", "", ""])[:3]
    if KEY_NAME.fullmatch(name) is None:
        raise BadNote("the key has no name")
    raw = unbase64(encoded)
    if len(raw) != 33 or raw[:1] != ED25519:
        raise BadNote("this is not an Ed25519 verifier key")
    key = VerifierKey(name, raw[1:])
    if key.identity.hex() != identity:
        raise BadNote("the key's id does not belong to it")
    return key


def read_note(data: bytes) -> Note:
    """Split a note into text and signatures. Nothing has been checked but the form."""
    if len(data) > LARGEST_NOTE:
        raise BadNote(f"a note of more than {LARGEST_NOTE} bytes")
    try:
        whole = data.decode()
    except UnicodeDecodeError:
        raise BadNote("the note is not UTF-8") from None
    if any(character < " " and character != "\n" for character in whole):
        raise BadNote("the note has control characters")
    text, gap, signed = whole.rpartition("\n\n")
    if not gap or not signed.endswith("\n"):
        raise BadNote("the note has no signatures")
    lines = signed[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadNote(f"more than {MOST_SIGNATURES} signatures")
    return Note(text + "\n", tuple(_read_signature(line) for line in lines))


def check_signed(note: Note, key: VerifierKey, check: Check) -> None:
    """Raise BadNote unless `key` signed it. Signatures of other keys are passed over; one of this key must hold."""
    found = [s for s in note.signatures if s.name == key.name and s.identity == key.identity]
    if not found:
        raise BadNote(f"no signature by {key.name}+{key.identity.hex()}")
    if not all(check(key.public, each.signature, note.text.encode()) for each in found):
        raise BadNote(f"the signature by {key.name}+{key.identity.hex()} does not hold")


def unbase64(text: str) -> bytes:
    """Standard base64 in its one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadNote("this is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise BadNote("this base64 has another spelling")
    return raw


def _read_signature(line: str) -> Signature:
    dash, _, rest = line.partition(" ")
    name, _, encoded = rest.partition(" ")
    if dash != DASH or KEY_NAME.fullmatch(name) is None:
        raise BadNote("a signature line is not spelled as one")
    raw = unbase64(encoded)
    if len(raw) < 5:
        raise BadNote("a signature is too short")
    return Signature(name, raw[:4], raw[4:])
