"""What sort of data is asked for, by the four names of ETSI TS 103 120. What is expressly not asked for is left out."""

from __future__ import annotations

import re

from abeyance.intake.reading.suggest.collected import Found
from abeyance.intake.reading.suggest.lines import Line
from abeyance.intake.reading.suggest.words import alternatives, signs, words
from abeyance.rules.terms import DataCategory

CATEGORIES = tuple((DataCategory(sign.value), sign.pattern) for sign in signs("category"))
_WORDS = words("signs.toml")["not_asked"]
# "not including the contents of communications" asks for no content: the usual clause of an order for records.
_NOT = re.compile(
    rf"(?:\b{alternatives(_WORDS['before'])}\b|{alternatives(_WORDS['before_han'])})[^.;。；]{{0,60}}$", re.IGNORECASE
)
_NOT_AFTER = re.compile(rf"[^.;。；,]{{0,40}}{alternatives(_WORDS['after'])}", re.IGNORECASE)


Named = list[tuple[DataCategory, re.Pattern[str]]]


def named_in(text: str) -> Named:
    return [(category, pattern) for category, pattern in CATEGORIES if pattern.search(text)]


def search(line: Line, found: Found, before: str, named: Named) -> None:
    """`before` is the line above: a "not including" may stand at its end."""
    joined = line.joined
    for category, pattern in named:
        for match in pattern.finditer(joined):
            lead = f"{before} {joined[: match.start()]}"[-100:]
            if line.begins_here(match) and not _NOT.search(lead) and not _NOT_AFTER.match(joined, match.end()):
                found.add("category", category, line.where)
                break
