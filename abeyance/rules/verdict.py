"""What law and policy say of an item, and what the pauses that hold it make of that."""

from __future__ import annotations

from collections.abc import Iterable

from abeyance.rules.decision import Decision, Outcome, Reason

OUTCOMES = {  # of any other code: it holds
    "refused-by-pause": Outcome.REFUSE,
    "rerouted-by-pause": Outcome.REROUTE,
}


def with_pauses(by_law: Decision, held: Iterable[Reason]) -> Decision:
    """The most cautious pause counts, and none makes anything less cautious: what the law refuses stays refused."""
    reasons = tuple(dict.fromkeys(held))
    if not reasons:
        return by_law
    outcome = min(OUTCOMES.get(reason.code, Outcome.HOLD) for reason in reasons)
    if by_law.outcome < outcome:
        return by_law
    return Decision(outcome, reasons, by_law.policy)
