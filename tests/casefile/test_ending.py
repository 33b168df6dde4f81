"""How requests end: counted with an outcome, begun again from verification, and erased only when nothing needs them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from django.db import transaction

from abeyance import seals
from abeyance.answer import actions as answers
from abeyance.casefile import ending, moves, retention
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case, Package
from abeyance.errors import AbeyanceError, BadInput, NotFound, Refused, SomeoneElseWasFirst
from abeyance.people import proposals
from abeyance.release import recall, upkeep
from abeyance.review import holds
from abeyance.rules.lifecycle import Event
from tests.casefile.packed import codes, hand_over, sealed, verdict
from tests.desk import Desk


def refused(act: object) -> set[str]:
    with pytest.raises(Refused) as found:
        act()  # type: ignore[operator]
    return codes(found.value)


def end_hold(desk: Desk, ref: str, number: int) -> None:
    asked = holds.propose_end(ref, number, by=desk.first, now=desk.now())
    proposals.agree(asked.code, by=desk.second, now=desk.now())


def test_answered_is_only_what_passed_the_gate(desk: Desk) -> None:
    package = sealed(desk)
    ref = package.case.ref
    assert refused(lambda: ending.close(ref, Closing.ANSWERED, by=desk.first, now=desk.now())) == {"nothing-released"}
    hand_over(desk, package)
    ending.close(ref, Closing.ANSWERED, by=desk.first, now=desk.now())
    case = desk.case(ref)
    assert (case.state, case.closing) == ("closed", "answered")
    assert not case.items.filter(open=True).exists()


@pytest.mark.parametrize("again", [ending.reopen, ending.send_back])
def test_what_begins_again_begins_with_verification_and_nothing_old_counts(desk: Desk, again: object) -> None:
    package = sealed(desk)
    if again is ending.reopen:
        ending.close(package.case.ref, Closing.LAPSED, by=desk.first, now=desk.now())
    again(package.case.ref, by=desk.first, now=desk.now())  # type: ignore[operator]
    case = desk.case(package.case.ref)
    assert case.state == "to-verify"
    assert case.items.filter(open=True).exists()
    assert {"not-at-release", "not-approved"} <= codes(verdict(desk, package))


def test_a_state_that_somebody_else_changed_is_not_changed_again(desk: Desk) -> None:
    ref = desk.genuine()
    seen = desk.case(ref)
    answers.propose(ref, by=desk.first, now=desk.now())
    with transaction.atomic(), pytest.raises(SomeoneElseWasFirst):
        moves.move(seen, Event.PROPOSED, by=desk.first, now=desk.now())
    with transaction.atomic(), pytest.raises(Refused, match="cannot follow"):
        moves.move(desk.case(ref), Event.RELEASED, by=desk.first, now=desk.now())


def test_erasing_needs_a_closed_request_that_nothing_holds(desk: Desk) -> None:
    package = sealed(desk)
    case, ref = package.case, package.case.ref

    def erase() -> Case:
        return retention.erase(ref, "retention", by=desk.first, now=desk.now())

    assert refused(erase) == {"not-closed"}
    ending.close(ref, Closing.LAPSED, by=desk.first, now=desk.now())
    held = holds.hold(ref, "Suit 1 of 2026", by=desk.first, now=desk.now())
    assert refused(erase) == {"legal-hold"}
    asked = holds.propose_end(ref, held.pk, by=desk.first, now=desk.now())
    assert refused(erase) == {"legal-hold"}  # one person alone ends nothing
    assert refused(lambda: proposals.agree(asked.code, by=desk.first, now=desk.now())) == {"same-person"}
    with pytest.raises(BadInput, match="proposed already"):
        holds.propose_end(ref, held.pk, by=desk.first, now=desk.now())
    proposals.agree(asked.code, by=desk.second, now=desk.now())
    with pytest.raises(NotFound, match="not in force"):
        holds.propose_end(ref, held.pk, by=desk.first, now=desk.now())
    with pytest.raises(BadInput, match="one word"):
        retention.erase(ref, "Ms Wong asked", by=desk.first, now=desk.now())
    files = retention._files(case)
    assert all(path.exists() for path in files)
    erase()
    assert not any(path.exists() for path in files)
    with pytest.raises(AbeyanceError):
        seals.unseal(case.holder, seals.seal(case.holder, b"x", place="p"), place="p")
    assert refused(erase) == {"erased"}
    assert "erased" in refused(lambda: ending.reopen(ref, by=desk.first, now=desk.now()))


def test_requests_are_due_when_they_were_kept_long_enough_and_nothing_holds_them(desk: Desk) -> None:
    refs = [desk.confirmed(), desk.confirmed(), desk.confirmed()]
    for ref in refs[:2]:
        ending.close(ref, Closing.LAPSED, by=desk.first, now=desk.now())
    hold = holds.hold(refs[1], "Suit 1 of 2026", by=desk.first, now=desk.now())
    later, kept = desk.now() + timedelta(days=400), timedelta(days=365)
    assert [case.ref for case in retention.due(kept, now=later)] == [refs[0]]
    assert not retention.due(kept, now=desk.now()).exists()
    end_hold(desk, refs[1], hold.pk)
    assert {case.ref for case in retention.due(kept, now=later)} == set(refs[:2])


def test_a_package_past_its_time_is_destroyed_unless_a_hold_needs_it(desk: Desk) -> None:
    held, free = sealed(desk), sealed(desk)
    ended = holds.hold(free.case.ref, "Suit 1 of 2026", by=desk.first, now=desk.now())
    end_hold(desk, free.case.ref, ended.pk)
    holds.hold(held.case.ref, "Suit 2 of 2026", by=desk.first, now=desk.now())
    assert upkeep.destroy_expired(now=desk.now()) == 0
    assert upkeep.destroy_expired(now=desk.now() + timedelta(days=40)) == 1
    assert retention.package_file(held).exists()
    assert not retention.package_file(free).exists()
    assert Package.objects.get(destroyed_at=None) == held
    assert "package-destroyed" in codes(verdict(desk, free))


def test_a_hold_that_comes_while_packages_are_being_destroyed_keeps_the_next_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    package, files_of = sealed(desk), retention.files_of

    def meanwhile(found: Package) -> list[Path]:
        holds.hold(found.case.ref, "Suit 1 of 2026", by=desk.first, now=desk.now())
        return files_of(found)

    monkeypatch.setattr(retention, "files_of", meanwhile)
    assert upkeep.destroy_expired(now=desk.now() + timedelta(days=40)) == 0
    assert retention.package_file(package).exists()
    assert Package.objects.get().destroyed_at is None


def test_a_recall_ends_the_way_out_and_keeps_its_reason_sealed(desk: Desk) -> None:
    package = sealed(desk)
    with pytest.raises(NotFound):
        recall.recall(package.case.ref, "sent in error", by=desk.first, now=desk.now())
    hand_over(desk, package)
    [left] = recall.recall(package.case.ref, "meant for Ms Wong", suspend=True, by=desk.first, now=desk.now())
    assert left.package_id == package.pk
    case = desk.case(package.case.ref)
    assert case.state == "recalled"
    assert b"Wong" not in bytes(case.remarks.get().text)
    assert {"not-at-release", "no-recipient"} <= codes(verdict(desk, package))


def test_an_attempt_that_nobody_ended_is_recorded_as_ambiguous(desk: Desk) -> None:
    package = sealed(desk)
    hand_over(desk, package)
    assert upkeep.end_abandoned(now=desk.now()) == 0
    assert upkeep.end_abandoned(now=desk.now() + timedelta(hours=7)) == 1
    assert package.releases.get().state == "cut"
