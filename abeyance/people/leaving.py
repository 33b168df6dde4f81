"""What a member has to hand on before they leave. A room that gives members something to look after registers here how
it passes to somebody else; it raises Refused when it would be left to nobody."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class HandOn(Protocol):
    def __call__(self, member: str, heir: str | None, /, *, by: str, now: datetime) -> None: ...


_HANDED_ON: list[HandOn] = []


def on_leaving(function: HandOn) -> HandOn:
    if function not in _HANDED_ON:
        _HANDED_ON.append(function)
    return function


def hand_on(member: str, heir: str | None, *, by: str, now: datetime) -> None:
    """Inside the transaction in which the member goes."""
    for function in _HANDED_ON:
        function(member, heir, by=by, now=now)
