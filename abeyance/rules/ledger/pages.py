"""How the hashes of the tree are stored: in pages, so that a proof over a million leaves reads five rows.

A page at level L (a multiple of 4) and index N holds the hashes of levels L to L+3 over sixteen nodes of level L:
16 + 8 + 4 + 2 hashes at fixed offsets. Only complete subtrees are stored; the ragged right edge of a tree is computed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from abeyance.rules.ledger.merkle import HASH, BadProof, leaf_hash, node_hash, span

HEIGHT = 4
STARTS = (0, 16, 24, 28)
PAGE_BYTES = 30 * HASH

PageAt = Callable[[int, int], bytes]  # (level, index) -> page


def slot(level: int, index: int) -> tuple[int, int, int]:
    """Page level, page index and offset of one node."""
    above = level % HEIGHT
    place = STARTS[above] + (index & ((16 >> above) - 1))
    return level - above, index >> (HEIGHT - above), place * HASH


def node_in(pages: PageAt, level: int, index: int) -> bytes:
    page_level, page_index, offset = slot(level, index)
    return pages(page_level, page_index)[offset : offset + HASH]


def right_edge(size: int, pages: PageAt) -> tuple[bytes | None, ...]:
    """For each level the hash of the last node where that is incomplete, else None."""

    def node(level: int, index: int) -> bytes:
        return node_in(pages, level, index)

    return tuple(
        span((size >> level) << level, size, node) if size & ((1 << level) - 1) else None
        for level in range(size.bit_length() + HEIGHT)
    )


def inclusion_proof(index: int, size: int, pages: PageAt, edge: Sequence[bytes | None]) -> list[bytes]:
    """RFC 9162, 2.1.3.1, from stored pages and `right_edge(size)`."""
    if not 0 <= index < size:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    proof: list[bytes] = []
    level, here, last = 0, index, size - 1
    while last:
        page = pages(level, here >> HEIGHT)
        for above, start in enumerate(STARTS):
            sibling = here ^ 1
            if sibling <= last:
                ragged = edge[level + above] if sibling == last else None
                offset = (start + (sibling & ((16 >> above) - 1))) * HASH
                proof.append(ragged or page[offset : offset + HASH])
            here, last = here >> 1, last >> 1
        level += HEIGHT
    return proof


def pages_of(index: int, size: int) -> list[tuple[int, int]]:
    """The pages that a proof of this leaf reads."""
    found, level, last = [], 0, size - 1
    while last:
        found.append((level, index >> (level + HEIGHT)))
        level, last = level + HEIGHT, last >> HEIGHT
    return found


class Growth:
    """A tree that grows: takes leaves in order, gives the pages that changed."""

    def __init__(self, size: int, stored: PageAt) -> None:
        self.size = size
        self.changed: dict[tuple[int, int], bytearray] = {}
        self._stored = stored

    def add(self, leaves: Iterable[bytes]) -> None:
        for leaf in leaves:
            self._add_hash(leaf_hash(leaf))

    def page(self, level: int, index: int) -> bytes:
        return bytes(self.changed.get((level, index)) or self._stored(level, index))

    def node(self, level: int, index: int) -> bytes:
        return node_in(self.page, level, index)

    def _add_hash(self, found: bytes) -> None:
        level, index = 0, self.size
        while True:
            self._put(level, index, found)
            if not index & 1:
                break
            found = node_hash(self.node(level, index - 1), found)
            level, index = level + 1, index >> 1
        self.size += 1

    def _put(self, level: int, index: int, found: bytes) -> None:
        page_level, page_index, offset = slot(level, index)
        key = (page_level, page_index)
        if key not in self.changed:
            # The first node of a page is there before any other, so a page that begins is empty.
            begins = offset == 0
            self.changed[key] = bytearray(PAGE_BYTES if begins else self._stored(page_level, page_index))
        self.changed[key][offset : offset + HASH] = found
