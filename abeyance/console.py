"""What a command gives back: one JSON document, and the same for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Answer:
    """`document` is what --json prints; `text` is what a person reads. `code` is the exit code (0 done, 1 refused)."""

    document: Any
    text: str
    code: int = 0
