"""Events on the way of one case, in the order in which they mostly happen. Which case it is says the entry."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from abeyance.rules.events.base import Event


@dataclass(frozen=True, kw_only=True)
class RequestReceived(
    Event, public=False, personal=("digest",), says="A request of {documents} document(s) arrived by {channel}."
):
    """`digest` is SHA-256 over the original bytes, so that the sender can prove with a receipt what arrived."""

    channel: str
    documents: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class IncidentBegun(Event, public=False, personal=(), says="It was served on a member in person: {steps} steps to do."):
    """Not on whom, not where: who is under pressure is in the sealed note alone."""

    steps: int


@dataclass(frozen=True, kw_only=True)
class IncidentStepDone(Event, public=False, personal=(), says="Of what is to be done, this is done: {step}."):
    step: str


@dataclass(frozen=True, kw_only=True)
class SuggestionsConfirmed(
    Event, public=False, personal=("digest",), says="Version {version} of the demand was confirmed, {items} item(s)."
):
    version: int
    items: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class DemandAmended(
    Event, public=False, personal=("digest",), says="The demand is now at version {version}, {items} item(s): {why}."
):
    version: int
    items: int
    digest: str
    why: str


@dataclass(frozen=True, kw_only=True)
class RequesterFoundGenuine(
    Event, public=False, personal=(), says="The requester was found genuine as {agency}, by {way}."
):
    agency: str
    way: str


@dataclass(frozen=True, kw_only=True)
class RequesterFoundFalse(Event, public=False, personal=(), says="The requester was found not genuine, by {way}."):
    way: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class VerdictGiven(Event, public=False, personal=(), says="Item {item} of version {version}: {verdict} ({reasons})."):
    version: int
    item: int
    verdict: str
    reasons: tuple[str, ...]
    policy: str


@dataclass(frozen=True, kw_only=True)
class AnswerProposed(Event, public=False, personal=(), says="Answer {answer} to item(s) {items} was proposed."):
    answer: str
    version: int
    items: tuple[int, ...]
    digest: str


@dataclass(frozen=True, kw_only=True)
class AnswerAgreed(
    Event, public=False, personal=("proposer",), says="Answer {answer} proposed by {proposer} was agreed by another."
):
    answer: str
    proposer: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class ApprovalWithdrawn(Event, public=False, personal=(), says="The approval of answer {answer} was withdrawn."):
    answer: str
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Refused(Event, public=False, personal=(), says="Item(s) {items} were refused ({reasons})."):
    items: tuple[int, ...]
    reasons: tuple[str, ...]
    policy: str


@dataclass(frozen=True, kw_only=True)
class NoticeRecorded(Event, public=False, personal=(), says="Notice for item {item}: {fact}, until {until}."):
    item: int
    fact: str
    until: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Gathered(Event, public=False, personal=("digest",), says="{records} record(s) were read from {service}."):
    package: str
    service: str
    records: int
    digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class PackageSealed(Event, public=False, personal=("digest",), says="Package {package} was sealed, {size} bytes."):
    package: str
    digest: str
    size: int


@dataclass(frozen=True, kw_only=True)
class Released(
    Event, public=False, personal=("digest",), says="Package {package} passed the gate to {recipient} by {way}."
):
    """One hand-over attempt. `recipient` is the code or the key fingerprint of the agency."""

    package: str
    recipient: str
    way: str
    version: int
    items: tuple[int, ...]
    policy: str
    digest: str | None = None
    exceptions: tuple[str, ...] = ()  # of pauses, as "pause/exception"


@dataclass(frozen=True, kw_only=True)
class HandOverConfirmed(Event, public=False, personal=(), says="The hand-over {release} was confirmed by {way}."):
    release: str
    way: str


@dataclass(frozen=True, kw_only=True)
class HandOverFailed(Event, public=False, personal=(), says="The hand-over {release} did not succeed: {reason}."):
    """`ambiguous`: some of it may have left."""

    release: str
    reason: str
    ambiguous: bool = False


@dataclass(frozen=True, kw_only=True)
class CaseMoved(Event, public=False, personal=(), says="{event}: from {before} to {after}."):
    before: str
    event: str
    after: str


@dataclass(frozen=True, kw_only=True)
class ClockSet(
    Event, public=False, personal=(), says="Clock {clock} of item {item}: due by {due}, not before {not_before}."
):
    clock: str
    item: int | None = None
    due: datetime | None = None
    not_before: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class CaseClosed(Event, public=False, personal=(), says="The case was closed: {outcome}."):
    outcome: str


@dataclass(frozen=True, kw_only=True)
class ReconfirmationAsked(
    Event, public=False, personal=(), says="The requester was asked to confirm the request, after a pause ended."
):
    """`after` is the epoch at which the pause ended."""

    after: int


@dataclass(frozen=True, kw_only=True)
class Reconfirmed(Event, public=False, personal=(), says="The requester confirmed {points}."):
    points: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Recalled(Event, public=False, personal=(), says="The hand-over {release} was recalled: {reason}."):
    release: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class RecallStepTaken(Event, public=False, personal=(), says="After the recall: {step}."):
    step: str


@dataclass(frozen=True, kw_only=True)
class DuplicateDecided(Event, public=False, personal=(), says="Whether it is an earlier demand once more: {same}."):
    same: bool


@dataclass(frozen=True, kw_only=True)
class LegalHoldSet(Event, public=False, personal=(), says="Legal hold {hold}, in force: {in_force}."):
    hold: str
    in_force: bool


@dataclass(frozen=True, kw_only=True)
class Erased(Event, public=False, personal=(), says="{what} was erased: {reason}."):
    what: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class StepScheduled(
    Event, public=False, personal=(), says="Step {step} ({form}) meets clock {clock} of item {item}, due {due}."
):
    step: str
    form: str
    clock: str
    item: int
    due: datetime


@dataclass(frozen=True, kw_only=True)
class StepDrafted(Event, public=False, personal=(), says="The text of step {step} was written; tells: {tells}."):
    """`tells`: the text says something of an account."""

    step: str
    digest: str
    tells: bool


@dataclass(frozen=True, kw_only=True)
class StepApproved(
    Event, public=False, personal=("drafter",), says="The text of step {step} by {drafter} was approved by another."
):
    step: str
    digest: str
    drafter: str


@dataclass(frozen=True, kw_only=True)
class StepSent(Event, public=False, personal=(), says="Step {step} was sent or filed, by {way}."):
    step: str
    digest: str
    way: str


@dataclass(frozen=True, kw_only=True)
class StepSuperseded(Event, public=False, personal=(), says="Step {step} is not needed any more: {why}."):
    step: str
    why: str = "not-recorded"


@dataclass(frozen=True, kw_only=True)
class FollowUpSet(
    Event, public=False, personal=(), says="By {due} somebody looks whether the treaty request has come ({follow_up})."
):
    follow_up: str
    due: datetime


@dataclass(frozen=True, kw_only=True)
class FollowUpEnded(
    Event, public=False, personal=(), says="The treaty request was looked for: {outcome} ({follow_up})."
):
    """Which request it arrived as is not said: who reads this may not know of that one."""

    follow_up: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class PreservationProposed(
    Event, public=False, personal=(), says="Preserving item(s) {items} under a pause was proposed ({preservation})."
):
    preservation: str
    items: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class PreservationMade(
    Event,
    public=False,
    personal=("proposer",),
    says="Item(s) {items} are preserved under a pause, as {proposer} proposed ({preservation}); nothing is given.",
):
    """`over_cap`: the agency had as many as the policy allows, so counsel agreed."""

    preservation: str
    items: tuple[int, ...]
    proposer: str
    over_cap: bool


@dataclass(frozen=True, kw_only=True)
class RefusalsProposed(
    Event, public=False, personal=(), says="A list of {requests} refusal(s) under {instrument} was proposed ({batch})."
):
    batch: str
    instrument: str
    requests: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class RefusalsAgreed(
    Event,
    public=False,
    personal=("proposer",),
    says="A list of {requests} refusal(s) proposed by {proposer} was agreed by another ({batch}).",
):
    batch: str
    requests: int
    digest: str
    proposer: str
