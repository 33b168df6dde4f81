"""`abeyance request preserve` and `preserve-agree`: preservation under a pause, decided by two people."""

from __future__ import annotations

import argparse
from typing import Any
from uuid import UUID

from abeyance.answer import preserving
from abeyance.console import Answer
from abeyance.people import commands as people
from abeyance.site.requests import verbs
from abeyance.site.requests.verbs import verb


def register(sub: Any) -> None:
    proposing = verb(sub, "preserve", propose, "propose to preserve what a pause holds, where the law binds us to")
    proposing.add_argument("--item", type=int, action="append", default=[], help="only this item; may be repeated")
    agreeing = verb(sub, "preserve-agree", agree, "agree to a preservation, as a second person")
    agreeing.add_argument("preservation", type=UUID, metavar="PRESERVATION")


def propose(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    row = preserving.propose(args.ref, frozenset(args.item), by=by, now=verbs.now())
    return Answer(
        preserving.of_row(row), f"Proposed; another member: abeyance request preserve-agree {args.ref} {row.key}"
    )


def agree(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    row = preserving.agree(args.ref, args.preservation, by=by, now=verbs.now())
    return Answer(
        preserving.of_row(row), f"Agreed: item(s) {', '.join(map(str, row.items))} are preserved; nothing is given."
    )
