"""`abeyance doctor`. It changes nothing; exit 1 if something is wrong."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from dataclasses import asdict

from abeyance.console import Answer
from abeyance.errors import AbeyanceError
from abeyance.rules.people import OPERATOR_CODE
from abeyance.site.doctor import house, surroundings, work
from abeyance.site.doctor.finding import Finding, Grade, wrong

Check = Callable[[str], Iterable[Finding]]  # for whom it looks: a code, or "operator"
CHECKS: tuple[Check, ...] = (
    surroundings.server_settings,
    surroundings.stand_bys,
    surroundings.clocks,
    surroundings.disk,
    surroundings.folders,
    surroundings.grants,
    work.keys,
    work.jobs,
    work.log,
    work.pauses,
    house.law,
    house.people,
    house.factors,
    house.guidance,
    house.contact,
)
MARKS = {Grade.WRONG: "WRONG", Grade.ATTENTION: "look", Grade.GOOD: "good"}


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    text = "look whether settings, server, keys, people and law keep the promises"
    sub.add_parser("doctor", help=text, description=f"{text.capitalize()}.").set_defaults(run=run)


def run(_: argparse.Namespace) -> Answer:
    found = examine()
    bad = sum(each.grade is Grade.WRONG for each in found)
    lines = [f"{MARKS[each.grade]:<6} {each.about:<9} {each.sentence}" for each in found]
    document = {"wrong": bad, "findings": [asdict(each) for each in found]}
    return Answer(document, "\n".join(lines), code=1 if bad else 0)


def examine(reader: str = OPERATOR_CODE) -> list[Finding]:
    """The gravest first. A check that cannot be made is itself a finding. It says nothing of requests of which the
    reader may not know."""
    order = list(Grade)
    return sorted((each for check in CHECKS for each in _made(check, reader)), key=lambda each: order.index(each.grade))


def _made(check: Check, reader: str) -> list[Finding]:
    try:
        return list(check(reader))
    except AbeyanceError as problem:
        return [wrong(check.__name__, str(problem))]
