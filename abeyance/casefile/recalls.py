"""What is recorded about a recall, as the facts of its rules. Nothing here decides."""

from __future__ import annotations

from datetime import datetime

from abeyance.casefile.models import Case
from abeyance.ledger.models import Entry
from abeyance.rules.events import Recalled
from abeyance.rules.lifecycle import State
from abeyance.rules.recalls import Question, Step, Taken, questions


def recalled_at(case: Case) -> datetime | None:
    """When deletion was last begun to be asked for, by the ledger."""
    entry = Entry.objects.filter(case=case.ref, kind=Recalled.__name__).order_by("-pk").first()
    return entry.at if entry else None


def questions_of(case: Case) -> tuple[Question, ...]:
    """Open and settled ones; none for a request that was never recalled. Steps before the newest recall are history."""
    began = recalled_at(case)
    if began is None:
        return ()
    steps = case.recall_steps.filter(at__gte=began).order_by("pk")
    return questions(began, [Taken(Step(row.step), row.at) for row in steps])


def is_open(case: Case) -> bool:
    return State(case.state) is State.RECALLED
