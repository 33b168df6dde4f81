"""The travel switch: before a border a member shuts themselves out, and cannot be made to open again.

1. It holds at once and everywhere: sessions end, tokens are void, no request is visible, nobody calls them.
2. It ends only when the time that was set has passed *and* another member agrees; the member alone can do neither. The
   proposal to let them back is made with the switch, where a member throws it themselves, so that one other is enough.
3. Coming back is a new beginning: a new token, a new second factor and the wait, since what crossed a border may have
   been copied.

No reason is asked or stored. docs/decisions/0030-the-travel-switch.md says why signing in is refused in the open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from django.db import transaction

from abeyance import ledger
from abeyance.errors import BadInput, Refused
from abeyance.people import membership, proposals, queries
from abeyance.people.models import Member, Proposal
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules.decision import Reason
from abeyance.rules.events import TravelSet
from abeyance.rules.permissions import Permission

BACK = "travel-end"
LONGEST = timedelta(days=366)
# What waits for this member while they are away, in sentences; and what is shut with them.
Left = Callable[[str, datetime], Iterable[str]]
Shut = Callable[[str], None]
_LEFT: list[Left] = []
_SHUT: list[Shut] = []


def on_being_away(function: Left) -> Left:
    """For a room that gives members something to look after: what of it nobody else would see to until then."""
    if function not in _LEFT:
        _LEFT.append(function)
    return function


def on_shutting(function: Shut) -> Shut:
    """For a room by which members come in; inside the transaction of the switch."""
    if function not in _SHUT:
        _SHUT.append(function)
    return function


def left_behind(member: str, until: datetime) -> list[str]:
    """To be read before the switch is thrown; it is refused for none of these."""
    return [sentence for function in _LEFT for sentence in function(member, until)]


def go(until: datetime, *, member: str | None = None, by: str, now: datetime) -> datetime:
    """Shut this member out until then: oneself, or, by whoever may remove members, somebody who asks for it by
    telephone. Thrown again, it only lengthens."""
    code = queries.code_of(member) if member else by
    if not now < until <= now + LONGEST:
        raise BadInput("Say until when, a moment within the next 366 days.")
    with transaction.atomic():
        row = membership.locked_member(code)
        if code != by:
            queries.require(by, Permission.MEMBER_REMOVE, now)
        if code == by and Permission.EXCLUSION_SET_OWN in queries.as_actor(row).permissions:
            _ask_back(code, by=by, now=now)  # while they may still ask
        row.away_until = max(until, row.away_until or until)
        row.token_due, row.factor_reset_at = False, now
        row.save(update_fields=["away_until", "token_due", "factor_reset_at"])
        row.credentials.filter(revoked_at=None).update(revoked_at=now)
        for shut in _SHUT:
            shut(code)
        ledger.append(TravelSet(member=code, away=True), by=by, now=now)
    return row.away_until


def propose_return(member: str, *, by: str, now: datetime) -> Proposal:
    """By another member, where the one who is away could not ask, or what they asked was withdrawn."""
    code = queries.code_of(member)
    queries.require(by, Permission.MEMBER_PROPOSE, now)
    if Member.objects.get(code=code).away_until is None:
        raise BadInput("This member is not away.")
    with transaction.atomic():
        return _ask_back(code, by=by, now=now)


def _ask_back(code: str, *, by: str, now: datetime) -> Proposal:
    for older in proposals.open_about(code, (BACK,)):
        proposals.overtake(older, by=by, now=now)
    return proposals.propose(BACK, code, {"member": code}, by=by, now=now)


@on_agreement(BACK, propose=Permission.EXCLUSION_SET_OWN, agree=Permission.MEMBER_AGREE)
def let_back(proposal: Proposed, *, by: str, now: datetime) -> None:
    member = membership.locked_member(proposal.payload["member"])
    if member.away_until is None:
        raise BadInput("This member is not away.")
    if now < member.away_until:
        when = member.away_until.isoformat(timespec="minutes")
        sentence = f"{member.code} is away until {when}, and nobody shortens that."
        raise Refused([Reason("still-away", sentence, clause="people:still-away")])
    member.away_until, member.token_due, member.factor_reset_at = None, True, now
    member.save(update_fields=["away_until", "token_due", "factor_reset_at"])
    ledger.append(TravelSet(member=member.code, away=False), by=by, now=now)
