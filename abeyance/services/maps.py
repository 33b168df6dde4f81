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
    path = SHIPPED / f"{name}.toml"
    if path not in SHIPPED.glob("*.toml"):
        return None
    return parse_data_map(tomllib.loads(path.read_text()), file=path.name)
