"""The sentences of each language. A language has every sentence or is not loaded at all."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from abeyance.errors import BadInput

LANGUAGES = ("en", "zh-Hant")
FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Kindly:
    """The words of one kind of letter."""

    subject: str
    opening: tuple[str, ...]
    reasons: str
    about: str
    closing: tuple[str, ...]


@dataclass(frozen=True)
class Words:
    """`reasons` are by code. English has one only where the rule's own sentence is for the desk and not for outside."""

    labels: Mapping[str, str]
    kinds: Mapping[str, Kindly]
    reasons: Mapping[str, str]
    outcomes: Mapping[str, str]
    categories: Mapping[str, str]
    months: tuple[str, ...]

    def day(self, day: date) -> str:
        return self.labels["day"].format(year=day.year, month=self.months[day.month - 1], day=day.day)


@cache
def words(language: str) -> Words:
    if language not in LANGUAGES:
        raise BadInput(f"Letters are written in {', '.join(LANGUAGES)}, not in {language[:20]!r}.")
    said = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    kinds = {name: _kindly(found) for name, found in said["letters"].items()}
    rest = said["reasons"], said["outcomes"], said["categories"], tuple(said["months"])
    return Words(said["labels"], kinds, *rest)


def _kindly(said: Mapping[str, Any]) -> Kindly:
    return Kindly(
        said["subject"], tuple(said["opening"]), said.get("reasons", ""), said.get("about", ""), tuple(said["closing"])
    )
