"""Events about members and about what needs two of them."""

from __future__ import annotations

from dataclasses import dataclass

from abeyance.rules.events.base import Event


@dataclass(frozen=True, kw_only=True)
class MemberAdded(Event, public=False, personal=("member",), says="Member {member} was added with roles {roles}."):
    member: str
    roles: tuple[str, ...]
    proposal: str | None = None


@dataclass(frozen=True, kw_only=True)
class MemberRemoved(Event, public=False, personal=("member",), says="Member {member} was removed."):
    member: str


@dataclass(frozen=True, kw_only=True)
class MemberRolesChanged(Event, public=False, personal=("member",), says="Member {member} now has roles {roles}."):
    member: str
    roles: tuple[str, ...]
    proposal: str | None = None


@dataclass(frozen=True, kw_only=True)
class ExclusionSet(
    Event,
    public=False,
    personal=("member",),
    says="Member {member} is excluded from {jurisdiction}: {excluded}.",
):
    """No reason is stored, on purpose."""

    member: str
    jurisdiction: str
    excluded: bool


@dataclass(frozen=True, kw_only=True)
class TravelSet(Event, public=False, personal=("member",), says="Member {member} is shut out for a journey: {away}."):
    """Neither until when nor why: both would be a record of somebody's journeys."""

    member: str
    away: bool


@dataclass(frozen=True, kw_only=True)
class ReaderAdded(Event, public=False, personal=("member",), says="Member {member} may now read the case."):
    member: str


@dataclass(frozen=True, kw_only=True)
class ProposalMade(Event, public=False, personal=(), says="Proposal {proposal} ({change}, digest {digest}) was made."):
    """Something that loosens a rule and so waits for a second person."""

    proposal: str
    change: str
    digest: str


@dataclass(frozen=True, kw_only=True)
class ProposalAgreed(
    Event, public=False, personal=("proposer",), says="Proposal {proposal} of {proposer} was agreed by another."
):
    proposal: str
    proposer: str


@dataclass(frozen=True, kw_only=True)
class ProposalWithdrawn(Event, public=False, personal=(), says="Proposal {proposal} was withdrawn."):
    proposal: str
