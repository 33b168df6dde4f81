"""What time does to a pause. Nothing has to run for it: the same row, asked at another moment, answers otherwise.

planned       before its start. Only its authors see it. It may hold release already (`hold_release_meanwhile`).
unconfirmed   declared by one person. It binds in full for 72 hours.
release-only  nobody has confirmed it in that time. Review and answer are free again; release stays held, whatever
              stages it names, until two people decide: they confirm it, or they lift it.
standing      two people stand behind it.
ended         it holds nothing any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from abeyance.rules.terms import Stage

CONFIRM_WITHIN = timedelta(hours=72)
RELEASE_ALONE = frozenset({Stage.RELEASE})
UNANNOUNCED = "Held by a decision that is not announced yet."


class Phase(StrEnum):
    PLANNED = "planned"
    UNCONFIRMED = "unconfirmed"
    RELEASE_ONLY = "release-only"
    STANDING = "standing"
    ENDED = "ended"


class Lived(Protocol):
    """What of a pause its life depends on."""

    @property
    def stages(self) -> frozenset[Stage]: ...
    @property
    def starts_at(self) -> datetime | None: ...
    @property
    def hold_release_meanwhile(self) -> bool: ...
    @property
    def confirm_by(self) -> datetime | None: ...
    @property
    def ended_epoch(self) -> int | None: ...
    @property
    def ended_at(self) -> datetime | None: ...


def phase(pause: Lived, now: datetime) -> Phase:
    if pause.ended_epoch is not None:
        return Phase.ENDED
    if pause.starts_at is not None and now < pause.starts_at:
        return Phase.PLANNED
    if pause.confirm_by is None:
        return Phase.STANDING
    return Phase.UNCONFIRMED if now < pause.confirm_by else Phase.RELEASE_ONLY


def stages_at(pause: Lived, now: datetime) -> frozenset[Stage]:
    """The stages that it holds at this moment."""
    match phase(pause, now):
        case Phase.ENDED:
            return frozenset()
        case Phase.PLANNED:
            return RELEASE_ALONE if pause.hold_release_meanwhile else frozenset()
        case Phase.RELEASE_ONLY:
            return RELEASE_ALONE
        case _:
            return pause.stages


def has_bound(pause: Lived, now: datetime) -> bool:
    """Whether it binds, or has ever bound, at any stage. A plan that was dropped before its start has not."""
    if pause.starts_at is None or pause.hold_release_meanwhile:
        return True
    return pause.starts_at <= (now if pause.ended_at is None else pause.ended_at)


def to_confirm_by(starts_at: datetime | None, now: datetime) -> datetime:
    """Until when another person confirms what one has declared; of a plan it counts from the start."""
    return max(now, starts_at or now) + CONFIRM_WITHIN


def is_prolonged(new_review: date, old_review: date) -> bool:
    return new_review > old_review


def why_only_release(pause: Lived, now: datetime) -> str:
    """For the end of a sentence; empty while the pause binds in full."""
    if phase(pause, now) is not Phase.RELEASE_ONLY:
        return ""
    return "; declared by one person and not confirmed in 72 hours, so it holds release alone until two people decide"


class LiftOutcome(StrEnum):
    """How a pause ends. Each but the first says what holds from the same moment on."""

    RESUME = "resume"  # nothing holds any more; every request goes back to verification and review
    NARROW = "narrow"  # a version that covers less, in the same act
    STANDING_REFUSAL = "standing-refusal"  # another pause that refuses, in the same act
    REROUTE = "reroute"  # another pause that sends to the treaty channel, in the same act
    LEAVE_MARKET = "leave-market"  # another pause that refuses everything that the country asks, in the same act

    @property
    def has_successor(self) -> bool:
        return self is not LiftOutcome.RESUME

    @property
    def mode(self) -> str | None:
        """The mode of the pause that follows; None where none does, or where it keeps its own."""
        modes = {
            LiftOutcome.STANDING_REFUSAL: "refuse",
            LiftOutcome.REROUTE: "reroute",
            LiftOutcome.LEAVE_MARKET: "refuse",
        }
        return modes.get(self)


# --- after the end


class Reconfirm(StrEnum):
    """What the requester is asked when a pause has ended: each must still be so, or the request is amended or ends."""

    OFFICER = "officer"
    ORDER = "order"
    OFFENCE = "offence"
    NEED = "need"


def needs_reconfirming(arrived_epoch: int, last_end: int, confirmed: Sequence[int]) -> bool:
    """`last_end`: the epoch at which the last pause over the request ended (0: none ever did); `confirmed`: the epochs
    at which the requester confirmed it. What arrived after the end was never held."""
    return arrived_epoch < last_end and max(confirmed, default=0) < last_end


def lapses_at(asked_at: datetime, within: timedelta) -> datetime:
    """Silence from the asking on, never from the end of the pause: nobody loses by our being slow to ask."""
    return asked_at + within
