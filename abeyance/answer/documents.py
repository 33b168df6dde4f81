"""Formal steps as plain JSON and as text: the same for page, command and API."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from abeyance.answer import steps
from abeyance.answer.models import FormalStep
from abeyance.errors import Locked
from abeyance.rules.formaldrafts import title_of
from abeyance.rules.formalsteps import OPEN, TO_COUNSEL
from abeyance.rules.instruments import StepForm

LOCKED = "sealed; the desk is locked"


def of_step(row: FormalStep, *, now: datetime) -> dict[str, Any]:
    """Without its text."""
    form = StepForm(row.form)
    return {
        "step": str(row.key),
        "ref": row.case.ref,
        "version": row.version,
        "item": row.item_number,
        "clock": row.clock,
        "form": form.value,
        "title": title_of(form),
        "to_counsel": form in TO_COUNSEL,
        "due": moment(row.due),
        "begin": moment(row.begin),
        "overdue": row.state in OPEN and now >= row.due,
        "begin_now": row.state in OPEN and now >= row.begin,
        "state": row.state,
        "tells": row.tells,
        "digest": bytes(row.text_digest).hex(),
        "sent": moment(row.sent_at),
        "way": row.way or None,
    }


def in_full(row: FormalStep, *, now: datetime) -> dict[str, Any]:
    try:
        text = steps.text_of(row)
    except Locked:
        text = LOCKED
    return of_step(row, now=now) | {"text": text}


def in_one_line(told: dict[str, Any]) -> str:
    late = "OVERDUE " if told["overdue"] else ""
    return f"{late}step due {told['due']}: item {told['item']}, {told['title']} ({told['state']}) {told['step']}"


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
