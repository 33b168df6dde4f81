"""`abeyance report …`: publishing the pauses, the static folder, and the register of other companies' stances."""

from __future__ import annotations

import argparse
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.people import commands as people
from abeyance.people import queries
from abeyance.reporting import publishing
from abeyance.reporting import register as stances
from abeyance.rules.permissions import Permission

LARGEST = 64 * 1024


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    report = sub.add_parser("report", help="what the public is told: pages of the pauses, who else has paused")
    verbs = report.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "publish", publish, "make the public pages anew, if anything has changed")
    exported = _verb(verbs, "export", export, "the public pages as one folder that needs no server and no script")
    exported.add_argument("folder", type=Path, metavar="FOLDER")
    _verb(verbs, "register", lines, "what other companies have said that they do")
    added = _verb(verbs, "add-stance", add, "write a line of the register, from a TOML file")
    added.add_argument("file", type=Path, metavar="FILE.toml")
    added.add_argument("--instead-of", type=int, metavar="LINE", help="take the place of an older line")
    _verb(verbs, "drop-stance", drop, "take a line off the register").add_argument("line", type=int, metavar="LINE")


def _verb(verbs: Any, name: str, run: Any, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def publish(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    queries.require(by, Permission.PAUSE_DRAFT, _now())
    made = publishing.publish(_now(), by=by)
    if made is None:
        return Answer({"published": False}, "Nothing has changed since the last publication.")
    return Answer({"published": True, "files": made.files.count()}, f"Published: {made.files.count()} files.")


def export(args: argparse.Namespace) -> Answer:
    made = publishing.export(args.folder)
    text = f"{args.folder}: {made.files.count()} files. Check them anywhere with `abeyance verify {args.folder}`."
    return Answer({"folder": str(args.folder), "files": made.files.count()}, text)


def lines(args: argparse.Namespace) -> Answer:
    found = [{"line": row.pk} | stances.document(row) for row in stances.lines()]
    text = [f"{each['line']:>4}  {each['jurisdiction']}  {each['company']}: {each['sentence']}" for each in found]
    return Answer(found, "\n".join(text) or "The register is empty: abeyance report add-stance FILE.toml.")


def add(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    row = stances.record(stances.read(_read(args.file)), by=by, now=_now(), replaces=args.instead_of)
    return Answer({"line": row.pk} | stances.document(row), f"Line {row.pk} of the register.")


def drop(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    stances.withdraw(args.line, by=by, now=_now())
    return Answer({"line": args.line}, f"Line {args.line} is off the register.")


def _read(path: Path) -> dict[str, Any]:
    try:
        raw = givenfile.content(path, LARGEST)
        if len(raw) > LARGEST:
            raise BadInput(f"{path} is larger than {LARGEST // 1024} KiB.")
        return tomllib.loads(raw.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise BadInput(f"{path} is not TOML: {problem}.") from None


def _now() -> datetime:
    return datetime.now(UTC)
