"""A proposal says in plain words what it would change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from abeyance.pauses import actions as pauses
from abeyance.people import actions, proposals
from abeyance.rules.permissions import Role
from abeyance.site.pages import proposing
from tests.casefile.packed import declare, stated
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


def test_about_a_pause_a_second_person_sees_what_it_covers_and_what_would_change(desk: Any) -> None:
    bound = declare(desk, laws=["hk-nsl43"])
    page = signed_in(desk.second)
    body = page.get(f"/proposals/{bound.confirmation.code}/").content.decode()
    for words in ("<dt>Countries</dt><dd>Hong Kong (HK)</dd>", "<dt>Laws</dt><dd>hk-nsl43</dd>", bound.pause.statement):
        assert words in body
    assert "What it would change" not in body
    proposals.agree(bound.confirmation.code, by=desk.second, now=desk.now())
    amended = pauses.amend(stated(laws=["hk-nsl43-s7"]), by=desk.first, now=desk.now())
    assert amended.proposal is not None
    body = page.get(f"/proposals/{amended.proposal.code}/").content.decode()
    assert '<ins><span class="hidden">new: </span>hk-nsl43-s7</ins>' in body
    assert '<del><span class="hidden">gone: </span>hk-nsl43</del>' in body


def test_a_plan_is_told_to_nobody_who_is_not_its_author(desk: Any) -> None:
    bound = declare(desk, starts=(desk.now() + timedelta(days=2)).isoformat(timespec="seconds"))
    body = signed_in(desk.second).get(f"/proposals/{bound.confirmation.code}/").content.decode()
    assert bound.pause.statement not in body


def test_whatever_an_amendment_takes_from_an_exception_is_shown(desk: Any) -> None:
    said = {"name": "life", "sentence": "To save a life.", "kinds": ["emergency"], "approvers": ["approver", "counsel"]}
    said |= {"needs": ["life-at-risk"], "issuers": ["judge"]}
    other = {"name": "other", "sentence": "Another.", "kinds": ["emergency"]}
    for gone in ("approvers", "needs", "issuers"):
        less = {name: value for name, value in said.items() if name != gone}
        before, after = proposing._comparable([said, other]), proposing._comparable([less, other])
        assert set(before) - set(after) and gone in str(set(before) - set(after)), gone
    assert proposing._comparable([said]) == proposing._comparable([dict(reversed(said.items()))])
