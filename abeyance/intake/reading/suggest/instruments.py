"""Which legal instrument a text seems to be, and what follows from it: kind of demand and jurisdiction."""

from __future__ import annotations

import re

from abeyance.intake.reading.suggest.collected import Found
from abeyance.intake.reading.suggest.lines import Line
from abeyance.intake.reading.suggest.words import Sign, signs
from abeyance.rules.terms import DemandKind

SIGNS = {field: signs(field) for field in ("instrument", "kind")}
_FLAGS = tuple((field, sign.pattern) for field in ("emergency", "secrecy") for sign in signs(field))
_DENIED = re.compile(
    r"\b(?:not|no|non|kein\w*|nicht|without|is not an?)\s(?:an?\s|any\s|currently\s)?$|(?:並非|不是|非|沒有)$",
    re.IGNORECASE,
)
_JURISDICTION = re.compile(r"([a-z]{2})-")


def search(lines: list[Line], text: str, found: Found) -> None:
    """`lines` of one file, `text` all of it for what only counts together."""
    meant = [(field, sign) for field, signs in SIGNS.items() for sign in signs if _is_meant(sign, text)]
    flags = [(field, pattern) for field, pattern in _FLAGS if pattern.search(text)]
    for line in lines:
        joined = line.joined
        for field, sign in meant:
            _note(field, sign, line, joined, found)
        for field, pattern in flags:
            _flag(field, pattern, line, joined, found)


def _is_meant(sign: Sign, text: str) -> bool:
    return bool(sign.pattern.search(text)) and (sign.also is None or bool(sign.also.search(text)))


def _note(field: str, sign: Sign, line: Line, joined: str, found: Found) -> None:
    match = sign.pattern.search(joined)
    if match and line.begins_here(match):
        found.add(field, sign.value, line.where)


def _flag(field: str, pattern: re.Pattern[str], line: Line, joined: str, found: Found) -> None:
    match = pattern.search(joined)
    if match and line.begins_here(match) and not _DENIED.search(joined[max(0, match.start() - 30) : match.start()]):
        found.add(field, "yes", line.where)


_KIND_OF = {
    "us-preservation": DemandKind.PRESERVATION,
    "eu-epoc-pr": DemandKind.PRESERVATION,
    "us-emergency": DemandKind.EMERGENCY,
    "us-pen": DemandKind.REAL_TIME,
    "gb-ipa-intercept": DemandKind.REAL_TIME,
    "hk-nsl43-s6": DemandKind.REAL_TIME,
    "hk-icso": DemandKind.REAL_TIME,
    "de-100a": DemandKind.REAL_TIME,
    "gb-tcn": DemandKind.DECRYPTION,
}


def conclude(found: Found) -> None:
    """What follows from what was found: jurisdiction and kind."""
    for suggestion in [one for one in found.suggestions if one.field == "instrument"]:
        stated = _JURISDICTION.match(suggestion.value)
        if stated:
            found.add("jurisdiction", stated[1].upper(), suggestion.where)
        found.add("kind", _KIND_OF.get(suggestion.value, DemandKind.DISCLOSURE), suggestion.where)
    emergency = found.first("emergency")
    if emergency:
        found.add("kind", DemandKind.EMERGENCY, emergency.where)
    asked = found.first("category")
    if asked and not found.has("kind"):
        found.add("kind", DemandKind.DISCLOSURE, asked.where)
