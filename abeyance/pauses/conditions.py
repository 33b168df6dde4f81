"""The conditions that a pause named: each is open, met, or waived with a published reason, and two people say so. Here
too is what the lifting of a pause asks before anything else; `rules/diligence.py` decides."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from abeyance.diligence import queries, stating
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.pauses import store
from abeyance.people.models import Proposal
from abeyance.rules import diligence as rules
from abeyance.rules.diligence import Outcome
from abeyance.rules.pauses import Pause


def refuse_unless_ready(name: str, closing_statement: str, *, now: datetime, lock: bool = False) -> None:
    """Raises Refused with everything that still stands against lifting, by any version in force. `lock`: until the
    caller's commit."""
    standing, against = queries.standing(name, lock=lock), {}
    for pause in _all_in_force(name):
        for reason in rules.may_lift(pause, standing, closing_statement, today=now.date()):
            against[reason.sentence] = reason
    if against:
        raise Refused(list(against.values()))


def against_lifting(pause: Pause, *, now: datetime) -> list[str]:
    """What is still open, apart from the closing statement: for whoever looks before asking."""
    against = rules.may_lift(pause, queries.standing(pause.name), "to be written", today=now.date())
    return [reason.sentence for reason in against]


def told(name: str, *, now: datetime) -> dict[str, Any]:
    """For command line, API and page."""
    pause = _in_force(name)
    return {"pause": name, "conditions": states(pause), "against_lifting": against_lifting(pause, now=now)}


def states(pause: Pause) -> list[dict[str, str]]:
    """Each named condition with what was settled about it."""
    settled = queries.standing(pause.name).conditions
    return [
        {
            "number": str(number),
            "condition": condition,
            "state": settled[condition].value if condition in settled else "open",
        }
        for number, condition in enumerate(pause.conditions, start=1)
    ]


def propose(name: str, number: int, outcome: str, reason: str, *, by: str, now: datetime) -> Proposal:
    """That condition `number` is met, or waived; another member agrees, and the reason is published."""
    if outcome not in set(Outcome):
        raise BadInput("A condition is found met, or it is waived.")
    condition = _condition(_in_force(name), number)
    return stating.propose_settlement(name, condition, Outcome(outcome), reason, by=by, now=now)


def reopen(name: str, number: int, reason: str, *, by: str, now: datetime) -> None:
    """At once, by one person. Number 0 is the assessment, if it was waived."""
    condition = _condition(_in_force(name), number) if number else ""
    stating.reopen(name, condition, reason, by=by, now=now)


def propose_waiver(name: str, reason: str, *, by: str, now: datetime) -> Proposal:
    """To lift the pause without an assessment; another member agrees, and the reason is published."""
    _in_force(name)
    return stating.propose_waiver(name, reason, by=by, now=now)


def _condition(pause: Pause, number: int) -> str:
    if not 1 <= number <= len(pause.conditions):
        raise NotFound(f"{pause.name} has {len(pause.conditions)} condition(s), counted from 1.")
    return pause.conditions[number - 1]


def _in_force(name: str) -> Pause:
    """Its newest version."""
    return _all_in_force(name)[-1]


def _all_in_force(name: str) -> list[Pause]:
    found = store.in_force(name)
    if not found:
        raise NotFound(f"No pause {name[:48]} is in force. `abeyance pause list` shows those that are.")
    return found
