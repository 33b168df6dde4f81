"""A provider's own tables are previewed and gathered by the data map alone, without any code."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from abeyance.errors import BadInput, Unsafe
from abeyance.rules.facts import Period
from abeyance.rules.gathering import Found, GatherRequest, Wanted
from abeyance.rules.terms import DataCategory, IdentifierKind
from abeyance.services.connector import Connector
from abeyance.services.queries import Way
from tests.services.conftest import Provider
from tests.services.packing import packed

JULY = Period(datetime(2020, 7, 1, tzinfo=UTC), datetime(2020, 8, 1, tzinfo=UTC))
SUBSCRIBER = Wanted(DataCategory.SUBSCRIBER, frozenset({"email", "created-at"}))
SIGN_INS = Wanted(DataCategory.IDENTIFYING, frozenset({"ip-address", "seen-at"}))
MAILS = Wanted(DataCategory.CONTENT, frozenset({"message-body"}))
ADA = GatherRequest("example-mail", IdentifierKind.EMAIL, "ada@mail.example", (SUBSCRIBER, SIGN_INS, MAILS), JULY)


@pytest.fixture
def connector(provider: Provider) -> Iterator[Connector]:
    with Way(provider.held, "postgres", provider.reader).opened() as opened:
        yield opened


def rows(connector: Connector, request: GatherRequest) -> dict[str, list[tuple[Any, ...]]]:
    return {table.name: [tuple(row) for row in table.rows] for table in connector.gather(request)}


def test_a_preview_has_fields_and_counts_and_no_value(connector: Connector) -> None:
    preview = connector.preview(ADA)
    assert [(count.table, count.fields, count.rows) for count in preview.counts] == [
        ("mailbox", ("email", "created-at"), 1),
        ("sign-ins", ("ip-address", "seen-at"), 2),
    ]
    assert "ada" not in repr(preview) and "192.0.2" not in repr(preview) and "ada" not in repr(ADA)


def test_only_the_accounts_rows_of_the_period_are_gathered_its_end_excluded(connector: Connector) -> None:
    found = rows(connector, ADA)
    assert found["mailbox"] == [("ada@mail.example", datetime(2020, 1, 1, tzinfo=UTC))]
    assert [row[0] for row in found["sign-ins"]] == ["192.0.2.2/32", "2001:db8::1/128"]
    open_ended = rows(connector, replace(ADA, period=Period(JULY.start, None)))
    assert [row[0] for row in open_ended["sign-ins"]] == ["192.0.2.2/32", "2001:db8::1/128", "192.0.2.4/32"]


def test_a_period_cuts_between_whole_seconds_where_times_are_counted_so(provider: Provider) -> None:
    provider.run("UPDATE mails SET received = 1594000000")
    for microsecond, held in ((0, True), (1, False)):
        start = datetime.fromtimestamp(1594000000, UTC).replace(microsecond=microsecond)
        with Way(provider.held, "postgres", provider.reader).opened() as connector:
            preview = connector.preview(replace(ADA, wanted=(MAILS,), period=Period(start, JULY.end)))
        assert ("end-to-end-encrypted" in {one.code for one in preview.statements}) is held


def test_what_is_end_to_end_encrypted_is_said_and_never_read(connector: Connector) -> None:
    assert [one.code for one in connector.preview(ADA).statements] == ["end-to-end-encrypted"]
    found = rows(connector, ADA)
    assert "mails" not in found
    assert found["statements"] == [
        (
            "StoredContentData",
            "Mails are encrypted to the owner's key before they are stored: the service cannot read them.",
        )
    ]
    assert "statements" not in rows(connector, replace(ADA, wanted=(SUBSCRIBER, SIGN_INS)))


@pytest.mark.parametrize(
    ("kind", "identifier", "found"),
    [
        (IdentifierKind.EMAIL, "ada@mail.example", Found.ACCOUNT),
        (IdentifierKind.EMAIL, " ADA@MAIL.example ", Found.ACCOUNT),
        (IdentifierKind.EMAIL, "nobody@mail.example", Found.NOTHING),
        (IdentifierKind.EMAIL, "", Found.NOTHING),
        (IdentifierKind.EMAIL, "%", Found.NOTHING),
        (IdentifierKind.EMAIL, "' OR true --", Found.NOTHING),
        (IdentifierKind.EMAIL, "ada@mail.example\x00", Found.NOTHING),
        (IdentifierKind.TELEPHONE, "+85255500100", Found.NO_WAY),
    ],
)
def test_looking_up_has_results_of_its_own(
    connector: Connector, kind: IdentifierKind, identifier: str, found: Found
) -> None:
    assert connector.preview(replace(ADA, identifier_kind=kind, identifier=identifier)).found is found


def test_an_exact_spelling_is_one_account_and_a_loose_one_of_two_is_none(provider: Provider) -> None:
    with Way(provider.held, "postgres", provider.reader).opened() as connector:
        assert connector.preview(replace(ADA, identifier="twin@mail.example")).found is Found.ACCOUNT
    provider.run("UPDATE mailboxes SET address = 'tWin@mail.example' WHERE id = 4")
    with Way(provider.held, "postgres", provider.reader).opened() as connector:
        assert connector.preview(replace(ADA, identifier="twin@mail.example")).found is Found.SEVERAL
        with pytest.raises(BadInput, match="More than one account"):
            rows(connector, replace(ADA, identifier="twin@mail.example"))


def test_nothing_found_is_said_in_a_table_and_nothing_held_too(connector: Connector) -> None:
    nobody = rows(connector, replace(ADA, identifier="nobody@mail.example", wanted=(SUBSCRIBER,)))
    assert nobody == {"statements": [("SubscriberData", "Nothing was found by that identifier.")]}
    quiet = rows(connector, replace(ADA, identifier="new@mail.example", wanted=(SIGN_INS,)))
    assert quiet["sign-ins"] == []
    assert quiet["statements"] == [("UserIdentifyingData", "Of UserIdentifyingData nothing is held for the period.")]


def test_only_wanted_fields_are_read_and_unknown_ones_are_named(connector: Connector) -> None:
    wanted = (Wanted(DataCategory.IDENTIFYING, frozenset({"ip-address", "shoe-size"})),)
    preview = connector.preview(replace(ADA, wanted=wanted))
    assert preview.not_read == {"shoe-size"}
    assert [count.fields for count in preview.counts] == [("ip-address",)]
    nothing = replace(ADA, wanted=(Wanted(DataCategory.IDENTIFYING, frozenset()),))
    assert rows(connector, nothing) == {}
    other = replace(ADA, service="somebody-else")
    with pytest.raises(BadInput, match="not to somebody-else"):
        connector.preview(other)


def test_a_package_is_the_same_row_by_row_and_written_by_postgresql(provider: Provider, connector: Connector) -> None:
    by_postgresql = packed(connector.gather(ADA))
    row_by_row = packed(replace(table, copy=None) for table in connector.gather(ADA))
    assert by_postgresql == row_by_row
    assert b"192.0.2.2" in by_postgresql["P-1/data/sign-ins.csv"]
    everything = b"".join(by_postgresql.values())
    assert b"planted-hash" not in everything and b"ciphertext" not in everything and b"ben@" not in everything


def test_a_long_table_is_never_in_memory_as_a_whole(provider: Provider) -> None:
    filler = "SELECT 1, '192.0.2.7'::inet, '2020-07-10'::timestamptz + n * interval '1 second'"
    provider.run(f"INSERT INTO logins {filler} FROM generate_series(1, 100000) AS n")
    with Way(provider.held, "postgres", provider.reader).opened() as connector:
        tracemalloc.start()
        count = sum(1 for table in connector.gather(replace(ADA, wanted=(SIGN_INS,))) for _ in table.rows)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 100_002
    assert most < 4 * 2**20


def test_errors_carry_neither_value_nor_address(provider: Provider) -> None:
    with pytest.raises(Unsafe) as unreachable, Way(provider.held, "postgres", provider.reader + "x").opened():
        pass
    with Way(provider.held, "postgres", provider.reader).opened() as connector:
        provider.run("ALTER TABLE logins RENAME COLUMN at TO seen")
        with pytest.raises(Unsafe, match="not as its data map says") as changed:
            rows(connector, ADA)
    for error in (unreachable, changed):
        assert "ada@" not in str(error.value) and provider.role not in str(error.value)
        assert error.value.__cause__ is None and error.value.__suppress_context__
