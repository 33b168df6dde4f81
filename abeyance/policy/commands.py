"""Policy, law and data maps on the command line."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from difflib import unified_diff
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.people import commands as people
from abeyance.policy import actions, advising, answering, queries
from abeyance.policy.models import Current, Text
from abeyance.policy.reading import KINDS, LARGEST, POLICY, kind_of, name_of, read
from abeyance.rules.guidance import Guidance
from abeyance.rules.instruments import LawEntry, OutboundEntry, standing


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    policy = sub.add_parser("policy", help="policy, law and data maps: what the desk goes by")
    verbs = policy.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", list_texts, "what is in force, and which law entries are adopted")
    shown = _verb(verbs, "show", show, "a text in force, as it was written")
    shown.add_argument("kind", choices=KINDS)
    shown.add_argument("name")
    _verb(verbs, "compare", compare, "what a proposed text changes, line by line").add_argument("proposal")
    _verb(verbs, "check", check, "read a file strictly; nothing is proposed").add_argument("file", type=Path)
    _verb(verbs, "propose", propose, "propose a text; the stricter of old and new counts").add_argument(
        "file", type=Path
    )
    answer = _verb(verbs, "answer", begin_answer, "write a text with the beginning of what it leaves open")
    answer.add_argument("entry", help="the outbound entry that leaves it to counsel; or clause, of the policy")
    answer.add_argument("--to", default="", metavar="CC", help="who asks")
    answer.add_argument("--under", default="", metavar="LAW")
    answer.add_argument("--kind", default="", help="of demand, for a clause")
    answer.add_argument("--ground", default="", help="compelled or permitted, for a clause")
    answer.add_argument("--category", default="", help="of data, such as SubscriberData")
    advised = _verb(verbs, "guidance", show_guidance, "what to do when officers come to one of us, and whom to call")
    advised.add_argument("country", nargs="?", metavar="CC")
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
    lines += [f"{each['subject']:<27} waits as {each['proposal']}; the stricter counts" for each in told["waiting"]]
    return Answer(told, "\n".join(lines))


def begin_answer(args: argparse.Namespace) -> Answer:
    asked = {"to": args.to.upper(), "under": args.under, "category": args.category}
    body = body_answering(args.entry[:64], asked | {"kind": args.kind, "ground": args.ground})
    return Answer({"body": body}, body)


def body_answering(entry: str, asked: Mapping[str, str]) -> str:
    """`entry`: an outbound entry of a law, or "clause" for the policy."""
    if entry == answering.OF_A_CLAUSE:
        return answering.text_with_clause(asked)
    return answering.text_answering(entry, asked, today=datetime.now(UTC).date())


def in_force(now: datetime) -> dict[str, Any]:
    rows = Current.objects.order_by("kind", "name")
    found = queries.books()[0]
    entries: list[LawEntry | OutboundEntry] = [*found.entries.values(), *found.outbound]
    return {
        "texts": [
            {"kind": row.kind, "name": row.name, "digest": row.text_id, "since": row.since.isoformat()} for row in rows
        ],
        "entries": [
            {"entry": entry.id, "citation": entry.citation, "standing": standing(entry, found.adopted, now).value}
            for entry in entries
        ],
        "waiting": [people.proposal_document(proposal) for proposal in queries.waiting()],
    }


def show(args: argparse.Namespace) -> Answer:
    text = queries.body(args.kind, args.name)
    return Answer(text_document(text), text.body)


def text_document(text: Text) -> dict[str, str]:
    return {"kind": text.kind, "name": text.name, "digest": text.digest, "body": text.body}


def show_guidance(args: argparse.Namespace) -> Answer:
    told = guidance_document(advising.guidance_for(args.country.upper() if args.country else None, "en"))
    lines = [told["title"], f"({told['checked']}, {told['date_checked']})"]
    for each in told["contacts"]:
        lines.append(f"{each['who']}: {each['telephone'] or 'number to be filled in'} {each['note']}")
    for part in told["parts"]:
        lines += ["", part["heading"], *(f"- {line}" for line in part["lines"])]
    return Answer(told, "\n".join(lines))


def guidance_document(found: Guidance) -> dict[str, Any]:
    return asdict(found) | {"checked": found.checked.value, "date_checked": found.date_checked.isoformat()}


def compare(args: argparse.Namespace) -> Answer:
    changes = comparison(args.proposal)
    return Answer({"proposal": args.proposal, "changes": changes}, "\n".join(changes) or "It changes nothing.")


def comparison(proposal: str) -> list[str]:
    """The lines of the present text and of the proposed one, as `diff -u` shows them."""
    new = queries.proposed_body(proposal)
    rows = Current.objects.select_related("text").filter(kind=new.kind)
    old = (rows if new.kind == POLICY else rows.filter(name=new.name)).first()
    before = old.text.body.splitlines() if old else []
    return list(unified_diff(before, new.body.splitlines(), "in force", "proposed", lineterm=""))


def check(args: argparse.Namespace) -> Answer:
    told = checked(text_of(args.file), file=args.file.name)
    return Answer(told, f"{args.file} is a {told['kind']}: {told['digest']}")


def checked(body: str, *, file: str = "text") -> dict[str, str]:
    kind = kind_of(body, file=file)
    parsed, digest = read(kind, body, file=file)
    return {"kind": kind, "name": name_of(parsed), "digest": digest}


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
        return givenfile.content(path, LARGEST).decode()
    except UnicodeDecodeError:
        raise BadInput(f"{path} is not a text in UTF-8.") from None
