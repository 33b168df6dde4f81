"""Pauses on the command line. Declaring needs no credential: it only holds. Lifting and agreeing do."""

from __future__ import annotations

import argparse
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound
from abeyance.pauses import actions, conditions, documents, drafts, scenarios, store
from abeyance.pauses.preview import preview, preview_of_lift
from abeyance.people import commands as people
from abeyance.people import proposals, queries
from abeyance.rules.pausefile import TEMPLATE, Unreadable, parse_pause
from abeyance.rules.pauselife import LiftOutcome
from abeyance.rules.pauses import Pause

LARGEST = 256 * 1024
Verbs = Any


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    scenarios.register(sub)
    pause = sub.add_parser("pause", help="hold a law, an agency or a country in abeyance")
    verbs = pause.add_subparsers(dest="verb", required=True, metavar="VERB")
    drafted = _verb(verbs, "draft", draft, "write a template to fill in, or store a filled-in one for its authors")
    drafted.add_argument("file", type=Path, metavar="FILE.toml")
    drafted.add_argument("--store", action="store_true", help="keep it at the desk; it binds nobody")
    drafted.add_argument("--change", default="", metavar="DRAFT", help="store it in the place of this draft")
    _share(drafted)
    _verb(verbs, "drafts", list_drafts, "your drafts")
    _verb(verbs, "discard", discard, "throw a draft away").add_argument("draft")
    for name, run, help_ in (
        ("preview", show_preview, "say what the pause would hold; nothing binds"),
        ("declare", declare, "bind at once: when this returns, nothing that it covers is handed over"),
    ):
        told = _verb(verbs, name, run, help_)
        told.add_argument("file", metavar="FILE.toml|DRAFT")
        if name == "declare":
            _share(told)
    amended = _verb(verbs, "amend", amend, "a new version; what it would let go waits for a second person")
    amended.add_argument("file", type=Path, metavar="FILE.toml")
    amended.add_argument("--why", default="", help="why it changes; published, and needed for a later date of review")
    confirmed = _verb(verbs, "confirm", confirm, "confirm what another declared, or stand behind it as the first")
    confirmed.add_argument("name")
    lifted = _verb(verbs, "lift", lift, "propose to lift a pause; another member agrees")
    lifted.add_argument("file", metavar="FILE.toml|NAME")
    lifted.add_argument("--statement", help="the closing statement, which is published")
    outcomes = [outcome.value for outcome in LiftOutcome]
    lifted.add_argument("--outcome", choices=outcomes, default=LiftOutcome.RESUME.value, help="what follows")
    lifted.add_argument("--successor", type=Path, metavar="FILE.toml", help="what holds from the same moment on")
    lifted.add_argument("--to", default="", metavar="COUNTRY", help="where a rerouting leads")
    lifted.add_argument("--preview", action="store_true", help="only say what would come back")
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


def _share(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--share", action="append", default=[], metavar="MEMBER", help="who else may see it")


def _verb(verbs: Verbs, name: str, run: Any, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def draft(args: argparse.Namespace) -> Answer:
    if args.store or args.change:
        by = people.acting(args, needs_credential=False)
        kept = drafts.save(document_of(args.file), by=by, now=_now(), code=args.change, authors=args.share)
        return Answer(documents.of_draft(kept), f"{kept.code}: `abeyance pause preview {kept.code}`, then declare it.")
    try:
        with args.file.open("x") as file:
            file.write(TEMPLATE.format(year=datetime.now(UTC).year))
    except FileExistsError:
        raise BadInput(f"{args.file} exists already; nothing was written.") from None
    except OSError as problem:
        raise BadInput(f"{args.file} cannot be written: {problem.strerror}.") from None
    return Answer({"file": str(args.file)}, f"{args.file}: fill it in, then `abeyance pause preview {args.file}`.")


def list_drafts(args: argparse.Namespace) -> Answer:
    found = list(drafts.of(people.acting(args, needs_credential=False)))
    lines = [
        f"{each.code}  {each.document.get('name', '')!s:<24} {documents.moment(each.changed_at)}" for each in found
    ]
    told = [documents.of_draft(each) for each in found]
    return Answer(told, "\n".join(lines) or "No draft of yours. `abeyance pause draft FILE.toml` begins one.")


def discard(args: argparse.Namespace) -> Answer:
    drafts.discard(args.draft, by=people.acting(args, needs_credential=False), now=_now())
    return Answer({"draft": args.draft, "discarded": True}, f"{args.draft} is gone; it held nothing.")


def show_preview(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    stated = read(Path(args.file)) if _is_file(args.file) else drafts.read(drafts.find(args.file, by=by).document)
    seen = preview(stated, reader=by, now=_now())
    return Answer(documents.of_preview(seen), documents.in_words(seen))


def declare(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    if not _is_file(args.file):
        return _bound(drafts.declare(args.file, by=by, now=_now()), by, "is in force")
    authors = [queries.code_of(each) for each in args.share]
    return _bound(actions.declare(read(Path(args.file)), by=by, now=_now(), authors=authors), by, "is in force")


def _is_file(word: str) -> bool:
    return word.endswith(".toml") or "/" in word or Path(word).exists()


def amend(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _bound(actions.amend(read(args.file), by=by, now=_now(), why=args.why), by, "has a new version")


def confirm(args: argparse.Namespace) -> Answer:
    """Agree to what another member proposed; where nobody has, propose it."""
    by = people.acting(args, needs_credential=True)
    waiting = [each for each in proposals.waiting(by) if (each.kind, each.subject) == (actions.CONFIRM, args.name)]
    theirs = [each for each in waiting if each.proposed_by != by]
    if not theirs:
        return people.proposed(actions.propose_confirm(args.name, by=by, now=_now()))
    agreed = proposals.agree(theirs[-1].code, by=by, now=_now())
    return Answer(people.proposal_document(agreed), f"{args.name} is confirmed: two people stand behind it.")


def _bound(bound: actions.Bound, by: str, what: str) -> Answer:
    """The pause binds already; what it covers is counted afterwards."""
    seen = preview(bound.pause, reader=by, now=_now())
    begun = f"{what} since {documents.moment(bound.pause.declared_at)}"
    if store.is_planned(bound.pause, _now()):
        begun = f"is planned; it begins {documents.moment(bound.pause.starts_at)}, and only its authors see it"
    text = f"{bound.pause.name} {begun}.\n{documents.in_words(seen)}"
    if bound.confirmation is not None and bound.proposal is None:
        text += f"\nAnother member confirms it: abeyance pause confirm {bound.pause.name}. Unless one does by "
        text += f"{documents.moment(bound.pause.confirm_by)} it holds release alone."
    if bound.proposal is not None:
        text += f"\nThe older version holds too until another member agrees: abeyance pause agree {bound.proposal.code}"
    return Answer(documents.of_bound(bound, seen), text)


def lift(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=not args.preview)
    name = read(Path(args.file)).name if args.file.endswith(".toml") else args.file
    if args.preview:
        rows = [row for row in store.known([name], by) if row.ended_epoch is None]
        seen = preview_of_lift([store.from_row(row) for row in rows], reader=by, now=_now())
        return Answer(documents.of_lift(seen), documents.lift_in_words(name, seen))
    proposal = actions.propose_lift(
        name,
        args.statement or "",
        by=by,
        now=_now(),
        outcome=LiftOutcome(args.outcome),
        successor=read(args.successor) if args.successor else None,
        to=args.to,
    )
    return people.proposed(proposal)


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
    reader = people.acting(args, needs_credential=False)
    rows = list(store.all_known(reader) if args.all else store.rows_in_force())
    lines = [documents.list_line(store.from_row(row)) + (" (ended)" if row.ended_at else "") for row in rows]
    told = [documents.of_row(row) for row in rows]
    return Answer(told, "\n".join(lines) or "No pause is in force. `abeyance pause draft FILE.toml` begins one.")


def show(args: argparse.Namespace) -> Answer:
    rows = list(store.known([args.name], people.acting(args, needs_credential=False)))
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
        return parse_pause(document_of(path))
    except (Unreadable, RecursionError) as problem:
        raise BadInput(f"{path}: {problem}") from None


def document_of(path: Path) -> dict[str, Any]:
    raw = givenfile.content(path, LARGEST)
    if len(raw) > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST // 1024} KiB; that is no pause.")
    try:
        return tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as problem:
        raise BadInput(f"{path} is not TOML: {problem}.") from None


def _now() -> datetime:
    return datetime.now(UTC)
