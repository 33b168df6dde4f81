"""Preservation under a pause: only where it binds, by two people, so many for an agency; and it gives nothing away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from abeyance.answer import actions as answers
from abeyance.answer import preserving
from abeyance.answer.actions import ItemAnswer
from abeyance.answer.models import Preservation
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, ClockAct, Finding, Package, Release
from abeyance.errors import NotFound, Refused
from abeyance.fence.models import Fence
from abeyance.ledger.models import Entry
from abeyance.people import proposals
from abeyance.people.models import Member, Proposal
from abeyance.policy import actions as policy
from abeyance.policy import queries
from abeyance.review import actions as reviewing
from abeyance.rules import preservation as rules
from abeyance.rules.decision import Reason
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.instruments import ActKind
from abeyance.rules.permissions import Role
from abeyance.rules.policy import PausePolicy
from abeyance.rules.terms import DataCategory, RequesterKind
from tests.answer.test_refusals import refused_by
from tests.casefile.packed import declare
from tests.desk import Desk, item
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller
from tests.requests.test_by_command import Run, run

__all__ = ["run"]

LAW = "us-preservation"


def adopt(desk: Desk) -> None:
    until = (desk.now() + timedelta(days=30)).date()
    asked = policy.propose_adoption(LAW, until, checked_against="the code", by=desk.first, now=desk.now())
    proposals.agree(asked.code, by=desk.second, now=desk.now())


def asked_for(desk: Desk, **changes: Any) -> str:
    """A prosecutor of the seat of the second company asks to preserve, and is found genuine."""
    said = {
        "kind": "preservation",
        "requester": "prosecutor",
        "jurisdiction": "US",
        "agency": "us-da-sample-county",
        "instrument": LAW,
        "entity": "quill-us",
        "items": [item(controller="quill-us", stored_in="US", subject_country="US")],
    }
    ref = desk.confirmed(**said | changes)
    version, epoch = desk.case(ref).version, Fence.objects.get().epoch
    Finding.objects.create(
        case=desk.case(ref),
        demand_version=version,
        genuine=True,
        how="call-back",
        by=desk.first,
        at=desk.now(),
        epoch=epoch,
    )
    return ref


def pause(desk: Desk, **changes: Any) -> None:
    declare(desk, name="US-2026-01", jurisdictions=["US"], **changes)


def propose(desk: Desk, ref: str) -> Preservation:
    return preserving.propose(ref, by=desk.first, now=desk.now())


def agree(desk: Desk, row: Preservation, *, by: str = "") -> Preservation:
    return preserving.agree(row.case.ref, row.key, by=by or desk.second, now=desk.now())


def preserved(ref: str) -> int:
    return ClockAct.objects.filter(case__ref=ref, kind=ActKind.PRESERVED).count()


# --- the rule alone

Facts = tuple[DemandFacts, ItemFacts]
SPOILT: dict[str, Callable[[DemandFacts, ItemFacts], Facts]] = {
    "not-confirmed": lambda d, i: (replace(d, confirmed=False), i),
    "not-genuine": lambda d, i: (replace(d, genuine=False), i),
    "agency-unknown": lambda d, i: (replace(d, agency=None), i),
    "instrument-not-on-file": lambda d, i: (replace(d, instrument=None), i),
    "not-binding": lambda d, i: (replace(d, instrument="us-2703d"), i),
    "law-not-in-force": lambda d, i: (replace(d, instrument="eu-epoc-pr", jurisdiction="DE"), i),
    "another-jurisdiction": lambda d, i: (replace(d, jurisdiction="HK"), i),
    "issuer-not-competent": lambda d, i: (replace(d, requester=RequesterKind.PRIVATE), i),
    "category-not-bound": lambda d, i: (d, replace(i, category=None)),
    "not-our-law": lambda d, i: (d, replace(i, controller="quill-hk")),
}


def test_it_binds_where_everything_is_in_order_and_each_missing_part_is_a_reason_of_its_own(desk: Desk) -> None:
    adopt(desk)
    ref = asked_for(desk)
    case, books, held = desk.case(ref), queries.books(), [Reason("held", "Held.", "pause")]
    row = casefacts.newest_demand(case)
    demand = casefacts.demand_facts(case, row, genuine=True)
    (about,) = (casefacts.item_facts(each, books) for each in casefacts.items_of(row))

    def against(demand: DemandFacts, about: ItemFacts, held: list[Reason] = held) -> set[str]:
        return {each.code for each in rules.against_preserving(demand, about, held, books, desk.now())}

    assert against(demand, about) == set()
    assert against(demand, about, []) == {"no-pause"}
    for code, spoil in SPOILT.items():
        assert code in against(*spoil(demand, about)), code
    assert about.category is DataCategory.SUBSCRIBER
    proposed = replace(books[0], adopted={})  # the strictest of what is in force and what is proposed
    found = rules.against_preserving(demand, about, held, [*books, proposed], desk.now())
    assert {each.code for each in found} == {"law-not-in-force"}


# --- the acts


def test_what_does_not_bind_us_is_not_preserved_under_a_pause(desk: Desk) -> None:
    ref = asked_for(desk)  # nobody has adopted the law, so it obliges nobody here
    pause(desk)
    assert refused_by(lambda: propose(desk, ref)) == {"law-not-in-force"}
    adopt(desk)
    assert propose(desk, ref).agreed_by is None
    assert refused_by(lambda: propose(desk, asked_for(desk, instrument="us-2703d"))) >= {"not-binding"}


def test_one_person_preserves_nothing_and_two_release_nothing(desk: Desk) -> None:
    adopt(desk)
    ref = asked_for(desk)
    pause(desk)
    by_hand = lambda: reviewing.record_act(ref, ActKind.PRESERVED, desk.now(), by=desk.first, now=desk.now())  # noqa: E731
    assert refused_by(by_hand) == {"preservation-undecided"}
    row = propose(desk, ref)
    assert "same-person" in refused_by(lambda: agree(desk, row, by=desk.first))
    assert preserved(ref) == 0
    before = (desk.case(ref).state, Package.objects.count(), Release.objects.count())
    assert agree(desk, row).agreed_by == desk.second
    assert preserved(ref) == 1
    assert (desk.case(ref).state, Package.objects.count(), Release.objects.count()) == before
    assert refused_by(lambda: agree(desk, row)) == {"agreed"}
    told = Entry.objects.get(case=ref, kind="PreservationMade")
    assert not told.public
    assert not Proposal.objects.filter(subject__contains=ref).exists()
    assert not any(ref in proposals.payload_of(each).values() for each in Proposal.objects.all())


def test_without_a_pause_it_is_recorded_as_always(desk: Desk) -> None:
    adopt(desk)
    ref = asked_for(desk)
    assert refused_by(lambda: propose(desk, ref)) == {"no-pause"}
    reviewing.record_act(ref, ActKind.PRESERVED, desk.now(), by=desk.first, now=desk.now())
    assert preserved(ref) == 1


def test_an_answer_that_something_is_preserved_needs_the_decision_while_a_pause_holds(desk: Desk) -> None:
    adopt(desk)
    ref = asked_for(desk)
    Case.objects.filter(ref=ref).update(state="in-review")
    pause(desk, stages=["release"])
    answer = lambda: answers.propose(  # noqa: E731
        ref, [ItemAnswer(1, "preserved")], by=desk.first, now=desk.now()
    )
    assert refused_by(answer) == {"preservation-undecided"}
    agree(desk, propose(desk, ref))
    assert [row.outcome for row in answer().approvals] == ["preserved"]


def test_over_the_cap_of_an_agency_only_counsel_agrees(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    adopt(desk)
    refs = [asked_for(desk) for _ in range(3)]
    pause(desk)
    books = queries.books()
    small = replace(books[0].policy, pauses=PausePolicy(timedelta(days=30), preservations_per_agency=1))
    monkeypatch.setattr(preserving.policy, "books", lambda: (replace(books[0], policy=small),))
    before = dict(Member.objects.values_list("code", "roles"))[desk.second]
    Member.objects.filter(code=desk.second).update(roles=[Role.APPROVER.value])
    agree(desk, propose(desk, refs[0]))
    row = propose(desk, refs[1])
    assert refused_by(lambda: agree(desk, row)) == {"preservation-cap"}
    Member.objects.filter(code=desk.second).update(roles=before)
    agree(desk, row)
    assert Entry.objects.filter(kind="PreservationMade").count() == 2
    Member.objects.filter(code=desk.second).update(roles=[Role.APPROVER.value])
    Case.objects.filter(ref__in=refs[:2]).update(closed_at=desk.now())  # closed ones keep no place
    agree(desk, propose(desk, refs[2]))
    assert preserved(refs[2]) == 1


def test_a_changed_demand_is_proposed_anew_and_a_closed_one_not_at_all(desk: Desk) -> None:
    adopt(desk)
    ref = asked_for(desk)
    pause(desk)
    old = propose(desk, ref)
    new = propose(desk, ref)
    with pytest.raises(NotFound):
        agree(desk, old)
    Preservation.objects.filter(pk=new.pk).update(version=7)
    assert refused_by(lambda: agree(desk, new)) == {"other-version"}
    Case.objects.filter(ref=ref).update(closed_at=desk.now())
    assert refused_by(lambda: propose(desk, ref)) == {"closed"}


def test_by_command_by_api_and_on_the_page(run: Run, desk: Desk) -> None:
    adopt(desk)
    ref, other = asked_for(desk), asked_for(desk)
    pause(desk)
    row = run("request", "preserve", ref, "--item", 1, by="first").document
    assert "waits for a second person" in run("request", "show", ref, by="first").text
    with pytest.raises(Refused):
        run("request", "preserve-agree", ref, row["preservation"], by="first")
    assert run("request", "preserve-agree", ref, row["preservation"], by="second").document["made"]
    first, second = Caller(desk, "first"), Caller(desk, "second")
    made = first.post(f"/requests/{other}/preservations", {"items": [1]})
    assert made.status_code == 201, made.content
    path = f"/requests/{other}/preservations/{made.json()['preservation']}/agree"
    assert first.post(path).status_code == 409
    browser = signed_in(desk.first)
    assert "waits for a second person" in browser.get(f"/requests/{other}/").content.decode()
    assert browser.post(f"/requests/{other}/act/preserve", {"items": ["1"]}).status_code == 302
    (shown,) = second.get(f"/requests/{other}").json()["preservation"]["rows"]
    form = {"preservation": shown["preservation"]}
    assert signed_in(desk.second).post(f"/requests/{other}/agree/preserve", form).status_code == 302
    assert second.get(f"/requests/{other}").json()["preservation"]["rows"][0]["made"]
    Case.objects.filter(ref=ref).update(restricted=True)
    with pytest.raises(NotFound):
        preserving.propose(ref, by=member_with(Role.REVIEWER).code, now=desk.now())
