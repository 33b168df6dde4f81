"""Matrix Synapse: what of its tables a data map may read beyond plain ones, and what nobody may.

Read from its PostgreSQL database, because its administration interface gives no period and needs a token that can do
everything. Synapse itself is neither imported nor asked.
"""

from __future__ import annotations

from typing import LiteralString

from abeyance.services.postgres.relations import Relation, Relations

_EVENT = ("event_id", "type", "room_id", "sender", "origin_server_ts", "state_key", "rejection_reason")
# Encryption cannot be switched off again, so the room's present state says it; by index, however large the server.
# Of a room that everybody here has left Synapse forgets the present state: then every event of the room is looked at.
_ENCRYPTED: LiteralString = """(
    EXISTS (SELECT FROM current_state_events c WHERE c.room_id = e.room_id AND c.type = 'm.room.encryption')
    OR (NOT EXISTS (SELECT FROM current_state_events c WHERE c.room_id = e.room_id AND c.type = 'm.room.create')
        AND EXISTS (SELECT FROM events x WHERE x.room_id = e.room_id AND x.type = 'm.room.encryption')))"""
_WRITTEN: LiteralString = f"""SELECT e.event_id, e.type, e.room_id, e.sender, e.origin_server_ts,
    (j.json::json -> 'content')::text AS content
    FROM events e JOIN event_json j ON j.event_id = e.event_id
    WHERE e.state_key IS NULL AND e.rejection_reason IS NULL
    AND e.type NOT IN ('m.room.encrypted', 'm.room.redaction') AND NOT {_ENCRYPTED}"""  # noqa: S608
_WRITTEN_ENCRYPTED: LiteralString = f"""SELECT e.event_id, e.sender, e.origin_server_ts FROM events e
    WHERE e.rejection_reason IS NULL
    AND (e.type = 'm.room.encrypted' OR (e.state_key IS NULL AND {_ENCRYPTED}))"""  # noqa: S608
_ENCRYPTED_NEEDS = {"events": _EVENT, "current_state_events": ("room_id", "type")}
_WRITTEN_NEEDS = {**_ENCRYPTED_NEEDS, "event_json": ("event_id", "json")}

SYNAPSE = Relations(
    named={
        # The part of the Matrix id that a person types.
        "local_names": Relation(
            "SELECT name, substring(name from '^@([^:]+):') AS localpart FROM users", {"users": ("name",)}
        ),
        "profile_of_account": Relation(
            "SELECT full_user_id, displayname FROM profiles", {"profiles": ("full_user_id", "displayname")}
        ),
        "email_addresses": Relation(
            "SELECT user_id, address, validated_at FROM user_threepids WHERE medium = 'email'",
            {"user_threepids": ("user_id", "medium", "address", "validated_at")},
        ),
        "telephones": Relation(
            "SELECT user_id, address, validated_at FROM user_threepids WHERE medium = 'msisdn'",
            {"user_threepids": ("user_id", "medium", "address", "validated_at")},
        ),
        # What the account sent, without what it says. An event that the server rejected was never sent to anybody.
        "sent_events": Relation(
            "SELECT event_id, type, room_id, sender, origin_server_ts FROM events "
            "WHERE state_key IS NULL AND rejection_reason IS NULL",
            {"events": _EVENT},
        ),
        # When the account came into a room and left it, by itself or by somebody else's doing.
        "memberships": Relation(
            "SELECT m.user_id, m.room_id, m.membership, m.event_id, e.origin_server_ts "
            "FROM room_memberships m JOIN events e ON e.event_id = m.event_id WHERE e.rejection_reason IS NULL",
            {"room_memberships": ("user_id", "room_id", "membership", "event_id"), "events": _EVENT},
        ),
        # What was written in rooms that were never encrypted. What a person has deleted (redacted) is left out.
        "written": Relation(
            _WRITTEN + " AND NOT EXISTS (SELECT FROM redactions r WHERE r.redacts = e.event_id)",
            {**_WRITTEN_NEEDS, "redactions": ("redacts",)},
        ),
        # The same with what was deleted, as far as Synapse still has it. No shipped data map reads this.
        "written_and_deleted": Relation(_WRITTEN, _WRITTEN_NEEDS),
        # That there is something in encrypted rooms, never what.
        "written_encrypted": Relation(
            _WRITTEN_ENCRYPTED,
            _ENCRYPTED_NEEDS,
        ),
    },
    never=frozenset(
        {
            "access_tokens",
            "account_data",
            "dehydrated_devices",
            "device_inbox",
            "device_federation_outbox",
            "e2e_cross_signing_keys",
            "e2e_device_keys_json",
            "e2e_fallback_keys_json",
            "e2e_one_time_keys_json",
            "e2e_room_keys",
            "e2e_room_keys_versions",
            "login_tokens",
            "open_id_tokens",
            "pushers",
            "refresh_tokens",
            "registration_tokens",
            "room_account_data",
            "server_signature_keys",
            "sessions",
            "threepid_validation_session",
            "threepid_validation_token",
            "ui_auth_sessions",
            "ui_auth_sessions_credentials",
        }
    ),
)
