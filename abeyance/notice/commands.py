"""`abeyance hearing`: requests to look at a pause again, recorded and decided."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import Any

from abeyance.console import Answer
from abeyance.notice import hearings
from abeyance.people import commands as people
from abeyance.people import queries
from abeyance.rules.hearings import Asker, HearingOutcome
from abeyance.rules.permissions import Permission

Parser = argparse.ArgumentParser


def register(sub: argparse._SubParsersAction[Parser]) -> None:
    hearing = sub.add_parser("hearing", help="requests to look at a pause again")
    verbs = hearing.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", listed, "those that wait, soonest due first").add_argument(
        "--all", action="store_true", help="decided ones too"
    )
    _verb(verbs, "show", show, "one, with what was said").add_argument("hearing", metavar="H-...")
    receiving = _verb(verbs, "receive", receive, "record one that came by post, mail or telephone")
    receiving.add_argument("pause")
    receiving.add_argument("--asker", required=True, choices=[asker.value for asker in Asker])
    receiving.add_argument("--said", required=True, help="what should be looked at again, and why")
    receiving.add_argument("--contact", default="", help="where to answer")
    receiving.add_argument("--channel", required=True, choices=[each for each in hearings.CHANNELS if each != "portal"])
    deciding = _verb(verbs, "decide", decide, "decide one; not for whoever declared, confirmed or amended the pause")
    deciding.add_argument("hearing", metavar="H-...")
    deciding.add_argument("--outcome", required=True, choices=[outcome.value for outcome in HearingOutcome])
    deciding.add_argument("--reason", required=True, help="told to who asked")


def _verb(verbs: Any, name: str, run: Any, help_: str) -> Parser:
    parser: Parser = verbs.add_parser(name, help=help_, description=f"{help_[0].upper()}{help_[1:]}.")
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def listed(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=False), _now()
    queries.require(by, Permission.HEARING_READ, now)
    rows = hearings.visible_to(by) if args.all else hearings.open_for(by)
    told = [hearings.as_document(row, now=now) for row in rows[:10_000]]
    return Answer(told, "\n".join(map(_line, told)) or "No request for review waits.")


def show(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), _now()
    told = hearings.in_full(hearings.find(args.hearing, by=by, now=now), now=now)
    answer = f"\n\n{told['reason']}" if told.get("reason") else ""
    return Answer(told, f"{_line(told)}\n\n{told.get('said', '')}\n\nAnswer to: {told.get('contact', '')}{answer}")


def receive(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    received = hearings.receive(
        args.pause, Asker(args.asker), args.said, args.contact, channel=args.channel, by=by, now=_now()
    )
    told = {"hearing": received.code, "token": received.token, "due": hearings.moment(received.due)}
    return Answer(told, f"{received.code} is recorded; due {told['due']}. For who asked: {received.token}")


def decide(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    row = hearings.decide(args.hearing, HearingOutcome(args.outcome), args.reason, by=by, now=_now())
    told = hearings.in_full(row, now=_now())
    return Answer(told, _line(told))


def _line(told: dict[str, Any]) -> str:
    late = "OVERDUE " if told["overdue"] else ""
    state = told["outcome"] or "waits"
    return f"{late}{told['hearing']}  {told['pause']}, by {told['asker']}, due {told['due']}: {state}"


def _now() -> datetime:
    return datetime.now(UTC)
