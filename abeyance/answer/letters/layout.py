"""A letter put into words, block by block: what text and PDF both print."""

from __future__ import annotations

from dataclasses import dataclass

from abeyance.answer.letters.letter import MOST_LINES, Letter, plain
from abeyance.answer.letters.words import words


@dataclass(frozen=True)
class Laid:
    """Every string is final; nothing in it is markup."""

    sender: tuple[str, ...]
    head: tuple[tuple[str, str], ...]
    subject: str
    opening: tuple[str, ...]
    reasons_title: str
    reasons: tuple[tuple[str, str], ...]  # sentence, and the small line below it
    about_title: str
    about: tuple[str, ...]
    closing: tuple[str, ...]
    signature: str
    page_words: tuple[str, str]


def lay(letter: Letter) -> Laid:
    said = words(letter.language)
    kind, labels = said.kinds[letter.kind.value], said.labels
    head = [
        (labels["to"], plain(letter.addressee) or labels["unnamed"]),
        (labels["our_reference"], letter.reference),
        (labels["your_reference"], plain(letter.their_reference)),
        (labels["date"], letter.date.strftime("%Y-%m-%d")),
    ]
    told = letter.reasons[:MOST_LINES] if kind.reasons else ()
    reasons = tuple(
        (plain(said.reason(line.code, line.sentence)), _source(line.clause, line.citation, labels["source"]))
        for line in told
    )
    return Laid(
        sender=tuple(filter(None, (plain(letter.sender.name), plain(letter.sender.contact)))),
        head=tuple((label, value) for label, value in head if value),
        subject=kind.subject,
        opening=kind.opening,
        reasons_title=kind.reasons if reasons else "",
        reasons=tuple(dict.fromkeys(reasons)),
        about_title=kind.about if letter.about else "",
        about=tuple(plain(line) for line in letter.about[:MOST_LINES]) if kind.about else (),
        closing=kind.closing,
        signature=labels["signature"],
        page_words=(labels["page"], labels["of"]),
    )


def _source(clause: str, citation: str, label: str) -> str:
    """Where it says so: our own clause, and the law."""
    parts = [plain(clause)] if clause else []
    return "; ".join(parts + ([f"{label}: {plain(citation)}"] if citation else []))
