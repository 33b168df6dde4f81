"""RFC 6962 hashing, the proofs of RFC 9162 (2.1.3, 2.1.4), and the pieces from which proofs are made.

Two corners are decided here: an empty tree has no leaves to prove and no past to extend, so proofs about it are
refused; and a hash that is not 32 bytes long is no hash, so an empty root is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

HASH = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()
LARGEST_TREE = 1 << 62

NodeAt = Callable[[int, int], bytes]  # (level, index) -> hash of a complete subtree of 2**level leaves


class BadProof(ValueError):
    """A proof that does not prove what it is said to."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over all of them, holding only the right edge."""
    edge: list[tuple[int, bytes]] = []
    for found in leaf_hashes:
        height = 0
        while edge and edge[-1][0] == height:
            found, height = node_hash(edge.pop()[1], found), height + 1
        edge.append((height, found))
    if not edge:
        return EMPTY_ROOT
    root = edge.pop()[1]
    while edge:
        root = node_hash(edge.pop()[1], root)
    return root


def verify_inclusion(leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Raise BadProof unless the leaf is at `index` in the tree of `size` leaves with that root."""
    _check_hashes(leaf_hash, root, *proof)
    if not 0 <= index < size <= LARGEST_TREE:
        raise BadProof(f"leaf {index} is not in a tree of {size}")
    first, last, found = index, size - 1, leaf_hash
    for sibling in proof:
        if last == 0:
            raise BadProof("the proof is too long")
        if first & 1 or first == last:
            found = node_hash(sibling, found)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise BadProof("the proof is too short")
    if found != root:
        raise BadProof("the proof leads to another root")


def verify_consistency(size1: int, size2: int, proof: Sequence[bytes], root1: bytes, root2: bytes) -> None:
    """Raise BadProof unless the tree of `size2` leaves begins with the tree of `size1`."""
    _check_hashes(root1, root2, *proof)
    if not 0 < size1 <= size2 <= LARGEST_TREE:
        raise BadProof(f"a tree of {size2} cannot extend one of {size1}")
    if size1 == size2:
        if proof or root1 != root2:
            raise BadProof("two trees of one size differ" if root1 != root2 else "the proof is too long")
        return
    hashes = [root1, *proof] if size1 & (size1 - 1) == 0 else list(proof)
    if not hashes or (len(hashes) == 1 and not proof):
        raise BadProof("the proof is too short")
    found1, found2 = _follow_consistency(size1, size2, hashes)
    if found1 != root1:
        raise BadProof("the proof leads to another earlier root")
    if found2 != root2:
        raise BadProof("the proof leads to another later root")


def _follow_consistency(size1: int, size2: int, hashes: Sequence[bytes]) -> tuple[bytes, bytes]:
    first, last = size1 - 1, size2 - 1
    while first & 1:
        first, last = first >> 1, last >> 1
    found1 = found2 = hashes[0]
    for sibling in hashes[1:]:
        if last == 0:
            raise BadProof("the proof is too long")
        if first & 1 or first == last:
            found1, found2 = node_hash(sibling, found1), node_hash(sibling, found2)
            while first and not first & 1:
                first, last = first >> 1, last >> 1
        else:
            found2 = node_hash(found2, sibling)
        first, last = first >> 1, last >> 1
    if last != 0:
        raise BadProof("the proof is too short")
    return found1, found2


def span(start: int, end: int, node: NodeAt) -> bytes:
    """The hash over the leaves from `start` up to `end`, out of complete subtrees."""
    count = end - start
    if count == 1 << (count.bit_length() - 1):
        level = count.bit_length() - 1
        return node(level, start >> level)
    middle = start + _split(count)
    return node_hash(span(start, middle, node), span(middle, end, node))


def root_at(size: int, node: NodeAt) -> bytes:
    return span(0, size, node) if size else EMPTY_ROOT


def consistency_proof(size1: int, size2: int, node: NodeAt) -> list[bytes]:
    """RFC 9162, 2.1.4.1."""
    if not 0 < size1 <= size2:
        raise BadProof(f"a tree of {size2} cannot extend one of {size1}")
    proof: list[bytes] = []
    start, end, known = 0, size2, True
    while size1 != end:
        middle = start + _split(end - start)
        if size1 <= middle:
            proof.append(span(middle, end, node))
            end = middle
        else:
            proof.append(span(start, middle, node))
            start, known = middle, False
    if not known:
        proof.append(span(start, end, node))
    return proof[::-1]


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    return int(1 << ((count - 1).bit_length() - 1))


def _check_hashes(*hashes: bytes) -> None:
    for found in hashes:
        if len(found) != HASH:
            raise BadProof(f"a hash has {HASH} bytes, not {len(found)}")
