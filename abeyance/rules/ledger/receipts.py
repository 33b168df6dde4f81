"""C2SP tlog-proof: one entry, its place, the proof and the checkpoint, in one text that is checked offline."""

from __future__ import annotations

import base64
from dataclasses import dataclass

from abeyance.rules.ledger.checkpoint import Checkpoint, read_number, read_signed
from abeyance.rules.ledger.merkle import HASH, BadProof, leaf_hash, verify_inclusion
from abeyance.rules.ledger.notes import BadNote, Check, VerifierKey, read_note, unbase64

HEADER = "c2sp.org/tlog-proof@v1"
LARGEST_RECEIPT = 1024 * 1024
LONGEST_PROOF = 63


@dataclass(frozen=True)
class Receipt:
    """`extra` is ours to fill: the opening of the entry. It proves nothing by itself; the leaf it opens to does."""

    extra: bytes
    index: int
    proof: tuple[bytes, ...]
    note: bytes

    def print(self) -> str:
        lines = [HEADER]
        if self.extra:
            lines.append(f"extra {base64.b64encode(self.extra).decode()}")
        lines.append(f"index {self.index}")
        lines += [base64.b64encode(found).decode() for found in self.proof]
        return "\n".join(lines) + "\n\n" + self.note.decode()


def is_receipt(data: bytes) -> bool:
    return data.startswith(HEADER.encode() + b"\n")


def read_receipt(data: bytes) -> Receipt:
    """The parts of a receipt. Nothing has been checked but the form."""
    if len(data) > LARGEST_RECEIPT or not is_receipt(data):
        raise BadNote("this is not a receipt")
    head, gap, note = data.partition(b"\n\n")
    try:
        lines = head.decode("ascii").split("\n")[1:]
    except UnicodeDecodeError:
        raise BadNote("the receipt has letters that it may not have") from None
    extra = unbase64(lines.pop(0)[6:]) if lines and lines[0].startswith("extra ") else b""
    if not gap or not lines or not lines[0].startswith("index "):
        raise BadNote("the receipt has no index or no checkpoint")
    proof = tuple(unbase64(line) for line in lines[1 : LONGEST_PROOF + 2])
    if len(lines) > LONGEST_PROOF + 1 or any(len(found) != HASH for found in proof):
        raise BadNote("the receipt's proof is not one")
    receipt = Receipt(extra, read_number(lines[0][6:]), proof, note)
    read_note(note)
    if receipt.print().encode() != data:
        raise BadNote("the receipt is not spelled as one")
    return receipt


def check_receipt(receipt: Receipt, leaf: bytes, key: VerifierKey, check: Check) -> Checkpoint:
    """Raise BadNote or BadProof unless the leaf is in the log that `key` signed; gives the checkpoint."""
    checkpoint = read_signed(receipt.note, key, check)
    verify_inclusion(leaf_hash(leaf), receipt.index, checkpoint.size, receipt.proof, checkpoint.root)
    return checkpoint


__all__ = ["BadNote", "BadProof", "Receipt", "check_receipt", "is_receipt", "read_receipt"]
