"""Matters and suspended exceptions on the command line."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from abeyance.casefile import door
from abeyance.console import Answer
from abeyance.patterns import actions, documents, queries
from abeyance.people import commands as people
from abeyance.rules.permissions import Permission


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    matter = sub.add_parser("matter", help="requests that are possibly the same matter; exceptions that are misused")
    verbs = matter.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "show", show, "requests that share something with this one").add_argument("ref", metavar="REF")
    for name, run, help_ in (
        ("the-same", the_same, "decide that both are one matter: what holds the one holds the other"),
        ("another", another, "propose that they are two matters; another member agrees"),
    ):
        parser = _verb(verbs, name, run, help_)
        parser.add_argument("ref", metavar="REF")
        parser.add_argument("other", metavar="OTHER")
    _verb(verbs, "suspended", suspended, "exceptions that may not be used for now")
    for name, run, help_ in (
        ("suspend", suspend, "an announced exception opens nothing any more, from now on"),
        ("resume", resume, "propose that it may be used again; another member agrees"),
    ):
        parser = _verb(verbs, name, run, help_)
        parser.add_argument("pause", metavar="PAUSE")
        parser.add_argument("exception", metavar="EXCEPTION")


def _verb(verbs: Any, name: str, run: Any, help_: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def show(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=_now())
    found = documents.of_matter(case, by)
    lines = [f"{each['ref']}  {each['agency'] or 'unknown agency'}, {each['instrument'] or 'no law named'}: "
             f"{each['sentence']}" for each in found]  # fmt: skip
    return Answer({"ref": case.ref, "matter": found}, "\n".join(lines) or "No other request shares anything with it.")


def the_same(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    actions.decide_the_same(args.ref, args.other, by=by, now=_now())
    return Answer({"verdict": "the-same"}, "Decided: the same matter. What holds the one holds the other.")


def another(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    proposal = actions.propose_another(args.ref, args.other, by=by, now=_now())
    return Answer(people.proposal_document(proposal), f"Proposed as {proposal.code}; another member agrees.")


def suspended(args: argparse.Namespace) -> Answer:
    found = [documents.of_suspension(row) for row in queries.suspensions()]
    lines = [f"{each['pause']}/{each['exception']} since {each['since']}" for each in found]
    return Answer({"suspended": found}, "\n".join(lines) or "None is suspended.")


def suspend(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    row = actions.suspend_exception(args.pause, args.exception, by=by, now=_now())
    return Answer(documents.of_suspension(row), f"{row.pause}/{row.exception} opens nothing from now on.")


def resume(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    proposal = actions.propose_resumption(args.pause, args.exception, by=by, now=_now())
    return Answer(people.proposal_document(proposal), f"Proposed as {proposal.code}; another member agrees.")


def _now() -> datetime:
    return datetime.now(UTC)
