"""What changes in the membership once two members have agreed to it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from abeyance import ledger
from abeyance.errors import BadInput, SomeoneElseWasFirst
from abeyance.people.models import Exclusion, GuardedReader, Member
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules.events import AdminAct, ExclusionSet, MemberAdded, MemberRolesChanged
from abeyance.rules.permissions import Permission, Role

HANDLE = re.compile(r"[a-z][a-z0-9._-]{0,62}")
COUNTRY = re.compile(r"[A-Z]{2}")


def checked_handle(text: str) -> str:
    if not HANDLE.fullmatch(text) or text == "operator" or text.startswith("m-"):
        raise BadInput(
            "A handle is 1 to 63 small letters, digits, dots, - or _, begins with a letter, and not with m-."
        )
    return text


def checked_roles(words: Iterable[str]) -> list[str]:
    try:
        roles = sorted({Role(word.strip()).value for word in words})
    except ValueError:
        raise BadInput(f"Roles are: {', '.join(role.value for role in Role)}.") from None
    if not roles:
        raise BadInput("Name at least one role.")
    return roles


def checked_jurisdiction(text: str) -> str:
    if not COUNTRY.fullmatch(text.upper()):
        raise BadInput("A jurisdiction is two letters: DE, HK, US, or EU for Union law.")
    return text.upper()


def locked_member(code: str) -> Member:
    """The row that the gate reads FOR SHARE: from here to the commit no release by this member passes."""
    member = Member.objects.select_for_update().filter(code=code, active=True).first()
    if member is None:
        raise SomeoneElseWasFirst(f"{code} is no longer an active member.")
    return member


@on_agreement("member-add", propose=Permission.MEMBER_PROPOSE, agree=Permission.MEMBER_AGREE)
def add(proposal: Proposed, *, by: str, now: datetime) -> None:
    handle, roles = checked_handle(proposal.payload["handle"]), checked_roles(proposal.payload["roles"])
    if Member.objects.filter(handle=handle).exists():
        raise SomeoneElseWasFirst(f"There is already a member called {handle}.")
    member = Member.objects.create(
        handle=handle, roles=roles, added_at=now, added_by=proposal.proposed_by, roles_since=now, token_due=True
    )
    added = MemberAdded(member=member.code, roles=tuple(roles), proposal=proposal.code)
    ledger.append(added, by=by, now=now)


@on_agreement("member-roles", propose=Permission.MEMBER_PROPOSE, agree=Permission.MEMBER_AGREE)
def change_roles(proposal: Proposed, *, by: str, now: datetime) -> None:
    """Also takes roles away; the row that it changes is one that the gate reads locked."""
    member = locked_member(proposal.payload["member"])
    member.roles, member.roles_since = checked_roles(proposal.payload["roles"]), now
    member.save(update_fields=["roles", "roles_since"])
    changed = MemberRolesChanged(member=member.code, roles=tuple(member.roles), proposal=proposal.code)
    ledger.append(changed, by=by, now=now)


@on_agreement("member-token", propose=Permission.MEMBER_PROPOSE, agree=Permission.MEMBER_AGREE)
def let_have_new_token(proposal: Proposed, *, by: str, now: datetime) -> None:
    """For a token that was lost: the old one is void from now, and the wait begins again."""
    member = locked_member(proposal.payload["member"])
    member.credentials.filter(revoked_at=None).update(revoked_at=now)
    member.token_due, member.factor_reset_at = True, now
    member.save(update_fields=["token_due", "factor_reset_at"])
    ledger.append(AdminAct(act="factor-reset", subject=member.code), by=by, now=now)


@on_agreement("exclusion-end", propose=Permission.EXCLUSION_SET_OWN, agree=Permission.MEMBER_AGREE)
def end_exclusion(proposal: Proposed, *, by: str, now: datetime) -> None:
    """Only the member themself proposes it; see `actions.propose_inclusion`."""
    member = locked_member(proposal.proposed_by)
    jurisdiction = checked_jurisdiction(proposal.payload["jurisdiction"])
    Exclusion.objects.filter(member=member, jurisdiction=jurisdiction).delete()
    ended = ExclusionSet(member=member.code, jurisdiction=jurisdiction, excluded=False)
    ledger.append(ended, by=by, now=now)


@on_agreement("guarded-admit", propose=Permission.GUARDED_KEEP, agree=Permission.MEMBER_AGREE)
def admit(proposal: Proposed, *, by: str, now: datetime) -> None:
    """The entry names the jurisdiction only: a permanent record of who is on such a list would be a list of its own."""
    member = locked_member(proposal.payload["member"])
    jurisdiction = checked_jurisdiction(proposal.payload["jurisdiction"])
    GuardedReader.objects.get_or_create(member=member, jurisdiction=jurisdiction)
    ledger.append(AdminAct(act="guarded-list", subject=jurisdiction), by=by, now=now)
