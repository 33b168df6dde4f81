"""The directory on the command line. `abeyance request verify` calls `actions.find_genuine`."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.people import commands as people
from abeyance.people.directory import actions, documents, queries
from abeyance.people.directory.entry import entries_of

LARGEST_KEY = 64 * 1024
EXAMPLES = Path(__file__).parent / "data" / "agencies.toml"


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    agency = sub.add_parser("agency", help="the directory of agencies: contact data, keys, officers")
    verbs = agency.add_subparsers(dest="verb", required=True, metavar="VERB")
    _verb(verbs, "list", list_agencies, "who is in the directory")
    _verb(verbs, "show", show, "one agency, in full", "agency")
    added = _verb(verbs, "add", add, "propose the agencies of a TOML file, new or changed")
    added.add_argument("file", type=Path, metavar="FILE", help=f"like {EXAMPLES.name}, which is shipped as an example")
    _verb(verbs, "agree", people.agree, "agree to what another member proposed", "proposal")
    key = _verb(verbs, "key-add", add_key, "propose a key that you have confirmed with the agency", "agency")
    key.add_argument("file", type=Path, metavar="FILE", help="the public key")
    key.add_argument("--kind", choices=("age", "openpgp"), required=True)
    _verb(verbs, "key-revoke", revoke_key, "a key counts no more, at once", "fingerprint")
    _verb(verbs, "suspend", suspend, "nothing more goes to this agency, at once", "agency")
    _verb(verbs, "reinstate", reinstate, "propose to end a suspension", "agency")
    officer = _verb(verbs, "officer-add", add_officer, "propose an officer; the name is sealed", "agency")
    officer.add_argument("--name", required=True)
    officer.add_argument("--address", required=True, help="the mail address that the officer writes from")


def _verb(verbs: Any, name: str, run: Any, help_: str, *positional: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=f"{help_.capitalize()}.")
    for word in positional:
        parser.add_argument(word)
    people.acting_arguments(parser)
    parser.set_defaults(run=run)
    return parser


def _now() -> datetime:
    return datetime.now(UTC)


def list_agencies(args: argparse.Namespace) -> Answer:
    found = list(queries.agencies()[:10_000])
    lines = [f"{row.code:<28} {row.jurisdiction} {row.name}{'' if row.active else ' (suspended)'}" for row in found]
    return Answer([documents.summary(row) for row in found], "\n".join(lines) or "The directory is empty.")


def show(args: argparse.Namespace) -> Answer:
    row = queries.agency(args.agency)
    document = documents.in_full(row)
    lines = [f"{row.name} ({row.code}, {row.jurisdiction}){'' if row.active else ', suspended'}"]
    lines += [f"  {c['kind']:<10} {c['value']}  from: {c['source']}, {c['source_date']}" for c in document["contacts"]]
    lines += [f"  {k['kind']:<10} {k['fingerprint']}{' (revoked)' if k['revoked'] else ''}" for k in document["keys"]]
    return Answer(document, "\n".join(lines))


def add(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    made = actions.propose_agencies(entries_of(args.file), by=by, now=_now())
    answers = [people.proposed(proposal) for proposal in made]
    text = "\n".join(answer.text for answer in answers) or "The directory says all of this already."
    return Answer([answer.document for answer in answers], text)


def add_key(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return people.proposed(actions.propose_key(args.agency, args.kind, _key_text(args.file), by=by, now=_now()))


def _key_text(path: Path) -> str:
    try:
        raw = givenfile.content(path, LARGEST_KEY)
        if len(raw) <= LARGEST_KEY:
            return raw.decode()
    except UnicodeDecodeError:
        pass
    raise BadInput(f"{path} cannot be read as a public key in text form.")


def revoke_key(args: argparse.Namespace) -> Answer:
    actions.revoke_key(args.fingerprint, by=people.acting(args, needs_credential=False), now=_now())
    return Answer({"fingerprint": args.fingerprint, "revoked": True}, "The key counts no more.")


def suspend(args: argparse.Namespace) -> Answer:
    actions.suspend_agency(args.agency, by=people.acting(args, needs_credential=False), now=_now())
    return Answer({"agency": args.agency, "active": False}, f"{args.agency} is suspended.")


def reinstate(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return people.proposed(actions.propose_reinstatement(args.agency, by=by, now=_now()))


def add_officer(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    return people.proposed(actions.propose_officer(args.agency, args.name, args.address, by=by, now=_now()))
