"""Who may do what, and when a second person is one.

The theory: a permission says what a member's roles allow at all; the *second-person rule* says whether this member may
agree to what that member proposed; *taking part* says whether a member may be near requests of a jurisdiction. All
three must hold. A ruling is never without a reason, also when it allows.

There is on purpose no field here for a member's citizenship, residence or family: the list of who may take part in a
guarded jurisdiction is kept without reasons, so that it says nothing of anybody's weak points.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from abeyance.rules.decision import Reason
from abeyance.rules.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, Permission, Role, roles_with

__all__ = [  # the second half is defined next door
    "OPERATOR",
    "Actor",
    "Permission",
    "Role",
    "Ruling",
    "approval_stands",
    "may",
    "may_agree",
    "may_take_part",
    "roles_with",
    "second_person",
    "waits_until",
]

OPERATOR_CODE = "operator"
ORDINARY_WAIT = timedelta(hours=24)


@dataclass(frozen=True)
class Actor:
    """A member as the rules see one. `founder`: made at the installation, and so exempt from the first wait."""

    code: str
    roles: frozenset[Role]
    active: bool
    added_at: datetime
    roles_since: datetime
    factor_reset_at: datetime | None = None
    founder: bool = False
    away: bool = False  # shut out for a journey; what was agreed before stands

    @property
    def is_operator(self) -> bool:
        return self.code == OPERATOR_CODE

    @property
    def permissions(self) -> frozenset[Permission]:
        if self.is_operator:
            return OPERATOR_PERMISSIONS
        return frozenset(permission for role in self.roles for permission in ROLE_PERMISSIONS[role])

    @property
    def only_a_guest(self) -> bool:
        return self.roles == frozenset({Role.GUEST_COUNSEL})


_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)
# Shell access without a member's credential.
OPERATOR = Actor(OPERATOR_CODE, frozenset(), True, added_at=_ALWAYS, roles_since=_ALWAYS)


@dataclass(frozen=True)
class Ruling:
    """Allowed or not, and why; never without a reason."""

    allowed: bool
    reasons: tuple[Reason, ...]

    def __post_init__(self) -> None:
        if not self.reasons:
            raise ValueError("a ruling without a reason")


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"people:{code}")


def _ruled(against: list[Reason], otherwise: str) -> Ruling:
    if against:
        return Ruling(False, tuple(dict.fromkeys(against)))
    return Ruling(True, (Reason("allowed", otherwise, clause="people:allowed"),))


# --- what a member may do at all


def may(actor: Actor, permission: Permission) -> Ruling:
    """Does this member, as they are, hold the permission?"""
    return _ruled(_away(actor) + _not_permitted(actor, permission), f"{actor.code} holds {permission.value}.")


def may_be_here(actor: Actor) -> Ruling:
    """Is this a member, whatever their roles, who is not shut out?"""
    against = _away(actor) + ([] if actor.active else [_inactive(actor)])
    return _ruled(against, f"{actor.code} is an active member.")


def _away(actor: Actor) -> list[Reason]:
    return [_no("member-away", f"{actor.code} is shut out for a journey.")] if actor.away else []


def _not_permitted(actor: Actor, permission: Permission) -> list[Reason]:
    if not actor.active:
        return [_inactive(actor)]
    if permission in actor.permissions:
        return []
    if actor.is_operator:
        return [_no("credential-needed", f"{permission.value} needs a member's own credential; a shell is not enough.")]
    return [_no("no-permission", f"{actor.code} has no role that allows {permission.value}.")]


def _inactive(actor: Actor) -> Reason:
    return _no("member-inactive", f"{actor.code} is no longer an active member.")


# --- the second person


def waits_until(actor: Actor, waiting: timedelta) -> datetime | None:
    """When the wait after joining, a change of roles or a new credential is over; None for who never had to wait."""
    untouched_founder = actor.founder and actor.roles_since == actor.added_at
    starts = [] if untouched_founder else [actor.roles_since]
    if actor.factor_reset_at is not None:
        starts.append(actor.factor_reset_at)
    return max(starts) + waiting if starts else None


def may_agree(
    proposer: Actor,
    agreer: Actor,
    verifier: str | None,
    small_team: bool,
    now: datetime,
    waiting: timedelta = ORDINARY_WAIT,
) -> Ruling:
    """Is `agreer` a second person to what `proposer` proposed? `verifier` is who found the requester genuine, if any.

    The permission for the act itself is the caller's to ask for, with `may`. What the operator or a member who has left
    proposed has to be proposed again: the shell and one credential together would otherwise be two people.
    """
    against = second_person(proposer.code, agreer, verifier, small_team)
    if proposer.is_operator:
        against.append(_no("operator-proposed", "This was not proposed by a member, so a member has to propose it."))
    if not proposer.active:
        against.append(_inactive(proposer))
    ready = waits_until(agreer, waiting)
    if ready is not None and now < ready:
        when = ready.isoformat(timespec="minutes")
        against.append(
            _no("still-waiting", f"{agreer.code} is new, or has new roles or a new credential: not before {when}.")
        )
    return _ruled(against, f"{agreer.code} is a second person to {proposer.code}.")


def second_person(proposer: str, agreer: Actor, verifier: str | None, small_team: bool) -> list[Reason]:
    """What speaks against `agreer` being a second person at any time; empty if nothing does."""
    against = []
    if agreer.is_operator:
        against.append(_no("operator-never-agrees", "Agreeing needs a member's own credential; a shell is not enough."))
    if not agreer.active:
        against.append(_inactive(agreer))
    if proposer == agreer.code:
        against.append(_no("same-person", f"{agreer.code} proposed this, so somebody else has to agree."))
    if verifier == agreer.code and not small_team:
        against.append(
            _no("verifier-agrees", f"{agreer.code} found the requester genuine: somebody else has to agree.")
        )
    if agreer.only_a_guest and not small_team:
        against.append(_no("guest-agrees", "A guest may be the second person only in a declared small team."))
    return against


def approval_stands(proposer: Actor, agreer: Actor, verifier: str | None, small_team: bool) -> Ruling:
    """Asked again by the gate: is an approval given earlier still one by two people who may give it today?

    The wait is not asked again: it was over when the approval was given, and a later change of roles shows in `may`.
    """
    against = second_person(proposer.code, agreer, verifier, small_team)
    against += _not_permitted(proposer, Permission.ANSWER_PROPOSE) + _not_permitted(agreer, Permission.ANSWER_AGREE)
    return _ruled(against, f"{proposer.code} proposed and {agreer.code} agreed.")


# --- taking part in requests of a jurisdiction


def may_take_part(
    member: Actor,
    jurisdiction: str | None,
    guarded: frozenset[str] = frozenset(),
    positive_list: frozenset[str] = frozenset(),
    exclusions: frozenset[str] = frozenset(),
) -> Ruling:
    """May this member be near a request of this jurisdiction?

    `guarded` are the jurisdictions that policy marks so; `positive_list` the codes of the members whom the confidential
    adviser has admitted to this one; `exclusions` the jurisdictions that the member has excluded themselves from. Both
    give the same sentence, so that it tells nothing of why. While nobody has said which jurisdiction it is, a person
    has to look in order to say so.
    """
    against = [] if member.active else [_inactive(member)]
    left_out = jurisdiction in guarded and member.code not in positive_list
    if left_out or jurisdiction in exclusions:
        against.append(_no("takes-no-part", f"{member.code} takes no part in requests of {jurisdiction}."))
    return _ruled(against, f"{member.code} may take part.")
