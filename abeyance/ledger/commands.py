"""`abeyance ledger …` and `abeyance verify FILE`. Verifying needs no database and no home."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.console import Answer, acting_arguments
from abeyance.errors import NotFound
from abeyance.ledger import verifying
from abeyance.rules.ledger.notes import LARGEST_NOTE

Parsers = argparse._SubParsersAction  # the type that argparse gives for a set of commands
MOST_LISTED = 1000


def register(sub: Parsers[argparse.ArgumentParser]) -> None:
    verify = sub.add_parser("verify", help="check a receipt, a checkpoint or a folder of published pages, offline")
    verify.add_argument("file", type=Path, help="a receipt (.tlog-proof), a checkpoint, or an exported folder")
    verify.add_argument("--key", help="the verifier key of the desk, from elsewhere than the file")
    verify.set_defaults(run=run_verify, needs_home=False)
    ledger = sub.add_parser("ledger", help="the log of every act: list, publish, prove, check")
    verbs = ledger.add_subparsers(dest="verb", required=True, metavar="VERB")
    listed = _verb(verbs, "list", run_list, "entries, newest last")
    listed.add_argument("--case", help="only those of one case")
    acting_arguments(listed)
    listed.add_argument("--last", type=int, default=50, help=f"how many, at most {MOST_LISTED}")
    _verb(verbs, "checkpoint", run_checkpoint, "the newest signed checkpoint; keep it somewhere else")
    integrated = _verb(verbs, "integrate", run_integrate, "publish what is due")
    integrated.add_argument("--now", dest="force", action="store_true", help="do not wait for the cadence")
    proven = _verb(verbs, "receipt", run_receipt, "a receipt of one entry")
    proven.add_argument("entry", type=int)
    acting_arguments(proven)
    _verb(verbs, "key", run_key, "the verifier key of the log")
    checked = _verb(verbs, "check", run_check, "replay the log and name any difference")
    checked.add_argument("--against", type=Path, metavar="FILE", help="a checkpoint that was held elsewhere")
    _verb(verbs, "recognise", run_recognise, "accept a checkpoint as the newest known").add_argument("file", type=Path)
    begun = _verb(verbs, "begin-origin", run_begin_origin, "after a restore: go on under another name")
    begun.add_argument("name", help="such as example.org/log-2")
    begun.add_argument("--newest", type=Path, metavar="FILE", help="the newest checkpoint known outside")


def _verb(verbs: Parsers[argparse.ArgumentParser], name: str, run: Any, help_text: str) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=help_text)
    parser.set_defaults(run=run)
    return parser


def run_verify(args: argparse.Namespace) -> Answer:
    found = verifying.verify_file(args.file, args.key)
    lines = ["It holds." if found.holds else "It does NOT hold.", found.reason]
    if found.checkpoint is not None:
        at = "" if found.index is None else f"Leaf {found.index}; "
        lines.append(f"{at}log {found.checkpoint.origin}, {found.checkpoint.size} leaves.")
    if found.content is not None:
        lines.append(f"Recorded at {found.content.get('at')}: {found.sentence or found.content.get('kind')}")
    lines += [f"Key: {found.key}"] if found.key else []
    text = "\n".join(verifying.printable(line) for line in lines)
    return Answer(found.as_dict(), text, code=0 if found.holds else 1)


def run_list(args: argparse.Namespace) -> Answer:
    from abeyance.ledger import listing, sight

    by, last = _reader(args), max(1, min(args.last, MOST_LISTED))
    if args.case is None:
        rows = listing.seen_by(by, last)
    else:
        rows = listing.listed(case=args.case, last=last) if sight.known(by, [args.case]) else []
    text = "\n".join(f"{row['entry']:>6}  {row['at'][:19]}  {row['by']:<10} {row['sentence']}" for row in rows)
    return Answer(rows, text or "There are no entries.")


def run_checkpoint(_: argparse.Namespace) -> Answer:
    from abeyance.ledger import publication

    found = publication.newest()
    if found is None:
        raise NotFound("Nothing has been published yet: abeyance ledger integrate --now.")
    note = bytes(found.note).decode()
    return Answer({"origin": found.origin.name, "size": found.size, "checkpoint": note}, note.rstrip("\n"))


def run_integrate(args: argparse.Namespace) -> Answer:
    from abeyance.ledger.sequencer import integrate

    done = integrate(datetime.now(UTC), force=args.force)
    said = f"{done.entries} entries were taken; the published log has {done.size} leaves."
    document = {"entries": done.entries, "size": done.size, "published": done.published, "waits": done.waits}
    return Answer(document, f"{said} {done.waits}".strip(), code=1 if done.waits else 0)


def run_receipt(args: argparse.Namespace) -> Answer:
    from abeyance.ledger import listing, sight
    from abeyance.ledger.receipts import receipt

    found = listing.entry(args.entry)
    if found.case is not None and not sight.known(_reader(args), [found.case]):
        raise NotFound(listing.NO_ENTRY.format(number=args.entry))
    text = receipt(found)
    return Answer({"entry": args.entry, "receipt": text}, text.rstrip("\n"))


def run_key(_: argparse.Namespace) -> Answer:
    from abeyance.ledger.listing import verifier_keys

    found = verifier_keys()
    return Answer({"keys": found}, "\n".join(found) or "The log has not begun: abeyance ledger integrate --now.")


def run_check(args: argparse.Namespace) -> Answer:
    from abeyance.ledger.checking import check

    found = check(_read(args.against) if args.against else None)
    seen = f"{found.entries} entries and {found.size} leaves were replayed; {found.waiting} entries wait for a batch."
    unseen = [f"{found.unopened} entries could not be opened, because the desk is locked."] if found.unopened else []
    unseen += [f"{found.erased} entries are of erased cases and stay closed."] if found.erased else []
    verdict = "Differences:" if found.differences else "No difference."
    document = {
        "differences": found.differences, "entries": found.entries, "size": found.size, "waiting": found.waiting,
        "unopened": found.unopened, "erased": found.erased,
    }  # fmt: skip
    return Answer(document, "\n".join([seen, *unseen, verdict, *found.differences]), code=1 if found.differences else 0)


def run_recognise(args: argparse.Namespace) -> Answer:
    from abeyance.ledger.origins import recognise

    recognise(_read(args.file))
    return Answer({"recognised": True}, "The log extends that checkpoint; it is the newest that this home knows.")


def run_begin_origin(args: argparse.Namespace) -> Answer:
    from abeyance.ledger.origins import begin_new_origin

    newest = _read(args.newest) if args.newest else None
    begun = begin_new_origin(args.name, by="operator", now=datetime.now(UTC), newest=newest)
    text = f"The log goes on as {begun.name}, with the {begun.first_size} leaves known here."
    return Answer({"origin": begun.name, "size": begun.first_size}, text)


def _reader(args: argparse.Namespace) -> str:
    from abeyance.people import queries
    from abeyance.people.commands import acting
    from abeyance.rules.permissions import Permission

    by = acting(args, needs_credential=False)
    queries.require(by, Permission.LEDGER_READ, datetime.now(UTC))
    return by


def _read(path: Path) -> bytes:
    return givenfile.content(path, LARGEST_NOTE)
