"""The log's mathematics against test data that no one here wrote (`../shared/vectors`, beside the project)."""

from __future__ import annotations

import base64
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from abeyance.rules.ledger import BadProof, leaf_hash, root_of, verify_consistency, verify_inclusion
from abeyance.rules.ledger.checkpoint import read_signed
from abeyance.rules.ledger.merkle import EMPTY_ROOT, consistency_proof
from abeyance.rules.ledger.notes import BadNote, read_key
from abeyance.rules.ledger.pages import Growth, inclusion_proof, right_edge
from abeyance.rules.ledger.tiles import unbundle

VECTORS = Path(__file__).resolve().parents[3] / "shared" / "vectors"
KEY = "example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx"
needs_vectors = pytest.mark.skipif(not VECTORS.is_dir(), reason="no ../shared/vectors beside the project")


def cases(kind: str) -> list[Any]:
    folder = VECTORS / "merkle" / kind
    return [pytest.param(path, id=str(path.relative_to(folder))) for path in sorted(folder.rglob("*.json"))]


def unbase64(text: str | None) -> bytes:
    return base64.b64decode(text or "")


def holds(check: partial[None]) -> bool:
    try:
        check()
    except BadProof:
        return False
    return True


@needs_vectors
@pytest.mark.parametrize("path", cases("inclusion"))
def test_an_inclusion_proof_is_judged_as_everybody_does(path: Path) -> None:
    said = json.loads(path.read_text())
    proof = [unbase64(each) for each in said["proof"] or []]
    leaf, root = unbase64(said["leafHash"]), unbase64(said["root"])
    wanted = not said["wantErr"] and root != b"" and said["treeSize"] > 0
    assert holds(partial(verify_inclusion, leaf, said["leafIdx"], said["treeSize"], proof, root)) is wanted


@needs_vectors
@pytest.mark.parametrize("path", cases("consistency"))
def test_a_consistency_proof_is_judged_as_everybody_does(path: Path) -> None:
    said = json.loads(path.read_text())
    proof = [unbase64(each) for each in said["proof"] or []]
    first, second = unbase64(said["root1"]), unbase64(said["root2"])
    # An empty tree, and an empty root, are refused here on purpose: nothing is consistent with nothing.
    wanted = not said["wantErr"] and said["size1"] > 0 and b"" not in (first, second)
    assert holds(partial(verify_consistency, said["size1"], said["size2"], proof, first, second)) is wanted


@needs_vectors
def test_the_vectors_are_all_there_and_of_both_sorts() -> None:
    read = [json.loads(case.values[0].read_text()) for kind in ("inclusion", "consistency") for case in cases(kind)]
    assert len(read) > 90
    assert {said["wantErr"] for said in read} == {True, False}


def check_signature(key: bytes, signature: bytes, text: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, text)
    except Exception:
        return False
    return True


@needs_vectors
def test_a_real_tile_log_verifies_at_every_checkpoint() -> None:
    folder, key = VECTORS / "tile-log", read_key(KEY)
    entries = unbundle((folder / "tile/entries/000.p/15").read_bytes())
    assert len(entries) == 15
    hashes = [leaf_hash(entry) for entry in entries]
    seen = []
    for path in sorted(folder.glob("checkpoint*")):
        checkpoint = read_signed(path.read_bytes(), key, check_signature)
        assert checkpoint.root == root_of(hashes[: checkpoint.size])
        seen.append(checkpoint)
        for index in range(checkpoint.size):
            proof = included(entries, index, checkpoint.size)
            verify_inclusion(hashes[index], index, checkpoint.size, proof, checkpoint.root)
    assert {checkpoint.size for checkpoint in seen} >= set(range(1, 16))
    for earlier in seen:
        for later in seen:
            if 0 < earlier.size <= later.size:
                proof = consistency_proof(earlier.size, later.size, partial(node_in, hashes[: later.size]))
                verify_consistency(earlier.size, later.size, proof, earlier.root, later.root)


@needs_vectors
def test_a_checkpoint_with_another_key_or_a_changed_letter_is_refused() -> None:
    data = (VECTORS / "tile-log" / "checkpoint").read_bytes()
    with pytest.raises(BadNote):
        read_signed(data.replace(b"\n15\n", b"\n14\n"), read_key(KEY), check_signature)


def included(leaves: list[bytes], index: int, size: int) -> list[bytes]:
    """From stored pages, as the desk makes its proofs; the log may have grown since."""
    log = Growth(0, lambda level, page: b"")
    log.add(leaves)
    return inclusion_proof(index, size, log.page, right_edge(size, log.page))


def node_in(hashes: list[bytes], level: int, index: int) -> bytes:
    return root_of(hashes[index << level : (index + 1) << level])


@given(st.lists(st.binary(max_size=8), min_size=1, max_size=40), st.data())
def test_every_proof_that_we_make_holds_and_a_changed_bit_does_not(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    index = data.draw(st.integers(0, len(leaves) - 1))
    size = data.draw(st.integers(index + 1, len(leaves)))
    root, proof = root_of(hashes[:size]), included(leaves, index, size)
    verify_inclusion(hashes[index], index, size, proof, root)
    spoilt = bytes([root[0] ^ 1]) + root[1:]
    with pytest.raises(BadProof):
        verify_inclusion(hashes[index], index, size, proof, spoilt)
    whole = consistency_proof(size, len(leaves), partial(node_in, hashes))
    verify_consistency(size, len(leaves), whole, root, root_of(hashes))
    if size < len(leaves):
        with pytest.raises(BadProof):
            verify_consistency(size, len(leaves), whole, spoilt, root_of(hashes))


def test_an_empty_tree_has_no_proof() -> None:
    with pytest.raises(BadProof):
        verify_consistency(0, 1, [], EMPTY_ROOT, leaf_hash(b"x"))
    with pytest.raises(BadProof):
        verify_inclusion(leaf_hash(b"x"), 0, 0, [], EMPTY_ROOT)
