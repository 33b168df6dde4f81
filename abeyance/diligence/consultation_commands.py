"""Consultations on the command line: opened, linked, ended; files of age left and fetched. What is encrypted in a
browser is read in that browser alone."""

from __future__ import annotations

import argparse
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.diligence import consulting, talking
from abeyance.diligence.commands import reader
from abeyance.diligence.models import Consultation
from abeyance.errors import BadInput
from abeyance.people import commands as people

Verbs = Any


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    consultation = sub.add_parser("consultation", help="ask experts and affected groups, under names drawn by chance")
    verbs = consultation.add_subparsers(dest="verb", required=True, metavar="VERB")
    asked = _verb(verbs, "invite", invite, "propose a consultation; another member agrees", "assessment")
    asked.add_argument("--audience", choices=consulting.AUDIENCES, default="expert")
    asked.add_argument("--guests", type=int, default=1)
    asked.add_argument("--ends", required=True, metavar="MOMENT", help="access and words end then")
    asked.add_argument("--risk", required=True, choices=consulting.RISKS, help="their own, in advising us")
    asked.add_argument("--answer", required=True, help="what it may cost them, and how you know; it is sealed")
    _verb(verbs, "list", list_all, "consultations, the newest first")
    _verb(verbs, "show", show, "how far it is, and which files were left", "consultation")
    _verb(verbs, "link", link, "a link and a code for a guest, shown once", "consultation", "seat")
    _verb(verbs, "key", key, "leave your public key of age", "consultation", "key")
    _verb(verbs, "send", send, "leave a file encrypted with age", "consultation").add_argument("file", type=Path)
    fetched = _verb(verbs, "fetch", fetch, "fetch a file of age", "consultation")
    fetched.add_argument("number", type=int)
    fetched.add_argument("--out", type=Path, required=True)
    told = _verb(verbs, "lines", lines, "propose lines about a request that may be told", "consultation", "request")
    told.add_argument("line", nargs="+")
    _verb(verbs, "passage", passage, "number a passage, to ask for consent by a file", "consultation", "text")
    taken = _verb(verbs, "take", take, "take a passage into the assessment, after consent", "consultation", "seat")
    taken.add_argument("text")
    taken.add_argument("--salt", required=True, help="as `passage` printed it")
    _verb(verbs, "end", end, "end it now; what was written is destroyed", "consultation")


def _verb(verbs: Verbs, name: str, run: Any, help_: str, *words: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    people.acting_arguments(parser)
    for word in words:
        parser.add_argument(word)
    parser.set_defaults(run=run)
    return parser


def invite(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return people.proposed(
        consulting.propose(
            args.assessment,
            args.audience,
            args.guests,
            moment(args.ends),
            risk=args.risk,
            answer=args.answer,
            by=by,
            now=_now(),
        )
    )


def list_all(args: argparse.Namespace) -> Answer:
    reader(args)
    rows = Consultation.objects.select_related("assessment").order_by("-pk")[:1000]
    told = [consulting.document(row, _now()) for row in rows]
    lines_ = [f"{each['consultation']}  {each['assessment']}  {each['state']}, ends {each['ends']}" for each in told]
    return Answer(told, "\n".join(lines_) or "Nobody is consulted. `abeyance consultation invite` proposes it.")


def show(args: argparse.Namespace) -> Answer:
    by, found = reader(args), consulting.find(args.consultation)
    told = document(found, by)
    return Answer(told, "\n".join(f"{key}: {value}" for key, value in told.items()))


def link(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    made = consulting.issue(args.consultation, args.seat, by=by, now=_now())
    told = {"seat": made.seat, "path": made.path, "code": made.code}
    return Answer(told, f"Path, by one way: {made.path}\nCode, by another: {made.code}\nShown once.")


def key(args: argparse.Namespace) -> Answer:
    seat = consulting.seat_of(consulting.find(args.consultation), people.acting(args, needs_credential=True))
    talking.leave_key(seat, "age", args.key.strip(), now=_now())
    return Answer({"seat": seat.name, "age": args.key.strip()}, "The others encrypt to it from now.")


def send(args: argparse.Namespace) -> Answer:
    seat = consulting.seat_of(consulting.find(args.consultation), people.acting(args, needs_credential=True))
    content = givenfile.content(args.file, talking.LARGEST_FILE)
    talking.send_file(seat, content, now=_now())
    return Answer({"seat": seat.name, "size": len(content)}, "The file is left.")


def fetch(args: argparse.Namespace) -> Answer:
    seat = consulting.seat_of(consulting.find(args.consultation), people.acting(args, needs_credential=True))
    content = talking.file(seat.consultation, args.number)
    try:
        with args.out.open("xb") as out:
            out.write(content)
    except OSError as problem:
        raise BadInput(f"{args.out} cannot be written: {problem.strerror}.") from None
    return Answer({"file": str(args.out), "size": len(content)}, f"{args.out}: open it with age.")


def lines(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return people.proposed(consulting.propose_lines(args.consultation, args.request, args.line, by=by, now=_now()))


def passage(args: argparse.Namespace) -> Answer:
    consulting.seat_of(consulting.find(args.consultation), people.acting(args, needs_credential=True))
    told = numbered(args.text)
    text = f"Number: {told['digest']}\nSalt, to be kept for `take`: {told['salt']}\nNothing was stored."
    return Answer(told, text)


def take(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    row = consulting.take(args.consultation, args.seat, args.text, args.salt, by=by, now=_now())
    return Answer({"version": row.number}, f"The passage is in the assessment, version {row.number}.")


def end(args: argparse.Namespace) -> Answer:
    consulting.end(args.consultation, by=people.acting(args, needs_credential=True), now=_now())
    return Answer({"consultation": args.consultation, "state": "over"}, "It is over; what was written is destroyed.")


# --- for the API too


def document(found: Consultation, by: str) -> dict[str, Any]:
    """With keys and files for the two who sit there; nothing that was said."""
    told = consulting.document(found, _now()) | {"lines": consulting.lines(found, by)}
    seat = found.seats.filter(of_member__member=by).first()
    if seat is None:
        return told
    shown = talking.shown(seat)
    return told | {"you": seat.name, "seats": shown["seats"], "files": shown["files"], "consents": shown["consents"]}


def numbered(text: str) -> dict[str, str]:
    salt = secrets.token_hex(16)
    return {"digest": consulting.digest_of(salt, text), "salt": salt, "text": text}


def moment(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"{text[:40]!r} is not a moment such as 2026-12-31T12:00:00+00:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _now() -> datetime:
    return datetime.now(UTC)
