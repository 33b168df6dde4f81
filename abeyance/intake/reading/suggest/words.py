"""The words that mean something, as data: `signs.toml` and `parties.toml` beside this file. A broken entry stops it."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any


@dataclass(frozen=True)
class Sign:
    """`value` is meant where `pattern` stands in a line and, when given, `also` stands anywhere in the same file."""

    value: str
    pattern: re.Pattern[str]
    also: re.Pattern[str] | None


@cache
def words(name: str) -> dict[str, Any]:
    return tomllib.loads(files(__package__).joinpath(name).read_text("utf-8"))


def signs(field: str) -> tuple[Sign, ...]:
    return tuple(_sign(**entry) for entry in words("signs.toml")[field])


def alternatives(patterns: list[str]) -> str:
    if not patterns or "" in patterns:
        raise ValueError("an empty pattern would find everything")
    return f"(?:{'|'.join(patterns)})"


def _sign(value: str, words: list[str], also: list[str] | None = None) -> Sign:
    context = re.compile(alternatives(also), re.IGNORECASE) if also else None
    return Sign(value, re.compile(alternatives(words), re.IGNORECASE), context)
