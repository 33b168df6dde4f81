"""What is decided about telling the account holder is a fact; the gate asks for it, and none means no."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from abeyance.casefile.models import NoticeFact
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.notice import actions, deferrals
from abeyance.notice.actions import Told
from abeyance.rules.notice import NoticeState
from tests.casefile.packed import codes, sealed, verdict
from tests.desk import Desk


def test_told_means_that_the_time_to_object_is_over(desk: Desk) -> None:
    package = sealed(desk)
    actions.record(package.case.ref, Told(NoticeState.GIVEN), by=desk.first, now=desk.now())
    assert len(codes(verdict(desk, package))) == 1
    NoticeFact.objects.update(at=desk.now() - timedelta(days=31), until=desk.now() - timedelta(days=20))
    assert verdict(desk, package).allowed


def test_a_deferral_needs_a_second_person_and_ends(desk: Desk) -> None:
    package = sealed(desk)
    ref = package.case.ref
    told = Told(NoticeState.DEFERRED, desk.now() + timedelta(days=9), reason="an arrest is planned")
    actions.record(ref, told, by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"deferral-unfounded"}
    shown = deferrals.digest_of(deferrals.waiting(package.case))
    with pytest.raises(Refused) as alone:
        actions.approve_deferral(ref, shown, by=desk.first, now=desk.now())
    assert "same-person" in codes(alone.value)
    actions.record(ref, replace(told, reason="an arrest, and a raid"), by=desk.first, now=desk.now())
    for unseen in ("", shown[:1], shown):
        with pytest.raises(Refused, match="has changed since you looked") as other:
            actions.approve_deferral(ref, unseen, by=desk.second, now=desk.now())
        assert codes(other.value) == {"other-deferral"}
    now_shown = deferrals.digest_of(deferrals.waiting(package.case))
    assert actions.approve_deferral(ref, now_shown, by=desk.second, now=desk.now()) == 1
    with pytest.raises(NotFound):
        actions.approve_deferral(ref, now_shown, by=desk.second, now=desk.now())
    assert verdict(desk, package).allowed
    assert b"arrest" not in bytes(NoticeFact.objects.latest("pk").reason)
    NoticeFact.objects.update(until=desk.now() - timedelta(seconds=1))
    assert not verdict(desk, package).allowed


def test_what_the_shell_deferred_nobody_can_approve(desk: Desk) -> None:
    package = sealed(desk)
    told = Told(NoticeState.DEFERRED, desk.now() + timedelta(days=9), reason="an arrest is planned")
    actions.record(package.case.ref, told, by="operator", now=desk.now())
    with pytest.raises(Refused) as shell:
        shown = deferrals.digest_of(deferrals.waiting(package.case))
        actions.approve_deferral(package.case.ref, shown, by=desk.second, now=desk.now())
    assert codes(shell.value) == {"operator-proposed"}


def test_an_objection_shuts_the_gate_until_it_is_answered(desk: Desk) -> None:
    package = sealed(desk)
    ref = package.case.ref
    actions.objection(ref, 1, answered=False, by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"objection-open"}
    actions.objection(ref, 1, answered=True, by=desk.first, now=desk.now())
    assert verdict(desk, package).allowed


def test_a_fact_that_is_not_whole_is_refused_with_what_is_missing(desk: Desk) -> None:
    ref, soon, past = desk.confirmed(), desk.now() + timedelta(days=1), desk.now() - timedelta(days=1)
    incomplete = [
        Told(NoticeState.BARRED, soon),
        Told(NoticeState.FORBIDDEN),
        Told(NoticeState.BARRED, order="HP-1"),
        Told(NoticeState.DEFERRED, soon),
        Told(NoticeState.BARRED, past, "HP-1"),
        Told(NoticeState.BARRED, soon, "x" * 81),
    ]
    for told in incomplete:
        with pytest.raises(BadInput):
            actions.record(ref, told, by=desk.first, now=desk.now())
    assert not NoticeFact.objects.exists()
    actions.record(ref, Told(NoticeState.BARRED, soon, "HP-1"), by=desk.first, now=desk.now())
    assert NoticeFact.objects.count() == 1
