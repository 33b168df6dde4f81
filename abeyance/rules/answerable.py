"""Which instruments could the present members never answer, however long they waited? `doctor` asks this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from abeyance.rules.decision import Reason
from abeyance.rules.people import Actor, may, may_take_part, second_person
from abeyance.rules.permissions import Permission, Role


@dataclass(frozen=True)
class InstrumentToAnswer:
    """`counsel_only`: it binds whoever reads it inside, so only counsel may."""

    code: str
    jurisdiction: str
    counsel_only: bool = False


@dataclass(frozen=True)
class Taking:
    """A member with what decides whether they may take part."""

    member: Actor
    exclusions: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NeverAnswerable:
    instrument: InstrumentToAnswer
    reason: Reason


def never_answerable(
    instruments: Iterable[InstrumentToAnswer],
    members: Iterable[Taking],
    guarded: frozenset[str] = frozenset(),
    positive_lists: Mapping[str, frozenset[str]] | None = None,
    small_team: bool = False,
) -> tuple[NeverAnswerable, ...]:
    """Which instruments could these members never answer, however long they waited?"""
    everybody, lists = tuple(members), positive_lists or {}
    stuck = []
    for instrument in instruments:
        place = instrument.jurisdiction
        able = [t.member for t in everybody if _admitted(t, instrument, guarded, lists.get(place, frozenset()))]
        reason = _why_never(able, instrument, small_team)
        if reason is not None:
            stuck.append(NeverAnswerable(instrument, reason))
    return tuple(stuck)


def _admitted(taking: Taking, instrument: InstrumentToAnswer, guarded: frozenset[str], listed: frozenset[str]) -> bool:
    if instrument.counsel_only and not taking.member.roles & {Role.COUNSEL, Role.GUEST_COUNSEL}:
        return False
    return may_take_part(taking.member, instrument.jurisdiction, guarded, listed, taking.exclusions).allowed


def _never(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"people:{code}")


def _why_never(able: list[Actor], instrument: InstrumentToAnswer, small_team: bool) -> Reason | None:
    named = f"{instrument.code} ({instrument.jurisdiction})"
    for permission in (
        Permission.REQUESTER_VERIFY,
        Permission.ANSWER_PROPOSE,
        Permission.ANSWER_AGREE,
        Permission.PACKAGE_RELEASE,
    ):
        if not any(may(actor, permission).allowed for actor in able):
            return _never("nobody-may", f"Nobody who may take part in {named} holds {permission.value}.")
    if not _two_people(able, small_team):
        return _never("no-second-person", f"{named} has no two different people who could propose and agree.")
    return None


def _two_people(able: list[Actor], small_team: bool) -> bool:
    verifiers = [actor for actor in able if may(actor, Permission.REQUESTER_VERIFY).allowed]
    proposers = [actor for actor in able if may(actor, Permission.ANSWER_PROPOSE).allowed]
    agreers = [actor for actor in able if may(actor, Permission.ANSWER_AGREE).allowed]
    return any(
        not second_person(proposer.code, agreer, verifier.code, small_team)
        for proposer in proposers
        for agreer in agreers
        for verifier in verifiers
    )
