"""A proposal says in plain words what it would change."""

from __future__ import annotations

from typing import Any

from abeyance.people import actions
from abeyance.rules.permissions import Role
from tests.pages.people import member_with, signed_in


def test_other_roles_are_told_as_a_change_and_by_name(desk: Any) -> None:
    member = member_with(Role.REVIEWER, name="heron")
    proposal = actions.propose_roles(member.code, ["counsel"], by=desk.first, now=desk.now())
    page = signed_in(desk.second).get(f"/proposals/{proposal.code}/").content.decode()
    assert "What it would change" in page
    assert '<ins><span class="hidden">new: </span>counsel</ins>' in page
    assert '<del><span class="hidden">gone: </span>reviewer</del>' in page
    assert "member roles: heron" in page
    assert "[&#x27;" not in page
    assert "heron" in signed_in(desk.second).get("/proposals/").content.decode()
