"""What the doctor says: one sentence each, and how grave it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Grade(StrEnum):
    WRONG = "wrong"  # a promise does not hold, or acts are refused
    ATTENTION = "attention"  # it works, and somebody should look
    GOOD = "good"


@dataclass(frozen=True)
class Finding:
    grade: Grade
    about: str
    sentence: str


def wrong(about: str, sentence: str) -> Finding:
    return Finding(Grade.WRONG, about, sentence)


def attention(about: str, sentence: str) -> Finding:
    return Finding(Grade.ATTENTION, about, sentence)


def good(about: str, sentence: str) -> Finding:
    return Finding(Grade.GOOD, about, sentence)
