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
    Event, public=True, personal=(), texts=("statement",), says="Pause {pause} now has digest {digest}. {statement}"
):
    pause: str
    digest: str
    statement: str
    proposal: str | None = None


@dataclass(frozen=True, kw_only=True)
class PauseLifted(Event, public=True, personal=(), texts=("statement",), says="Pause {pause} was lifted. {statement}"):
    pause: str
    statement: str
    proposal: str | None = None


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
