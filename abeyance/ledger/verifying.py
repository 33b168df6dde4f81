"""`abeyance verify FILE`: checks a receipt or a checkpoint with nothing but the file, and the key if one is given.

What the file says of its own key proves nothing: whoever forged the log also wrote that line. So without --key the
answer names the key that was used and says that the file only agrees with itself.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.errors import BadInput
from abeyance.ledger.signatures import check
from abeyance.rules.events import BadEvent, PausesPublished, from_dict
from abeyance.rules.ledger.checkpoint import Checkpoint, read_signed, read_text
from abeyance.rules.ledger.merkle import BadProof
from abeyance.rules.ledger.notes import BadNote, VerifierKey, read_key, read_note
from abeyance.rules.ledger.opening import BadOpening, read_content, read_opening
from abeyance.rules.ledger.receipts import LARGEST_RECEIPT, check_receipt, is_receipt, read_receipt
from abeyance.rules.publication import LARGEST_LIST, BadList, read_list

LIST, RECEIPT = "LIST", "RECEIPT.tlog-proof"  # in a folder of published pages
NOTE_ENDS = "\n\n— ".encode()  # C2SP signed-note: the signatures begin behind an empty line
LARGEST_FILE = 16 * 1024 * 1024
SELF_CONSISTENT = "No verifier key was given, so this shows only that the file agrees with itself."


@dataclass(frozen=True)
class Finding:
    holds: bool
    what: str  # "receipt", "checkpoint" or "folder"
    reason: str
    key: str = ""
    trusted: bool = False
    checkpoint: Checkpoint | None = None
    index: int | None = None
    content: dict[str, Any] | None = None
    sentence: str = ""

    def as_dict(self) -> dict[str, Any]:
        return {
            "holds": self.holds,
            "what": self.what,
            "reason": self.reason,
            "key": self.key,
            "key_given": self.trusted,
            "origin": self.checkpoint.origin if self.checkpoint else None,
            "size": self.checkpoint.size if self.checkpoint else None,
            "root": self.checkpoint.root.hex() if self.checkpoint else None,
            "index": self.index,
            "content": self.content,
            "sentence": self.sentence,
        }


def verify_file(path: Path, key: str | None) -> Finding:
    """Never raises for what is in the file, however hostile; BadInput if it or the key cannot be read at all.
    A folder is one of published pages: its receipt is checked, then its list, then each file."""
    given = given_key(key)
    if path.is_dir():
        return _folder(path, given)
    return verify(givenfile.content(path, LARGEST_RECEIPT), given)


def verify(data: bytes, key: VerifierKey | None) -> Finding:
    what = "receipt" if is_receipt(data) else "checkpoint"
    try:
        return _receipt(data, key) if is_receipt(data) else _checkpoint(data, key)
    except (BadNote, BadProof, BadOpening, BadEvent) as error:
        wrong = f"{str(error)[:1].upper()}{str(error)[1:]}."
        if what == "checkpoint" and isinstance(error, BadNote) and NOTE_ENDS not in data:
            wrong = "This is neither a receipt nor a checkpoint: give its whole text, from the first line to the last."
        return Finding(False, what, wrong, str(key or ""), key is not None)


def _folder(folder: Path, key: VerifierKey | None) -> Finding:
    """1. the receipt holds; 2. what it records is this list; 3. each file is the one on the list; 4. none is beside."""
    try:
        found = verify(_content(folder / RECEIPT, LARGEST_RECEIPT), key)
        listing = _content(folder / LIST, LARGEST_LIST)
        if not found.holds:
            return found
        said = (found.content or {}).get("event")
        if (found.content or {}).get("kind") != PausesPublished.__name__ or not isinstance(said, dict):
            # Other entries hold digests too, of texts that a member alone has written.
            return _wrong(found, "The receipt is of another entry than a publication.")
        if said.get("digest") != hashlib.sha256(listing).hexdigest():
            return _wrong(found, "The receipt is of another list of files than the one in this folder.")
        wrong = sorted(_differing(folder, read_list(listing)))
    except BadList as error:
        return Finding(False, "folder", f"{str(error)[:1].upper()}{str(error)[1:]}.", str(key or ""), key is not None)
    if wrong:
        return _wrong(found, f"Not as they were published: {', '.join(wrong[:10])}.")
    return replace(found, what="folder", reason=f"Every file is as it was published. {found.reason}")


def _differing(folder: Path, listed: Mapping[str, str]) -> Iterator[str]:
    for name, digest in listed.items():
        if hashlib.sha256(_content(folder / name, LARGEST_FILE)).hexdigest() != digest:
            yield name
    yield from (each.name for each in folder.iterdir() if each.name not in {*listed, LIST, RECEIPT})


def _content(path: Path, most: int) -> bytes:
    """A file that is missing, or no plain file, has no content that could be right."""
    return b"" if path.is_symlink() or not path.is_file() else givenfile.content(path, most)


def _wrong(found: Finding, reason: str) -> Finding:
    return replace(found, holds=False, what="folder", reason=reason)


def given_key(key: str | None) -> VerifierKey | None:
    try:
        return read_key(key) if key else None
    except BadNote as error:
        raise BadInput(f"--key is not a verifier key: {error}.") from None


def _receipt(data: bytes, given: VerifierKey | None) -> Finding:
    receipt = read_receipt(data)
    opening, claimed = read_opening(receipt.extra)
    key = given or read_key(claimed)
    checkpoint = check_receipt(receipt, opening.commitment, key, check)
    content = read_content(opening.content)
    return Finding(
        holds=True,
        what="receipt",
        reason="The entry is in the log." if given else f"The entry is in the log that it names. {SELF_CONSISTENT}",
        key=str(key),
        trusted=given is not None,
        checkpoint=checkpoint,
        index=receipt.index,
        content=content,
        sentence=_sentence(content),
    )


def _checkpoint(data: bytes, key: VerifierKey | None) -> Finding:
    note = read_note(data)
    found = read_text(note.text)
    if key is None:
        names = ", ".join(f"{each.name}+{each.identity.hex()}" for each in note.signatures)
        return Finding(
            False,
            "checkpoint",
            f"It needs the verifier key of the log to be checked; it says that it was signed by {names}.",
        )
    read_signed(data, key, check)
    return Finding(True, "checkpoint", "The key signed this checkpoint.", str(key), True, found)


def _sentence(content: dict[str, Any]) -> str:
    """Of a newer version's events we know no sentence; the proof holds without it."""
    try:
        return from_dict(str(content.get("kind")), content.get("event") or {}).sentence()
    except (BadEvent, AttributeError, TypeError, ValueError):
        return ""


def printable(text: str) -> str:
    """A foreign file must not move the cursor or turn the writing direction of whoever reads the answer."""
    return "".join(" " if unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} else each for each in text)
