"""`abeyance request place`: where the account holder of an item is, and who says so."""

from __future__ import annotations

import argparse
from typing import Any

from abeyance.casefile import door
from abeyance.console import Answer
from abeyance.intake import placing
from abeyance.people import commands as people
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import PlaceSource
from abeyance.site.requests import documents, verbs


def register(acts: Any) -> None:
    place = verbs.verb(acts, "place", find, "record where the account holder of an item is, and who says so")
    place.add_argument("--item", type=int, required=True)
    place.add_argument("--country", metavar="HK", help="left out, the connected service is asked for its own field")
    place.add_argument("--source", choices=[each.value for each in placing.SOURCES], default=placing.SOURCES[0].value)


def find(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=False)
    if args.country is None:
        placing.ask(args.ref, args.item, by=by, now=verbs.now())
    else:
        placing.find(args.ref, args.item, args.country, PlaceSource(args.source), by=by, now=verbs.now())
    case = door.open_for(by, args.ref, Permission.CASE_READ, now=verbs.now())
    told = documents.in_full(case, now=verbs.now(), reader=by)
    return Answer(told, documents.in_words(told))
