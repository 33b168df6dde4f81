"""Events of a pause. They are public: their texts are what the operator tells everybody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from abeyance.rules.events.base import Event


@dataclass(frozen=True, kw_only=True)
class PauseDeclared(
    Event,
    public=True,
    personal=(),
    texts=("title", "statement"),
    says="Pause {pause} was declared ({mode}): {title}. {statement}",
):
    """An empty tuple on an axis means: whoever, whatever. `digest` is that of the whole declaration."""

    pause: str
    digest: str
    mode: str
    title: str
    statement: str
    jurisdictions: tuple[str, ...] = ()
    agencies: tuple[str, ...] = ()
    instruments: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()
    new_only: bool = False
    review_by: datetime | None = None
    related_to: tuple[str, ...] = ()
    brands: tuple[str, ...] = ()
    companies: tuple[str, ...] = ()
    subjects: tuple[str, ...] = ()
    since: datetime | None = None
    starts: datetime | None = None
    treat_as: str | None = None
    reroute_to: str | None = None
    exceptions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PauseAmended(
    Event,
    public=True,
    personal=(),
    texts=("statement", "why"),
    says="Pause {pause} now has digest {digest}. {statement} {why}",
):
    """`why` is the published reason of this change; a later date of review always has one."""

    pause: str
    digest: str
    statement: str
    proposal: str | None = None
    why: str = ""


@dataclass(frozen=True, kw_only=True)
class PauseConfirmed(
    Event, public=True, personal=(), says="Version {version} of pause {pause} was confirmed by a second person."
):
    pause: str
    version: int
    proposal: str | None = None


@dataclass(frozen=True, kw_only=True)
class PauseLifted(
    Event, public=True, personal=(), texts=("statement",), says="Pause {pause} was lifted ({outcome}). {statement}"
):
    """`successor` is the pause that holds from the same moment on."""

    pause: str
    statement: str
    proposal: str | None = None
    outcome: str = "resume"
    successor: str | None = None


@dataclass(frozen=True, kw_only=True)
class PausePlanned(
    Event, public=False, personal=(), says="A decision that is not announced yet was {change}, digest {digest}."
):
    """Of a plan the log keeps a digest alone; its declaration is recorded in full when it has begun."""

    digest: str
    change: str


@dataclass(frozen=True, kw_only=True)
class ExceptionProposed(Event, public=False, personal=(), says="Exception {exception} of pause {pause} was proposed."):
    pause: str
    exception: str


@dataclass(frozen=True, kw_only=True)
class ExceptionAgreed(
    Event,
    public=False,
    personal=("proposer",),
    says="Exception {exception} of pause {pause}, proposed by {proposer}, was agreed by another.",
):
    pause: str
    exception: str
    proposer: str


@dataclass(frozen=True, kw_only=True)
class CourtOrderProposed(
    Event,
    public=False,
    personal=(),
    says="Counsel recorded a court's order {order} that overrides pause {pause}, item(s): {items}.",
):
    """`items`: none means every item."""

    order: str
    pause: str
    items: tuple[int, ...] = ()


@dataclass(frozen=True, kw_only=True)
class CourtOrderAgreed(
    Event,
    public=False,
    personal=("proposer",),
    says="The court's order {order} over pause {pause}, recorded by {proposer}, was agreed by another.",
):
    order: str
    pause: str
    proposer: str


@dataclass(frozen=True, kw_only=True)
class CourtOrderWithdrawn(
    Event, public=False, personal=(), says="The court's order {order} overrides nothing any more."
):
    order: str


@dataclass(frozen=True, kw_only=True)
class CourtOrderPublished(
    Event,
    public=True,
    personal=(),
    texts=("court", "citation"),
    says="By order of {court} ({citation}, {decided_on}) pause {pause} was overridden for one request.",
):
    pause: str
    court: str
    citation: str
    decided_on: str


@dataclass(frozen=True, kw_only=True)
class HearingReceived(
    Event,
    public=False,
    personal=(),
    says="{asker} asked for pause {pause} to be looked at again ({hearing}); due {due}.",
):
    hearing: str
    pause: str
    asker: str
    due: datetime


@dataclass(frozen=True, kw_only=True)
class HearingDecided(Event, public=False, personal=(), says="{hearing} about pause {pause} was decided: {outcome}."):
    hearing: str
    pause: str
    outcome: str
