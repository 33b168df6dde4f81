"""What the worker does for this room."""

from __future__ import annotations

from datetime import UTC, datetime

from abeyance.answer import refusals
from abeyance.outbox.registry import task


@task("answer.refuse")
def refuse(line: int) -> None:
    refusals.carry_out(line, now=datetime.now(UTC))
