"""Texts read strictly, and kept by their digest: what was parsed once is never parsed again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from abeyance.errors import BadInput, Unsafe
from abeyance.policy.models import Text
from abeyance.rules.instruments import LawText, parse_law
from abeyance.rules.policy import Policy, parse_policy
from abeyance.rules.services import DataMap, parse_data_map
from abeyance.rules.texts import TextError, digest_of

POLICY, LAW, MAP = "policy", "law", "map"
KINDS = (POLICY, LAW, MAP)
LARGEST = 2 * 2**20
Parsed = Policy | LawText | DataMap


def read(kind: str, body: str, *, file: str = "text") -> tuple[Parsed, str]:
    """What the text says, and its digest. Raises BadInput with file and key."""
    if len(body.encode()) > LARGEST:
        raise BadInput(f"{file} is larger than {LARGEST // 2**20} MiB.")
    try:
        content: Mapping[str, Any] = tomllib.loads(body)
        return _parse(kind, content, file), digest_of(content)
    except tomllib.TOMLDecodeError as problem:
        raise BadInput(f"{file} is not TOML: {problem}.") from None
    except (TextError, RecursionError) as problem:
        raise BadInput(str(problem)) from None


def kind_of(body: str, *, file: str = "text") -> str:
    """By its head: [policy], [law] or [map]."""
    try:
        content = tomllib.loads(body)
    except (tomllib.TOMLDecodeError, RecursionError) as problem:
        raise BadInput(f"{file} is not TOML: {problem}.") from None
    found = [kind for kind in KINDS if isinstance(content.get(kind), dict)]
    if len(found) != 1:
        raise BadInput(f"{file} needs exactly one head: [policy], [law] or [map].")
    return found[0]


def name_of(parsed: Parsed) -> str:
    return parsed.service if isinstance(parsed, DataMap) else parsed.name


@lru_cache(maxsize=256)
def stored(digest: str) -> Parsed:
    """A text of the database. A row whose body is not what its digest says is refused: somebody changed it."""
    row = Text.objects.get(pk=digest)
    parsed, found = read(row.kind, row.body, file=f"{row.kind} {row.name}")
    if found != digest:
        raise Unsafe(f"The stored text {row.kind} {row.name} is not what its digest says. Restore it from a backup.")
    return parsed


def _parse(kind: str, content: Mapping[str, Any], file: str) -> Parsed:
    if kind == POLICY:
        return parse_policy(content, file=file)
    return parse_law(content, file=file) if kind == LAW else parse_data_map(content, file=file)
