"""What changed between versions; who may read; whether it is a demand once more: by command, API and page alike."""

from __future__ import annotations

import argparse
from typing import Any

import pytest

from abeyance.answer import actions as answers
from abeyance.answer.actions import ItemAnswer
from abeyance.casefile import door, ending
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case
from abeyance.errors import NotFound, Refused
from abeyance.intake import confirming, duplicates
from abeyance.people.models import Member
from abeyance.review import actions as review
from abeyance.rules.permissions import Role
from abeyance.site.requests import commands, versions
from tests.desk import Desk, demand, item
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller


def command(desk: Desk, *words: str) -> Any:
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())
    token = str(desk.home / "credentials" / "first.token")
    args = parser.parse_args(["request", *words, "--token-file", token])
    return args.run(args).document


def test_a_new_version_says_what_it_changed_and_the_sealed_only_to_members(desk: Desk) -> None:
    ref = desk.confirmed()
    changed = demand(jurisdiction="US", items=[item(identifier="+85290000000", fields=["telephone"]), item()])
    confirming.confirm(ref, changed, by=desk.first, now=desk.now())
    told = Caller(desk, "first").get(f"/requests/{ref}/versions").json()
    assert [each["version"] for each in told] == [3, 2, 1]
    said = [change["sentence"] for change in told[0]["changes"]]
    assert {"jurisdiction: HK, now US", "item 1, fields: no longer created-at"} <= set(said)
    assert "item 1, account: +85291234567, now +85290000000" in said
    assert command(desk, "versions", ref)["versions"] == told
    shell = versions.listed(desk.case(ref), reader="operator")
    assert "+8529" not in str(shell)
    page = signed_in(desk.first).get(f"/requests/{ref}/versions/").content.decode()
    assert "+85290000000" in page
    assert "What changed from version to version" in page


def test_a_second_proposal_says_what_it_changed_in_the_first(desk: Desk) -> None:
    ref = desk.proposed()
    answers.withdraw(ref, "", by=desk.first, now=desk.now())
    answers.propose(ref, [ItemAnswer(1, "release", frozenset({"telephone"}))], by=desk.first, now=desk.now())
    page = signed_in(desk.second).get(f"/requests/{ref}/").content.decode()
    assert "Since the answer before" in page
    assert '<del><span class="hidden">gone: </span>created-at</del>' in page


def test_readers_are_named_added_and_taken_off_at_once(desk: Desk) -> None:
    ref = desk.genuine()
    clerk, reviewer = member_with(Role.INTAKE_CLERK), member_with(Role.REVIEWER)
    assert door.visible_to(clerk.code).filter(ref=ref).exists()
    with pytest.raises(Refused):
        review.restrict(ref, by=clerk.code, now=desk.now())
    page = signed_in(reviewer.code)
    assert page.post(f"/requests/{ref}/act/restrict").status_code == 302
    assert not door.visible_to(clerk.code).filter(ref=ref).exists()
    assert page.get(f"/requests/{ref}/").status_code == 200  # who named the readers stays one
    page.post(f"/requests/{ref}/act/reader", {"reader": clerk.code})
    assert door.visible_to(clerk.code).filter(ref=ref).exists()
    page.post(f"/requests/{ref}/act/remove-reader", {"reader": clerk.code})
    assert not door.visible_to(clerk.code).filter(ref=ref).exists()
    api = Caller(desk, "first")
    assert api.post(f"/requests/{ref}/restrict").status_code == 409
    assert api.put(f"/requests/{ref}/readers/{clerk.handle}", {}).status_code == 204
    assert command(desk, "reader-remove", ref, clerk.handle)["removed"] == clerk.handle
    with pytest.raises(NotFound):
        review.remove_reader(ref, clerk.code, by=desk.first, now=desk.now())


def test_a_possible_duplicate_is_decided_by_a_person_who_may_read_both(desk: Desk) -> None:
    earlier, ref = desk.confirmed(), desk.confirmed()
    assert desk.case(ref).possible_duplicate_of == desk.case(earlier)
    with pytest.raises(Refused, match="Nobody has decided"):
        ending.close(ref, Closing.DUPLICATE, by=desk.first, now=desk.now())
    Case.objects.filter(ref=earlier).update(restricted=True)
    clerk = member_with(Role.INTAKE_CLERK)
    with pytest.raises(Refused, match="resembles no earlier"):
        duplicates.decide(ref, True, by=clerk.code, now=desk.now())
    page = signed_in(desk.first)
    assert "It is the same once more" in page.get(f"/requests/{ref}/").content.decode()
    page.post(f"/requests/{ref}/act/duplicate", {"same": "no"})
    assert desk.case(ref).same_matter is False
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    assert desk.case(ref).same_matter is False  # the same resemblance asks no second time
    assert Caller(desk, "first").post(f"/requests/{ref}/duplicate", {"same": True}).json()["same_matter"] is True
    assert command(desk, "duplicate", ref, "--same", "yes")["same_matter"] is True
    ending.close(ref, Closing.DUPLICATE, by=desk.first, now=desk.now())
    assert desk.case(ref).closing == "duplicate"
    assert Member.objects.filter(code=clerk.code).exists()
