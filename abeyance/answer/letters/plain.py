"""A letter as text, for mail and for readers without a PDF viewer."""

from __future__ import annotations

import textwrap

from abeyance.answer.letters.layout import lay
from abeyance.answer.letters.letter import Letter

WIDTH = 78


def text(letter: Letter) -> str:
    laid = lay(letter)
    blocks = ["\n".join(laid.sender), "\n".join(f"{label}: {value}" for label, value in laid.head)]
    blocks += [laid.subject.upper(), *map(_filled, laid.opening)]
    if laid.reasons:
        numbered = [_numbered(number, *reason) for number, reason in enumerate(laid.reasons, 1)]
        blocks += [_filled(laid.reasons_title), *numbered]
    if laid.about:
        blocks += [_filled(laid.about_title), "\n".join(_filled(f"- {line}", "  ") for line in laid.about)]
    blocks += [*map(_filled, laid.closing), laid.signature]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _numbered(number: int, sentence: str, source: str) -> str:
    first = _filled(f"{number}. {sentence}", "   ")
    return f"{first}\n   [{source}]" if source else first


def _filled(line: str, indent: str = "") -> str:
    return textwrap.fill(line, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
