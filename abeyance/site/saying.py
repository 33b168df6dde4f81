"""What a command says: one JSON document, or lines for a person, and errors as sentences."""

from __future__ import annotations

import dataclasses
import json
import sys
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any
from uuid import UUID

from abeyance.console import Answer
from abeyance.errors import AbeyanceError, BadInput, Refused

LARGEST_SENTENCE = 4000


def say(answer: Answer, as_json: bool) -> None:
    text = json.dumps(answer.document, ensure_ascii=False, indent=2, default=plain) if as_json else calm(answer.text)
    if text or as_json:
        sys.stdout.write(text + "\n")
    sys.stdout.flush()


def say_problem(problem: AbeyanceError, as_json: bool) -> None:
    text = json.dumps(problem_document(problem), ensure_ascii=False) if as_json else calm(_for_people(problem))
    sys.stderr.write(text + "\n")


def problem_document(problem: AbeyanceError) -> dict[str, Any]:
    """The same on the command line and over HTTP."""
    reasons: list[dict[str, Any]] = []
    if isinstance(problem, Refused):
        reasons = [dict(reason.as_dict()) for reason in problem.reasons]
    return {"error": str(problem)[:LARGEST_SENTENCE], "reasons": reasons}


def _for_people(problem: AbeyanceError) -> str:
    if isinstance(problem, Refused):
        return "\n".join(f"Refused: {reason.sentence}" for reason in problem.reasons)
    return str(problem)[:LARGEST_SENTENCE]


def exit_code(problem: AbeyanceError) -> int:
    return 2 if isinstance(problem, BadInput) else 1


def calm(text: str) -> str:
    """A foreign file's words must not steer the terminal: what is not a letter or a line end is shown by its number."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else f"\\u{ord(sign):04x}" for sign in text)


def plain(value: object) -> Any:
    """What JSON does not know by itself."""
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (UUID, Path)):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return sorted(value)
    if isinstance(value, (tuple, list)):
        return list(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.asdict(value)
    raise TypeError(f"{type(value).__name__} has no place in a document")
