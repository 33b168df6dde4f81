"""A request to look at a pause again: who may decide it, by when, and what may come of it.

Whoever declared, confirmed or amended a pause does not judge whether it was right. A decision loosens nothing by
itself: what it finds is done by the ordinary acts, each with its two people."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from abeyance.rules.decision import Reason


class Asker(StrEnum):
    AGENCY = "agency"
    ACCOUNT_HOLDER = "account-holder"
    VICTIM = "victim"
    OTHER = "other"


class HearingOutcome(StrEnum):
    STAYS = "stays"  # the pause is right as it is
    AMEND = "amend"  # it is to be amended
    LIFT = "lift"  # it is to be lifted
    EXCEPTION = "exception"  # an announced exception fits the asker's request
    NOT_FOR_US = "not-for-us"  # it is about something else


SOON = timedelta(days=3)


def due_by(arrived: datetime, days: int) -> datetime:
    return arrived + timedelta(days=days)


def against_deciding(member: str, involved: frozenset[str], pause: str) -> tuple[Reason, ...]:
    """What speaks against this member deciding; `involved` are those who declared, confirmed or amended the pause."""
    if member not in involved:
        return ()
    sentence = f"{member} has declared, confirmed or amended {pause}: somebody else decides whether it was right."
    return (Reason("own-pause", sentence, "hearings:own-pause"),)
