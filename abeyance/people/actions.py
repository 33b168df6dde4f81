"""Acts about members, each one transaction. What loosens is proposed; what tightens happens at once."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

from django.conf import settings
from django.db import connection, transaction

from abeyance import fence, ledger
from abeyance.errors import BadInput, Refused
from abeyance.people import leaving, membership, proposals, queries
from abeyance.people.models import Credential, Exclusion, GuardedReader, HouseRules, Member, Proposal
from abeyance.rules.decision import Reason
from abeyance.rules.events import AdminAct, ExclusionSet, MemberAdded, MemberRemoved
from abeyance.rules.permissions import Permission, Role

FIRST_HANDLES = ("first", "second")
FIRST_ROLES = tuple(sorted(role.value for role in Role if role is not Role.GUEST_COUNSEL))


@dataclass(frozen=True)
class Issued:
    """A new token, shown once. `file` is where it also lies, readable by its owner alone."""

    member: str
    handle: str
    token: str
    file: Path | None = None


# --- installation


def install_first_members(home: Path | None = None, *, by: str = "operator") -> tuple[Issued, ...]:
    """The two members without whom nothing could be agreed. Harmless to repeat: an installed desk gets none.

    They are the installation, so the wait of new members does not apply to them until their roles or tokens change.
    """
    folder = (home or settings.ABEYANCE_HOME) / "credentials"
    now = datetime.now(UTC)
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("LOCK TABLE people_member IN SHARE ROW EXCLUSIVE MODE")
        if Member.objects.exists():
            return ()
        made = tuple(_install(handle, by=by, now=now) for handle in FIRST_HANDLES)
        # Before the commit, because a committed member whose token is nowhere could never sign in.
        return tuple(write_token(folder, issued) for issued in made)


def _install(handle: str, *, by: str, now: datetime) -> Issued:
    member = Member.objects.create(
        handle=handle, roles=list(FIRST_ROLES), founder=True, added_at=now, added_by=by, roles_since=now
    )
    ledger.append(MemberAdded(member=member.code, roles=FIRST_ROLES), by=by, now=now)
    return Issued(member.code, handle, _new_credential(member, now))


def write_token(folder: Path, issued: Issued) -> Issued:
    """0600 from its first byte; whole or absent."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{issued.handle}.token"
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(handle, "w") as out:
        out.write(issued.token + "\n")
        out.flush()
        os.fsync(out.fileno())
    fresh.replace(path)
    return Issued(issued.member, issued.handle, issued.token, path)


def _new_credential(member: Member, now: datetime) -> str:
    token = "abeyance-" + secrets.token_urlsafe(32)
    Credential.objects.create(member=member, digest=queries.digest_of(token), created_at=now)
    return token


# --- joining, changing, leaving


def propose_member(handle: str, roles: Iterable[str], *, by: str, now: datetime) -> Proposal:
    membership.checked_handle(handle)
    wanted = membership.checked_roles(roles)
    if Member.objects.filter(handle=handle).exists():
        raise BadInput(f"There is already a member called {handle}.")
    return proposals.propose("member-add", handle, {"handle": handle, "roles": wanted}, by=by, now=now)


def propose_roles(member: str, roles: Iterable[str], *, by: str, now: datetime) -> Proposal:
    code, wanted = queries.code_of(member), membership.checked_roles(roles)
    return proposals.propose("member-roles", code, {"member": code, "roles": wanted}, by=by, now=now)


def remove_member(member: str, *, heir: str | None = None, by: str, now: datetime) -> str:
    """At once, by one person: it only tightens. Releases that are not committed yet no longer pass. What the member
    looks after passes to `heir`; without one, whoever looks after something is not removed."""
    code, act = queries.code_of(member), uuid4()
    taking_over = queries.code_of(heir) if heir else None
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        queries.require(by, Permission.MEMBER_REMOVE, moment)
        gone = membership.locked_member(code)
        gone.active, gone.token_due = False, False
        gone.save(update_fields=["active", "token_due"])
        gone.credentials.filter(revoked_at=None).update(revoked_at=moment)
        leaving.hand_on(code, taking_over, by=by, now=moment)
        proposals.withdraw_all_of(code, by=by, now=moment)
        ledger.append(MemberRemoved(member=code), by=by, now=moment, act=act, epoch=epoch)
    return code


# --- tokens


def propose_token(member: str, *, by: str, now: datetime) -> Proposal:
    """For somebody who has lost theirs."""
    code = queries.code_of(member)
    return proposals.propose("member-token", code, {"member": code}, by=by, now=now)


def issue_token(member: str, *, by: str, now: datetime) -> Issued:
    """A new token: for oneself at any time, for another when two members have agreed to it. The old one is void.

    Either way it counts as a reset, after which its bearer may agree to nothing until the wait is over.
    """
    with transaction.atomic():
        row = membership.locked_member(queries.code_of(member))
        if row.code != by:
            queries.require(by, Permission.MEMBER_AGREE, now)
            _refuse_unless_due(row)
        row.credentials.filter(revoked_at=None).update(revoked_at=now)
        row.token_due, row.factor_reset_at = False, now
        row.save(update_fields=["token_due", "factor_reset_at"])
        issued = Issued(row.code, row.handle, _new_credential(row, now))
        ledger.append(AdminAct(act="token-issued", subject=row.code), by=by, now=now)
    return issued


def _refuse_unless_due(member: Member) -> None:
    if not member.token_due:
        sentence = (
            f"A new token for {member.code} needs two people: `abeyance member token {member.handle}` proposes it."
        )
        raise Refused([Reason("token-not-due", sentence, clause="people:token-not-due")])


def revoke_tokens(member: str, *, by: str, now: datetime) -> str:
    """At once: of oneself, or by whoever may remove members. For a token that somebody else may have."""
    with transaction.atomic():
        row = membership.locked_member(queries.code_of(member))
        if row.code != by:
            queries.require(by, Permission.MEMBER_REMOVE, now)
        row.credentials.filter(revoked_at=None).update(revoked_at=now)
        ledger.append(AdminAct(act="tokens-revoked", subject=row.code), by=by, now=now)
    return row.code


# --- taking part


def exclude_self(jurisdiction: str, *, by: str, now: datetime) -> None:
    """At once and without a reason."""
    country = membership.checked_jurisdiction(jurisdiction)
    with transaction.atomic():
        queries.require(by, Permission.EXCLUSION_SET_OWN, now)
        row = membership.locked_member(by)
        if Exclusion.objects.get_or_create(member=row, jurisdiction=country)[1]:
            ledger.append(ExclusionSet(member=by, jurisdiction=country, excluded=True), by=by, now=now)


def propose_inclusion(jurisdiction: str, *, by: str, now: datetime) -> Proposal:
    """To take part again; another member has to agree."""
    country = membership.checked_jurisdiction(jurisdiction)
    return proposals.propose("exclusion-end", by, {"jurisdiction": country}, by=by, now=now)


def propose_admission(member: str, jurisdiction: str, *, by: str, now: datetime) -> Proposal:
    """The confidential adviser admits a member to a guarded jurisdiction; another member has to agree."""
    code, country = queries.code_of(member), membership.checked_jurisdiction(jurisdiction)
    return proposals.propose("guarded-admit", country, {"member": code, "jurisdiction": country}, by=by, now=now)


def end_admission(member: str, jurisdiction: str, *, by: str, now: datetime) -> None:
    """At once: the adviser takes a member from the list of a guarded jurisdiction."""
    code, country = queries.code_of(member), membership.checked_jurisdiction(jurisdiction)
    with transaction.atomic():
        queries.require(by, Permission.GUARDED_KEEP, now)
        row = membership.locked_member(code)
        if GuardedReader.objects.filter(member=row, jurisdiction=country).delete()[0]:
            ledger.append(AdminAct(act="guarded-list", subject=country), by=by, now=now)


def set_house_rules(guarded: frozenset[str], waiting: timedelta, small_team: bool) -> None:
    """For the transaction that adopts a policy, and for nothing else; the adoption is the act that is recorded."""
    if not connection.in_atomic_block:
        raise RuntimeError("house rules change only inside the act that adopts a policy")
    HouseRules.objects.update_or_create(
        id=1, defaults={"guarded": sorted(guarded), "waiting": waiting, "small_team": small_team}
    )
