"""Data maps are read strictly, and what a demand names is brought into one spelling."""

from __future__ import annotations

import copy
import tomllib
from typing import Any

import pytest

from abeyance.rules.gathering import normalised
from abeyance.rules.maptables import looks_secret
from abeyance.rules.services import parse_data_map
from abeyance.rules.terms import DataCategory, IdentifierKind
from abeyance.rules.texts import TextError
from abeyance.services import maps
from abeyance.services.connector import relations_of

OWN = tomllib.loads(maps.shipped_text("own-tables") or "")


def changed(**table: Any) -> dict[str, Any]:
    content = copy.deepcopy(OWN)
    content["table"][1].update(table)
    return content


@pytest.mark.parametrize("name", maps.shipped_names())
def test_each_shipped_map_is_whole(name: str) -> None:
    held = maps.shipped(name)
    assert held is not None
    read = {(table.category, column.field) for table in held.tables for column in table.columns}
    assert read == {(field.category, field.name) for field in held.fields}
    assert held.lookups
    assert maps.shipped("../data/synapse") is None


def test_the_synapse_map_needs_no_secret() -> None:
    held = maps.shipped("synapse")
    assert held is not None
    needed = relations_of("synapse").needed(held)
    assert "user_ips" in needed and "access_token" not in needed["user_ips"]
    assert "name" in needed["users"] and "password_hash" not in needed["users"]
    assert not relations_of("synapse").never & set(needed)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"columns": [{"field": "ip-address", "column": "session_token"}]}, "looks like a secret"),
        ({"account": "password_hash"}, "looks like a secret"),
        ({"columns": [{"field": "shoe-size", "column": "size"}]}, "no field of UserIdentifyingData"),
        ({"columns": [{"field": "email", "column": "address"}]}, "no field of UserIdentifyingData"),
        ({"columns": [{"field": "seen-at", "column": "at"}] * 2}, "twice"),
        ({"columns": []}, "empty list"),
        ({"columns": [{"field": "seen-at", "column": 'at"; --'}]}, "the name of a column"),
        ({"reads": "logins; DROP TABLE logins"}, "a table"),
        ({"reads": "a.b.c"}, "a table"),
        ({"name": "mailbox"}, "twice"),
        ({"name": "statements"}, "must not be"),
        ({"name": "../logins"}, "must be a name"),
        ({"time_stored_as": "fortnights"}, "none of"),
        ({"tiem": "at"}, "unknown"),
    ],
)
def test_a_map_that_says_something_else_is_refused(table: dict[str, Any], said: str) -> None:
    assert parse_data_map(changed()).tables
    with pytest.raises(TextError, match=said):
        parse_data_map(changed(**table))


def test_a_field_may_have_one_name_in_two_categories_but_not_twice_in_one() -> None:
    content = copy.deepcopy(OWN)
    content["field"].append(content["field"][3] | {"category": "StoredContentData"})
    assert len(parse_data_map(content).of(DataCategory.CONTENT)) == 2
    content["field"].append(content["field"][3])
    with pytest.raises(TextError, match="twice"):
        parse_data_map(content)


def test_what_a_connector_reads_is_part_of_what_two_people_agree_to() -> None:
    assert parse_data_map(changed()).digest != parse_data_map(changed(account="somebody_else")).digest


@pytest.mark.parametrize(
    ("column", "secret"),
    [
        ("password_hash", True),
        ("Password", True),
        ("access_token", True),
        ("token", True),
        ("session_token", True),
        ("api_key", True),
        ("privatekey", True),
        ("totp_seed", True),
        ("pushkey", True),
        ("user_id", False),
        ("session_id", False),
        ("keyword", False),
        ("passport_number", False),
        ("last_seen", False),
    ],
)
def test_columns_that_look_like_a_secret(column: str, secret: bool) -> None:
    assert looks_secret(column) is secret


@pytest.mark.parametrize(
    ("kind", "said", "looked_up"),
    [
        (IdentifierKind.EMAIL, " Ada@Mail.Example ", "ada@mail.example"),
        (IdentifierKind.EMAIL, "mailto:ada@mail.example", "ada@mail.example"),
        (IdentifierKind.TELEPHONE, "tel:+852 5550-0100", "+85255500100"),
        (IdentifierKind.TELEPHONE, "none", ""),
        (IdentifierKind.USER_NAME, "@ada", "ada"),
        (IdentifierKind.MATRIX_ID, "@Ada:Matrix.Example", "@Ada:matrix.example"),
        (IdentifierKind.MATRIX_ID, "ada:matrix.example", "@ada:matrix.example"),
        (IdentifierKind.MATRIX_ID, "https://matrix.to/#/%40ada:matrix.example?via=x", "@ada:matrix.example"),
        (IdentifierKind.MATRIX_ID, "https://matrix.to/#/@ada:matrix.example?via=x", "@ada:matrix.example"),
        (IdentifierKind.MATRIX_ID, "matrix:u/ada:matrix.example?action=chat", "@ada:matrix.example"),
        (IdentifierKind.MATRIX_ID, "ada", ""),
        (IdentifierKind.ACCOUNT_ID, " 17 ", "17"),
        (IdentifierKind.ACCOUNT_ID, "17\n18", ""),
        (IdentifierKind.ACCOUNT_ID, "1" * 1001, ""),
        (IdentifierKind.ACCOUNT_ID, "\u0000", ""),
    ],
)
def test_one_spelling_is_looked_up(kind: IdentifierKind, said: str, looked_up: str) -> None:
    assert normalised(kind, said) == looked_up
