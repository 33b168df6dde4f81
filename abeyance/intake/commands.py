"""`abeyance intake`: files, or a note of what came by post or telephone. Works while the desk is locked."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.intake import serving, taking
from abeyance.intake.actions import Arrived, suggestion_document
from abeyance.intake.taking import Taken
from abeyance.people import commands as people
from abeyance.people import queries
from abeyance.people.membership import checked_jurisdiction
from abeyance.rules.served import Place, Served, Wanted

CHANNELS = ("file", "mail", "post", "telephone")
QUESTIONS = (
    ("agency", "Which agency asks? "),
    ("officer", "Who called or signed? "),
    ("telephone", "Their telephone number, as they gave it: "),
    ("reference", "Their reference: "),
    ("instrument", "Under which law or order? "),
    ("account", "About which account (e-mail, telephone, user name, Matrix id)? "),
    ("data", "Which data, for which period? "),
    ("deadline", "By when? "),
    ("emergency", "Is it an emergency, and why? "),
)


TOLD = {
    "said": "what was demanded, in their words",
    "by_whom": "authority, names, numbers of badges",
    "papers_left": "which papers they left",
    "devices": "which devices they took or saw unlocked",
    "reach": "how the person can be reached",
}


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    intake = sub.add_parser(
        "intake",
        help="take in files as requests",
        description="Take in files (.eml, PDF, images, archives) as requests. "
        "Without a file: ask for what came by post or telephone.",
    )
    intake.add_argument("files", nargs="*", type=Path, metavar="FILE")
    intake.add_argument("--together", action="store_true", help="all files are one request, not one each")
    intake.add_argument("--channel", choices=CHANNELS, help="how it came (default: file; telephone without a file)")
    people.acting_arguments(intake)
    intake.set_defaults(run=run)
    text = "a demand served on one of us in person: counsel alone reads it, and is woken"
    served = sub.add_parser("served", help=text, description=f"{text.capitalize()}. Nothing is required.")
    served.add_argument("papers", nargs="*", type=Path, metavar="FILE", help="pictures of the papers that were left")
    served.add_argument("--on", metavar="MEMBER", help="on whom, if not on yourself")
    served.add_argument("--place", choices=[each.value for each in Place])
    served.add_argument("--country", metavar="CC")
    served.add_argument("--wanted", choices=[each.value for each in Wanted])
    for name, meaning in TOLD.items():
        served.add_argument(f"--{name.replace('_', '-')}", default="", metavar="TEXT", help=meaning)
    for name in ("secrecy", "custody"):
        served.add_argument(f"--{name}", choices=("yes", "no"))
    served.add_argument("--shut-out", action="store_true", help="shut yourself out of the desk for at least a week")
    people.acting_arguments(served)
    served.set_defaults(run=run_served)


def run(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=False), datetime.now(UTC)
    if not args.files:
        note = _ask()
        return _answer([Taken("note", taking.take_note(note, channel=args.channel or "telephone", by=by, now=now))])
    channel = args.channel or "file"
    if args.together:
        name = ", ".join(path.name for path in args.files)
        return _answer([Taken(name, taking.take_together(args.files, channel=channel, by=by, now=now))])
    return _answer(list(taking.take_each(args.files, channel=channel, by=by, now=now)))


def run_served(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=not args.on or args.shut_out)
    said = Served(
        on=queries.code_of(args.on) if args.on else by,
        place=Place(args.place) if args.place else None,
        country=checked_jurisdiction(args.country) if args.country else None,
        wanted=Wanted(args.wanted) if args.wanted else None,
        by_whom=args.by_whom,
        said=args.said,
        papers=args.papers_left,
        devices=args.devices,
        secrecy=None if args.secrecy is None else args.secrecy == "yes",
        custody=None if args.custody is None else args.custody == "yes",
        reach=args.reach,
    )
    given = [(path, path.name) for path in args.papers]
    arrived = serving.report(said, by=by, now=datetime.now(UTC), papers=given, shut_out=args.shut_out)
    return Answer({"ref": arrived.ref, "shut_out": args.shut_out}, f"It is with counsel, as {arrived.ref}.")


def _ask() -> str:
    """The answers as a text of labelled lines; a pipe may give the whole text instead."""
    if not sys.stdin.isatty():
        return sys.stdin.read(2**20)
    lines = []
    for label, question in QUESTIONS:
        sys.stderr.write(question)
        sys.stderr.flush()
        if said := sys.stdin.readline(10_000).strip():
            lines.append(f"{label.capitalize()}: {said}")
    if not lines:
        raise BadInput("Nothing was said; nothing was recorded.")
    return "\n".join(lines) + "\n"


def _answer(taken: list[Taken]) -> Answer:
    refused = any(one.arrived is None for one in taken)
    return Answer([document(one) for one in taken], "\n".join(_in_words(one) for one in taken), 1 if refused else 0)


def document(taken: Taken) -> dict[str, Any]:
    if taken.arrived is None:
        return {"file": taken.name, "ref": None, "duplicate": False, "suggestions": [], "refused": taken.refused}
    return {"file": taken.name, **arrived_document(taken.arrived)}


def arrived_document(arrived: Arrived) -> dict[str, Any]:
    return {
        "ref": arrived.ref,
        "duplicate": arrived.duplicate,
        "suggestions": [suggestion_document(found) for found in arrived.suggestions],
        "marks": list(arrived.marks),
    }


def _in_words(taken: Taken) -> str:
    if taken.arrived is None:
        return f"{taken.name}: not taken. {taken.refused}"
    arrived = taken.arrived
    lines = [f"{taken.name}: {arrived.ref}{' (the same bytes had arrived before)' if arrived.duplicate else ''}"]
    lines += [f"  {mark}" for mark in arrived.marks]
    lines += [f"  {found.field:<14} {found.value}   [{found.where}]" for found in arrived.suggestions]
    return "\n".join(lines)
