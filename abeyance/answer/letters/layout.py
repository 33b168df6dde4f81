"""A letter put into words, block by block: what text and PDF both print."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate

from abeyance.answer.letters.audience import told
from abeyance.answer.letters.foreign import MOST_LINES, MOST_TEXT, plain
from abeyance.answer.letters.letter import Letter, Line
from abeyance.answer.letters.words import Words, words

LONGEST_NAME = 300
LONGEST_SENTENCE = 2000


@dataclass(frozen=True)
class Said:
    """A reason: its sentence, the rule's own words where the sentence only renders them, and where it says so."""

    sentence: str
    original: str = ""
    source: str = ""

    def __len__(self) -> int:
        return len(self.sentence) + len(self.original) + len(self.source)


@dataclass(frozen=True)
class Laid:
    """Every string is final; nothing in it is markup."""

    sender: tuple[str, ...]
    reference: str
    head: tuple[tuple[str, str], ...]
    subject: str
    salutation: str
    opening: tuple[str, ...]
    reasons_title: str
    reasons: tuple[Said, ...]
    about_title: str
    about: tuple[str, ...]
    closing: tuple[str, ...]
    signature: tuple[str, ...]
    page_words: tuple[str, str, str]


def lay(letter: Letter) -> Laid:
    said = words(letter.language)
    kind, labels = said.kinds[letter.kind.value], said.labels
    sender = tuple(plain(line, LONGEST_NAME) for line in (letter.sender.name, letter.sender.contact) if line)
    reasons = tuple(dict.fromkeys(_said(line, said) for line in told(letter)))
    about = _about(letter, said)
    return Laid(
        sender=sender,
        reference=plain(letter.reference, LONGEST_NAME),
        head=_head(letter, said),
        subject=kind.subject,
        salutation=labels["salutation"],
        opening=kind.opening,
        reasons_title=kind.reasons if reasons else "",
        reasons=_bounded(reasons, said),
        about_title=kind.about if about else "",
        about=tuple(line.sentence for line in _bounded(about, said)),
        closing=kind.closing,
        signature=(labels["signature"], *sender[:1]),
        page_words=(labels["page"], labels["of"], labels["page_end"]),
    )


def _head(letter: Letter, said: Words) -> tuple[tuple[str, str], ...]:
    head = (
        ("to", plain(letter.addressee, LONGEST_NAME) or said.labels["unnamed"]),
        ("our_reference", plain(letter.reference, LONGEST_NAME)),
        ("your_reference", plain(letter.their_reference, LONGEST_NAME)),
        ("date", f"{said.day(letter.date)} ({_zone(letter.date)})"),
    )
    return tuple((said.labels[name], value) for name, value in head if value)


def _zone(at: datetime) -> str:
    return (at.tzname() or f"UTC{at:%z}").removesuffix("+00:00")


def _said(line: Line, said: Words) -> Said:
    sentence = plain(line.sentence, LONGEST_SENTENCE)
    rendered = said.reasons.get(line.code)
    original = "" if rendered is None or line.code in words("en").reasons else sentence
    return Said(
        sentence=rendered or sentence,
        original=f"{said.labels['original']}{original}" if original else "",
        source=_source(line, said),
    )


def _source(line: Line, said: Words) -> str:
    """Where it says so: our own clause, and the law."""
    clause = said.labels["desk"] if line.clause == "desk" else plain(line.clause, LONGEST_NAME)
    parts = [f"{said.labels['clause']}{clause}"] if clause else []
    parts += [f"{said.labels['source']}{plain(line.citation, LONGEST_NAME)}"] if line.citation else []
    return " · ".join(parts)


def _about(letter: Letter, said: Words) -> tuple[Said, ...]:
    review = [said.labels["review_by"].format(day=said.day(letter.review_by))] if letter.review_by else []
    return tuple(Said(line) for line in (*review, *map(plain, letter.about)))


def _bounded(lines: Sequence[Said], said: Words) -> tuple[Said, ...]:
    """As many as fit; what is left out is said."""
    reached = accumulate(map(len, lines))
    fits = sum(1 for length in reached if length <= MOST_TEXT)
    kept = lines[: min(fits, MOST_LINES)]
    more = len(lines) - len(kept)
    return (*kept, Said(said.labels["and_more"].format(count=more))) if more else tuple(kept)
