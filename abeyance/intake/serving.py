"""A demand served on one of us in person becomes a request that counsel alone may read, is an emergency, and brings
what is to be done at once. Whoever reports it, and whoever it was served on, does not read it afterwards: what they do
not know cannot be asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from abeyance import ledger
from abeyance.casefile import door
from abeyance.casefile.models import Case, IncidentStep
from abeyance.errors import BadInput, NotFound
from abeyance.intake import actions, taking
from abeyance.intake.actions import Arrived
from abeyance.intake.reading import at_hand
from abeyance.people import travel
from abeyance.rules.events import IncidentStepDone
from abeyance.rules.permissions import Permission
from abeyance.rules.served import LONGEST, SENTENCES, Served, Step

CHANNEL = "hand"
SHUT_FOR = timedelta(days=7)


def report(
    served: Served, *, by: str, now: datetime, papers: Sequence[tuple[Path, str]] = (), shut_out: bool = False
) -> Arrived:
    """`shut_out`: whoever reports it, of themselves; their devices may be in other hands. `papers`: path and name."""
    if any(len(text) > LONGEST for text in (served.by_whom, served.said, served.papers, served.devices, served.reach)):
        raise BadInput(f"Each answer has at most {LONGEST:,} characters.")
    with ExitStack() as held, at_hand() as process:
        note = held.enter_context(taking.in_memory(served.note(now).encode()))
        given = [(note, "note.txt"), *papers]
        files = [(path, process.read(path, name)) for path, name in given]
        names = [name for _, name in given]
        arrived = actions.receive(files, channel=CHANNEL, by=by, now=now, names=names, served=served)
    if shut_out:
        with transaction.atomic():
            travel.go(now + SHUT_FOR, by=by, now=now)
            _mark(arrived.ref, Step.SHUT_OUT, by=by, now=now)
    return arrived


def done(ref: str, step: str, *, by: str, now: datetime) -> Case:
    """Something of what is to be done is done; said again it changes nothing."""
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    if step not in {each.value for each in Step}:
        raise BadInput(f"Steps are: {', '.join(each.value for each in Step)}.")
    with transaction.atomic():
        _mark(case.ref, Step(step), by=by, now=now)
    return case


def _mark(ref: str, step: Step, *, by: str, now: datetime) -> None:
    rows = IncidentStep.objects.select_for_update(of=("self",)).select_related("case")
    row = rows.filter(case__ref=ref, step=step.value).first()
    if row is None:
        raise NotFound(f"{ref} has no such step to be done.")
    if row.done_at is None:
        row.done_by, row.done_at = by, now
        row.save(update_fields=["done_by", "done_at"])
        ledger.append(IncidentStepDone(step=step.value), by=by, now=now, holder=row.case.holder, case=ref)


def steps_of(case: Case) -> list[dict[str, Any]]:
    """What is to be done, in order; empty for every other request."""
    rows = {row.step: row for row in case.incident_steps.all()}
    return [
        {
            "step": step.value,
            "sentence": SENTENCES[step],
            "done": rows[step.value].done_at is not None,
        }
        for step in Step
        if step.value in rows
    ]
