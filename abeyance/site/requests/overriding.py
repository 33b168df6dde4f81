"""`abeyance request court-order`: a court's order that overrides a pause, recorded by counsel, agreed by another."""

from __future__ import annotations

import argparse
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from abeyance import givenfile
from abeyance.console import Answer
from abeyance.errors import BadInput
from abeyance.pauses import court_orders
from abeyance.people import commands as people
from abeyance.site.requests import verbs
from abeyance.site.requests.verbs import verb

ACTS = {"agree": court_orders.agree, "withdraw": court_orders.withdraw, "publish": court_orders.publish}


def register(sub: Any) -> None:
    order = verb(sub, "court-order", court_order, "record a court's order that overrides a pause, or act on one")
    order.add_argument("--pause", default="", help="the pause that it overrides")
    order.add_argument("--court", default="")
    order.add_argument("--citation", default="")
    order.add_argument("--date", dest="decided_on", type=date.fromisoformat)
    order.add_argument("--item", type=int, action="append", default=[], help="only this item; may be repeated")
    order.add_argument("--barred-until", type=_moment, help="may not be published before")
    order.add_argument("--document", type=Path, metavar="FILE", help="the order, kept sealed")
    acts = order.add_mutually_exclusive_group()
    for name, help_ in (
        ("agree", "agree as a second person"),
        ("withdraw", "void at once"),
        ("publish", "say it in public, when nothing bars it"),
    ):
        acts.add_argument(f"--{name}", type=UUID, metavar="ORDER", help=help_)


def court_order(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), verbs.now()
    for name, act in ACTS.items():
        if (key := getattr(args, name)) is not None:
            return _told(act(args.ref, key, by=by, now=now))
    if args.decided_on is None:
        raise BadInput("Say the day of the order: --date 2026-11-20.")
    stated = court_orders.Stated(
        pause=args.pause,
        court=args.court,
        citation=args.citation,
        decided_on=args.decided_on,
        items=frozenset(args.item),
        barred_until=args.barred_until,
        document=_read(args.document) if args.document else b"",
    )
    return _told(court_orders.propose(args.ref, stated, by=by, now=now))


def _told(row: Any) -> Answer:
    told = court_orders.as_document(row, opened=True)
    state = "withdrawn" if told["withdrawn"] else "in force" if told["agreed"] else "waits for a second person"
    return Answer(told, f"Order {told['order']} over {told['pause']}: {state}.")


def _read(path: Path) -> bytes:
    return givenfile.content(path, court_orders.LARGEST_DOCUMENT)


def _moment(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no zone; end it with Z or +08:00")
    return found.astimezone(UTC)
