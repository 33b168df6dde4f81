"""The demonstration's policy and data map, with every shipped law entry adopted: what generated histories go by."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Any

from abeyance.policy import reading
from abeyance.rules.instruments import Adoption, LawText, parse_law
from abeyance.rules.policy import Books, parse_policy
from abeyance.rules.services import parse_data_map

PACKAGE = Path(reading.__file__).parents[1]


def _books() -> Books:
    def content(path: str) -> dict[str, Any]:
        return tomllib.loads((PACKAGE / path).read_text(encoding="utf-8"))

    law: tuple[LawText, ...] = tuple(
        parse_law(content(f"policy/data/law/{name}.toml")) for name in ("eu", "gb", "hk", "in", "us")
    )
    adopted = {
        entry.id: Adoption(
            entry.id, entry.digest, "m-c", "m-b", date(2020, 1, 1), date(2030, 1, 1), "the official text"
        )
        for text in law
        for entry in text.entries
    }
    held = parse_data_map(content("site/demo/data/quill.toml"))
    return Books(parse_policy(content("site/demo/data/policy.toml")), law, (held,), adopted)


BOOKS = _books()
