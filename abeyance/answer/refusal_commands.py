"""`abeyance refusals`: refusals in batch under a refusing pause."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from abeyance.answer import refusal_documents as documents
from abeyance.answer import refusals
from abeyance.console import Answer
from abeyance.people import commands as people

Parser = argparse.ArgumentParser


def register(sub: argparse._SubParsersAction[Parser]) -> None:
    words = sub.add_parser("refusals", help="refuse in batch what a refusing pause refuses, after two agreed")
    verbs = words.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "draft", draft, "what could be refused under an instrument now").add_argument("instrument")
    proposing = _verb(verbs, "propose", propose, "propose exactly the list that was drafted")
    proposing.add_argument("instrument")
    proposing.add_argument("--digest", required=True, help="of the draft that you read")
    _verb(verbs, "list", listed, "lists there are")
    _verb(verbs, "show", show, "one list, and what has changed since").add_argument("batch", type=UUID)
    agreeing = _verb(verbs, "agree", agree, "agree to a list, as a second person; one of the two is counsel")
    agreeing.add_argument("batch", type=UUID)
    agreeing.add_argument("--digest", required=True, help="of the list that you read")


def _verb(verbs: Any, name: str, run: Any, help_: str) -> Parser:
    parser: Parser = verbs.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def draft(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    told = documents.of_draft(refusals.draft(args.instrument, by=by, now=_now()))
    return Answer(told, documents.in_words(told))


def propose(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _told(refusals.propose(args.instrument, args.digest, by=by, now=_now()), by)


def listed(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    told = [documents.of_batch(batch, by=by, now=_now()) for batch in refusals.batches(by)]
    return Answer(told, "\n".join(f"{each['batch']}  {each['instrument']}" for each in told) or "There is no list.")


def show(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _told(refusals.find(args.batch, by=by, now=_now()), by)


def agree(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return _told(refusals.agree(args.batch, args.digest, by=by, now=_now()), by)


def _told(batch: Any, by: str) -> Answer:
    told = documents.of_batch(batch, by=by, now=_now())
    return Answer(told, f"{told['batch']}\n{documents.in_words(told)}")


def _now() -> datetime:
    return datetime.now(UTC)
