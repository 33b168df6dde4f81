"""Events about what shows over many requests. The case that they belong to says the entry."""

from __future__ import annotations

from dataclasses import dataclass

from abeyance.rules.events.base import Event


@dataclass(frozen=True, kw_only=True)
class MatterFound(
    Event, public=False, personal=("other",), says="Possibly the same matter as {other}: they share {shared}."
):
    other: str
    shared: str


@dataclass(frozen=True, kw_only=True)
class MattersFound(
    Event, public=False, personal=(), says="Possibly the same matter as {more} more requests, too many to name each."
):
    more: int


@dataclass(frozen=True, kw_only=True)
class MatterReopened(
    Event,
    public=False,
    personal=("other",),
    says="It is open again whether {other} is another matter: they share {shared}, which was not there before.",
):
    other: str
    shared: str


@dataclass(frozen=True, kw_only=True)
class MatterDecided(Event, public=False, personal=("other",), says="It was decided that {other} is {verdict} matter."):
    """`verdict`: the-same, or another. `proposal` names the two who let it be another."""

    other: str
    verdict: str
    proposal: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExceptionSuspended(
    Event, public=True, personal=(), says="Exception {exception} of pause {pause} may not be used for now."
):
    pause: str
    exception: str


@dataclass(frozen=True, kw_only=True)
class ExceptionResumed(
    Event, public=True, personal=(), says="Exception {exception} of pause {pause} may be used again."
):
    pause: str
    exception: str
    proposal: str
