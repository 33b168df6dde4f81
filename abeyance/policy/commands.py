"""Policy, law and data maps on the command line."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound
from abeyance.people import commands as people
from abeyance.policy import actions, queries
from abeyance.policy.models import Current
from abeyance.policy.reading import LARGEST, kind_of, name_of, read
from abeyance.rules.instruments import standing


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    policy = sub.add_parser("policy", help="policy, law and data maps: what the desk goes by")
    verbs = policy.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", list_texts, "what is in force, and which law entries are adopted")
    shown = _verb(verbs, "show", show, "one text, as it was written")
    shown.add_argument("kind", choices=("policy", "law", "map"))
    shown.add_argument("name")
    _verb(verbs, "check", check, "read a file strictly; nothing is proposed").add_argument("file", type=Path)
    _verb(verbs, "propose", propose, "propose a text; the stricter of old and new counts").add_argument(
        "file", type=Path
    )
    adopt = _verb(verbs, "adopt-law", adopt_law, "counsel adopts a law entry; another member agrees")
    adopt.add_argument("entry")
    adopt.add_argument("--until", required=True, type=date.fromisoformat, metavar="DATE")
    adopt.add_argument("--checked-against", default="", help="the source that counsel read")
    _verb(verbs, "end-law", end_law, "a law entry decides nothing any more, at once").add_argument("entry")
    _verb(verbs, "agree", people.agree, "agree to what another member proposed").add_argument("proposal")


def _verb(verbs: Any, name: str, run: Any, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def list_texts(args: argparse.Namespace) -> Answer:
    told = in_force(datetime.now(UTC))
    lines = [
        f"{text['kind']:<7} {text['name']:<20} {text['digest'][:12]} since {text['since']}" for text in told["texts"]
    ]
    lines += [f"law entry {entry['entry']:<36} {entry['standing']}" for entry in told["entries"]]
    return Answer(told, "\n".join(lines))


def in_force(now: datetime) -> dict[str, Any]:
    rows = Current.objects.order_by("kind", "name")
    found = queries.books()[0]
    entries = [*found.entries.values(), *found.outbound]
    return {
        "texts": [
            {"kind": row.kind, "name": row.name, "digest": row.text_id, "since": row.since.isoformat()} for row in rows
        ],
        "entries": [
            {"entry": entry.id, "citation": entry.citation, "standing": standing(entry, found.adopted, now).value}
            for entry in entries
        ],
    }


def show(args: argparse.Namespace) -> Answer:
    row = Current.objects.select_related("text").filter(kind=args.kind, name=args.name).first()
    if row is None:
        raise NotFound(f"No {args.kind} {args.name[:64]!r} is in force. `abeyance policy list` shows what is.")
    return Answer({"kind": row.kind, "name": row.name, "digest": row.text_id, "body": row.text.body}, row.text.body)


def check(args: argparse.Namespace) -> Answer:
    body = text_of(args.file)
    kind = kind_of(body, file=args.file.name)
    parsed, digest = read(kind, body, file=args.file.name)
    return Answer({"kind": kind, "name": name_of(parsed), "digest": digest}, f"{args.file} is a {kind}: {digest}")


def propose(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    body = text_of(args.file)
    return people.proposed(actions.propose_text(body, file=args.file.name, by=by, now=datetime.now(UTC)))


def adopt_law(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), datetime.now(UTC)
    source = args.checked_against
    return people.proposed(actions.propose_adoption(args.entry, args.until, checked_against=source, by=by, now=now))


def end_law(args: argparse.Namespace) -> Answer:
    actions.end_adoption(args.entry, by=people.acting(args, needs_credential=True), now=datetime.now(UTC))
    return Answer({"entry": args.entry, "adopted": False}, f"{args.entry} decides nothing any more.")


def text_of(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST + 1).decode()
    except OSError as problem:
        raise BadInput(f"{path} cannot be read: {problem.strerror}.") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not a text in UTF-8.") from None
