"""What an assessment lacks, what has changed in it, and what stands against lifting a pause."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import combinations, product
from pathlib import Path
from typing import Any

import pytest

from abeyance.rules import diligence as rules
from abeyance.rules.diligence import Assessed, Outcome, Standing, Unreadable, may_lift, missing
from abeyance.rules.diligence_templates import TEMPLATES, begun_from
from abeyance.rules.pauses import Pause

SAID: dict[str, Any] = tomllib.loads(
    (Path(__file__).parents[2] / "abeyance/site/demo/diligence/assessment.toml").read_text(encoding="utf-8")
)
DECLARED, APPROVED, TODAY = datetime(2020, 7, 6, tzinfo=UTC), datetime(2021, 1, 6, tzinfo=UTC), date(2021, 2, 1)
PAUSE = Pause(
    "HK-2020-07", 1, "r", "s", date(2021, 7, 6), frozenset({"HK"}), conditions=("courts review",), declared_at=DECLARED
)
GOOD = Assessed("a-x", 3, 3, APPROVED, "law", "law", date(2021, 7, 6))
READY = Standing({"courts review": Outcome.MET}, GOOD)


def against(standing: Standing, pause: Pause = PAUSE, statement: str = "It is over.") -> set[str]:
    return {reason.code for reason in may_lift(pause, standing, statement, today=TODAY)}


def test_what_is_ready_may_be_lifted_and_each_thing_that_is_not_is_named() -> None:
    assert against(READY) == set()
    assert against(READY, statement="  ") == {"no-closing-statement"}
    assert against(replace(READY, conditions={})) == {"condition-open"}
    assert against(replace(READY, assessment=None)) == {"no-assessment"}
    for change, code in {
        ("approved", None): "not-approved",
        ("newest", 4): "newer-version",
        ("law_now", "another"): "older-law",
        ("approved_at", datetime(2020, 7, 5, tzinfo=UTC)): "older-pause",
        ("review_by", date(2021, 1, 31)): "overdue",
        ("owned", False): "no-owner",
    }.items():
        name, value = change
        assert against(replace(READY, assessment=replace(GOOD, **{name: value}))) == {code}


def test_a_condition_waived_counts_and_a_waived_assessment_only_for_the_pause_as_it_was() -> None:
    waived = Standing({"courts review": Outcome.WAIVED}, None, waived_at=APPROVED)
    assert against(waived) == set()
    assert against(waived, replace(PAUSE, version=2, declared_at=datetime(2021, 1, 7, tzinfo=UTC))) == {"no-assessment"}
    assert against(Standing(), replace(PAUSE, everything=True)) == set()


def test_nothing_is_lifted_while_one_named_condition_is_open() -> None:
    """Every set of named conditions with every set of settled ones."""
    sets = [frozenset(each) for size in range(4) for each in combinations("abc", size)]
    for named, settled, statement in product(sets, sets, ("", "said")):
        pause = replace(PAUSE, conditions=tuple(sorted(named)))
        standing = replace(READY, conditions=dict.fromkeys(settled, Outcome.WAIVED))
        allowed = not may_lift(pause, standing, statement, today=TODAY)
        assert allowed == (named <= settled and bool(statement)), (named, settled)


def test_the_demonstrations_assessment_is_complete_and_without_any_part_is_not() -> None:
    said = rules.parse(SAID)
    assert missing(said, affected_consulted=False) == ()
    for part in rules.PARTS:
        without = {key: value for key, value in SAID.items() if key != part.code}
        without["parts"] = {key: value for key, value in SAID["parts"].items() if key != part.code}
        lacks = {each.part for each in missing(rules.parse(without), affected_consulted=False)}
        optional = part.code in {"withheld", "advice"}
        assert lacks == (set() if optional else {part.code}), part.code
    assert {each.part for each in missing(rules.parse(SAID | {"laws": []}), affected_consulted=False)} == {"laws"}


def test_an_affected_group_is_consulted_or_the_reason_why_not_is_recorded() -> None:
    silent = rules.parse(SAID | {"parts": {k: v for k, v in SAID["parts"].items() if k != "not-consulted"}})
    assert [each.part for each in missing(silent, affected_consulted=False)] == ["not-consulted"]
    assert missing(silent, affected_consulted=True) == ()


def test_the_gravest_comes_first_and_likelihood_orders_only_equals() -> None:
    ranked = [impact.right for impact in rules.parse(SAID).ranked()]
    assert ranked == ["Privacy", "Liberty and security"]  # both are as severe as can be; the likelier is first
    rare = SAID["impacts"][0] | {"right": "Life", "likelihood": 1}
    mild = SAID["impacts"][1] | {"right": "Mild", "scale": 2, "scope": 2, "irremediability": 2, "likelihood": 4}
    assert rules.parse(SAID | {"impacts": [mild, rare]}).ranked()[0].right == "Life"


def test_a_document_is_read_back_as_it_was_and_a_wrong_one_is_told_what_is_wrong() -> None:
    said = rules.parse(SAID | {"privileged": ["dissent"]})
    assert rules.parse(rules.as_document(said)) == said
    for wrong, sentence in (
        ({"colour": 1}, "no key 'colour'"),
        ({"parts": {"x": "y"}}, "no key 'x'"),
        ({"laws": ["HK NSL"]}, "instrument's code"),
        ({"impacts": [SAID["impacts"][0] | {"scale": 5}]}, "from 1 to 4"),
        ({"impacts": [SAID["impacts"][0] | {"scale": True}]}, "from 1 to 4"),
        ({"mitigations": [{"measure": "m", "owner": "o", "due": "soon"}]}, "is a date"),
        ({"options": [{"option": "x"}]}, "residual_risk is a text"),
        ({"privileged": ["publication"]}, "cannot be privileged"),
    ):
        with pytest.raises(Unreadable, match=sentence):
            rules.parse(SAID | wrong)


def test_a_difference_names_the_part_and_the_lines() -> None:
    old = rules.parse(SAID)
    new = rules.parse(SAID | {"parts": SAID["parts"] | {"decision": "Answer nothing."}, "laws": ["hk-nsl43", "hk-x"]})
    changed = {change.part: change.lines for change in rules.differences(old, new)}
    assert set(changed) == {"laws", "decision"}
    assert ("+", "Answer nothing.") in changed["decision"]
    assert changed["laws"] == ((" ", "hk-nsl43"), ("+", "hk-x"))
    assert rules.differences(old, old) == ()


def test_every_part_has_a_source_every_source_a_use_and_every_template_is_one() -> None:
    used = {source for part in rules.PARTS for source in part.sources}
    assert used == set(rules.SOURCES)
    for name in TEMPLATES:
        begun = begun_from(name, ("hk-nsl43",))
        assert begun.text("harm-of-pause")
        assert begun.text("remedy")
        assert missing(begun, affected_consulted=False)
