"""Reading hostile files: text and suggestions out of whatever arrives, each file in a confined process of its own."""

from abeyance.intake.reading.reader import ReadingProcess, at_hand, read_file, read_many
from abeyance.intake.reading.values import Authentication, Head, Limits, Part, Reading, Suggestion, Where

__all__ = [
    "Authentication",
    "Head",
    "Limits",
    "Part",
    "Reading",
    "ReadingProcess",
    "Suggestion",
    "Where",
    "at_hand",
    "read_file",
    "read_many",
]
