"""A case about one of two people who have talked on a real Synapse: what is gathered, and what never is."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest

from abeyance.errors import Unsafe
from abeyance.rules.facts import Period
from abeyance.rules.gathering import Found, GatherRequest, Wanted
from abeyance.rules.services import DataMap
from abeyance.rules.terms import DataCategory, IdentifierKind
from abeyance.services.connector import Connector
from abeyance.services.postgres import grants
from abeyance.services.queries import Way
from abeyance.services.synapse import SYNAPSE
from tests.services.packing import packed
from tests.synapse_world.world import World

NOW = datetime.now(UTC)
TODAY = Period(NOW - timedelta(hours=2), NOW + timedelta(hours=2))
YEARS_AGO = Period(NOW - timedelta(days=800), NOW - timedelta(days=700))


@pytest.fixture
def connector(reader: str, held: DataMap) -> Iterator[Connector]:
    with Way(held, "synapse", reader).opened() as opened:
        yield opened


def everything(held: DataMap) -> tuple[Wanted, ...]:
    return tuple(Wanted(category, held.can_be_handed_over(category)) for category in DataCategory)


def about(who: str, held: DataMap, *, kind: IdentifierKind = IdentifierKind.MATRIX_ID) -> GatherRequest:
    return GatherRequest("synapse", kind, who, everything(held), TODAY)


def rows(connector: Connector, request: GatherRequest) -> dict[str, list[dict[str, Any]]]:
    return {
        table.name: [dict(zip([column.name for column in table.columns], row, strict=True)) for row in table.rows]
        for table in connector.gather(request)
    }


def package(connector: Connector, request: GatherRequest) -> str:
    return "\n".join(content.decode() for content in packed(connector.gather(request)).values())


def test_the_two_clients_read_each_other_in_both_rooms(synapse: World) -> None:
    for reading, writing in ((synapse.alice, synapse.bob), (synapse.bob, synapse.alice)):
        assert {*writing.said_clear, *writing.said_sealed} <= set(reading.read)


def test_what_is_held_on_the_account_is_gathered(connector: Connector, synapse: World, held: DataMap) -> None:
    found = rows(connector, about(synapse.alice.user_id, held))
    assert [row["user-id"] for row in found["account"]] == [synapse.alice.user_id]
    assert abs(found["account"][0]["created-at"] - datetime.now(UTC)) < timedelta(hours=1)
    assert [row["email"] for row in found["email-addresses"]] == [synapse.alice.email]
    assert [row["telephone"] for row in found["telephones"]] == [synapse.alice.telephone.lstrip("+")]
    assert {row["ip-address"] for row in found["connections"]} == {"127.0.0.1"}
    assert synapse.alice.device_name in {row["device-name"] for row in found["devices"]}
    assert {row["room-id"] for row in found["memberships"]} == {synapse.clear_room, synapse.sealed_room}


def test_traffic_names_both_rooms_and_content_only_the_clear_one(
    connector: Connector, synapse: World, held: DataMap
) -> None:
    found = rows(connector, about(synapse.alice.user_id, held))
    sent = [(row["room-id"], row["event-type"]) for row in found["events"]]
    assert sent.count((synapse.sealed_room, "m.room.encrypted")) == len(synapse.alice.said_sealed)
    assert sent.count((synapse.clear_room, "m.room.message")) == len(synapse.alice.said_clear)
    assert {row["room-id"] for row in found["messages"]} == {synapse.clear_room}
    assert [json.loads(row["content"])["body"] for row in found["messages"]] == list(synapse.alice.said_clear)
    assert any("end-to-end encrypted" in row["statement"] for row in found["statements"])


def test_no_secret_no_ciphertext_and_nobody_elses_words_are_in_the_package(
    connector: Connector, synapse: World, held: DataMap
) -> None:
    text = package(connector, about(synapse.alice.user_id, held))
    assert all(said in text for said in synapse.alice.said_clear)  # the control: what may be there is found
    never = (*synapse.secrets, *synapse.alice.said_sealed, *synapse.bob.said_clear, *synapse.bob.said_sealed)
    assert [string for string in never if string in text] == []
    assert "ciphertext" not in text
    assert synapse.bob.email not in text


def test_the_plain_words_of_the_encrypted_room_are_nowhere_in_the_server(synapse: World) -> None:
    with synapse.superuser() as connection:
        texts = "\n".join(row[0] for row in connection.execute("SELECT json FROM event_json"))
    assert all(said in texts for said in synapse.alice.said_clear)
    assert not any(said in texts for said in synapse.alice.said_sealed)


def test_a_room_that_was_ever_encrypted_gives_no_content(reader: str, synapse: World, held: DataMap) -> None:
    """A plain message in an encrypted room (a careless program, or one from before) is not handed over either."""
    request = about(synapse.bob.user_id, held)
    with synapse.superuser() as connection:
        copy = "event_id || 'x', room_id, internal_metadata, replace(json, 'beans', 'roses'), format_version"
        source = f"FROM event_json WHERE json LIKE '%{synapse.bob.said_clear[0]}%'"
        connection.execute(f"INSERT INTO event_json SELECT {copy} {source}".encode())
        connection.execute(
            b"INSERT INTO events (topological_ordering, event_id, type, room_id, processed, outlier, depth,"
            b" origin_server_ts, received_ts, sender, instance_name, stream_ordering)"
            b" SELECT 9999, e.event_id || 'x', e.type, %s, true, false, 9999, e.origin_server_ts, e.received_ts,"
            b" e.sender, e.instance_name, 99999999 FROM events e JOIN event_json j USING (event_id)"
            b" WHERE j.json LIKE %s",
            [synapse.sealed_room, f"%{synapse.bob.said_clear[0]}%"],
        )
    with Way(held, "synapse", reader).opened() as connector:
        found = rows(connector, request)
        assert len(found["events"]) == len(synapse.bob.said_clear) + len(synapse.bob.said_sealed) + 1
        assert len(found["messages"]) == len(synapse.bob.said_clear)
        assert "roses" not in str(found)
        with synapse.superuser() as connection:  # as after everybody here has left the room
            connection.execute("DELETE FROM current_state_events WHERE room_id = %s", [synapse.sealed_room])
        found = rows(connector, request)
        assert len(found["messages"]) == len(synapse.bob.said_clear)
        assert "roses" not in str(found)


@pytest.mark.parametrize(
    ("kind", "spell"),
    [
        (IdentifierKind.MATRIX_ID, lambda alice: alice.user_id.upper()),
        (IdentifierKind.MATRIX_ID, lambda alice: f"https://matrix.to/#/{alice.user_id}"),
        (IdentifierKind.USER_NAME, lambda alice: "Alice"),
        (IdentifierKind.ACCOUNT_ID, lambda alice: alice.user_id),
        (IdentifierKind.EMAIL, lambda alice: f" {alice.email.upper()} "),
        (IdentifierKind.TELEPHONE, lambda alice: "+49 155 50100"),
    ],
)
def test_an_account_is_found_by_each_kind_of_identifier(
    connector: Connector, synapse: World, held: DataMap, kind: IdentifierKind, spell: Any
) -> None:
    preview = connector.preview(about(spell(synapse.alice), held, kind=kind))
    assert preview.found is Found.ACCOUNT
    counted = {count.table: count.rows for count in preview.counts}
    assert counted["account"] == 1 and counted["messages"] == len(synapse.alice.said_clear)
    assert synapse.alice.user_id not in repr(preview) and synapse.alice.email not in repr(preview)


def test_nothing_found_and_nothing_held_are_results_of_their_own(
    connector: Connector, synapse: World, held: DataMap
) -> None:
    nobody = about("@nobody:matrix.example", held)
    assert connector.preview(nobody).found is Found.NOTHING
    assert list(rows(connector, nobody)) == ["statements"]
    by_address = about("203.0.113.7", held, kind=IdentifierKind.IP_AND_TIME)
    assert connector.preview(by_address).found is Found.NO_WAY
    traffic = (Wanted(DataCategory.TRAFFIC, frozenset({"room-id"})),)
    early = replace(about(synapse.alice.user_id, held), wanted=traffic, period=YEARS_AGO)
    preview = connector.preview(early)
    assert preview.found is Found.ACCOUNT
    assert {count.rows for count in preview.counts} == {0}
    assert [statement.code for statement in preview.statements] == ["nothing-held"]


def test_only_the_fields_that_are_allowed_are_read(connector: Connector, synapse: World, held: DataMap) -> None:
    narrow = (Wanted(DataCategory.SUBSCRIBER, frozenset({"created-at"})),)
    found = rows(connector, replace(about(synapse.alice.user_id, held), wanted=narrow))
    assert {table: list(lines[0]) for table, lines in found.items()} == {"account": ["created-at"]}


def test_the_connector_refuses_a_role_that_reads_a_secret_or_writes(synapse: World, held: DataMap, reader: str) -> None:
    for harm, undo, word in (
        ("GRANT SELECT (token) ON access_tokens TO {}", "REVOKE ALL ON access_tokens FROM {}", "access_tokens.token"),
        ("GRANT SELECT (id) ON access_tokens TO {}", "REVOKE ALL ON access_tokens FROM {}", "access_tokens.id"),
        ("GRANT SELECT (password_hash) ON users TO {}", "REVOKE SELECT (password_hash) ON users FROM {}", "password"),
        ("GRANT SELECT ON user_ips TO {}", None, "user_ips.access_token"),
        ("GRANT UPDATE (name) ON users TO {}", "REVOKE UPDATE (name) ON users FROM {}", "can write"),
        ("GRANT pg_read_all_data TO {}", "REVOKE pg_read_all_data FROM {}", "pg_read_all_data"),
    ):
        with synapse.superuser() as connection:
            connection.execute(harm.format(grants.ROLE).encode())
            with pytest.raises(Unsafe, match=word), Way(held, "synapse", reader).opened():
                pass
            connection.execute(undo.format(grants.ROLE).encode() if undo else grants.script(held, SYNAPSE).encode())
            with Way(held, "synapse", reader).opened():
                pass
    with pytest.raises(Unsafe, match="superuser"), Way(held, "synapse", synapse.superuser_dsn).opened():
        pass


def test_the_role_itself_can_neither_read_a_secret_nor_write(reader: str) -> None:
    for query in (
        "SELECT token FROM access_tokens",
        "SELECT password_hash FROM users",
        "SELECT access_token FROM user_ips",
        "SELECT * FROM users",
        "SET TRANSACTION READ WRITE; UPDATE users SET deactivated = 1",
    ):
        with psycopg.connect(reader) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(query.encode())
    with psycopg.connect(reader) as connection:
        assert connection.execute("SELECT count(name) FROM users").fetchone() == (3,)
