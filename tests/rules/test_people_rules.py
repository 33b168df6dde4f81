"""Who may do what, and when a second person is one."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from abeyance.rules.answerable import InstrumentToAnswer, Taking, never_answerable
from abeyance.rules.people import (
    OPERATOR,
    Actor,
    Permission,
    Role,
    approval_stands,
    may,
    may_agree,
    may_take_part,
    waits_until,
)
from abeyance.rules.permissions import OPERATOR_PERMISSIONS, ROLE_PERMISSIONS, roles_with

DAY = timedelta(hours=24)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2020, 7, 6, 9, 0, tzinfo=UTC)


def member(code: str, *roles: Role, since: datetime = LONG_AGO) -> Actor:
    return Actor(code, frozenset(roles), active=True, added_at=since, roles_since=since)


RITA = member("m-rita", Role.REVIEWER)
ADA = member("m-ada", Role.APPROVER)
COSIMA = member("m-cosima", Role.COUNSEL)
GUEST = member("m-guest", Role.GUEST_COUNSEL)

moments = st.datetimes(datetime(2020, 1, 1), datetime(2021, 1, 1), timezones=st.just(UTC))
actors = st.builds(
    Actor,
    code=st.sampled_from(["m-a", "m-b", "m-c", "operator"]),
    roles=st.frozensets(st.sampled_from(Role), max_size=4),
    active=st.booleans(),
    added_at=moments,
    roles_since=moments,
    factor_reset_at=st.none() | moments,
    founder=st.booleans(),
)


def codes(ruling: object) -> set[str]:
    return {reason.code for reason in ruling.reasons}  # type: ignore[attr-defined]


# --- permissions


def test_permissions_are_in_alphabetical_order_and_each_is_held_by_some_role() -> None:
    assert [p.value for p in Permission] == sorted(p.value for p in Permission)
    assert set(Permission) == {p for granted in ROLE_PERMISSIONS.values() for p in granted}
    assert set(ROLE_PERMISSIONS) == set(Role)


def test_a_reviewer_proposes_an_answer_and_an_approver_agrees_but_not_the_other_way_round() -> None:
    assert may(RITA, Permission.ANSWER_PROPOSE).allowed
    assert may(ADA, Permission.ANSWER_AGREE).allowed
    assert codes(may(RITA, Permission.ANSWER_AGREE)) == {"no-permission"}
    assert codes(may(ADA, Permission.ANSWER_PROPOSE)) == {"no-permission"}


def test_who_administers_members_reads_no_cases_and_agrees_to_no_answer() -> None:
    administrator = member("m-admin", Role.ADMINISTRATOR)
    assert may(administrator, Permission.MEMBER_PROPOSE).allowed
    for permission in (Permission.CASE_READ, Permission.ANSWER_AGREE, Permission.PACKAGE_RELEASE):
        assert not may(administrator, permission).allowed


def test_the_shell_records_and_tightens_but_proposes_agrees_lifts_and_releases_nothing() -> None:
    assert may(OPERATOR, Permission.PAUSE_DECLARE).allowed
    assert may(OPERATOR, Permission.MEMBER_REMOVE).allowed
    loosening = [p for p in Permission if p.value.rpartition(":")[2] in {"agree", "propose", "lift", "agree-lift"}]
    for permission in [*loosening, Permission.PACKAGE_RELEASE, Permission.LAW_ADOPT, Permission.REQUESTER_VERIFY]:
        assert permission not in OPERATOR_PERMISSIONS
        assert codes(may(OPERATOR, permission)) == {"credential-needed"}


def test_a_removed_member_may_do_nothing_that_they_could_before() -> None:
    gone = replace(ADA, active=False)
    assert may(ADA, Permission.ANSWER_AGREE).allowed
    assert codes(may(gone, Permission.ANSWER_AGREE)) == {"member-inactive"}


def test_counsel_alone_holds_all_that_an_answer_needs() -> None:
    needed = {Permission.REQUESTER_VERIFY, Permission.ANSWER_PROPOSE, Permission.ANSWER_AGREE}
    assert needed | {Permission.PACKAGE_GATHER, Permission.PACKAGE_RELEASE} <= ROLE_PERMISSIONS[Role.COUNSEL]
    assert roles_with(Permission.LAW_ADOPT) == {Role.COUNSEL}


# --- the second person


def test_another_member_is_a_second_person_and_the_proposer_is_not() -> None:
    assert may_agree(RITA, ADA, None, False, NOW, DAY).allowed
    assert codes(may_agree(ADA, ADA, None, False, NOW, DAY)) == {"same-person"}


@pytest.mark.parametrize(("small_team", "allowed"), [(False, False), (True, True)])
def test_who_verified_may_agree_only_in_a_declared_small_team(small_team: bool, allowed: bool) -> None:
    ruling = may_agree(RITA, ADA, "m-ada", small_team, NOW, DAY)
    assert ruling.allowed is allowed
    assert may_agree(RITA, ADA, "m-rita", small_team, NOW, DAY).allowed


@pytest.mark.parametrize(("small_team", "allowed"), [(False, False), (True, True)])
def test_a_guest_is_a_second_person_only_in_a_declared_small_team(small_team: bool, allowed: bool) -> None:
    assert may_agree(RITA, GUEST, "m-rita", small_team, NOW, DAY).allowed is allowed
    assert not may_agree(GUEST, GUEST, None, small_team, NOW, DAY).allowed


@pytest.mark.parametrize(
    ("hours", "allowed"),
    [(0, False), (23, False), (24, True), (25, True)],
)
def test_new_members_new_roles_and_new_credentials_wait(hours: int, allowed: bool) -> None:
    began = NOW - timedelta(hours=hours)
    fresh = member("m-new", Role.APPROVER, since=began)
    re_roled = replace(ADA, roles_since=began)
    reset = replace(ADA, factor_reset_at=began)
    for agreer in (fresh, re_roled, reset):
        ruling = may_agree(RITA, agreer, None, False, NOW, DAY)
        assert ruling.allowed is allowed
        assert allowed or codes(ruling) == {"still-waiting"}


def test_the_installation_does_not_wait_until_its_roles_or_credentials_change() -> None:
    founder = Actor("m-first", frozenset({Role.APPROVER}), True, added_at=NOW, roles_since=NOW, founder=True)
    assert may_agree(RITA, founder, None, False, NOW, DAY).allowed
    later = NOW + timedelta(hours=1)
    assert not may_agree(RITA, replace(founder, factor_reset_at=later), None, False, later, DAY).allowed
    assert not may_agree(RITA, replace(founder, roles_since=later), None, False, later, DAY).allowed


def test_policy_sets_the_wait() -> None:
    fresh = member("m-new", Role.APPROVER, since=NOW)
    assert may_agree(RITA, fresh, None, False, NOW, timedelta(0)).allowed
    assert waits_until(fresh, timedelta(hours=48)) == NOW + timedelta(hours=48)


def test_the_shell_is_neither_a_first_nor_a_second_person() -> None:
    assert codes(may_agree(RITA, OPERATOR, None, True, NOW, DAY)) == {"operator-never-agrees"}
    assert codes(may_agree(OPERATOR, ADA, None, True, NOW, DAY)) == {"operator-proposed"}


def test_what_a_removed_member_proposed_is_not_agreed() -> None:
    assert codes(may_agree(replace(RITA, active=False), ADA, None, False, NOW, DAY)) == {"member-inactive"}


@given(actors, actors, st.none() | st.sampled_from(["m-a", "m-b"]), st.booleans(), moments)
def test_whoever_may_agree_is_an_active_member_and_somebody_else(
    proposer: Actor, agreer: Actor, verifier: str | None, small_team: bool, now: datetime
) -> None:
    ruling = may_agree(proposer, agreer, verifier, small_team, now, DAY)
    assert ruling.reasons
    if ruling.allowed:
        assert proposer.code != agreer.code
        assert agreer.active
        assert proposer.active
        assert "operator" not in {proposer.code, agreer.code}
        assert small_team or (verifier != agreer.code and not agreer.only_a_guest)
        assert agreer.factor_reset_at is None or now >= agreer.factor_reset_at + DAY


@given(actors, actors, st.booleans(), moments)
def test_a_small_team_only_ever_allows_more_and_time_only_ever_helps(
    proposer: Actor, agreer: Actor, verified: bool, now: datetime
) -> None:
    verifier = agreer.code if verified else None
    if may_agree(proposer, agreer, verifier, False, now, DAY).allowed:
        assert may_agree(proposer, agreer, verifier, True, now, DAY).allowed
        assert may_agree(proposer, agreer, verifier, False, now + DAY, DAY).allowed


# --- an approval, asked again by the gate


def test_an_approval_stands_until_one_of_the_two_leaves_or_loses_the_role() -> None:
    assert approval_stands(RITA, ADA, "m-rita", False).allowed
    assert not approval_stands(replace(RITA, active=False), ADA, "m-rita", False).allowed
    assert not approval_stands(RITA, replace(ADA, active=False), "m-rita", False).allowed
    assert not approval_stands(RITA, replace(ADA, roles=frozenset({Role.AUDITOR})), "m-rita", False).allowed
    assert not approval_stands(RITA, ADA, "m-ada", False).allowed


# --- taking part


@pytest.mark.parametrize(
    ("guarded", "listed", "excluded", "allowed"),
    [
        ((), (), (), True),
        (("HK",), (), (), False),
        (("HK",), ("m-rita",), (), True),
        (("HK",), ("m-ada",), (), False),
        (("DE",), (), (), True),
        ((), (), ("HK",), False),
        (("HK",), ("m-rita",), ("HK",), False),
        ((), (), ("DE",), True),
    ],
)
def test_taking_part(
    guarded: tuple[str, ...], listed: tuple[str, ...], excluded: tuple[str, ...], allowed: bool
) -> None:
    ruling = may_take_part(RITA, "HK", frozenset(guarded), frozenset(listed), frozenset(excluded))
    assert ruling.allowed is allowed
    assert allowed or ruling.reasons[0].sentence == "m-rita takes no part in requests of HK."


def test_nobody_is_guarded_by_default_so_a_german_host_can_answer_a_german_order() -> None:
    assert may_take_part(RITA, "DE").allowed


def test_until_somebody_says_whose_request_it_is_a_person_may_look() -> None:
    assert may_take_part(RITA, None, frozenset({"HK"})).allowed
    assert not may_take_part(replace(RITA, active=False), None).allowed


def test_the_rules_know_no_citizenship_residence_or_family() -> None:
    names = {field.name for field in fields(Actor)}
    for word in ("citizen", "nation", "resid", "family", "relative", "country", "reason"):
        assert not any(word in name for name in names)


# --- what could never be answered


def taking(*members: Actor) -> list[Taking]:
    return [Taking(each) for each in members]


ORDER = InstrumentToAnswer("hk-production-order", "HK")
LETTER = InstrumentToAnswer("us-nsl", "US", counsel_only=True)


def test_two_people_can_answer_and_one_alone_never_can() -> None:
    assert never_answerable([ORDER], taking(RITA, ADA)) == ()
    [stuck] = never_answerable([ORDER], taking(RITA))
    assert stuck.reason.code == "nobody-may"
    alone = member("m-alone", Role.REVIEWER, Role.APPROVER)
    assert [s.reason.code for s in never_answerable([ORDER], taking(alone))] == ["no-second-person"]


def test_a_guarded_jurisdiction_without_a_list_is_never_answered() -> None:
    guarded = frozenset({"HK"})
    assert len(never_answerable([ORDER], taking(RITA, ADA), guarded)) == 1
    listed = {"HK": frozenset({"m-rita", "m-ada"})}
    assert never_answerable([ORDER], taking(RITA, ADA), guarded, listed) == ()
    assert len(never_answerable([ORDER], taking(RITA, ADA), guarded, {"HK": frozenset({"m-rita"})})) == 1


def test_somebody_who_excluded_themselves_counts_for_nothing_there_and_fully_elsewhere() -> None:
    without = [Taking(RITA), Taking(ADA, frozenset({"HK"}))]
    elsewhere = InstrumentToAnswer("de-order", "DE")
    assert [s.instrument for s in never_answerable([ORDER, elsewhere], without)] == [ORDER]


def test_an_instrument_for_counsel_only_needs_two_of_them() -> None:
    assert len(never_answerable([LETTER], taking(RITA, ADA, COSIMA))) == 1
    assert never_answerable([LETTER], taking(COSIMA, member("m-cid", Role.COUNSEL))) == ()


def test_outside_counsel_helps_a_small_team_only() -> None:
    two = member("m-one", Role.REVIEWER, Role.APPROVER)
    assert len(never_answerable([ORDER], taking(two, GUEST), small_team=False)) == 1
    assert never_answerable([ORDER], taking(two, GUEST), small_team=True) == ()
