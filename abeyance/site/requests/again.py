"""`abeyance request reconfirm`: what the requester has said after the end of a pause."""

from __future__ import annotations

import argparse
from typing import Any

from abeyance.console import Answer
from abeyance.pauses import reconfirming
from abeyance.people import commands as people
from abeyance.rules.pauselife import Reconfirm
from abeyance.site.requests import verbs
from abeyance.site.requests.verbs import verb


def register(sub: Any) -> None:
    again = verb(
        sub, "reconfirm", reconfirm, "after a pause: the requester has confirmed officer, order, offence and need"
    )
    for point in Reconfirm:
        again.add_argument(f"--{point.value}", action="store_true", help=f"the {point.value} is as it was")


def reconfirm(args: argparse.Namespace) -> Answer:
    by, now = people.acting(args, needs_credential=True), verbs.now()
    points = [point for point in Reconfirm if getattr(args, point.value)]
    case = reconfirming.reconfirm(args.ref, points, by=by, now=now)
    return Answer({"ref": case.ref, "reconfirmed": True}, f"{case.ref}: the requester has confirmed it.")
