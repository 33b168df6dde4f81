"""What a command gives back: one JSON document, and the same for people."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Answer:
    """`document` is what --json prints; `text` is what a person reads. `code` is the exit code (0 done, 1 refused)."""

    document: Any
    text: str
    code: int = 0


def acting_arguments(parser: argparse.ArgumentParser) -> None:
    """Every command that asks who is acting has these."""
    parser.add_argument("--as", dest="acting_as", metavar="MEMBER", help="act as this member, by handle or code")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE", help="file with the member's token (or set ABEYANCE_TOKEN)"
    )
