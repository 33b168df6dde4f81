"""`abeyance request follow-ups` and `follow-up`: whether the treaty request has come after a reroute."""

from __future__ import annotations

import argparse
from typing import Any

from abeyance.answer import rerouting
from abeyance.console import Answer
from abeyance.people import commands as people
from abeyance.site.requests import verbs
from abeyance.site.requests.verbs import verb


def register(sub: Any) -> None:
    verb(sub, "follow-ups", listed, "reroutes that wait to be followed up, soonest due first", ref=False)
    ending = verb(sub, "follow-up", end, "say whether the treaty request has come after a reroute")
    said = ending.add_mutually_exclusive_group(required=True)
    said.add_argument("--arrived-as", default="", metavar="REF", help="it came, as this request")
    said.add_argument("--nothing-came", action="store_true")


def listed(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=False), verbs.now()
    told = [rerouting.as_document(row, by, now=now) for row in rerouting.waiting_for(by)[:1000]]
    lines = [f"{each['ref']}  {rerouting.in_one_line(each)}" for each in told]
    return Answer(told, "\n".join(lines) or "No reroute waits to be followed up.")


def end(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), verbs.now()
    told = rerouting.as_document(rerouting.end(args.ref, args.arrived_as, by=by, now=now), by, now=now)
    return Answer(told, rerouting.in_one_line(told))
