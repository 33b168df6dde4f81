"""Lines of even width for a letter as text. Chinese has no spaces, and its characters take two columns."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

WIDTH = 78
_NOT_FIRST = "，。、；：？！）」』》…,.;:?!)"  # never begins a line
_CHINESE = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef"
_ATOM = re.compile(rf"[{_CHINESE}]|\s+|[^\s{_CHINESE}]+")


def columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def filled(text: str, indent: str = "") -> str:
    """Broken into lines of at most WIDTH columns, two more where punctuation would begin the next; `indent` is put
    before every line but the first."""
    lines, line, width = [], "", 0
    for atom in _atoms(text):
        if width + columns(atom.rstrip()) > WIDTH and line.strip() and atom not in _NOT_FIRST:
            lines.append(line.rstrip())
            line, width = indent, len(indent)
            atom = atom.lstrip()
        line, width = line + atom, width + columns(atom)
    return "\n".join([*lines, line.rstrip()])


def _atoms(text: str) -> Iterable[str]:
    """What is never broken; longer than a line is broken all the same."""
    for atom in _ATOM.findall(text):
        yield from (atom[at : at + WIDTH - 8] for at in range(0, len(atom), WIDTH - 8))
