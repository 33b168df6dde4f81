"""A letter as text, for mail and for readers without a PDF viewer."""

from __future__ import annotations

from abeyance.answer.letters.filling import filled
from abeyance.answer.letters.layout import Said, lay
from abeyance.answer.letters.letter import Letter


def text(letter: Letter) -> str:
    laid = lay(letter)
    blocks = ["\n".join(map(filled, laid.sender)), "\n".join(filled(f"{name}: {value}") for name, value in laid.head)]
    blocks += [filled(laid.subject), laid.salutation, *map(filled, laid.opening)]
    if laid.reasons:
        blocks += [laid.reasons_title, *(_numbered(*each) for each in enumerate(laid.reasons, 1))]
    if laid.about:
        blocks += [laid.about_title, "\n".join(filled(f"- {line}", "  ") for line in laid.about)]
    blocks += [*map(filled, laid.closing), "\n".join(map(filled, laid.signature))]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _numbered(number: int, reason: Said) -> str:
    small = [filled(f"   {line}", "   ") for line in (reason.original, reason.source) if line]
    return "\n".join([filled(f"{number}. {reason.sentence}", "   "), *small])
