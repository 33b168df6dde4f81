"""`abeyance step`: formal steps that are due while a pause holds, from draft to filing."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from abeyance import givenfile
from abeyance.answer import documents, steps
from abeyance.answer.steps import Way
from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.people import commands as people

Parser = argparse.ArgumentParser


def register(sub: argparse._SubParsersAction[Parser]) -> None:
    step = sub.add_parser("step", help="formal steps that meet the clocks of what a pause holds")
    verbs = step.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", list_steps, "open steps, soonest due first", step=False).add_argument(
        "--limit", type=int, default=200
    )
    _verb(verbs, "show", show, "one step with its text").add_argument(
        "--out", type=Path, metavar="FILE", help="also write the text to a file to correct"
    )
    writing = _verb(verbs, "write", write, "take a step up with the text of a file")
    writing.add_argument("file", type=Path, metavar="FILE")
    writing.add_argument(
        "--tells", action="store_true", help="the text says something of an account, so it leaves through the gate"
    )
    approving = _verb(verbs, "approve", approve, "approve exactly this text, as a second person")
    approving.add_argument("--digest", required=True, help="of the text that you read; `abeyance step show` says it")
    sending = _verb(verbs, "sent", sent, "record that it was sent or filed")
    sending.add_argument("--way", required=True, choices=[way.value for way in Way])


def _verb(verbs: Any, name: str, run: Any, help_: str, *, step: bool = True) -> Parser:
    parser: Parser = verbs.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    if step:
        parser.add_argument("step", type=UUID, metavar="STEP")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def list_steps(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=False), _now()
    rows = steps.open_for(by)[: max(1, min(args.limit, 10_000))]
    told = [documents.of_step(row, now=now) for row in rows]
    lines = [f"{each['ref']}  {documents.in_one_line(each)}" for each in told]
    return Answer(told, "\n".join(lines) or "No formal step is due.")


def show(args: argparse.Namespace) -> Answer:
    now = _now()
    told = documents.in_full(steps.find(args.step, by=people.acting(args, needs_credential=True), now=now), now=now)
    if args.out is not None:
        _write(args.out, told["text"])
    text = f"{told['ref']}  {documents.in_one_line(told)}\n  digest {told['digest']}\n\n{told['text']}"
    return Answer(told, text)


def write(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _told(steps.write(args.step, _read(args.file), tells=args.tells, by=by, now=_now()))


def approve(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _told(steps.approve(args.step, args.digest, by=by, now=_now()))


def sent(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _told(steps.sent(args.step, Way(args.way), by=by, now=_now()))


def _told(row: Any) -> Answer:
    told = documents.of_step(row, now=_now())
    return Answer(told, f"{documents.in_one_line(told)}\n  digest {told['digest']}")


def _read(path: Path) -> str:
    try:
        return givenfile.content(path, 4 * steps.LONGEST).decode()
    except UnicodeDecodeError:
        raise BadInput(f"{path} is no text in UTF-8.") from None


def _write(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            path.chmod(0o600)
            file.write(text)
    except FileExistsError:
        raise BadInput(f"{path} exists already; nothing was written.") from None
    except OSError as problem:
        raise BadInput(f"{path} cannot be written: {problem.strerror}.") from None


def _now() -> datetime:
    return datetime.now(UTC)
