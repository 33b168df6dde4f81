"""Questions about members. Nobody but this file turns a token into a member, or a row into what the rules see."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from abeyance.asking import Asked
from abeyance.errors import NotFound, Refused
from abeyance.people.models import Credential, Exclusion, GuardedReader, HouseRules, Member
from abeyance.rules import people as rules
from abeyance.rules.answerable import Taking
from abeyance.rules.people import Actor, Ruling
from abeyance.rules.permissions import Permission, Role

TOKEN = re.compile(r"abeyance-[A-Za-z0-9_-]{43}")


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def member_for_token(token: str | None) -> str | None:
    """The code of the active member whose token this is. Only digests are looked up and compared."""
    if token is None or len(token) > 64 or not TOKEN.fullmatch(token):
        return None
    digest = digest_of(token)
    found = (
        Credential.objects.filter(digest=digest, revoked_at=None, member__active=True, member__away_until=None)
        .select_related("member")
        .only("digest", "member__code")
        .first()
    )
    if found is None or not hmac.compare_digest(bytes(found.digest), digest):
        return None
    return found.member.code


def code_of(handle_or_code: str) -> str:
    """The code of the member who is called so."""
    if handle_or_code == rules.OPERATOR_CODE:
        return handle_or_code
    members = Member.objects.filter(active=True)
    code = members.filter(code=handle_or_code).values_list("code", flat=True).first()
    code = code or members.filter(handle=handle_or_code).values_list("code", flat=True).first()
    if code is None:
        raise NotFound("There is no active member of that name. `abeyance member list` shows who there is.")
    return code


def actor(code: str) -> Actor:
    """The member as the rules see them; also one who has been removed."""
    if code == rules.OPERATOR_CODE:
        return rules.OPERATOR
    member = Member.objects.filter(code=code).first()
    if member is None:
        raise NotFound(f"There is no member {code}.")
    return as_actor(member)


def as_actor(member: Member) -> Actor:
    return Actor(
        code=member.code,
        roles=frozenset(Role(role) for role in member.roles),
        active=member.active,
        added_at=member.added_at,
        roles_since=member.roles_since,
        factor_reset_at=member.factor_reset_at,
        founder=member.founder,
        away=member.away_until is not None,
    )


def lock_members(codes: Iterable[str]) -> dict[str, Actor]:
    """These members, unchangeable until the end of the transaction. Unknown codes are left out."""
    asked = Asked()
    standing = standing_of(asked, codes)
    asked.now()
    return standing().actors


@dataclass(frozen=True)
class Standing:
    """Members whose rows are locked, and what holds for them at the commit."""

    actors: dict[str, Actor]
    house: HouseRules
    exclusions: frozenset[tuple[str, str]]  # code of a member, jurisdiction
    admitted: frozenset[tuple[str, str]]

    def may_take_part(self, actor: Actor, jurisdiction: str | None) -> Ruling:
        """May this member be near a request of this jurisdiction?"""
        excluded = frozenset(country for member, country in self.exclusions if member == actor.code)
        readers = frozenset(member for member, country in self.admitted if country == jurisdiction)
        guarded = frozenset(self.house.guarded)
        return rules.may_take_part(actor, jurisdiction, guarded, readers, excluded)


def standing_of(asked: Asked, codes: Iterable[str]) -> Callable[[], Standing]:
    """For the gate: to be called after `asked.now()`.

    Whatever changes a member, their exclusions or their place on a positive list locks the same row first, so what the
    later statements read is what holds at the commit.
    """
    wanted = [code for code in codes if code != rules.OPERATOR_CODE]
    # Always in the same order, so that nobody deadlocks.
    rows = asked.rows(Member, "WHERE t.code = ANY(%s) ORDER BY t.id FOR SHARE", wanted)
    house = house_rules_of(asked)
    exclusions, admitted = asked.plain(EXCLUSIONS, wanted), asked.plain(ADMITTED, wanted)

    def found() -> Standing:
        actors = {member.code: as_actor(member) for member in rows}
        return Standing(actors, house(), _pairs(exclusions), _pairs(admitted))

    return found


EXCLUSIONS = (
    "SELECT m.code, e.jurisdiction FROM people_exclusion e JOIN people_member m ON m.id = e.member_id"
    " WHERE m.code = ANY(%s)"
)
EVERYBODYS_EXCLUSIONS = (
    "SELECT m.code, e.jurisdiction FROM people_exclusion e JOIN people_member m ON m.id = e.member_id WHERE m.active"
)
ADMITTED = (
    "SELECT m.code, g.jurisdiction FROM people_guardedreader g JOIN people_member m ON m.id = g.member_id"
    " WHERE m.code = ANY(%s) AND m.active"
)


def _pairs(rows: Iterable[tuple[Any, ...]]) -> frozenset[tuple[str, str]]:
    return frozenset((str(code), str(country)) for code, country in rows)


def require(code: str, permission: Permission, now: datetime) -> Actor:
    """Refused, with the reason, unless this member may do so at this moment."""
    found = actor(code)
    refuse_unless(rules.may(found, permission))
    return found


def require_present(code: str) -> Actor:
    """Refused unless this is an active member who is not shut out, whatever their roles."""
    found = actor(code)
    refuse_unless(rules.may_be_here(found))
    return found


def refuse_unless(ruling: Ruling) -> None:
    if not ruling.allowed:
        raise Refused(ruling.reasons)


# --- taking part in requests of a jurisdiction


def may_take_part(code: str, jurisdiction: str | None) -> Ruling:
    """May this member be near a request of this jurisdiction?"""
    return rules.may_take_part(
        actor(code), jurisdiction, guarded_jurisdictions(), positive_list(jurisdiction), exclusions_of(code)
    )


def house_rules() -> HouseRules:
    """What the policy in force says about people; before there is one, the cautious defaults."""
    asked = Asked()
    found = house_rules_of(asked)
    asked.now()
    return found()


def house_rules_of(asked: Asked) -> Callable[[], HouseRules]:
    """To be called after `asked.now()`."""
    house = asked.rows(HouseRules, "ORDER BY t.id LIMIT 1")
    return lambda: house[0] if house else _cautious()


def _cautious() -> HouseRules:
    return HouseRules(guarded=[], waiting=rules.ORDINARY_WAIT, small_team=False)


def guarded_jurisdictions() -> frozenset[str]:
    return frozenset(house_rules().guarded)


def exclusions_of(code: str) -> frozenset[str]:
    return frozenset(Exclusion.objects.filter(member__code=code).values_list("jurisdiction", flat=True))


def excluded_from(jurisdiction: str | None, codes: Iterable[str]) -> frozenset[str]:
    """Of these members, those who have excluded themselves from it."""
    if jurisdiction is None:
        return frozenset()
    found = Exclusion.objects.filter(jurisdiction=jurisdiction, member__code__in=list(codes))
    return frozenset(found.values_list("member__code", flat=True))


def positive_list(jurisdiction: str | None) -> frozenset[str]:
    if jurisdiction is None:
        return frozenset()
    return frozenset(
        GuardedReader.objects.filter(jurisdiction=jurisdiction, member__active=True).values_list(
            "member__code", flat=True
        )
    )


@dataclass(frozen=True)
class Sight:
    """A member, and the jurisdictions whose requests this one may not see: for queues, counts, search and exports."""

    actor: Actor
    hidden: frozenset[str]


def sight_of(code: str) -> Sight:
    """In one journey, because every page begins with it."""
    asked = Asked()
    members = asked.rows(Member, "WHERE t.code = %s", code)
    house = house_rules_of(asked)
    # The shell is nobody's: it shows what every member may see.
    whose = (EVERYBODYS_EXCLUSIONS,) if code == rules.OPERATOR_CODE else (EXCLUSIONS, [code])
    excluded, admitted = asked.plain(*whose), asked.plain(ON_POSITIVE_LIST, code)
    asked.now()
    if not members and code != rules.OPERATOR_CODE:
        raise NotFound(f"There is no member {code}.")
    hidden = (frozenset(house().guarded) - {str(country) for (country,) in admitted}) | {
        country for _, country in _pairs(excluded)
    }
    return Sight(as_actor(members[0]) if members else rules.OPERATOR, hidden)


ON_POSITIVE_LIST = (
    "SELECT g.jurisdiction FROM people_guardedreader g JOIN people_member m ON m.id = g.member_id WHERE m.code = %s"
)


def hidden_jurisdictions(code: str) -> frozenset[str]:
    return sight_of(code).hidden


def may_see_jurisdictions(code: str, jurisdictions: Iterable[str]) -> frozenset[str]:
    """Of these, those whose requests this member may see."""
    return frozenset(jurisdictions) - hidden_jurisdictions(code)


# --- everybody


def members(*, also_inactive: bool = False) -> QuerySet[Member]:
    everybody = Member.objects.order_by("id")
    return everybody if also_inactive else everybody.filter(active=True)


def takings() -> tuple[Taking, ...]:
    """The present members, for `rules.answerable.never_answerable`."""
    return tuple(
        Taking(as_actor(member), frozenset(exclusion.jurisdiction for exclusion in member.exclusions.all()))
        for member in members().prefetch_related("exclusions")
    )


def positive_lists() -> dict[str, frozenset[str]]:
    lists: dict[str, set[str]] = {}
    for reader in GuardedReader.objects.filter(member__active=True).select_related("member"):
        lists.setdefault(reader.jurisdiction, set()).add(reader.member.code)
    return {jurisdiction: frozenset(codes) for jurisdiction, codes in lists.items()}


def handle_of(handle_or_code: str) -> str:
    return Member.objects.values_list("handle", flat=True).get(code=code_of(handle_or_code))


def token_is_due(handle_or_code: str) -> bool:
    """Have two members said that this one may be handed a new token?"""
    return Member.objects.filter(code=code_of(handle_or_code), token_due=True).exists()
