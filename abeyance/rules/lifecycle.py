"""The life of a request, as one table. Being paused is not a state: it is computed whenever somebody asks.

The diagram in the documentation is drawn from `LIFE` (`python -m abeyance.rules.lifecycle`).
"""

from __future__ import annotations

from enum import StrEnum


class State(StrEnum):
    RECEIVED = "received"  # stored; what was read in it is not yet confirmed by a person
    TO_VERIFY = "to-verify"  # confirmed; is the requester genuine?
    IN_REVIEW = "in-review"  # genuine; weighed item by item
    PROPOSED = "proposed"  # one person has proposed an answer
    GATHERING = "gathering"  # a second person has agreed; the minimum may be collected
    SEALED = "sealed"  # the package is sealed, or the answer in words is ready
    RELEASED = "released"  # at least one hand-over attempt was recorded
    RECALLED = "recalled"  # deletion was asked for after a release
    CLOSED = "closed"


class Event(StrEnum):
    CONFIRMED = "confirmed"
    AMENDED = "amended"
    FOUND_GENUINE = "found-genuine"
    FOUND_FALSE = "found-false"
    PROPOSED = "proposed"
    AGREED = "agreed"
    APPROVAL_WITHDRAWN = "approval-withdrawn"
    SEALED = "sealed"
    RELEASED = "released"
    RECALLED = "recalled"
    SENT_BACK = "sent-back"  # after a pause was lifted: verification and review begin again
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    REOPENED = "reopened"


_ANYWHERE_OPEN = {
    Event.AMENDED: State.TO_VERIFY,
    Event.WITHDRAWN: State.CLOSED,
    Event.CLOSED: State.CLOSED,
    Event.SENT_BACK: State.TO_VERIFY,
}

LIFE: dict[State, dict[Event, State]] = {
    State.RECEIVED: {
        Event.CONFIRMED: State.TO_VERIFY,
        Event.WITHDRAWN: State.CLOSED,
        Event.CLOSED: State.CLOSED,
    },
    State.TO_VERIFY: _ANYWHERE_OPEN | {Event.FOUND_GENUINE: State.IN_REVIEW, Event.FOUND_FALSE: State.CLOSED},
    State.IN_REVIEW: _ANYWHERE_OPEN | {Event.PROPOSED: State.PROPOSED, Event.FOUND_FALSE: State.CLOSED},
    State.PROPOSED: _ANYWHERE_OPEN
    | {
        Event.PROPOSED: State.PROPOSED,
        Event.AGREED: State.GATHERING,
        Event.APPROVAL_WITHDRAWN: State.IN_REVIEW,
        Event.FOUND_FALSE: State.CLOSED,
    },
    State.GATHERING: _ANYWHERE_OPEN
    | {
        Event.SEALED: State.SEALED,
        Event.APPROVAL_WITHDRAWN: State.IN_REVIEW,
        Event.FOUND_FALSE: State.CLOSED,
    },
    State.SEALED: _ANYWHERE_OPEN
    | {
        Event.SEALED: State.SEALED,
        Event.RELEASED: State.RELEASED,
        Event.APPROVAL_WITHDRAWN: State.IN_REVIEW,
        Event.FOUND_FALSE: State.CLOSED,
    },
    State.RELEASED: {
        Event.AMENDED: State.TO_VERIFY,
        Event.RELEASED: State.RELEASED,
        Event.RECALLED: State.RECALLED,
        Event.SENT_BACK: State.TO_VERIFY,
        Event.CLOSED: State.CLOSED,
        Event.APPROVAL_WITHDRAWN: State.IN_REVIEW,
    },
    State.RECALLED: {Event.CLOSED: State.CLOSED},
    State.CLOSED: {Event.REOPENED: State.TO_VERIFY, Event.RECALLED: State.RECALLED},
}

OPEN_STATES = tuple(state for state in State if state not in (State.CLOSED, State.RECALLED))


class NotPossible(ValueError):
    """This event cannot follow in this state; nothing was changed."""


def next_state(state: State, event: Event) -> State:
    """The state after `event`, or NotPossible with a sentence that says what could be done instead."""
    after = LIFE[state].get(event)
    if after is None:
        possible = ", ".join(sorted(possible_event.value for possible_event in LIFE[state]))
        raise NotPossible(f"'{event.value}' cannot follow while a request is '{state.value}'. Possible: {possible}.")
    return after


def diagram() -> str:
    """The table as a Mermaid state diagram."""
    lines = ["stateDiagram-v2", "    [*] --> received"]
    for state, events in LIFE.items():
        lines += [f"    {_id(state)} --> {_id(after)}: {event.value}" for event, after in events.items()]
    return "\n".join(lines)


def _id(state: State) -> str:
    return state.value.replace("-", "_")


if __name__ == "__main__":
    import sys

    sys.stdout.write(diagram() + "\n")
