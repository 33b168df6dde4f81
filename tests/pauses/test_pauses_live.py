"""The life of a pause on a real desk: what one person declares, what is only planned, and how it ends."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from abeyance import fence
from abeyance.errors import NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.pauses import actions, alarming, announcing, conditions, store
from abeyance.pauses.actions import Bound
from abeyance.pauses.models import PauseRow
from abeyance.pauses.weighing import weigh
from abeyance.people import proposals
from abeyance.rules.pausefile import as_document
from abeyance.rules.pauselife import LiftOutcome
from abeyance.rules.pauses import Pause
from abeyance.rules.permissions import Role
from abeyance.rules.terms import Stage
from tests.casefile.packed import codes, declare, sealed, stated, verdict
from tests.desk import Desk
from tests.pages.people import member_with

SOON = 1.0  # seconds


def held_at(desk: Desk, ref: str) -> set[Stage]:
    return {held.stage for one in weigh(desk.case(ref), now=desk.now())[1] for held in one.held}


def in_force(name: str = "HK-2020-07") -> list[int]:
    return [row.version for row in store.rows_in_force(name)]


def alarmed(desk: Desk) -> dict[str, str]:
    """The pause about which each kind of alarm is raised."""
    return {alarm.kind: alarm.name for alarm in alarming.alarms(desk.now(), reader=desk.first)}


def seventy_two_hours_pass(name: str = "HK-2020-07") -> None:
    """As the database's clock would have it."""
    with fence.alone(uuid4()):
        PauseRow.objects.filter(name=name).exclude(confirm_by=None).update(confirm_by=datetime(2020, 1, 1, tzinfo=UTC))


def agree(desk: Desk, bound: Bound) -> None:
    assert bound.confirmation is not None
    proposals.agree(bound.confirmation.code, by=desk.second, now=desk.now())


def lift(desk: Desk, outcome: LiftOutcome, successor: Pause | None = None) -> None:
    if in_force() and conditions.told("HK-2020-07", now=desk.now())["against_lifting"]:
        desk.ready_to_lift("HK-2020-07")
    proposal = actions.propose_lift(
        "HK-2020-07", "It is done.", by=desk.first, now=desk.now(), outcome=outcome, successor=successor
    )
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


# --- declared by one person


def test_unconfirmed_after_72_hours_it_holds_release_alone_until_another_person_confirms(desk: Desk) -> None:
    package = sealed(desk)
    bound = declare(desk)
    ref = package.case.ref
    assert held_at(desk, ref) == set(Stage)
    assert "unconfirmed" not in alarmed(desk)
    seventy_two_hours_pass()
    assert held_at(desk, ref) == {Stage.RELEASE}
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    assert "not confirmed in 72 hours" in str(verdict(desk, package).reasons)
    assert alarmed(desk)["unconfirmed"] == "HK-2020-07"
    assert bound.confirmation is not None
    with pytest.raises(Refused):
        proposals.agree(bound.confirmation.code, by=desk.first, now=desk.now())
    agree(desk, bound)
    assert held_at(desk, ref) == set(Stage)
    assert "unconfirmed" not in alarmed(desk)


def test_no_exception_has_the_name_under_which_orders_of_a_court_are_counted(desk: Desk) -> None:
    kept = stated(exceptions=[{"name": "court-order", "sentence": "Any order.", "issuers": ["judge"]}])
    with pytest.raises(Refused, match="No exception is called court-order"):
        actions.declare(kept, by=desk.first, now=desk.now())
    declare(desk)
    with pytest.raises(Refused, match="No exception is called court-order"):
        actions.amend(kept, by=desk.first, now=desk.now())


def test_what_the_operator_declared_two_members_confirm(desk: Desk) -> None:
    bound = actions.declare(stated(), by="operator", now=desk.now())
    assert bound.confirmation is None
    proposal = actions.propose_confirm("HK-2020-07", by=desk.first, now=desk.now())
    with pytest.raises(Refused, match="waits already"):
        actions.propose_confirm("HK-2020-07", by=desk.second, now=desk.now())
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    assert PauseRow.objects.get().confirm_by is None
    with pytest.raises(Refused, match="stands by two people"):
        actions.propose_confirm("HK-2020-07", by=desk.first, now=desk.now())


def test_amending_gives_no_new_time_and_what_two_confirmed_stays_beside_what_one_changed(desk: Desk) -> None:
    first = declare(desk)
    wider = actions.amend(stated(subjects=[]), by=desk.first, now=desk.now())
    assert wider.pause.confirm_by == first.pause.confirm_by
    assert first.confirmation is not None
    with pytest.raises(Exception, match="already been withdrawn"):
        agree(desk, first)
    agree(desk, wider)
    assert in_force() == [2]
    third = actions.amend(stated(conditions=["the assessment is approved"]), by=desk.first, now=desk.now())
    assert third.pause.confirm_by is not None
    assert in_force() == [2, 3]
    fourth = actions.amend(stated(conditions=["the assessment is approved"]), by=desk.first, now=desk.now())
    assert in_force() == [2, 4]
    assert fourth.pause.confirm_by == third.pause.confirm_by  # in the place of one that waited, beside one that stands
    agree(desk, fourth)
    assert in_force() == [4]


def test_a_review_date_passes_without_an_end_and_a_later_one_takes_two_and_a_published_reason(desk: Desk) -> None:
    declare(desk, review_by="2020-10-06")
    ref = desk.confirmed()
    assert held_at(desk, ref) == set(Stage)
    with pytest.raises(Refused, match="needs a reason"):
        actions.amend(stated(review_by="2031-10-06"), by=desk.first, now=desk.now())
    later = actions.amend(
        stated(review_by="2031-10-06"), by=desk.first, now=desk.now(), why="The experts are still being heard."
    )
    assert later.proposal is not None
    assert in_force() == [1, 2]
    proposals.agree(later.proposal.code, by=desk.second, now=desk.now())
    assert in_force() == [2]
    entry = Entry.objects.filter(kind="PauseAmended").latest("pk")
    assert "The experts are still being heard." in str(entry.content)
    assert held_at(desk, ref) == set(Stage)


def test_an_amendment_begins_at_once(desk: Desk) -> None:
    declare(desk)
    with pytest.raises(Refused, match="leave out the start"):
        actions.amend(stated(starts="2035-01-01T00:00:00Z"), by=desk.first, now=desk.now())
    actions.amend(stated(starts="2019-01-01T00:00:00Z"), by=desk.first, now=desk.now())


# --- only planned


def planned(desk: Desk, seconds: float = 3600, **changes: object) -> Bound:
    return declare(desk, starts=(desk.now() + timedelta(seconds=seconds)).isoformat(), **changes)


def test_a_plan_is_seen_by_its_authors_alone_and_its_hold_names_nothing(desk: Desk) -> None:
    package = sealed(desk)
    other = member_with(Role.APPROVER).code
    bound = planned(desk, hold_release_meanwhile=True)
    found = verdict(desk, package)
    assert codes(found) == {"held-unannounced"}
    assert "HK-2020-07" not in str(found)
    assert held_at(desk, package.case.ref) == {Stage.RELEASE}
    assert list(store.rows_in_force()) == []
    assert [row.name for row in store.known(["HK-2020-07"], desk.first)] == ["HK-2020-07"]
    assert not store.known(["HK-2020-07"], other).exists()
    assert proposals.waiting(other) == []
    assert bound.confirmation is not None
    assert [each.code for each in proposals.waiting(desk.first)] == [bound.confirmation.code]
    for refused in (
        lambda: proposals.find_for(bound.confirmation.code, other),
        lambda: proposals.agree(bound.confirmation.code, by=other, now=desk.now()),
        lambda: actions.propose_lift("HK-2020-07", "It is done.", by=other, now=desk.now()),
        lambda: actions.amend(stated(), by=other, now=desk.now()),
    ):
        with pytest.raises(NotFound):
            refused()
    kinds = set(Entry.objects.values_list("kind", flat=True))
    assert "PauseDeclared" not in kinds
    assert "HK-2020-07" not in str(list(Entry.objects.filter(kind="PausePlanned").values_list("content", flat=True)))


def test_a_plan_without_such_a_hold_holds_nothing_yet(desk: Desk) -> None:
    package = sealed(desk)
    planned(desk)
    assert verdict(desk, package).allowed


def test_at_its_start_a_plan_is_seen_and_binds_in_full_by_the_clock_alone(desk: Desk) -> None:
    package = sealed(desk)
    planned(desk, SOON)
    assert verdict(desk, package).allowed
    time.sleep(SOON + 0.1)
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    assert held_at(desk, package.case.ref) == set(Stage)
    assert in_force() == [1]
    assert announcing.announce_due(desk.now()) == 1
    assert announcing.announce_due(desk.now()) == 0
    assert Entry.objects.filter(kind="PauseDeclared").count() == 1


def test_a_plan_that_is_dropped_was_never_seen_and_needs_two_of_its_authors(desk: Desk) -> None:
    package = sealed(desk)
    start = (desk.now() + timedelta(hours=1)).isoformat()
    actions.declare(
        stated(starts=start, hold_release_meanwhile=True), by=desk.first, now=desk.now(), authors=[desk.second]
    )
    assert codes(verdict(desk, package)) == {"held-unannounced"}
    lift(desk, LiftOutcome.RESUME)
    assert "held-unannounced" not in codes(verdict(desk, package))
    assert not Entry.objects.filter(kind__in=["PauseDeclared", "PauseLifted"]).exists()
    assert not store.known(["HK-2020-07"], "m-somebody").exists()


# --- the end


def test_what_follows_holds_from_the_same_moment_on(desk: Desk) -> None:
    declare(desk)
    ref = desk.confirmed()
    lift(desk, LiftOutcome.STANDING_REFUSAL)
    old, new = PauseRow.objects.get(name="HK-2020-07"), PauseRow.objects.get(name="HK-2020-07-REFUSED")
    assert old.ended_epoch == new.declared_epoch
    assert (old.lifted, old.outcome, old.successor) == (True, "standing-refusal", "HK-2020-07-REFUSED")
    assert (new.confirm_by, new.since_epoch) == (None, old.since_epoch)
    assert {held.reason.code for one in weigh(desk.case(ref), now=desk.now())[1] for held in one.held} == {
        "refused-by-pause"
    }


def test_to_reroute_one_says_where_and_the_pause_that_follows_leads_there(desk: Desk) -> None:
    declare(desk)
    with pytest.raises(Refused, match="say to which country"):
        lift(desk, LiftOutcome.REROUTE)
    proposal = actions.propose_lift(
        "HK-2020-07", "Ask through the treaty.", by=desk.first, now=desk.now(), outcome=LiftOutcome.REROUTE, to="us"
    )
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    body = PauseRow.objects.get(name="HK-2020-07-REROUTED").body
    assert (body["mode"], body["reroute_to"]) == ("reroute", "US")


def test_leaving_the_market_refuses_whatever_law_of_that_country_is_named(desk: Desk) -> None:
    declare(desk, laws=["hk-nsl43"])
    ref = desk.confirmed(instrument="hk-pdpo58")
    assert held_at(desk, ref) == set()
    lift(desk, LiftOutcome.LEAVE_MARKET)
    assert held_at(desk, ref) == set(Stage)
    assert PauseRow.objects.get(name="HK-2020-07-LEFT").body["mode"] == "refuse"


def test_narrowing_is_a_version_in_the_same_act_and_frees_only_the_rest(desk: Desk) -> None:
    declare(desk)
    desk.ready_to_lift("HK-2020-07")
    stays, goes = desk.confirmed(), desk.confirmed(instrument="hk-pdpo58")
    with pytest.raises(Refused, match="give the narrower version"):
        actions.propose_lift("HK-2020-07", "It is done.", by=desk.first, now=desk.now(), outcome=LiftOutcome.NARROW)
    lift(desk, LiftOutcome.NARROW, stated(laws=["hk-nsl43"]))
    assert in_force() == [2]
    assert (held_at(desk, stays), held_at(desk, goes)) == (set(Stage), set())
    assert PauseRow.objects.get(version=2).change == "It is done."
    assert Entry.objects.filter(kind="PauseAmended").exists()
    assert not Entry.objects.filter(kind="PauseLifted").exists()


def test_what_follows_must_be_what_the_outcome_says_and_leave_no_gap(desk: Desk) -> None:
    declare(desk)
    for outcome, successor, why in (
        (LiftOutcome.RESUME, stated(name="HK-X"), "Nothing follows"),
        (LiftOutcome.STANDING_REFUSAL, stated(name="HK-X"), "of the mode refuse"),
        (LiftOutcome.STANDING_REFUSAL, stated(mode="refuse"), "is taken"),
        (
            LiftOutcome.STANDING_REFUSAL,
            stated(name="HK-X", mode="refuse", starts="2035-01-01T00:00:00Z"),
            "same moment",
        ),
        (LiftOutcome.NARROW, stated(name="HK-X"), "is a version of"),
    ):
        with pytest.raises(Refused, match=why):
            lift(desk, outcome, successor)
    assert in_force() == [1]


def test_a_lift_that_was_proposed_before_an_amendment_is_proposed_again(desk: Desk) -> None:
    declare(desk)
    desk.ready_to_lift("HK-2020-07")
    proposal = actions.propose_lift("HK-2020-07", "It is done.", by=desk.first, now=desk.now())
    actions.amend(stated(), by=desk.first, now=desk.now())
    with pytest.raises(Refused, match="changed since"):
        proposals.agree(proposal.code, by=desk.second, now=desk.now())


def test_a_pause_of_yesterday_is_read_with_what_is_new_absent(desk: Desk) -> None:
    declare(desk)
    row = PauseRow.objects.get()
    del row.body["hold_release_meanwhile"]
    assert as_document(store.from_row(row)) == as_document(stated())
