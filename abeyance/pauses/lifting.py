"""How a pause may end, and what holds from the same moment on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from abeyance.errors import BadInput, Refused
from abeyance.pauses.models import PauseRow
from abeyance.rules.decision import Reason
from abeyance.rules.pausefile import NAME
from abeyance.rules.pauselife import LiftOutcome
from abeyance.rules.pauses import Pause
from abeyance.rules.terms import PauseMode, Stage

REVIEWED_AFTER = timedelta(days=365)  # a standing refusal is looked at again as well
LONGEST_NAME = 48
SUFFIX = {
    LiftOutcome.STANDING_REFUSAL: "REFUSED",
    LiftOutcome.REROUTE: "REROUTED",
    LiftOutcome.LEAVE_MARKET: "LEFT",
}


def outcome_called(word: str) -> LiftOutcome:
    try:
        return LiftOutcome(word)
    except ValueError:
        known = ", ".join(outcome.value for outcome in LiftOutcome)
        raise BadInput(f"A pause ends in one of: {known}; not in {word[:40]!r}.") from None


def successor_of(pause: Pause, outcome: LiftOutcome, statement: str, *, now: datetime, to: str = "") -> Pause:
    """The pause that follows, unless somebody has written another one. `to`: where a rerouting leads."""
    if outcome is LiftOutcome.NARROW:
        raise Refused([_no("narrow-how", "To narrow it, say what it still holds: give the narrower version.")])
    known = {mode.value for mode in PauseMode}
    if outcome.mode not in known:
        raise Refused([_no("no-such-mode", f"This desk knows no pause of the mode {outcome.mode}.")])
    reroute_to = (to.strip().upper() or pause.reroute_to) if outcome is LiftOutcome.REROUTE else None
    if outcome is LiftOutcome.REROUTE and not reroute_to:
        raise Refused([_no("reroute-where", "To reroute, say to which country the treaty channel leads, such as US.")])
    follows = replace(
        pause,
        name=_name_after(pause.name, SUFFIX[outcome]),
        version=1,
        mode=PauseMode(outcome.mode),
        statement=statement,
        review_by=(now + REVIEWED_AFTER).date(),
        stages=frozenset(Stage),
        starts_at=None,
        hold_release_meanwhile=False,
        conditions=(),
        treat_as=None,
        reroute_to=reroute_to,
    )
    if outcome is LiftOutcome.LEAVE_MARKET and pause.jurisdictions:
        # Whoever leaves a country answers nobody there, under whatever law.
        follows = replace(follows, laws=frozenset(), agencies=frozenset(), subjects=frozenset())
    return follows


def refuse_unfit(name: str, outcome: LiftOutcome, successor: Pause | None, *, now: datetime) -> None:
    """Whether what follows is what the outcome says."""
    if successor is None:
        return
    if not outcome.has_successor:
        raise Refused([_no("resume-has-none", "Nothing follows when requests resume; choose another outcome.")])
    if successor.starts_at is not None and successor.starts_at > now:
        raise Refused([_no("gap", "What follows must hold from the same moment on: leave out its start.")])
    if outcome is LiftOutcome.NARROW:
        if successor.name != name:
            raise Refused([_no("narrow-keeps-name", f"Narrowing is a version of {name}: give it that name.")])
        return
    if outcome.mode != successor.mode.value:
        raise Refused([_no("other-mode", f"'{outcome.value}' is followed by a pause of the mode {outcome.mode}.")])
    if successor.name == name or PauseRow.objects.filter(name=successor.name).exists():
        raise Refused([_no("name-taken", f"The name {successor.name} is taken: name what follows otherwise.")])


def _name_after(name: str, word: str) -> str:
    made = f"{name[: LONGEST_NAME - len(word) - 1]}-{word}"
    assert NAME.fullmatch(made)
    return made


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"pauses:{code}")
