"""Pauses on a real desk: they bind at once, cover what is not known, and end only by two people, releasing nothing."""

from __future__ import annotations

import pytest

from abeyance.casefile.models import Item, Release
from abeyance.errors import NotFound, Refused
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.pauses import actions, exceptions, preview
from abeyance.pauses.models import PauseRow
from abeyance.pauses.weighing import weigh
from abeyance.people import proposals
from abeyance.rules.terms import Stage
from tests.casefile.packed import codes, declare, hand_over, sealed, stated, verdict
from tests.desk import Desk, demand


def held_at(desk: Desk, ref: str) -> set[Stage]:
    return {held.stage for one in weigh(desk.case(ref), now=desk.now())[1] for held in one.held}


def lift(desk: Desk, name: str = "HK-2020-07") -> None:
    desk.ready_to_lift(name)
    proposal = actions.propose_lift(name, "The assessment is approved.", by=desk.first, now=desk.now())
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


def test_declaring_is_one_row_whatever_it_covers(desk: Desk) -> None:
    ref = desk.confirmed()
    item = desk.case(ref).items.filter(open=True).get()
    item.pk = None
    Item.objects.bulk_create(
        Item(
            **{
                f.attname: getattr(item, f.attname)
                for f in Item._meta.concrete_fields
                if f.attname not in ("id", "number")
            },
            number=n,
        )
        for n in range(2, 2002)
    )
    before = Entry.objects.count()
    bound = declare(desk)
    # One row, its entry, and that of the proposal by which another person confirms it.
    assert (PauseRow.objects.count(), Entry.objects.count()) == (1, before + 2)
    seen = preview.preview(bound.pause, reader=desk.first, now=desk.now())
    assert (seen.coverage.requests, seen.coverage.items) == (1, 2001)


def test_new_only_is_judged_by_the_epoch_of_arrival(desk: Desk) -> None:
    earlier = desk.confirmed()
    declare(desk, new_only=True)
    later = desk.confirmed()
    assert held_at(desk, earlier) == set()
    assert held_at(desk, later) == set(Stage)


def test_what_nobody_knows_is_covered(desk: Desk) -> None:
    unknown, elsewhere = desk.confirmed(jurisdiction=None, agency=None), desk.confirmed()
    confirming.confirm(
        elsewhere,
        demand(jurisdiction="US", agency="us-da-sample-county", requester="prosecutor", instrument="us-2703d"),
        by=desk.first,
        now=desk.now(),
    )
    confirming.agree_labels(elsewhere, by=desk.second, now=desk.now())
    declare(desk)
    assert held_at(desk, unknown) == set(Stage)
    assert held_at(desk, elsewhere) == set()


def test_a_new_label_leads_past_no_pause_until_a_second_person_agrees(desk: Desk) -> None:
    declare(desk)
    ref = desk.confirmed()
    away = demand(jurisdiction="US", agency="us-da-sample-county", requester="prosecutor", instrument="us-2703d")
    confirming.confirm(ref, away, by=desk.first, now=desk.now())
    assert held_at(desk, ref) == set(Stage)
    with pytest.raises(Refused):
        confirming.agree_labels(ref, by=desk.first, now=desk.now())
    confirming.agree_labels(ref, by=desk.second, now=desk.now())
    assert held_at(desk, ref) == set()


def test_an_amendment_that_covers_less_keeps_the_older_version_until_two_agree(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk)
    looser = actions.amend(stated(services=["other"]), by=desk.first, now=desk.now())
    assert looser.proposal is not None
    assert held_at(desk, ref) == set(Stage)
    with pytest.raises(Refused):
        proposals.agree(looser.proposal.code, by=desk.first, now=desk.now())
    proposals.agree(looser.proposal.code, by=desk.second, now=desk.now())
    assert held_at(desk, ref) == set()


def test_an_amendment_that_covers_more_binds_at_once(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk, services=["other"])
    assert held_at(desk, ref) == set()
    wider = actions.amend(stated(), by=desk.first, now=desk.now())
    assert wider.proposal is None
    assert held_at(desk, ref) == set(Stage)


def test_lifting_takes_two_and_a_statement_releases_nothing_and_voids_what_was_agreed(desk: Desk) -> None:
    package = sealed(desk)
    assert verdict(desk, package).allowed
    declare(desk)
    desk.ready_to_lift("HK-2020-07")
    with pytest.raises(Refused, match="closing statement"):
        actions.propose_lift("HK-2020-07", "  ", by=desk.first, now=desk.now())
    proposal = actions.propose_lift("HK-2020-07", "It is done.", by=desk.first, now=desk.now())
    with pytest.raises(Refused):
        proposals.agree(proposal.code, by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    assert not Release.objects.exists()
    assert codes(verdict(desk, package)) == {"finding-void", "approval-void", "not-reconfirmed"}
    with pytest.raises(NotFound):
        lift(desk)


def test_an_exception_exists_only_if_announced_needs_two_and_is_named_in_the_release(desk: Desk) -> None:
    said = {"name": "court", "sentence": "A magistrate's order.", "instruments": ["hk-nsl43-s7"]}
    package = sealed(desk)
    declare(desk, stages=["release"], exceptions=[said])
    ref = package.case.ref
    with pytest.raises(Refused, match="announced no such exception"):
        exceptions.propose_use(ref, "HK-2020-07", "other", by=desk.first, now=desk.now())
    exceptions.propose_use(ref, "HK-2020-07", "court", by=desk.first, now=desk.now())
    with pytest.raises(Refused):
        exceptions.agree_use(ref, "HK-2020-07", "court", by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    exceptions.agree_use(ref, "HK-2020-07", "court", by=desk.second, now=desk.now())
    hand_over(desk, package)
    assert Release.objects.get().exception == "HK-2020-07/court"


def test_a_preview_counts_by_state_names_clocks_and_what_has_left_lately(desk: Desk) -> None:
    package = sealed(desk)
    hand_over(desk, package)
    waiting = desk.confirmed(deadline="2030-01-01T00:00:00Z")
    seen = preview.preview(stated(), reader=desk.first, now=desk.now())
    assert seen.coverage.by_state == {"released": 1, "to-verify": 1}
    assert [collision.ref for collision in seen.collisions] == [waiting]
    assert [release.package.case.ref for release in seen.in_flight] == [package.case.ref]
    assert not PauseRow.objects.exists()


def test_an_operator_without_a_credential_may_hold_and_not_lift(desk: Desk) -> None:
    actions.declare(stated(), by="operator", now=desk.now())
    with pytest.raises(Refused):
        actions.propose_lift("HK-2020-07", "It is done.", by="operator", now=desk.now())


def test_a_restored_desk_holds_everything_and_two_people_open_it(desk: Desk) -> None:
    package = sealed(desk)
    held = actions.hold_everything("restored", now=desk.now())
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    lift(desk, held.name)
    assert "held-by-pause" not in codes(verdict(desk, package))
