"""C2SP tlog-checkpoint: origin, size, root. Extension lines are not written, so they are not accepted."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from abeyance.rules.ledger.merkle import EMPTY_ROOT, HASH, LARGEST_TREE
from abeyance.rules.ledger.notes import KEY_NAME, BadNote, Check, VerifierKey, check_signed, read_note, unbase64

SIZE = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


@dataclass(frozen=True)
class Checkpoint:
    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def read_text(text: str) -> Checkpoint:
    lines = text.split("\n")
    if len(lines) != 4 or lines[3]:
        raise BadNote("a checkpoint has three lines")
    if KEY_NAME.fullmatch(lines[0]) is None:
        raise BadNote("the checkpoint has no origin")
    found = Checkpoint(lines[0], read_number(lines[1]), unbase64(lines[2]))
    if len(found.root) != HASH:
        raise BadNote(f"a root has {HASH} bytes")
    if (found.size == 0) != (found.root == EMPTY_ROOT):
        raise BadNote("the root does not belong to that size")
    return found


def read_number(text: str) -> int:
    """A whole number in its one spelling."""
    if SIZE.fullmatch(text) is None or int(text) > LARGEST_TREE:
        raise BadNote("this is not a size or an index")
    return int(text)


def read_signed(data: bytes, key: VerifierKey, check: Check) -> Checkpoint:
    """The checkpoint in a note that `key` signed; the origin must be the key's name."""
    note = read_note(data)
    check_signed(note, key, check)
    found = read_text(note.text)
    if found.origin != key.name:
        raise BadNote(f"a checkpoint of {found.origin}, signed by {key.name}")
    return found
