"""The root key in the hands of custodians: any `threshold` of them open it, fewer learn nothing (Shamir, by pyshamir).

A share carries its number, the mark of its set, and a checksum, so that a mistyped or outdated one is named.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Any

import pyshamir

from abeyance.errors import BadInput

MOST = 20
LONGEST = 400
WORD = "abeyance-share"
SHAPE = re.compile(rf"{WORD}-([0-9a-f]{{8}})-([0-9]{{1,2}})-([a-z2-7]{{40,80}})-([0-9a-f]{{8}})")


@dataclass(frozen=True)
class Share:
    set: str
    number: int
    part: bytes = field(repr=False)

    def text(self) -> str:
        body = base64.b32encode(self.part).decode().rstrip("=").lower()
        return f"{WORD}-{self.set}-{self.number}-{body}-{_checksum(self.set, self.number, body)}"


def split(secret: bytes, threshold: int, of: int) -> list[Share]:
    if not 2 <= threshold <= of <= MOST:
        raise BadInput(f"Shares are at least 2 and at most {MOST}, and no fewer than are needed to open.")
    mark = secrets.token_hex(4)
    return [Share(mark, number, bytes(part)) for number, part in enumerate(pyshamir.split(secret, of, threshold), 1)]


def described(shares: list[Share], threshold: int) -> dict[str, Any]:
    """What the key ring keeps of them: enough to tell a wrong share, nothing to make one."""
    marks = [hashlib.sha256(share.part).hexdigest() for share in shares]
    return {"threshold": threshold, "set": shares[0].set, "marks": marks}


def read_share(text: str, described: dict[str, Any]) -> Share:
    """Says which share is wrong, and how."""
    share = _parsed(text)
    if share.set != described["set"]:
        raise BadInput(f"Share {share.number} belongs to another key ring, or to an older set of shares.")
    marks = described["marks"]
    fits = 1 <= share.number <= len(marks)
    if not fits or hashlib.sha256(share.part).hexdigest() != marks[share.number - 1]:
        raise BadInput(f"Share {share.number} is not one of the shares of this key ring.")
    return share


def _parsed(text: str) -> Share:
    shape = SHAPE.fullmatch(re.sub(r"\s", "", text[:LONGEST]).lower())
    if shape is None:
        raise BadInput(f"This is no share: one begins with {WORD}- and is copied whole.")
    mark, number, body, checksum = shape.groups()
    if _checksum(mark, int(number), body) != checksum:
        raise BadInput(f"Share {int(number)} was mistyped: its checksum does not fit.")
    try:
        return Share(mark, int(number), base64.b32decode(body.upper() + "=" * (-len(body) % 8)))
    except ValueError:
        raise BadInput(f"Share {int(number)} was mistyped.") from None


def combined(shares: list[Share]) -> bytes:
    return bytes(pyshamir.combine([bytearray(share.part) for share in shares]))


def _checksum(mark: str, number: int, body: str) -> str:
    return hashlib.sha256(f"{mark} {number} {body}".encode()).hexdigest()[:8]
