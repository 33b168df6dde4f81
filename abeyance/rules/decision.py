"""A decision is a value, and it carries its reasons. The same reasons feed page, letter, ledger and report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum


class Outcome(IntEnum):
    """What the rules say of one item, most cautious first: of several, the smallest wins."""

    REFUSE = 0
    HOLD = 1
    REROUTE = 2
    ASK = 3
    NARROW = 4
    PROCEED = 5

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True)
class Reason:
    """One reason. `code` is for programs (`no-matching-clause`), `clause` names the policy clause, law entry or
    pause that says so, `sentence` is what a reviewer reads, `citation` the source."""

    code: str
    sentence: str
    clause: str
    citation: str = ""
    pause: str = ""

    def as_dict(self) -> dict[str, str]:
        return {
            "code": self.code,
            "sentence": self.sentence,
            "clause": self.clause,
            "citation": self.citation,
            "pause": self.pause,
        }


@dataclass(frozen=True)
class Decision:
    """Never without a reason; `policy` is the digest of the policy that was used."""

    outcome: Outcome
    reasons: tuple[Reason, ...]
    policy: str

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a decision without a reason")


def strictest(decisions: Iterable[Decision]) -> Decision:
    """The most cautious of several, with the reasons of every decision that is just as cautious."""
    found = list(decisions)
    if not found:
        raise ValueError("nothing was decided")
    outcome = min(decision.outcome for decision in found)
    reasons = tuple(reason for d in found if d.outcome is outcome for reason in d.reasons)
    return Decision(outcome, tuple(dict.fromkeys(reasons)), found[0].policy)
