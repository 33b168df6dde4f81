"""Texts read strictly, and kept by their digest: what was parsed once is never parsed again."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from abeyance.errors import BadInput, Unsafe
from abeyance.policy.models import Text
from abeyance.rules.guidance import Guidance, parse_guidance
from abeyance.rules.instruments import LawText, parse_law
from abeyance.rules.policy import Policy, parse_policy
from abeyance.rules.services import DataMap, parse_data_map
from abeyance.rules.texts import TextError, digest_of

POLICY, LAW, MAP, GUIDANCE = "policy", "law", "map", "guidance"
KINDS = (POLICY, LAW, MAP, GUIDANCE)
LARGEST = 512 * 2**10  # bytes; the longest of the shipped texts has 12,000
MOST_LINES = 10_000
MOST_DOTS = 60  # in one line: the parser's work grows with the square of a dotted key's length
Parsed = Policy | LawText | DataMap | Guidance


def read(kind: str, body: str, *, file: str = "text") -> tuple[Parsed, str]:
    """What the text says, and its digest. Raises BadInput with file and key."""
    content = _content(body, file)
    try:
        return _parse(kind, content, file), digest_of(content)
    except TextError as problem:
        raise BadInput(str(problem)) from None


def kind_of(body: str, *, file: str = "text") -> str:
    """By its head: [policy], [law], [map] or [guidance]."""
    content = _content(body, file)
    found = [kind for kind in KINDS if isinstance(content.get(kind), dict)]
    if len(found) != 1:
        raise BadInput(f"{file} needs exactly one head: [policy], [law], [map] or [guidance].")
    return found[0]


def _content(body: str, file: str) -> Mapping[str, Any]:
    """What the TOML says. A text of no lawyer, made to keep the parser busy, is refused before it is parsed."""
    lines = body.splitlines()
    if len(body.encode(errors="replace")) > LARGEST or len(lines) > MOST_LINES:
        raise BadInput(f"{file} is larger than {LARGEST // 2**10} KiB or longer than {MOST_LINES} lines.")
    if any(line.count(".") > MOST_DOTS for line in lines):
        raise BadInput(f"{file} has a line with more than {MOST_DOTS} dots. Break the line.")
    try:
        return tomllib.loads(body)
    except (ValueError, RecursionError) as problem:  # also of a number with too many digits
        raise BadInput(f"{file} is not TOML: {problem}.") from None


def name_of(parsed: Parsed) -> str:
    return parsed.service if isinstance(parsed, DataMap) else parsed.name


@lru_cache(maxsize=256)
def stored(digest: str) -> Parsed:
    """A text of the database. A row whose body is not what its digest says is refused: somebody changed it."""
    row = Text.objects.filter(pk=digest).first()
    if row is None:
        raise Unsafe(f"The text with digest {digest[:12]} is not in the database. Restore it from a backup.")
    try:
        parsed, found = read(row.kind, row.body, file=f"{row.kind} {row.name}")
    except BadInput as problem:
        raise Unsafe(f"A stored text cannot be read by this version of the desk. {problem}") from None
    if found != digest:
        raise Unsafe(f"The stored text {row.kind} {row.name} is not what its digest says. Restore it from a backup.")
    return parsed


def _parse(kind: str, content: Mapping[str, Any], file: str) -> Parsed:
    if kind == POLICY:
        return parse_policy(content, file=file)
    if kind == GUIDANCE:
        return parse_guidance(content, file=file)
    return parse_law(content, file=file) if kind == LAW else parse_data_map(content, file=file)
