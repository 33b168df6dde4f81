"""`abeyance demo`: the invented company's desk, and the story of one request and of one pause."""

from __future__ import annotations

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from abeyance.console import Answer
from abeyance.errors import Refused
from abeyance.rules.decision import Reason
from abeyance.site import home, logs
from abeyance.site.signin import trying

DONE = "told.json"


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    demo = sub.add_parser(
        "demo",
        help="load the demonstration world and tell its story, step by step",
        description="Load the demonstration world and tell its story on this desk. It leaves its papers in demo/.",
    )
    demo.add_argument("--once", action="store_true", help="do nothing if the story has been told on this desk")
    demo.add_argument("--code", metavar="NAME", help="print the six digits with which NAME signs in at this moment")
    # The home is entered when there is something to be told: most starts of a desk ask only whether there is.
    demo.set_defaults(run=run, needs_home=False)


def run(args: argparse.Namespace) -> Answer:
    folder = home.here().path / "demo"
    if args.code:
        code = trying.of(folder, args.code).code()
        return Answer({"name": args.code, "code": code}, code)
    done = folder / DONE
    if done.exists():
        if args.once:
            return Answer(json.loads(done.read_text()), f"The demonstration is in {folder}.")
        sentence = f"The story has been told on this desk already; what it left is in {folder}."
        raise Refused([Reason("told-already", sentence, "demo:told")])
    return Answer(_told(folder, done), f"\nEverything that was made lies in {folder}.")


def _told(folder: Path, done: Path) -> dict[str, Any]:
    place = home.enter()
    if not logs.is_debugging():
        logs.to_file(place.path, "command")
    from abeyance.site import upkeep
    from abeyance.site.demo import cast
    from abeyance.site.demo.story import Story

    _refuse_real_desk()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    now = datetime.now(UTC)
    trying.make(folder)
    told = Story(cast.set_up(folder, now=now), folder, _tell).told()
    done.write_text(json.dumps(told, indent=2) + "\n")
    upkeep.after_a_command(place.path)
    return told


def _refuse_real_desk() -> None:
    """Its policy and directory are invented; they have no place on a desk that people use."""
    from abeyance.casefile.models import Case
    from abeyance.people.models import Member

    if Case.objects.exists() or Member.objects.filter(founder=False).exists():
        sentence = (
            "This desk has requests or members of its own. Set ABEYANCE_HOME to an empty folder for the demonstration."
        )
        raise Refused([Reason("not-empty", sentence, "demo:not-empty")])


def _tell(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()
