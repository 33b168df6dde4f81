"""Proofs and tiles out of the stored pages, with a bounded cache."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from django.db import connection

from abeyance.rules.ledger.merkle import HASH
from abeyance.rules.ledger.pages import PAGE_BYTES, inclusion_proof, node_in, pages_of, right_edge
from abeyance.rules.ledger.tiles import TILE_HEIGHT, Tile, bundle

CACHED_PAGES = 16_384  # about 17 MB
AT_ONCE = 512  # proofs made with one query
ABSENT = bytes(PAGE_BYTES)

Key = tuple[int, int]


class Reader:
    """Reads the tree of one origin. Pages that can still change are never kept."""

    def __init__(self, cached_pages: int = CACHED_PAGES) -> None:
        self._most = cached_pages
        self._kept: dict[Key, bytes] = {}

    def at(self, size: int) -> Tree:
        return Tree(self, size)

    def kept(self, key: Key) -> bytes | None:
        return self._kept.get(key)

    def keep(self, key: Key, page: bytes) -> None:
        if len(self._kept) >= self._most:
            for old in list(self._kept)[: self._most // 4]:
                self._kept.pop(old, None)
        self._kept[key] = page


class Tree:
    """The log at one size."""

    def __init__(self, reader: Reader, size: int) -> None:
        self.size = size
        self._reader = reader
        self._fresh: dict[Key, bytes] = {}
        self._edge: tuple[bytes | None, ...] | None = None

    def page(self, level: int, index: int) -> bytes:
        key = (level, index)
        found = self._reader.kept(key) or self._fresh.get(key)
        if found is None:
            self._load([key])
            found = self._reader.kept(key) or self._fresh[key]
        return found

    def node(self, level: int, index: int) -> bytes:
        return node_in(self.page, level, index)

    def proof(self, index: int) -> list[bytes]:
        return self.proofs([index])[0]

    def proofs(self, indexes: Sequence[int]) -> list[list[bytes]]:
        """Proofs of inclusion, a few hundred with one query."""
        found: list[list[bytes]] = []
        for start in range(0, len(indexes), AT_ONCE):
            found += self._proofs(indexes[start : start + AT_ONCE])
        return found

    def _proofs(self, indexes: Sequence[int]) -> list[list[bytes]]:
        if self._edge is None:
            self._edge = right_edge(self.size, self.page)
        wanted = {key for index in indexes for key in pages_of(index, self.size)}
        self._load(key for key in wanted if self._reader.kept(key) is None and key not in self._fresh)
        return [inclusion_proof(index, self.size, self.page, self._edge) for index in indexes]

    def _load(self, keys: Iterable[Key]) -> None:
        found = stored_pages(keys)
        if len(self._fresh) > CACHED_PAGES:
            self._fresh.clear()
        for (level, index), page in found.items():
            if (index + 1) << (level + 4) <= self.size:
                self._reader.keep((level, index), page)
            else:
                self._fresh[level, index] = page


@lru_cache(maxsize=4)
def reader_of(origin: str) -> Reader:
    return Reader()


def stored_pages(keys: Iterable[Key]) -> dict[Key, bytes]:
    """The pages as stored; those that are not stored are empty."""
    found: dict[Key, bytes] = dict.fromkeys(keys, ABSENT)
    if not found:
        return found
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT n.level, n.index, n.hashes FROM unnest(%s::smallint[], %s::bigint[]) AS wanted (level, index)"
            " JOIN ledger_nodes n USING (level, index)",
            [[level for level, _ in found], [index for _, index in found]],
        )
        found.update({(level, index): bytes(page) for level, index, page in cursor})
    return found


def tile_bytes(tile: Tile, tree: Tree) -> bytes:
    if tile.level is None:
        return bundle(leaves_between(tile.start, tile.start + tile.width))
    level = tile.level * TILE_HEIGHT
    return b"".join(tree.node(level, index) for index in range(tile.start, tile.start + tile.width))


def leaves_between(start: int, end: int) -> list[bytes]:
    """The public leaves (commitments and padding, which look alike)."""
    leaves: list[bytes] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT substring(leaves FROM (32 * greatest(%s - first, 0) + 1)::int FOR"
            " (32 * (least(%s, size) - greatest(%s, first)))::int)"
            " FROM ledger_batch WHERE size > %s AND first < %s ORDER BY first",
            [start, end, start, start, end],
        )
        for (part,) in cursor:
            leaves += [bytes(part[place : place + HASH]) for place in range(0, len(part), HASH)]
    return leaves
