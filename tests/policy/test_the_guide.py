"""The examples of docs/writing-a-policy.md work as they stand, and its tables name every key."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import Any

from abeyance.policy import queries
from abeyance.rules.decision import Outcome
from abeyance.rules.instruments import Standing, standing
from abeyance.rules.policy import When

GUIDE = (Path(__file__).parents[2] / "docs" / "writing-a-policy.md").read_text(encoding="utf-8")


def example(label: str) -> str:
    [found] = re.findall(rf"^```toml{label}\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    return str(found)


def test_the_entity_and_the_clause_make_the_shipped_policy_a_policy_of_ones_own(desk: Any) -> None:
    desk.agree(desk.propose(desk.policy() + example("") + example(" clause")))
    policy = queries.books()[0].policy
    assert policy.law_of("example-gmbh") == "DE"
    assert policy.clauses[-1].outcome is Outcome.REFUSE


def test_the_law_text_is_adopted_entry_by_entry(desk: Any) -> None:
    desk.agree(desk.propose(example(" law")))
    desk.agree(desk.adopt("xx-order", checked_against="Invented Gazette 2020, p. 12"))
    desk.agree(desk.adopt("xx-out-content", checked_against=""))
    books = queries.books()[0]
    outbound = next(entry for entry in books.outbound if entry.id == "xx-out-content")
    assert standing(books.entries["xx-order"], books.adopted, desk.now()) is Standing.IN_FORCE
    assert standing(outbound, books.adopted, desk.now()) is Standing.IN_FORCE, "a checked entry needs no second source"


def test_every_condition_of_a_clause_is_in_the_guide() -> None:
    for field in fields(When):
        assert f"`{field.name}`" in GUIDE
