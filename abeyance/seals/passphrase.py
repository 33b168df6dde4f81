"""A passphrase becomes a key with Argon2id (RFC 9106); its parameters are kept, so that they can grow."""

from __future__ import annotations

import os
from typing import Any

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from abeyance.errors import BadInput
from abeyance.seals.ring import to_bytes, to_text

SHORTEST = 14
MOST_MEMORY_KIB = 2 * 2**20
MOST_PASSES = 100


def new_parameters() -> dict[str, Any]:
    return {"kdf": "argon2id", "salt": to_text(os.urandom(16)), "passes": 3, "lanes": 4, "memory_kib": 256 * 1024}


def checked_passphrase(passphrase: str) -> str:
    if not SHORTEST <= len(passphrase) <= 1000:
        raise BadInput(f"A passphrase has at least {SHORTEST} characters: four or five words drawn by chance are good.")
    return passphrase


def key_from(passphrase: str, parameters: dict[str, Any]) -> bytes:
    """The bounds keep a changed file from asking for all memory."""
    memory, passes, lanes = (int(parameters[name]) for name in ("memory_kib", "passes", "lanes"))
    if not (0 < memory <= MOST_MEMORY_KIB and 0 < passes <= MOST_PASSES and 0 < lanes <= 64):
        raise BadInput("The key ring names parameters for its passphrase that nobody would choose.")
    salt = to_bytes(parameters["salt"])
    return Argon2id(salt=salt, length=32, iterations=passes, lanes=lanes, memory_cost=memory).derive(
        passphrase.encode()
    )
