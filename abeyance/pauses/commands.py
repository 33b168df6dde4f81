"""Pauses on the command line. Declaring needs no credential: it only holds. Lifting and agreeing do."""

from __future__ import annotations

import argparse
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound
from abeyance.pauses import actions, conditions, documents, store
from abeyance.pauses.models import PauseRow
from abeyance.pauses.preview import preview
from abeyance.people import commands as people
from abeyance.rules.pausefile import TEMPLATE, Unreadable, parse_pause
from abeyance.rules.pauses import Pause

LARGEST = 256 * 1024
Verbs = Any


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    pause = sub.add_parser("pause", help="hold a law, an agency or a country in abeyance")
    verbs = pause.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "draft", draft, "write a template to fill in").add_argument("file", type=Path, metavar="FILE.toml")
    for name, run, help_ in (
        ("preview", show_preview, "say what the pause would hold; nothing binds"),
        ("declare", declare, "bind at once: when this returns, nothing that it covers is handed over"),
        ("amend", amend, "a new version; what it would let go waits for a second person"),
    ):
        _verb(verbs, name, run, help_).add_argument("file", type=Path, metavar="FILE.toml")
    lifted = _verb(verbs, "lift", lift, "propose to lift a pause; another member agrees")
    lifted.add_argument("file", metavar="FILE.toml|NAME")
    lifted.add_argument("--statement", required=True, help="the closing statement, which is published")
    settled = _verb(verbs, "condition", condition, "propose that a named condition is met or waived, or open it again")
    settled.add_argument("name")
    settled.add_argument("number", type=int, help="as `abeyance pause conditions` counts them")
    settled.add_argument("outcome", choices=["met", "waived", "open"])
    settled.add_argument("--reason", required=True, help="it is published")
    _verb(verbs, "conditions", show_conditions, "what still stands against lifting it").add_argument("name")
    waived = _verb(verbs, "waive", waive, "propose to lift it without an assessment")
    waived.add_argument("name")
    waived.add_argument("--reason", required=True, help="it is published")
    _verb(verbs, "agree", people.agree, "agree to a lift or a loosening amendment").add_argument("proposal")
    _verb(verbs, "list", list_pauses, "pauses in force").add_argument(
        "--all", action="store_true", help="ended ones too"
    )
    _verb(verbs, "show", show, "every version of one pause").add_argument("name")


def _verb(verbs: Verbs, name: str, run: Any, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def draft(args: argparse.Namespace) -> Answer:
    try:
        with args.file.open("x") as file:
            file.write(TEMPLATE.format(year=datetime.now(UTC).year))
    except FileExistsError:
        raise BadInput(f"{args.file} exists already; nothing was written.") from None
    except OSError as problem:
        raise BadInput(f"{args.file} cannot be written: {problem.strerror}.") from None
    return Answer({"file": str(args.file)}, f"{args.file}: fill it in, then `abeyance pause preview {args.file}`.")


def show_preview(args: argparse.Namespace) -> Answer:
    seen = preview(read(args.file), reader=people.acting(args, needs_credential=False), now=_now())
    return Answer(documents.of_preview(seen), documents.in_words(seen))


def declare(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    return _bound(actions.declare(read(args.file), by=by, now=_now()), by, "is in force")


def amend(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _bound(actions.amend(read(args.file), by=by, now=_now()), by, "has a new version")


def _bound(bound: actions.Bound, by: str, what: str) -> Answer:
    """The pause binds already; what it covers is counted afterwards."""
    seen = preview(bound.pause, reader=by, now=_now())
    text = f"{bound.pause.name} {what} since {documents.moment(bound.pause.declared_at)}.\n{documents.in_words(seen)}"
    if bound.proposal is not None:
        text += f"\nThe older version holds too until another member agrees: abeyance pause agree {bound.proposal.code}"
    return Answer(documents.of_bound(bound, seen), text)


def lift(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    name = read(Path(args.file)).name if args.file.endswith(".toml") else args.file
    return people.proposed(actions.propose_lift(name, args.statement, by=by, now=_now()))


def condition(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    if args.outcome != "open":
        return people.proposed(conditions.propose(args.name, args.number, args.outcome, args.reason, by=by, now=_now()))
    conditions.reopen(args.name, args.number, args.reason, by=by, now=_now())
    return show_conditions(args)


def show_conditions(args: argparse.Namespace) -> Answer:
    told = conditions.told(args.name, now=_now())
    lines = [f"{each['number']}. {each['condition']}: {each['state']}" for each in told["conditions"]]
    against = told["against_lifting"]
    return Answer(told, "\n".join(lines + against) or "Nothing stands against lifting it but a closing statement.")


def waive(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return people.proposed(conditions.propose_waiver(args.name, args.reason, by=by, now=_now()))


def list_pauses(args: argparse.Namespace) -> Answer:
    rows = list(PauseRow.objects.order_by("pk") if args.all else store.rows_in_force())
    lines = [documents.list_line(store.from_row(row)) + (" (ended)" if row.ended_at else "") for row in rows]
    told = [documents.of_row(row) for row in rows]
    return Answer(told, "\n".join(lines) or "No pause is in force. `abeyance pause draft FILE.toml` begins one.")


def show(args: argparse.Namespace) -> Answer:
    rows = list(store.known([args.name]))
    if not rows:
        raise NotFound(f"There is no pause {args.name[:48]!r}. `abeyance pause list --all` shows those there are.")
    told = [documents.of_row(row) for row in rows]
    lines = [
        f"{row.name}/{row.version}, since {documents.moment(row.declared_at)}: {row.body['statement']}" for row in rows
    ]
    return Answer(told, "\n".join(lines))


def read(path: Path) -> Pause:
    """A pause from a file, or BadInput with the key that is wrong."""
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}.") from None
    if len(raw) > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST // 1024} KiB; that is no pause.")
    try:
        return parse_pause(tomllib.loads(raw.decode()))
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise BadInput(f"{path} is not TOML: {problem}.") from None
    except (Unreadable, RecursionError) as problem:
        raise BadInput(f"{path}: {problem}") from None


def _now() -> datetime:
    return datetime.now(UTC)
