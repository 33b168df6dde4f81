"""What an entry commits to, and how it is opened: leaf = SHA-256(salt + content), content = canonical JSON.

The actor stands in the content only as a salted mark with a salt of its own, so that opening an entry to its requester
or to the public does not name the member who acted.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from abeyance.rules.events import Event, canonical, spell_moment

SALT = 32
LARGEST_OPENING = 256 * 1024
VERSION = 1


class BadOpening(ValueError):
    """Not the opening of an entry, or not spelled as one."""


@dataclass(frozen=True)
class Opening:
    """Salt and content: whoever has both can compute the public leaf."""

    salt: bytes
    content: bytes

    @property
    def commitment(self) -> bytes:
        return hashlib.sha256(self.salt + self.content).digest()

    def print(self, key: str) -> bytes:
        return canonical({"content": self.content.decode(), "key": key, "salt": self.salt.hex(), "v": VERSION})


def actor_mark(salt: bytes, by: str) -> str:
    return hashlib.sha256(salt + by.encode()).hexdigest()


def spell(event: Event, *, mark: str, at: datetime, case: str | None, epoch: int | None, act: UUID | None) -> bytes:
    """The content of an entry."""
    return canonical(
        {
            "act": str(act) if act else None,
            "actor": mark,
            "at": spell_moment(at),
            "case": case,
            "epoch": epoch,
            "event": event.as_dict(),
            "kind": event.kind,
            "v": VERSION,
        }
    )


def read_content(content: bytes) -> dict[str, Any]:
    """The fields of a content, which must be canonical."""
    found = _read(content)
    if canonical(found) != content or found.get("v") != VERSION:
        raise BadOpening("the content is not canonical")
    return found


def read_opening(data: bytes) -> tuple[Opening, str]:
    """An opening, and the verifier key that it claims (which proves nothing by itself)."""
    found = _read(data)
    if set(found) != {"content", "key", "salt", "v"} or found["v"] != VERSION:
        raise BadOpening("the opening has other fields")
    if not all(isinstance(found[name], str) for name in ("content", "key", "salt")):
        raise BadOpening("the opening has other fields")
    try:
        salt = bytes.fromhex(found["salt"])
        opening = Opening(salt, found["content"].encode())
        spelled = opening.print(found["key"])
    except ValueError:
        raise BadOpening("the opening cannot be read") from None
    if len(salt) != SALT or spelled != data:
        raise BadOpening("the opening is not spelled as one")
    return opening, found["key"]


def _read(data: bytes) -> dict[str, Any]:
    if len(data) > LARGEST_OPENING:
        raise BadOpening(f"an opening of more than {LARGEST_OPENING} bytes")
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise BadOpening("this is not JSON") from None
    if not isinstance(found, dict):
        raise BadOpening("this is not an opening")
    return found
