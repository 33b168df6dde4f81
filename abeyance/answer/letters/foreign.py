"""Foreign text (names, references, sentences about a demand) made harmless to a reader's eye: one line, bounded, and
without marks that rearrange or hide what is written. It is data everywhere after, so markup in it means nothing."""

from __future__ import annotations

import unicodedata
from itertools import groupby

LONGEST = 10_000  # characters of one text, as in the public statement of a pause
MOST_LINES = 200  # of one list in a letter
MOST_TEXT = 60_000  # characters of one list in a letter
MOST_MARKS = 4  # accents on one character

_BREAKS = frozenset({"Cc", "Zl", "Zp"})
_HIDDEN = frozenset({"Cf", "Cs", "Co", "Cn"})  # direction marks among them
_ACCENTS = frozenset({"Mn", "Me"})


def plain(text: str, longest: int = LONGEST) -> str:
    """On one line. What is cut off is shown by an ellipsis."""
    cut, more = text[:longest], len(text) > longest
    shown = "".join(" " if _kind(letter) in _BREAKS else letter for letter in cut if _kind(letter) not in _HIDDEN)
    return " ".join(_calmed(shown).split()) + ("…" if more else "")


def _calmed(text: str) -> str:
    """Stacks of accents that would climb over the lines around them are cut short."""
    kept = []
    for accents, group in groupby(text, key=lambda letter: _kind(letter) in _ACCENTS):
        run = list(group)
        kept += run[:MOST_MARKS] if accents else run
    return "".join(kept)


def _kind(letter: str) -> str:
    return unicodedata.category(letter)
