"""While a pause holds, no clock of ours is ever without a step, and a step never moves a clock."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from abeyance.rules import formalsteps
from abeyance.rules.calendars import Calendar
from abeyance.rules.clocks import Clock, clocks_for
from abeyance.rules.decision import Reason
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.formaldrafts import NEUTRAL, Matter, draft
from abeyance.rules.formalsteps import OVER, THEIRS, StepDue, StepState, against_sending, mark_reached, steps_for
from abeyance.rules.instruments import (
    ClockKind,
    Direction,
    LawEntry,
    Refuser,
    StepForm,
    parse_law,
)
from abeyance.rules.terms import DataCategory
from abeyance.rules.texts import TextError

NOW = datetime(2026, 9, 1, 9, tzinfo=UTC)
HELD = Reason("held-by-pause", "Held: pause HK-2020-07.", "pause:HK-2020-07/1", pause="HK-2020-07")
REFUSED = replace(HELD, code="refused-by-pause")
LAW = Path(__file__).parents[2] / "abeyance/policy/data/law"


def entry(name: str, code: str) -> LawEntry:
    law = parse_law(tomllib.loads((LAW / f"{name}.toml").read_text()))
    return next(each for each in law.entries if each.id == code)


def steps(name: str, code: str, *, emergency: bool = False, holds: Reason = HELD) -> dict[str, StepDue]:
    law = entry(name, code)
    demand = DemandFacts(jurisdiction=law.jurisdiction, instrument=code, emergency=emergency, arrived_at=NOW)
    item = ItemFacts(number=1, category=DataCategory.CONTENT)
    clocks = clocks_for(demand, item, law, Calendar("", UTC, frozenset()), [])
    return {step.clock: step for step in steps_for(1, clocks, [holds], law.refuser)}


def test_the_law_entry_says_which_step_meets_its_clock() -> None:
    european = steps("eu", "eu-epoc")
    assert {clock: step.form for clock, step in european.items()} == {
        "eu-epoc/production": StepForm.ANNEX_III,
        "eu-epoc/conflict": StepForm.REASONED_OBJECTION,
    }
    emergency = steps("eu", "eu-epoc", emergency=True)["eu-epoc/emergency"]
    assert (emergency.form, emergency.due) == (StepForm.ANNEX_III, NOW + timedelta(hours=8))
    assert emergency.begin == NOW + timedelta(hours=2)
    assert steps("gb", "gb-copo")["gb-copo/production"].form is StepForm.APPLICATION_TO_VARY
    assert steps("us", "us-warrant")["us-warrant/comity"].form is StepForm.COMITY_MOTION
    acknowledged = steps("in", "in-69")["in-69/acknowledgement"]
    assert (acknowledged.form, acknowledged.due) == (StepForm.ACKNOWLEDGEMENT, NOW + timedelta(hours=2))


def test_without_a_word_of_the_law_entry_it_is_an_interim_reply_or_a_refusal_where_a_provider_may() -> None:
    stated = Clock(ClockKind.STATED, Direction.DUE_BY, NOW + timedelta(days=3), "stated", "", "As stated.")
    for holds, refuser, form in (
        (HELD, Refuser.PROVIDER, StepForm.INTERIM_REPLY),
        (REFUSED, Refuser.PROVIDER, StepForm.REFUSAL),
        (REFUSED, Refuser.ENFORCING_AUTHORITY, StepForm.INTERIM_REPLY),
        (REFUSED, None, StepForm.INTERIM_REPLY),
    ):
        assert [step.form for step in steps_for(1, [stated], [holds], refuser)] == [form]
    assert steps_for(1, [stated], [], Refuser.PROVIDER) == ()


moments = st.timedeltas(timedelta(days=-30), timedelta(days=30)).map(lambda span: NOW + span)
clocks = st.builds(
    Clock,
    kind=st.sampled_from(ClockKind),
    direction=st.sampled_from(Direction),
    at=moments,
    clause=st.sampled_from(["a/1", "a/2", "b/1", "stated"]),
    citation=st.just(""),
    sentence=st.just("s"),
    ended=st.booleans(),
    step=st.none() | st.sampled_from(StepForm),
    lead=st.none() | st.timedeltas(timedelta(0), timedelta(days=9)),
)


@settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.lists(clocks, max_size=6),
    st.sampled_from([HELD, REFUSED]),
    st.none() | st.sampled_from(Refuser),
)
def test_while_it_is_held_no_clock_of_ours_is_without_a_step_and_none_is_moved(
    found: list[Clock], hold: Reason, refuser: Refuser | None
) -> None:
    before = list(found)
    wanted = {step.clock: step for step in steps_for(7, found, [hold], refuser)}
    running = [c for c in found if c.direction is Direction.DUE_BY and not c.ended and c.kind not in THEIRS]
    assert {clock.clause for clock in running} == set(wanted)
    assert all(wanted[clock.clause].due <= clock.at for clock in running)  # never later than any of its clocks
    assert {step.due for step in wanted.values()} <= {clock.at for clock in running}
    assert all(step.begin <= step.due for step in wanted.values())
    assert found == before
    if refuser is not Refuser.PROVIDER:
        assert all(step.form is not StepForm.REFUSAL or _says_so(step, found) for step in wanted.values())


def _says_so(step: StepDue, found: list[Clock]) -> bool:
    return any(clock.clause == step.clock and clock.step is StepForm.REFUSAL for clock in found)


def test_clocks_are_computed_without_steps() -> None:
    """There is no way in: the rule of clocks knows nothing of steps that are made, written or sent."""
    import abeyance.rules.clocks

    assert "formalsteps" not in Path(abeyance.rules.clocks.__file__).read_text()


def test_somebody_is_woken_at_half_a_quarter_and_a_tenth_of_the_time() -> None:
    due = NOW + timedelta(hours=100)
    said = {hours: mark_reached(NOW, due, NOW + timedelta(hours=hours)) for hours in (0, 49, 50, 74, 75, 90, 99, 100)}
    assert said == {0: None, 49: None, 50: 50, 74: 50, 75: 25, 90: 10, 99: 10, 100: OVER}
    assert mark_reached(NOW, NOW - timedelta(hours=1), NOW) == OVER


def test_a_step_is_sent_when_it_is_approved_and_through_the_gate_where_it_tells() -> None:
    def said(state: StepState, tells: bool, gate: bool, form: StepForm = StepForm.ANNEX_III) -> set[str]:
        return {reason.code for reason in against_sending(state, form, tells=tells, through_the_gate=gate)}

    assert said(StepState.APPROVED, False, False) == set()
    assert said(StepState.DRAFTED, False, True) == {"step-not-approved"}
    assert said(StepState.APPROVED, True, False) == {"step-tells"}
    assert said(StepState.APPROVED, True, True) == set()
    assert said(StepState.APPROVED, True, False, StepForm.COMITY_MOTION) == set()  # our own counsel


@pytest.mark.parametrize("form", list(StepForm))
def test_every_form_has_a_draft_from_the_reasons_that_confirms_and_denies_nothing(form: StepForm) -> None:
    step = StepDue(2, "eu-epoc/production", form, NOW, NOW, "Due within ten days.", "Art. 10(3)")
    matter = Matter(
        reference="R-1",
        their_reference="",
        agency="Harbour Police",
        jurisdiction="HK",
        instrument="An order",
        instrument_citation="Schedule 7",
        category="SubscriberData",
        arrived=NOW,
        reasons=(HELD,),
        statements=("We pause.",),
        review_by=date(2026, 12, 31),
        sender="Quill",
    )
    text = draft(step, matter)
    assert text.startswith("# ")
    for word in ("R-1", "Harbour Police", "An order", "2026-09-01 09:00 UTC", "Item 2"):
        assert word in text
    if form is not StepForm.ACKNOWLEDGEMENT:
        assert "Held: pause HK-2020-07." in text
    if form not in formalsteps.TO_COUNSEL:
        assert NEUTRAL in text
    if form is StepForm.ANNEX_III:
        assert "[x] another reason" in text
        assert "What is needed in order to execute the order" in text


def test_a_law_entry_whose_steps_cannot_be_is_refused_and_a_right_one_read() -> None:
    text = (LAW / "eu.toml").read_text()
    assert parse_law(tomllib.loads(text)).name == "eu"
    for right, wrong, says in (
        ('step = "annex-iii"\nlead_hours = 72', 'step = "refusal-with-grounds"', "may not refuse"),
        ('step = "annex-iii"\nlead_hours = 72', "lead_hours = 72", "needs a step"),
        ('categories = ["TrafficData", "StoredContentData"]\nends_with', 'step = "annex-iii"\nends_with', "not-before"),
    ):
        assert right in text
        with pytest.raises(TextError, match=says):
            parse_law(tomllib.loads(text.replace(right, wrong, 1)))
