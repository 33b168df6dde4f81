"""What every connector can do, and which kinds there are.

A connector reads; it never writes, never asks a service for keys and never changes one. `preview` tells fields and
counts, which is all that anybody may see before approval. `gather` gives tables whose rows are read while they are
packed. `country` is one word, by which a pause over people in a place looks. Each says whether an account exists: no
answer leaves the desk except through the gate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Protocol

from abeyance.errors import BadInput
from abeyance.rules.gathering import GatheredTable, GatherRequest, Preview
from abeyance.services.postgres.relations import Relations
from abeyance.services.synapse import SYNAPSE


class Connector(Protocol):
    """Gathering has two steps: the tables are taken one after the other, each read to its end before the next."""

    def preview(self, request: GatherRequest) -> Preview: ...

    def country(self, request: GatherRequest) -> str | None: ...

    def gather(self, request: GatherRequest) -> Iterator[GatheredTable]: ...


# Each kind is PostgreSQL read by a data map; they differ only in what the map may read besides plain tables.
KINDS: Mapping[str, Relations] = {"postgres": Relations(), "synapse": SYNAPSE}


def relations_of(kind: str) -> Relations:
    if kind not in KINDS:
        raise BadInput(f"There is no connector {kind!r}; there is {' and '.join(sorted(KINDS))}.")
    return KINDS[kind]
