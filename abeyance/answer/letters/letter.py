"""What a letter is made of. Foreign texts (references, names) are bounded here and are data everywhere after."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from abeyance.rules.decision import Reason

LONGEST = 2000
MOST_LINES = 200


class Kind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    QUESTION = "question"
    HELD = "held"
    REFUSED = "refused"
    REROUTED = "rerouted"
    LAPSED = "lapsed"
    RECALL = "recall"
    ANSWER = "answer"  # the covering letter inside a package

    @property
    def carries_data(self) -> bool:
        """Whether it tells of an account, so that it may only leave inside a package, through the gate."""
        return self is Kind.ANSWER


@dataclass(frozen=True)
class Sender:
    """The operator, as the settings name it."""

    name: str
    contact: str = ""


@dataclass(frozen=True)
class Line:
    """One reason, with the clause that says so and its source."""

    sentence: str
    clause: str = ""
    citation: str = ""
    code: str = ""

    @classmethod
    def of(cls, reason: Reason) -> Line:
        return cls(reason.sentence, reason.clause, reason.citation, reason.code)


@dataclass(frozen=True)
class Letter:
    """`about` are further facts, in the kind's own order: the public statement of a pause, the fields of an answer, the
    hand-overs that are recalled."""

    kind: Kind
    sender: Sender
    reference: str
    date: datetime
    language: str = "en"
    addressee: str = ""
    their_reference: str = ""
    reasons: tuple[Line, ...] = ()
    about: tuple[str, ...] = ()


def plain(text: str) -> str:
    """Foreign text on one line: control and direction characters cannot rearrange what a reader sees."""
    kept = "".join(
        " " if unicodedata.category(letter) in ("Cc", "Zl", "Zp") else letter
        for letter in text[:LONGEST]
        if unicodedata.category(letter) not in ("Cf", "Cs", "Co", "Cn")
    )
    return " ".join(kept.split())
