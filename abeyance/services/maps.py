"""The data maps: the one in force is the one that two people agreed to; the shipped ones are only to begin with."""

from __future__ import annotations

import tomllib
from pathlib import Path

from abeyance.errors import NotFound
from abeyance.policy import queries as policy
from abeyance.rules.services import DataMap, parse_data_map

MAP = "map"
SHIPPED = Path(__file__).parent / "data"


def in_force(service: str) -> DataMap:
    held = policy.current(MAP, service)
    if not isinstance(held, DataMap):
        raise NotFound(f"No data map in force says what {service[:80]} holds: `abeyance policy propose FILE`.")
    return held


def shipped(name: str) -> DataMap | None:
    text = shipped_text(name)
    return parse_data_map(tomllib.loads(text), file=f"{name}.toml") if text is not None else None


def shipped_text(name: str) -> str | None:
    path = SHIPPED / f"{name}.toml"
    return path.read_text(encoding="utf-8") if path in SHIPPED.glob("*.toml") else None


def shipped_names() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.toml"))
