"""What the documents say of the program, compared with the program."""

from __future__ import annotations

import re
from pathlib import Path

from django.apps import apps
from django.db import models

from abeyance.rules import lifecycle

DOCS = Path(__file__).resolve().parents[2] / "docs"
TEXTS = ("BinaryField", "TextField", "JSONField", "ArrayField")


def schema() -> dict[str, dict[str, models.Field[object, object]]]:
    """Of every table of ours: the columns that could hold more than a code, a number or a time."""
    ours = [model for model in apps.get_models() if model.__module__.startswith("abeyance.")]
    found = {
        model._meta.db_table: {
            field.column: field for field in model._meta.concrete_fields if field.get_internal_type() in TEXTS
        }
        for model in ours
    }
    return {table: columns for table, columns in found.items() if columns}


def table_of(text: str) -> dict[str, tuple[set[str], set[str], set[str]]]:
    rows = [line.split("|")[1:-1] for line in text.splitlines() if re.match(r"\| (\w+_)+\w+ \|", line)]
    return {row[0].strip(): (names(row[1]), names(row[2]), names(row[3])) for row in rows}


def names(cell: str) -> set[str]:
    listed = re.sub(r"\([^)]*\)", "", cell).partition(":")[0]
    return {name.strip() for name in listed.split(",") if name.strip()}


def test_the_table_of_what_is_sealed_is_the_schema() -> None:
    said, there = table_of((DOCS / "threat-model.md").read_text()), schema()
    assert set(said) == set(there)
    for table, columns in there.items():
        sealed, digested, plain = said[table]
        assert sealed | digested | plain == set(columns), table
        assert all(columns[name].get_internal_type() == "BinaryField" for name in sealed | digested), table


def test_a_column_that_the_table_does_not_name_is_noticed() -> None:
    said = table_of("| casefile_demand | particulars | | |")
    assert said["casefile_demand"][0] | {"notes"} != set(schema()["casefile_demand"])


def test_the_picture_of_a_requests_life_is_the_table() -> None:
    assert lifecycle.diagram() in (DOCS / "life-of-a-request.md").read_text()
