"""The sentences of each language. A language has every sentence or is not loaded at all."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
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
    labels: Mapping[str, str]
    kinds: Mapping[str, Kindly]
    reasons: Mapping[str, str]

    def reason(self, code: str, sentence: str) -> str:
        """In this language where it has a sentence for the code; else as the rules said it."""
        return self.reasons.get(code, sentence)


@cache
def words(language: str) -> Words:
    if language not in LANGUAGES:
        raise BadInput(f"Letters are written in {', '.join(LANGUAGES)}, not in {language[:20]!r}.")
    said = tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
    kinds = {name: _kindly(found) for name, found in said["letters"].items()}
    return Words(said["labels"], kinds, said.get("reasons", {}))


def _kindly(said: Mapping[str, Any]) -> Kindly:
    return Kindly(
        said["subject"], tuple(said["opening"]), said.get("reasons", ""), said.get("about", ""), tuple(said["closing"])
    )
