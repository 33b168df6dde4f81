"""Events of due diligence: assessments, the conditions of a pause, consultations. What is public here is what two
people published; nobody who was consulted is named."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from abeyance.rules.events.base import Event


@dataclass(frozen=True, kw_only=True)
class AssessmentBegun(Event, public=False, personal=("owner",), says="Assessment {assessment} of pause {pause} began."):
    assessment: str
    pause: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class AssessmentWritten(
    Event, public=False, personal=(), says="Assessment {assessment} has version {version}, digest {digest}."
):
    assessment: str
    version: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class AssessmentCommented(Event, public=False, personal=(), says="Version {version} of {assessment} was commented on."):
    assessment: str
    version: int
    part: str


@dataclass(frozen=True, kw_only=True)
class AssessmentOwned(Event, public=False, personal=("owner",), says="Assessment {assessment} has a new owner."):
    assessment: str
    owner: str


@dataclass(frozen=True, kw_only=True)
class AssessmentApproved(
    Event,
    public=True,
    personal=(),
    texts=("summary",),
    says="Assessment {assessment} of pause {pause} was approved (digest {digest}): {summary}",
):
    assessment: str
    pause: str
    version: int
    digest: str
    law: str
    summary: str
    proposal: str


@dataclass(frozen=True, kw_only=True)
class AssessmentProlonged(
    Event,
    public=True,
    personal=(),
    texts=("reason",),
    says="Assessment {assessment} is to be reviewed by {review_by}, not earlier: {reason}",
):
    assessment: str
    review_by: str
    reason: str
    proposal: str


@dataclass(frozen=True, kw_only=True)
class ConditionSettled(
    Event,
    public=True,
    personal=(),
    texts=("condition", "reason"),
    says="Pause {pause}: {condition}: {outcome}. {reason}",
):
    """`condition` empty: the assessment itself, waived. `outcome`: met, waived, or open again."""

    pause: str
    condition: str
    outcome: str
    reason: str
    proposal: str | None = None


@dataclass(frozen=True, kw_only=True)
class ConsultationOpened(
    Event, public=False, personal=(), says="Consultation {consultation} for {assessment} is open until {ends}."
):
    consultation: str
    assessment: str
    audience: str
    ends: datetime
    proposal: str


@dataclass(frozen=True, kw_only=True)
class ConsultationLink(
    Event, public=False, personal=(), says="A link for the seat {seat} of consultation {consultation} was made."
):
    consultation: str
    seat: str


@dataclass(frozen=True, kw_only=True)
class ConsultationEnded(
    Event, public=False, personal=(), says="Consultation {consultation} is over; its words are gone."
):
    consultation: str


@dataclass(frozen=True, kw_only=True)
class LinesReleased(
    Event, public=False, personal=(), says="{count} line(s) may be told in consultation {consultation}."
):
    consultation: str
    count: int
    digest: str
    proposal: str


@dataclass(frozen=True, kw_only=True)
class PassageTaken(
    Event,
    public=False,
    personal=(),
    says="A passage from consultation {consultation}, to which {seat} consented, is in assessment {assessment}.",
):
    consultation: str
    seat: str
    assessment: str
    digest: str
