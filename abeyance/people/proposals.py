"""The one way in which anything that loosens a rule waits for a second person.

A room registers what a kind of proposal does when it is agreed:

    @on_agreement("agency-add", propose=Permission.AGENCY_PROPOSE, agree=Permission.AGENCY_AGREE)
    def add_agency(proposal: Proposed, *, by: str, now: datetime) -> None: ...

`agree` locks the proposal, asks the second-person rule, and calls that function in the same transaction, so the
change, both names and the ledger entries are written together or not at all. `alone=True` is for changes that could
also turn an allowed release into a refused one: they enter the fence alone, before anything is read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar, cast
from uuid import UUID, uuid4

from django.db import transaction

from abeyance import fence, ledger
from abeyance.errors import BadInput, NotFound, SomeoneElseWasFirst
from abeyance.ledger import sight
from abeyance.people import queries
from abeyance.people.models import Proposal, new_code
from abeyance.rules import people as rules
from abeyance.rules.events import ProposalAgreed, ProposalMade, ProposalWithdrawn, canonical
from abeyance.rules.events.base import Event
from abeyance.rules.permissions import Permission

LARGEST_PAYLOAD = 4 * 2**20  # a law text with room to spare


@dataclass(frozen=True)
class Proposed:
    """A proposal as its kind's function sees it. `epoch`, where it entered the fence, goes into its ledger entries."""

    code: str
    kind: str
    subject: str
    payload: Mapping[str, Any]
    payload_digest: bytes
    proposed_by: str
    proposed_at: datetime
    epoch: int | None


# Whether a member may know that something of this payload waits; for what is not announced yet.
SeenBy = Callable[[Mapping[str, Any], str], bool]


@dataclass(frozen=True)
class About:
    """A request that a proposal is about. Whoever may not know of each of them does not know of the proposal either,
    and its entries in the ledger are the first one's."""

    holder: str
    ref: str


AboutRequests = Callable[[Mapping[str, Any]], Sequence[About]]


class Change(Protocol):
    def __call__(self, proposal: Proposed, /, *, by: str, now: datetime) -> None: ...


@dataclass(frozen=True)
class Kind:
    name: str
    propose: Permission
    agree: Permission
    alone: bool
    change: Change
    seen_by: SeenBy | None = None
    about: AboutRequests | None = None


_KINDS: dict[str, Kind] = {}
_Change = TypeVar("_Change", bound=Change)


def on_agreement(
    name: str,
    *,
    propose: Permission,
    agree: Permission,
    alone: bool = False,
    seen_by: SeenBy | None = None,
    about: AboutRequests | None = None,
) -> Callable[[_Change], _Change]:
    """Register what is done when a proposal of this kind is agreed, and who may propose and agree."""

    def register(change: _Change) -> _Change:
        if name in _KINDS and _KINDS[name].change.__qualname__ != change.__qualname__:  # type: ignore[attr-defined]
            raise ValueError(f"two functions for proposals of the kind {name}")
        _KINDS[name] = Kind(name, propose, agree, alone, change, seen_by, about)
        return change

    return register


def kind_named(name: str) -> Kind:
    if name not in _KINDS:
        raise BadInput(f"There is no proposal of the kind {name!r}.")
    return _KINDS[name]


# --- the acts


def propose(kind: str, subject: str, payload: Mapping[str, Any], *, by: str, now: datetime) -> Proposal:
    """Ask for a change; nothing changes until another member agrees. May be part of a larger act."""
    document = canonical(payload)
    if len(document) > LARGEST_PAYLOAD:
        raise BadInput("The proposal is too large.")
    with transaction.atomic():
        queries.require(by, kind_named(kind).propose, now)
        proposal = Proposal.objects.create(
            code=new_code("p"),
            kind=kind,
            subject=subject[:120],
            payload=document,
            payload_digest=hashlib.sha256(document).digest(),
            proposed_by=by,
            proposed_at=now,
        )
        made = ProposalMade(proposal=proposal.code, change=kind, digest=proposal.payload_digest.hex())
        _record(made, proposal, by=by, now=now)
    return proposal


def agree(code: str, *, by: str, now: datetime) -> Proposal:
    """Agree to it and do it. An outermost act: where the kind says so, it enters the fence alone."""
    kind = kind_named(find_for(code, by).kind)  # a kind never changes, so it may be read before the fence
    act = uuid4()
    with _inside(kind, act) as entered:
        moment, epoch = (entered.now, entered.epoch) if entered else (now, None)
        proposal = _locked(code)
        _check_agreement(proposal, kind, by=by, now=moment)
        proposal.agreed_by, proposal.agreed_at = by, moment
        proposal.save(update_fields=["agreed_by", "agreed_at"])
        agreed = ProposalAgreed(proposal=proposal.code, proposer=proposal.proposed_by)
        _record(agreed, proposal, by=by, now=moment, act=act, epoch=epoch)
        kind.change(_as_proposed(proposal, epoch), by=by, now=moment)
    return proposal


def withdraw(code: str, *, by: str, now: datetime) -> Proposal:
    """Take a proposal back; also somebody else's, since this only tightens."""
    with transaction.atomic():
        queries.require(by, Permission.PROPOSAL_WITHDRAW, now)
        find_for(code, by)
        proposal = _locked(code)
        _withdraw(proposal, by=by, now=now)
    return proposal


def overtake(proposal: Proposal, *, by: str, now: datetime) -> None:
    """What it was about is no longer so: nobody can agree to it any more. Inside the caller's transaction."""
    if (found := Proposal.objects.select_for_update().get(pk=proposal.pk)).is_open:
        _withdraw(found, by=by, now=now)


def withdraw_all_of(member: str, *, by: str, now: datetime) -> None:
    """Whoever leaves takes along what they proposed. Inside the caller's transaction."""
    still_open = Proposal.objects.filter(proposed_by=member, agreed_at=None, withdrawn_at=None)
    for proposal in still_open.select_for_update().order_by("id"):
        _withdraw(proposal, by=by, now=now)


def find(code: str) -> Proposal:
    found = Proposal.objects.filter(code=code[:32]).first()
    if found is None:
        raise NotFound(f"There is no proposal {code[:32]!r}. `abeyance proposal list` shows those that wait.")
    return found


def find_for(code: str, reader: str) -> Proposal:
    """For a page or an answer: absent and not to be known look alike."""
    found = find(code)
    if not _is_seen(found, reader):
        raise NotFound(f"There is no proposal {code[:32]!r}. `abeyance proposal list` shows those that wait.")
    return found


def waiting(reader: str = "") -> list[Proposal]:
    """Those that wait for a second person and that this member may know of, the oldest first."""
    found = Proposal.objects.filter(agreed_at=None, withdrawn_at=None).order_by("id")[:1000]
    return [proposal for proposal in found if _is_seen(proposal, reader)]


def open_about(subject: str, kinds: Iterable[str]) -> list[Proposal]:
    """For the room that they belong to."""
    found = Proposal.objects.filter(subject=subject, kind__in=list(kinds), agreed_at=None, withdrawn_at=None)
    return list(found.order_by("id"))


def _is_seen(proposal: Proposal, reader: str) -> bool:
    kind = kind_named(proposal.kind)
    if kind.about is not None:
        refs = {each.ref for each in kind.about(payload_of(proposal))}
        return sight.known(reader, refs) == refs
    return kind.seen_by is None or kind.seen_by(payload_of(proposal), reader)


def _record(
    event: Event, proposal: Proposal, *, by: str, now: datetime, act: UUID | None = None, epoch: int | None = None
) -> None:
    """Among the entries of the request that it is about, or among those that are about none."""
    about = kind_named(proposal.kind).about
    first = next(iter(about(payload_of(proposal))), None) if about else None
    holder, ref = (first.holder, first.ref) if first else (None, None)
    ledger.append(event, by=by, now=now, holder=holder, case=ref, act=act, epoch=epoch)


def payload_of(proposal: Proposal) -> Mapping[str, Any]:
    """What exactly would be agreed to; refused if it is not what was proposed."""
    document = bytes(proposal.payload)
    if hashlib.sha256(document).digest() != bytes(proposal.payload_digest):
        raise BadInput(f"The content of {proposal.code} is not what was proposed. Look at the ledger.")
    return cast(Mapping[str, Any], json.loads(document))


# --- how


def _inside(kind: Kind, act: UUID) -> AbstractContextManager[fence.Moment | None]:
    return fence.alone(act) if kind.alone else transaction.atomic()


def _locked(code: str) -> Proposal:
    proposal = Proposal.objects.select_for_update().filter(code=code[:32]).first()
    if proposal is None:
        raise NotFound(f"There is no proposal {code[:32]!r}.")
    if not proposal.is_open:
        word = "agreed" if proposal.agreed_at else "withdrawn"
        raise SomeoneElseWasFirst(f"Proposal {proposal.code} has already been {word}.")
    return proposal


def _check_agreement(proposal: Proposal, kind: Kind, *, by: str, now: datetime) -> None:
    """The member who agrees stays as they are until the commit."""
    actors = queries.lock_members([by, proposal.proposed_by])
    agreer = actors.get(by) or queries.actor(by)
    proposer = actors.get(proposal.proposed_by) or queries.actor(proposal.proposed_by)
    house = queries.house_rules()
    queries.refuse_unless(rules.may(agreer, kind.agree))
    queries.refuse_unless(rules.may_agree(proposer, agreer, None, house.small_team, now, house.waiting))


def _as_proposed(proposal: Proposal, epoch: int | None) -> Proposed:
    return Proposed(
        code=proposal.code,
        kind=proposal.kind,
        subject=proposal.subject,
        payload=payload_of(proposal),
        payload_digest=bytes(proposal.payload_digest),
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        epoch=epoch,
    )


def _withdraw(proposal: Proposal, *, by: str, now: datetime) -> None:
    proposal.withdrawn_by, proposal.withdrawn_at = by, now
    proposal.save(update_fields=["withdrawn_by", "withdrawn_at"])
    _record(ProposalWithdrawn(proposal=proposal.code), proposal, by=by, now=now)
