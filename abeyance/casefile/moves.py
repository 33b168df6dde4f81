"""The only place where a request changes state."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from abeyance import ledger
from abeyance.asking import Asked
from abeyance.casefile.models import Case, Item
from abeyance.errors import Refused, SomeoneElseWasFirst
from abeyance.rules import lifecycle
from abeyance.rules.decision import Reason
from abeyance.rules.events import CaseMoved
from abeyance.rules.lifecycle import Event, State


def move(case: Case, event: Event, *, by: str, now: datetime) -> None:
    """Change the state if it is still what the caller saw, and record it; inside the caller's transaction."""
    asked = Asked()
    told, moved = moving(asked, case, event, now=now)
    ledger.appending(asked, [told], by=by, now=now, holder=case.holder, case=case.ref)
    asked.now()
    moved()


MOVE = (
    "UPDATE casefile_case SET state = %s, version = version + 1, closed_at = %s"
    " WHERE id = %s AND version = %s AND state = %s RETURNING id"
)


def moving(asked: Asked, case: Case, event: Event, *, now: datetime) -> tuple[CaseMoved, Callable[[], None]]:
    """For a caller that writes more in the same journey: what to record, and what to call after `asked.now()`, which
    raises SomeoneElseWasFirst where the case was no longer what the caller saw."""
    before = State(case.state)
    after = next_state(case, event)
    closed = now if after is State.CLOSED else None
    changed = asked.plain(MOVE, after.value, closed, case.pk, case.version, before.value)

    def moved() -> None:
        if len(changed) != 1:
            raise SomeoneElseWasFirst(f"{case.ref} has changed meanwhile; look at it again.")
        case.state, case.version, case.closed_at = after, case.version + 1, closed
        if (after in lifecycle.OPEN_STATES) != (before in lifecycle.OPEN_STATES):
            _open_items(case, after in lifecycle.OPEN_STATES)

    return CaseMoved(before=before.value, event=event.value, after=after.value), moved


def next_state(case: Case, event: Event) -> State:
    try:
        return lifecycle.next_state(State(case.state), event)
    except lifecycle.NotPossible as error:
        raise Refused([Reason("not-now", str(error), clause=f"lifecycle:{case.state}")]) from error


def _open_items(case: Case, is_open: bool) -> None:
    newest = case.demands.order_by("-version").values("pk")[:1]
    Item.objects.filter(case=case, demand__in=newest).update(open=is_open)
