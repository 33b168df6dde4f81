"""Assessments on the command line."""

from __future__ import annotations

import argparse
import json
import tomllib
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.diligence import actions, documents, queries, stating
from abeyance.errors import BadInput
from abeyance.people import commands as people
from abeyance.people import queries as members
from abeyance.rules import diligence as rules
from abeyance.rules.diligence_templates import TEMPLATES
from abeyance.rules.permissions import Permission

LARGEST = 2 * 2**20
Verbs = Any


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    assessment = sub.add_parser("assessment", help="human-rights due diligence, which lifts a pause")
    verbs = assessment.add_subparsers(dest="verb", required=True, metavar="VERB")
    begun = _verb(verbs, "begin", begin, "begin an assessment, with the questions of a template")
    begun.add_argument("--pause", default="", metavar="NAME", help="the pause that it is about")
    begun.add_argument("--template", choices=list(TEMPLATES), default="new-law")
    begun.add_argument("--law", action="append", default=[], metavar="CODE", help="an instrument; may be repeated")
    begun.add_argument("--review-by", required=True, metavar="DATE")
    _verb(verbs, "list", list_all, "assessments, the newest first")
    shown = _verb(verbs, "show", show, "what it says and lacks; privileged parts are never printed", "assessment")
    shown.add_argument("--version", type=int)
    written = _verb(verbs, "write", write, "a new version, from a TOML or JSON file", "assessment")
    written.add_argument("file", type=Path, metavar="FILE")
    written.add_argument("--onto", type=int, required=True, metavar="VERSION", help="the version that you have read")
    compared = _verb(verbs, "diff", diff, "what has changed between two versions", "assessment")
    compared.add_argument("old", type=int)
    compared.add_argument("new", type=int)
    commented = _verb(verbs, "comment", comment, "comment on a part of the newest version", "assessment")
    commented.add_argument("part")
    commented.add_argument("text")
    _verb(verbs, "owner", owner, "give it to another member", "assessment").add_argument("member")
    later = _verb(verbs, "prolong", prolong, "propose a later date of review; the reason is published", "assessment")
    later.add_argument("until", metavar="DATE")
    later.add_argument("--reason", required=True)
    _verb(verbs, "approve", approve, "propose to approve the newest version; another member agrees", "assessment")
    _verb(verbs, "published", published, "what is public of the due diligence of a pause", "pause")
    _verb(verbs, "sources", sources, "the parts of an assessment, and why each is asked")


def _verb(verbs: Verbs, name: str, run: Any, help_: str, *words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    people.acting_arguments(parser)
    for word in words:
        parser.add_argument(word)
    parser.set_defaults(run=run)
    return parser


def begin(args: argparse.Namespace) -> Answer:
    made = actions.begin(
        args.pause,
        args.template,
        laws=tuple(args.law),
        review_by=day(args.review_by),
        by=people.acting(args, needs_credential=True),
        now=_now(),
    )
    return Answer(queries.document(made, now=_now()), f"Assessment {made.code} has begun; `abeyance assessment show`.")


def list_all(args: argparse.Namespace) -> Answer:
    reader(args)
    told = [queries.document(each, now=_now()) for each in queries.assessments()[:1000]]
    lines = [documents.line(each) for each in told]
    return Answer(told, "\n".join(lines) or "No assessment has begun. `abeyance assessment begin` begins one.")


def show(args: argparse.Namespace) -> Answer:
    reader(args)
    found = queries.find(args.assessment)
    row = queries.version(found, args.version) if args.version else queries.newest(found)
    told = queries.with_text(found, row, now=_now())
    return Answer(told, documents.in_words(told))


def write(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    row = actions.write(args.assessment, read(args.file), onto=args.onto, by=by, now=_now())
    told = queries.with_text(row.assessment, row, now=_now())
    lacks = "\n".join(f"  {each['sentence']}" for each in told["missing"])
    return Answer(told, f"Version {row.number} is written." + (f" Still missing:\n{lacks}" if lacks else ""))


def diff(args: argparse.Namespace) -> Answer:
    reader(args)
    found = queries.find(args.assessment)
    old, new = (queries.shown(queries.version(found, number)) for number in (args.old, args.new))
    changes = rules.differences(old, new)
    told = [{"part": each.part, "lines": [list(line) for line in each.lines]} for each in changes]
    lines = [f"{each.part}\n" + "\n".join(f"  {mark} {text}" for mark, text in each.lines) for each in changes]
    return Answer(told, "\n".join(lines) or "They say the same, apart from privileged parts.")


def comment(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    made = actions.comment(args.assessment, args.part, args.text, by=by, now=_now())
    return Answer({"version": made.version, "part": made.part}, "The comment is kept.")


def owner(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    found = actions.give_to(args.assessment, args.member, by=by, now=_now())
    return Answer(queries.document(found, now=_now()), f"{found.code} is owned by {found.owner}.")


def prolong(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    until = day(args.until)
    return people.proposed(stating.propose_prolongation(args.assessment, until, args.reason, by=by, now=_now()))


def approve(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return people.proposed(stating.propose_approval(args.assessment, by=by, now=_now()))


def published(args: argparse.Namespace) -> Answer:
    told = queries.published(args.pause, today=_now().date())
    return Answer(told, "\n".join(f"{key}: {value}" for key, value in told.items()))


def sources(args: argparse.Namespace) -> Answer:
    told = documents.parts()
    lines = [f"{each['part']}: {each['asks']}\n    " + "; ".join(s["where"] for s in each["sources"]) for each in told]
    return Answer(told, "\n".join(lines))


# --- for both


def reader(args: argparse.Namespace) -> str:
    by = people.acting(args, needs_credential=True)
    members.require(by, Permission.DILIGENCE_READ, _now())
    return by


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text[:20]!r} is not a date such as 2026-12-31.") from None


def read(path: Path) -> dict[str, Any]:
    """TOML, or JSON if the file is called so."""
    raw = givenfile.content(path, LARGEST)
    if len(raw) > LARGEST:
        raise BadInput(f"{path} is larger than {LARGEST // 2**20} MiB.")
    try:
        found = json.loads(raw) if path.suffix == ".json" else tomllib.loads(raw.decode())
    except (ValueError, RecursionError) as problem:
        raise BadInput(f"{path} cannot be read: {problem}.") from None
    if not isinstance(found, dict):
        raise BadInput(f"{path} is no table of parts.")
    return found.get("document", found) if isinstance(found.get("document"), dict) else found


def _now() -> datetime:
    return datetime.now(UTC)
