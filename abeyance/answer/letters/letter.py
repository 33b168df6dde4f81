"""What a letter is made of: facts. Only the letter inside a package may tell of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import TypeAlias

from abeyance.rules.decision import Reason

Day: TypeAlias = date  # `Letter` has a field of that name


class Kind(StrEnum):
    ACKNOWLEDGEMENT = "acknowledgement"
    QUESTION = "question"
    HELD = "held"
    REFUSED = "refused"
    REROUTED = "rerouted"
    RECONFIRM = "reconfirm"  # after a pause: is the request still as it was?
    LAPSED = "lapsed"
    RECALL = "recall"  # asks to delete an answer, whatever it said
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
    """`about` are further facts, in the kind's own order: the public statement of a pause, what became of each item,
    the hand-overs that are recalled. `review_by` is the day by which a pause is reviewed. The date is printed in its
    own zone."""

    kind: Kind
    sender: Sender
    reference: str
    date: datetime
    language: str = "en"
    addressee: str = ""
    their_reference: str = ""
    reasons: tuple[Line, ...] = ()
    about: tuple[str, ...] = ()
    review_by: Day | None = None

    def __post_init__(self) -> None:
        if self.date.utcoffset() is None:
            raise ValueError("the date of a letter needs its zone")

    @property
    def carries_data(self) -> bool:
        return self.kind.carries_data
