"""Ed25519 for notes. Checking needs nothing but the key; signing goes through the key holder."""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from abeyance.rules.ledger.checkpoint import Checkpoint
from abeyance.rules.ledger.notes import Note, Signature, VerifierKey


def check(public: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, text)
    except (InvalidSignature, ValueError):
        return False
    return True


def key_of(origin: str) -> VerifierKey:
    """Our own key, under the name of that origin."""
    from abeyance.seals import signing  # what follows needs a database or a home; checking does not

    return VerifierKey(origin, signing.log_public_key())


def signed(checkpoint: Checkpoint) -> bytes:
    """The note. The same checkpoint gives the same bytes, each time. Raises Locked."""
    from abeyance.seals import signing

    key = key_of(checkpoint.origin)
    signature = signing.sign_checkpoint(checkpoint.text().encode())
    return Note(checkpoint.text(), (Signature(key.name, key.identity, signature),)).print()
