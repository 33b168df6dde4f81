"""Members: how they join, sign, change, leave and take no part."""

from __future__ import annotations

import stat
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, transaction

from abeyance import fence
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.people import actions, proposals, queries
from abeyance.people.models import Credential, Member
from abeyance.rules.answerable import InstrumentToAnswer, never_answerable
from abeyance.rules.people import Permission, Role


def test_the_installation_makes_two_members_once_with_tokens_that_only_the_owner_reads(desk: Any) -> None:
    assert actions.install_first_members(desk.home) == ()
    assert list(Member.objects.values_list("handle", flat=True).order_by("id")) == ["first", "second"]
    for issued in desk.issued:
        path = desk.home / "credentials" / f"{issued.handle}.token"
        assert path.read_text().strip() == issued.token
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert queries.member_for_token(issued.token) == issued.member


def test_a_token_is_kept_only_as_its_digest(desk: Any) -> None:
    stored = [bytes(digest) for digest in Credential.objects.values_list("digest", flat=True)]
    assert all(len(digest) == 32 for digest in stored)
    assert not any(issued.token.encode() in digest for issued in desk.issued for digest in stored)


@pytest.mark.parametrize("token", [None, "", "abeyance-", "x" * 10_000, "abeyance-" + "A" * 43, "\x00", "é" * 52])
def test_other_tokens_are_nobody(desk: Any, token: str | None) -> None:
    assert queries.member_for_token(token) is None
    assert queries.member_for_token(desk.token_of(desk.first)) == desk.first


def test_the_founders_may_agree_at_once(desk: Any) -> None:
    now = datetime.now(UTC)
    proposal = actions.propose_member("rita", ["reviewer"], by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    rita = Member.objects.get(handle="rita")
    assert rita.roles == ["reviewer"]
    assert rita.token_due
    assert not rita.founder


@pytest.mark.parametrize("handle", ["", "operator", "m-abc", "Rita", "a b", "../x", "x" * 64, "ä"])
def test_strange_handles_are_refused(desk: Any, now: datetime, handle: str) -> None:
    with pytest.raises(BadInput):
        actions.propose_member(handle, ["reviewer"], by=desk.first, now=now)
    actions.propose_member("rita.r-2", ["reviewer"], by=desk.first, now=now)


def test_strange_roles_are_refused(desk: Any, now: datetime) -> None:
    for roles in ([], ["king"], [""]):
        with pytest.raises(BadInput):
            actions.propose_member("rita", roles, by=desk.first, now=now)
    actions.propose_member("rita", ["reviewer", "counsel"], by=desk.first, now=now)


def test_a_new_token_needs_two_people_unless_it_is_ones_own(desk: Any, now: datetime) -> None:
    rita = desk.member("rita", Role.REVIEWER)
    first_token = actions.issue_token("rita", by=desk.first, now=now)  # two agreed that she joins
    with pytest.raises(Refused, match="needs two people"):
        actions.issue_token("rita", by=desk.first, now=now)
    proposal = actions.propose_token("rita", by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    assert queries.member_for_token(first_token.token) is None, "void from the agreement on"
    second_token = actions.issue_token("rita", by=desk.second, now=now)
    third_token = actions.issue_token("rita", by=rita, now=now)
    assert queries.member_for_token(second_token.token) is None
    assert queries.member_for_token(third_token.token) == rita


def test_a_new_token_begins_the_wait_again(desk: Any, now: datetime, a_day_later: datetime) -> None:
    waiting = actions.propose_member("rita", ["reviewer"], by=desk.first, now=now)
    actions.issue_token("second", by=desk.second, now=now)
    with pytest.raises(Refused, match="new credential"):
        proposals.agree(waiting.code, by=desk.second, now=now)
    proposals.agree(waiting.code, by=desk.second, now=a_day_later)


def test_other_roles_need_two_people_and_begin_the_wait(desk: Any, now: datetime, a_day_later: datetime) -> None:
    rita = desk.member("rita", Role.REVIEWER)
    with pytest.raises(Refused):
        queries.require(rita, Permission.ANSWER_AGREE, now)
    change = actions.propose_roles("rita", ["approver"], by=desk.first, now=now)
    with pytest.raises(Refused):
        proposals.agree(change.code, by=desk.first, now=now)
    proposals.agree(change.code, by=desk.second, now=now)
    assert queries.require(rita, Permission.ANSWER_AGREE, now).roles == {Role.APPROVER}
    policy = proposals.propose("member-add", "x", {"handle": "x", "roles": ["auditor"]}, by=desk.first, now=now)
    change_again = actions.propose_roles("rita", ["administrator"], by=desk.first, now=now)
    proposals.agree(change_again.code, by=desk.second, now=now)
    with pytest.raises(Refused, match="new roles"):
        proposals.agree(policy.code, by=rita, now=now)
    proposals.agree(policy.code, by=rita, now=a_day_later)


def test_removal_is_at_once_by_one_person_and_bumps_the_epoch(desk: Any, now: datetime) -> None:
    rita = desk.member("rita", Role.REVIEWER)
    token = actions.issue_token("rita", by=desk.first, now=now).token
    before = fence.epoch()
    with pytest.raises(Refused):
        actions.remove_member("rita", by=rita, now=now)
    actions.remove_member("rita", by="operator", now=now)
    assert fence.epoch() == before + 1
    assert queries.member_for_token(token) is None
    with pytest.raises(NotFound):
        queries.code_of("rita")
    assert not queries.actor(rita).active


def test_a_member_whom_the_gate_has_locked_changes_only_after_it(desk: Any, now: datetime) -> None:
    rita = desk.member("rita", Role.REVIEWER)
    finished: list[float] = []

    def exclude() -> None:
        actions.exclude_self("HK", by=rita, now=now)
        finished.append(time.monotonic())
        connection.close()

    with transaction.atomic():
        assert queries.lock_members([rita, "operator", "m-unknown"]).keys() == {rita}
        thread = threading.Thread(target=exclude)
        thread.start()
        time.sleep(0.3)
        assert finished == []
        assert queries.exclusions_of(rita) == frozenset()
        released = time.monotonic()
    thread.join()
    assert finished[0] >= released
    assert queries.exclusions_of(rita) == {"HK"}


def test_taking_no_part_is_at_once_and_taking_part_again_needs_another(desk: Any, now: datetime) -> None:
    rita = desk.member("rita", Role.REVIEWER)
    assert queries.may_take_part(rita, "HK").allowed
    actions.exclude_self("hk", by=rita, now=now)
    actions.exclude_self("HK", by=rita, now=now)  # harmless to repeat
    assert not queries.may_take_part(rita, "HK").allowed
    assert queries.may_take_part(rita, "DE").allowed
    back = actions.propose_inclusion("HK", by=rita, now=now)
    assert not queries.may_take_part(rita, "HK").allowed
    proposals.agree(back.code, by=desk.second, now=now)
    assert queries.may_take_part(rita, "HK").allowed


def test_a_guarded_jurisdiction_is_open_to_its_list_only(desk: Any, now: datetime) -> None:
    rita, kira = desk.member("rita", Role.REVIEWER), desk.member("kira", Role.ADVISER)
    with transaction.atomic():
        actions.set_house_rules(frozenset({"HK"}), timedelta(hours=24), small_team=False)
    assert queries.hidden_jurisdictions(rita) == {"HK"}
    assert queries.may_see_jurisdictions(rita, ["HK", "DE"]) == {"DE"}
    assert queries.hidden_jurisdictions("operator") == {"HK"}
    with pytest.raises(Refused):
        actions.propose_admission("rita", "HK", by=rita, now=now)
    admission = actions.propose_admission("rita", "HK", by=kira, now=now)
    assert queries.hidden_jurisdictions(rita) == {"HK"}
    proposals.agree(admission.code, by=desk.second, now=now)
    assert queries.hidden_jurisdictions(rita) == frozenset()
    actions.end_admission("rita", "HK", by=kira, now=now)
    assert queries.hidden_jurisdictions(rita) == {"HK"}
    entries = b"".join(bytes(c) for c in Entry.objects.filter(kind="AdminAct").values_list("content", flat=True))
    assert b"guarded-list" in entries
    assert rita.encode() not in entries, "no entry says who is on such a list"


def test_house_rules_change_only_within_the_act_that_adopts_them(desk: Any) -> None:
    with pytest.raises(RuntimeError):
        actions.set_house_rules(frozenset({"HK"}), timedelta(hours=24), small_team=False)
    assert queries.guarded_jurisdictions() == frozenset()


def test_what_doctor_asks(desk: Any, now: datetime) -> None:
    order = InstrumentToAnswer("hk-order", "HK")
    assert never_answerable([order], queries.takings(), queries.guarded_jurisdictions(), queries.positive_lists()) == ()
    actions.exclude_self("HK", by=desk.first, now=now)
    assert len(never_answerable([order], queries.takings())) == 1


def test_no_table_of_people_has_a_field_for_citizenship_residence_family_or_reasons() -> None:
    unwanted = ("citizen", "nation", "resid", "family", "relative", "birth", "origin", "reason", "last_used", "home")
    for model in apps.get_app_config("people").get_models():
        for field in model._meta.get_fields():
            assert not any(word in field.name for word in unwanted), f"{model.__name__}.{field.name}"
