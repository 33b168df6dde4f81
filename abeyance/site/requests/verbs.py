"""How the commands of requests and packages are declared, and how they write a file."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance.errors import BadInput
from abeyance.people import commands as people

Parser = argparse.ArgumentParser


def verb(verbs: Any, name: str, run: Any, help_: str, *, ref: bool = True) -> Parser:
    parser: Parser = verbs.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    if ref:
        parser.add_argument("ref", metavar="REF")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def now() -> datetime:
    return datetime.now(UTC)


def write_new(path: Path, content: bytes) -> None:
    try:
        with path.open("xb") as file:
            path.chmod(0o600)
            file.write(content)
    except FileExistsError:
        raise BadInput(f"{path} exists already; nothing was written.") from None
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}.") from None
