"""What a connector is asked and what it gives back: the values between a service and a package. No service here."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from urllib.parse import unquote

from abeyance.rules.facts import Period
from abeyance.rules.terms import DataCategory, IdentifierKind

LONGEST_IDENTIFIER = 1_000
_MATRIX_LINK = re.compile(r"https?://matrix\.to/#/(?P<id>(?:@|%40)[^/?]+)|matrix:u/(?P<bare>[^/?]+)", re.IGNORECASE)


@dataclass(frozen=True)
class Wanted:
    """Fields of one category that may be gathered: `rules.review.allowed_fields`, and what was approved of them."""

    category: DataCategory
    fields: frozenset[str]


@dataclass(frozen=True)
class GatherRequest:
    """One item. The identifier is in no representation of this value, so that no error message can carry it."""

    service: str
    identifier_kind: IdentifierKind
    identifier: str = field(repr=False)
    wanted: tuple[Wanted, ...]
    period: Period


class Found(StrEnum):
    """What became of looking the account up. Each is a result of its own, and none may be told without the gate."""

    ACCOUNT = "account"
    NOTHING = "nothing-found"
    SEVERAL = "several-accounts"
    NO_WAY = "no-way-to-look-up"


FOUND_SENTENCES = {
    Found.ACCOUNT: "There is an account by that identifier.",
    Found.NOTHING: "Nothing was found by that identifier.",
    Found.SEVERAL: "More than one account is found by that identifier, so none was read.",
    Found.NO_WAY: "The data map has no way to find an account by such an identifier, so nothing was looked up.",
}


@dataclass(frozen=True)
class Count:
    """How many rows a table would have. `at_least`: counting stopped there."""

    table: str
    category: DataCategory
    fields: tuple[str, ...]
    rows: int
    at_least: bool = False


@dataclass(frozen=True)
class Statement:
    """Something that is not there, and why: end-to-end encrypted, nothing held in the period, nothing found."""

    category: DataCategory
    code: str
    sentence: str


@dataclass(frozen=True)
class Preview:
    """What may be seen before approval: fields and counts. `not_read`: wanted fields that no table has."""

    found: Found
    counts: tuple[Count, ...] = ()
    statements: tuple[Statement, ...] = ()
    not_read: frozenset[str] = frozenset()

    @property
    def sentence(self) -> str:
        return FOUND_SENTENCES[self.found]


@dataclass(frozen=True)
class GatheredColumn:
    """One column: the field that it shows, and for the data dictionary what it means."""

    name: str
    field: str
    description: str
    type: str


@dataclass(frozen=True)
class GatheredTable:
    """Rows that are read while somebody takes them, once and in order; never all of them at once.

    `copy`, where a connector has it, lets the package writer have PostgreSQL write the same rows itself."""

    name: str
    category: DataCategory
    columns: Sequence[GatheredColumn]
    rows: Iterable[Sequence[Any]] = field(repr=False)
    copy: Any = field(default=None, repr=False)


def normalised(kind: IdentifierKind, identifier: str) -> str:
    """The identifier in the one spelling that is looked up. Empty when there is nothing to look up."""
    text = unicodedata.normalize("NFC", identifier).strip()
    if not text or len(text) > LONGEST_IDENTIFIER or not text.isprintable():
        return ""
    match kind:
        case IdentifierKind.EMAIL:
            return text.removeprefix("mailto:").casefold()
        case IdentifierKind.TELEPHONE:
            return _telephone(text.removeprefix("tel:"))
        case IdentifierKind.USER_NAME:
            return text.removeprefix("@")
        case IdentifierKind.MATRIX_ID:
            return _matrix_id(text)
    return text


def _telephone(text: str) -> str:
    digits = "".join(character for character in text if character.isdecimal() and character.isascii())
    return f"+{digits}" if digits else ""


def _matrix_id(text: str) -> str:
    if link := _MATRIX_LINK.match(text):
        text = unquote(link["id"] or "@" + link["bare"])
    name, colon, server = text.removeprefix("@").partition(":")
    return f"@{name}:{server.lower()}" if name and colon and server else ""
