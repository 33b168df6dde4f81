"""The travel switch: at once and everywhere, and nobody alone ends it, whatever is asked of them at a border."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abeyance.casefile import door
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.people import actions as people
from abeyance.people import proposals, queries, travel
from abeyance.people.models import Member
from abeyance.rules.permissions import Permission, Role
from abeyance.site.oncall import paging
from abeyance.site.oncall.models import Turn
from tests.pages.people import PASSWORD, member_with, signed_in


def return_of(code: str) -> str:
    (waiting,) = proposals.open_about(code, (travel.BACK,))
    return waiting.code


def test_it_ends_every_session_token_and_sight_at_once(desk: Any) -> None:
    ref, member = desk.confirmed(), member_with(Role.REVIEWER)
    token = people.issue_token(member.code, by=member.code, now=desk.now()).token
    here, elsewhere = signed_in(member.code), signed_in(member.code)
    caller = Client(headers={"Authorization": f"Bearer {token}"})
    assert ref in here.get("/requests/").content.decode()
    assert caller.get("/api/requests").status_code == 200
    told = here.post("/yourself/travel/", {"until": f"{desk.now() + timedelta(days=3):%Y-%m-%dT%H:%M}"})
    assert (told.status_code, "You are shut out" in told.content.decode()) == (200, True)
    for browser in (here, elsewhere):
        assert browser.get("/requests/")["Location"].startswith("/sign-in/")
    assert caller.get("/api/requests").status_code == 401
    assert list(door.visible_to(member.code)) == []
    with pytest.raises(Refused, match="shut out for a journey"):
        queries.require(member.code, Permission.ANSWER_PROPOSE, desk.now())
    with pytest.raises((Refused, NotFound)):
        door.open_for(member.code, ref, Permission.CASE_READ, now=desk.now())
    (said,) = Entry.objects.filter(kind="TravelSet")
    assert b"until" not in bytes(said.content)


def test_the_password_alone_opens_a_page_that_says_so_and_no_more(desk: Any) -> None:
    member = member_with(Role.REVIEWER, name="traveller")
    signed_in(member.code)
    travel.go(desk.now() + timedelta(days=3), by=member.code, now=desk.now())
    there = Client(HTTP_ACCEPT="text/html")
    answer = there.post("/sign-in/", {"login": "traveller", "password": PASSWORD}, follow=True)
    assert "shut for a journey" in answer.content.decode()
    assert "_auth_user_id" not in there.session
    wrong = there.post("/sign-in/", {"login": "traveller", "password": "wrong-password-1"})
    assert "shut for a journey" not in wrong.content.decode()


def test_only_the_time_and_another_member_together_end_it_and_then_one_begins_anew(desk: Any) -> None:
    until = desk.now() + timedelta(days=3)
    token = people.issue_token(desk.first, by=desk.first, now=desk.now()).token
    travel.go(until, by=desk.first, now=desk.now())
    code = return_of(desk.first)
    after = until + timedelta(hours=1)
    with pytest.raises(Refused, match="shut out"):
        proposals.agree(code, by=desk.first, now=after)
    with pytest.raises(Refused, match="nobody shortens"):
        proposals.agree(code, by=desk.second, now=until - timedelta(minutes=1))
    with pytest.raises(Refused):
        proposals.agree(code, by="operator", now=after)
    assert Member.objects.get(code=desk.first).away_until == until
    proposals.agree(code, by=desk.second, now=after)
    back = Member.objects.get(code=desk.first)
    assert (back.away_until, back.token_due, back.factor_reset_at) == (None, True, after)
    assert queries.member_for_token(token) is None
    issued = people.issue_token(desk.first, by=desk.second, now=after)
    assert queries.member_for_token(issued.token) == desk.first
    waiting = people.propose_token(desk.second, by=desk.second, now=after)
    with pytest.raises(Refused, match="new credential"):
        proposals.agree(waiting.code, by=desk.first, now=after + timedelta(hours=1))


def test_thrown_again_it_only_lengthens_and_a_new_token_lets_nobody_in(desk: Any) -> None:
    until, now = desk.now() + timedelta(days=3), desk.now()
    travel.go(until, by=desk.first, now=now)
    assert travel.go(now + timedelta(days=1), member=desk.first, by=desk.second, now=now) == until
    with pytest.raises(BadInput):
        travel.go(now - timedelta(days=1), member=desk.first, by=desk.second, now=now)
    Member.objects.filter(code=desk.first).update(token_due=True)
    issued = people.issue_token(desk.first, by=desk.second, now=now)
    assert queries.member_for_token(issued.token) is None


def test_others_are_called_and_what_waits_is_said_before(desk: Any) -> None:
    now, member = desk.now(), Member.objects.get(code=desk.first)
    Turn.objects.create(member=member, begins=now - timedelta(hours=1), ends=now + timedelta(hours=8))
    assert paging.called(now, 1) == [member]
    page = signed_in(desk.first).get("/yourself/travel/").content.decode()
    assert "Your turns on call until then: 1" in page
    travel.go(now + timedelta(days=1), by=desk.first, now=now)
    assert desk.first not in {each.code for each in paging.called(now, 1)}
    assert "shut out; others are called" in signed_in(desk.second).get("/on-call/").content.decode()


def test_by_command_and_by_api(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import argparse

    from abeyance.people import commands

    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())

    def run(*words: str, by: str) -> Any:
        file = str(desk.home / "credentials" / f"{by}.token")
        args = parser.parse_args([*words, "--token-file", file])
        return args.run(args).document

    until = f"{desk.now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    assert run("member", "travel", "--until", until, by="first")["away_until"].startswith(until)
    with pytest.raises(Refused, match="not that of an active member"):
        run("member", "exclude-self", "HK", by="first")
    assert run("member", "return", "first", by="second")["kind"] == travel.BACK
    third = member_with(Role.REVIEWER)
    token = people.issue_token(third.code, by=third.code, now=desk.now()).token
    caller = Client(headers={"Authorization": f"Bearer {token}"})
    gone = caller.post("/api/travel", {"until": until + ":00Z"}, content_type="application/json")
    assert (gone.status_code, gone.json()["away_until"][:16]) == (200, until)
    assert caller.get("/api/members").status_code == 401
