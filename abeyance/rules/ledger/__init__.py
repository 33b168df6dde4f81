"""The public log as mathematics and as text: RFC 6962 / RFC 9162 hashing and proofs, and the C2SP formats
signed-note, tlog-checkpoint, tlog-tiles and tlog-proof. Everything that is parsed has one spelling: a parser accepts
only what the writer would print. Signatures are checked by a callable that is handed in.
"""

from __future__ import annotations

from abeyance.rules.ledger.merkle import (
    BadProof,
    leaf_hash,
    node_hash,
    root_of,
    verify_consistency,
    verify_inclusion,
)

__all__ = ["BadProof", "leaf_hash", "node_hash", "root_of", "verify_consistency", "verify_inclusion"]
