"""After a recall: what is open, by when, and when it is over."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from abeyance.rules.recalls import Step, Taken, against_closing, next_due, questions

BEGAN = datetime(2026, 3, 2, 9, tzinfo=UTC)


def after(*steps: Step, hours: int = 1) -> list[Taken]:
    return [Taken(step, BEGAN + timedelta(hours=hours * number)) for number, step in enumerate(steps, 1)]


def test_nothing_recorded_leaves_every_question_open_with_the_soonest_date() -> None:
    found = questions(BEGAN, [])
    assert [each.name for each in found] == ["deletion", "recipient", "breach", "person"]
    assert not any(each.settled for each in found)
    assert next_due(found) == BEGAN + timedelta(hours=24)
    assert len(against_closing(found)) == 3


def test_a_breach_has_seventy_two_hours_for_the_authority_from_its_record() -> None:
    taken = after(Step.DELETION_ASKED, Step.BREACH_OPENED)
    found = {each.name: each for each in questions(BEGAN, taken)}
    assert found["authority"].due == BEGAN + timedelta(hours=2 + 72)
    assert not found["authority"].is_overdue(BEGAN + timedelta(hours=73))
    assert found["authority"].is_overdue(BEGAN + timedelta(hours=74))
    assert found["deletion"].due == BEGAN + timedelta(hours=1, days=7)
    no_breach = {
        each.name: each for each in questions(BEGAN, [*taken, Taken(Step.NO_BREACH, BEGAN + timedelta(days=1))])
    }
    assert "authority" not in no_breach
    assert no_breach["person"].due is None


def test_it_is_over_when_all_is_settled_and_a_refused_deletion_settles_too() -> None:
    steps = (Step.DELETION_ASKED, Step.DELETION_REFUSED, Step.BREACH_OPENED, Step.AUTHORITY_TOLD)
    assert against_closing(questions(BEGAN, after(*steps))) == ("Decide whether the account holder is told.",)
    found = questions(BEGAN, after(*steps, Step.PERSON_NOT_TOLD))
    assert against_closing(found) == ()
    assert next_due(found) is None
