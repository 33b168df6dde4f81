"""No way round a pause: the same account asked for again under another law, by another agency, from another country."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection

from abeyance.casefile import ending, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Package
from abeyance.errors import NotFound, Refused
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.patterns import actions, documents, queries
from abeyance.patterns.models import MarkRow, Pair
from abeyance.people import actions as people
from abeyance.people import proposals
from tests.casefile.packed import codes, declare, hand_over, sealed, verdict
from tests.desk import Desk, demand, item

HERON = "+85291230000"


def held_before(desk: Desk, identifier: str = "+85291234567") -> str:
    """Another request about the account, under the law of a national security schedule."""
    ref = about(desk, identifier, instrument="hk-nsl43-s4")
    declare(desk, jurisdictions=[], laws=["hk-nsl43-s4"])
    return ref


def about(desk: Desk, identifier: str, **changes: Any) -> str:
    """Papers that name one account, and ask about it."""
    ref = desk.arrive(identifier)
    confirming.confirm(ref, demand(items=[item(identifier=identifier)], **changes), by=desk.first, now=desk.now())
    return ref


def found(desk: Desk, ref: str, by: str = "") -> list[str]:
    return [each["ref"] for each in documents.of_matter(desk.case(ref), by or desk.first)]


def package_of(desk: Desk) -> Package:
    return sealed(desk)


def test_what_a_pause_held_under_one_law_does_not_leave_under_another_until_somebody_has_decided(desk: Desk) -> None:
    earlier = held_before(desk)
    package = package_of(desk)
    assert found(desk, package.case.ref) == [earlier]
    assert codes(verdict(desk, package)) == {"question-open"}
    proposal = actions.propose_another(package.case.ref, earlier, by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"question-open"}
    with pytest.raises(Refused) as alone:
        proposals.agree(proposal.code, by=desk.first, now=desk.now())
    assert codes(alone.value) == {"same-person"}
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    assert verdict(desk, package).allowed
    assert hand_over(desk, package)


def test_what_was_decided_to_be_the_same_matter_is_held_by_the_same_pause(desk: Desk) -> None:
    earlier = held_before(desk)
    package = package_of(desk)
    actions.decide_the_same(package.case.ref, earlier, by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"held-by-pause"}


def test_what_is_said_to_be_related_to_no_place_or_is_placed_elsewhere_waits_for_a_person_too(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = about(desk, "+85291234567", related_to=["MO"])
    package = sealed(desk, related_to=[])
    declare(desk, jurisdictions=[], laws=[], services=["quill"], related_to=["TW"])
    assert verdict(desk, package).allowed, "nothing held either of them"
    monkeypatch.setattr(queries, "MOST_READ", 0)
    assert codes(verdict(desk, package)) == {"too-many-questions"}, "what is not read may have been held"
    monkeypatch.undo()
    declare(desk, name="MO-2020-08", jurisdictions=[], related_to=["MO"])
    assert codes(verdict(desk, package)) == {"question-open"}
    actions.decide_the_same(package.case.ref, earlier, by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"held-by-pause"}


def decided_another(desk: Desk, ref: str, other: str) -> None:
    proposal = actions.propose_another(ref, other, by=desk.first, now=desk.now())
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


def amended(desk: Desk, ref: str, **changes: Any) -> None:
    confirming.confirm(ref, demand(instrument="hk-nsl43-s4", **changes), by=desk.first, now=desk.now())


def test_what_was_decided_to_be_another_matter_is_open_again_when_more_is_shared(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    earlier = held_before(desk)
    package = sealed(desk, particulars={"reference": "KW 77/2026"})
    ref = package.case.ref
    decided_another(desk, ref, earlier)
    locked: list[bool] = []
    write = actions.remember
    monkeypatch.setattr(actions, "remember", lambda *args, **how: (locked.append(is_locked(ref)), write(*args, **how)))
    amended(desk, earlier, items=[item(fields=["telephone"])])
    assert verdict(desk, package).allowed, "nothing is shared that was not seen"
    amended(desk, earlier, particulars={"reference": "kw-77-2026"})
    assert locked == [False, True], "whoever lets the other out waits, or was before"
    assert codes(verdict(desk, package)) == {"question-open"}
    assert Entry.objects.filter(kind="MatterReopened", case=earlier).count() == 1

    proposal = actions.propose_another(ref, earlier, by=desk.first, now=desk.now())
    amended(desk, earlier, particulars={"reference": "kw-77-2026"}, items=[item(), item(identifier=HERON)])
    amended(desk, ref, items=[item(identifier=HERON)], particulars={"reference": "KW 77/2026"})
    with pytest.raises(Refused) as unseen:
        proposals.agree(proposal.code, by=desk.second, now=desk.now())
    assert codes(unseen.value) == {"seen-otherwise"}
    decided_another(desk, ref, earlier)
    assert Pair.objects.get().verdict == Pair.ANOTHER


def is_locked(ref: str) -> bool:
    """For the gate, which wants the row alone."""
    with psycopg.connect(**connection.get_connection_params()) as other:
        try:
            other.execute("SELECT 1 FROM casefile_case WHERE ref = %s FOR UPDATE NOWAIT", [ref])
        except psycopg.errors.LockNotAvailable:
            return True
    return False


def test_who_was_only_named_and_is_asked_about_later_is_found_by_whoever_names_them(desk: Desk) -> None:
    ref = desk.arrive(HERON)
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    names = desk.arrive(HERON)
    confirming.confirm(names, demand(items=[item(identifier="+85291235555")]), by=desk.first, now=desk.now())
    assert found(desk, names) == [], "both only name her"
    confirming.confirm(ref, demand(items=[item(identifier=HERON)]), by=desk.first, now=desk.now())
    assert found(desk, names) == [ref]
    later = desk.arrive(HERON)
    confirming.confirm(later, demand(items=[item(identifier="+85291236666")]), by=desk.first, now=desk.now())
    assert found(desk, later) == [ref]


def test_many_requests_push_out_none_that_a_pause_held(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "MOST_TOLD", 1)
    refs = [desk.confirmed() for _ in range(3)]
    assert found(desk, refs[2]) == [refs[1], refs[0]]
    assert [Entry.objects.filter(kind=kind, case=refs[2]).count() for kind in ("MatterFound", "MattersFound")] == [1, 1]


def test_another_account_is_no_way_round_anything(desk: Desk) -> None:
    held_before(desk, HERON)
    package = package_of(desk)
    assert found(desk, package.case.ref) == []
    assert verdict(desk, package).allowed


def test_a_request_that_nothing_held_is_shown_and_holds_nothing(desk: Desk) -> None:
    earlier = desk.confirmed(instrument="hk-nsl43-s4")
    package = package_of(desk)
    assert found(desk, package.case.ref) == [earlier]
    assert verdict(desk, package).allowed


def test_whoever_may_not_know_of_the_other_request_learns_nothing_of_it(desk: Desk) -> None:
    earlier = held_before(desk)
    other = desk.confirmed(jurisdiction="GB", agency=None, instrument="gb-copo")
    assert found(desk, other) == [earlier]
    people.exclude_self("HK", by=desk.first, now=desk.now())
    assert found(desk, other) == []
    assert found(desk, other, desk.second) == [earlier]
    with pytest.raises(NotFound):
        actions.decide_the_same(other, earlier, by=desk.first, now=desk.now())
    package = Package(case=desk.case(other))
    assert earlier not in str(documents.of_matter(package.case, desk.first))


def test_two_that_share_nothing_are_no_pair(desk: Desk) -> None:
    one, other = desk.confirmed(), about(desk, HERON)
    with pytest.raises(NotFound):
        actions.decide_the_same(one, other, by=desk.first, now=desk.now())


def test_a_mark_that_too_many_agencies_share_says_nothing_and_one_agency_cannot_make_it_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "COMMON", 1)
    refs = [desk.confirmed() for _ in range(3)]
    assert [len(found(desk, ref)) for ref in refs] == [2, 2, 2]
    desk.confirmed(jurisdiction="GB", agency="gb-northshire-police", instrument="gb-copo")
    assert found(desk, desk.confirmed()) == []


def test_an_account_that_the_papers_only_name_is_found_when_somebody_asks_about_it(desk: Desk) -> None:
    ref = desk.arrive(HERON)
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    assert found(desk, about(desk, HERON)) == [ref]


def test_many_whose_papers_only_name_an_account_do_not_hide_the_one_that_asks_about_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "COMMON", 1)
    earlier, refs = about(desk, HERON), []
    for number in range(3):
        refs.append(desk.arrive(HERON))
        other = item(identifier=f"+8529800000{number}")
        confirming.confirm(refs[-1], demand(items=[other]), by=desk.first, now=desk.now())
    assert [found(desk, ref) for ref in refs] == [[earlier]] * 3


def test_an_amended_demand_is_looked_for_again_and_the_older_marks_stay(desk: Desk) -> None:
    earlier, ref = held_before(desk, HERON), desk.confirmed()
    assert found(desk, ref) == []
    confirming.confirm(ref, demand(items=[item(identifier=HERON)]), by=desk.first, now=desk.now())
    assert found(desk, ref) == [earlier]
    confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    assert found(desk, ref) == [earlier]


def test_with_the_erased_request_go_its_marks_and_pairs_and_the_ledger_keeps_that_they_were(desk: Desk) -> None:
    earlier, ref = desk.confirmed(), desk.confirmed()
    assert Pair.objects.count() == 1
    assert Entry.objects.filter(kind="MatterFound", case=ref).count() == 1
    ending.close(earlier, Closing.REFUSED, by=desk.first, now=desk.now())
    retention.erase(earlier, "retention", by=desk.first, now=desk.now())
    assert not MarkRow.objects.filter(case__ref=earlier).exists()
    assert MarkRow.objects.filter(case__ref=ref).exists()
    assert Pair.objects.count() == 0
