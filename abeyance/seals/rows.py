"""The statements on our tables. They take any cursor, because the key holder has a connection of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID


class Cursor(Protocol):
    """What Django's cursor and psycopg's have in common."""

    @property
    def rowcount(self) -> int: ...
    def execute(self, query: Any, params: Sequence[Any] | None = None, /) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> Any: ...


# Not a row lock: that needs the right to change the row, which the portal must not have. Its own statement, before
# the read, so that the read sees what an erasure run committed while we waited.
LOCK = 0x5EA15
# Until the transaction ends, no erasure run can take the intake key away from under it.
HOLD_ROTATION_OFF = ("SELECT pg_advisory_xact_lock_shared(%s)", LOCK)
ALONE = "SELECT pg_advisory_xact_lock(%s)"


@dataclass(frozen=True)
class IntakeRow:
    ring: UUID
    generation: int
    public_key: bytes
    log_public_key: bytes


@dataclass(frozen=True)
class CaseRow:
    holder: str
    jurisdiction: str | None
    public_key: bytes
    wrapped: bytes
    generation: int
    fresh: bool


INTAKE = "SELECT ring, generation, public_key, log_public_key FROM seals_intakekey WHERE id = 1"
PUBLIC_KEY = "SELECT public_key FROM seals_casekey WHERE holder = %s"
CASE_COLUMNS = "holder, jurisdiction, public_key, wrapped, generation, fresh"
INSERT_CASE = (
    f"INSERT INTO seals_casekey ({CASE_COLUMNS}) VALUES (%s, %s, %s, %s, %s, %s)"  # noqa: S608
    " ON CONFLICT DO NOTHING RETURNING true"
)


def intake_row(cursor: Cursor) -> IntakeRow | None:
    cursor.execute(INTAKE)
    row = cursor.fetchone()
    return as_intake(row) if row else None


def as_intake(row: Sequence[Any]) -> IntakeRow:
    return IntakeRow(UUID(str(row[0])), row[1], bytes(row[2]), bytes(row[3]))


def write_intake_row(cursor: Cursor, row: IntakeRow) -> None:
    cursor.execute(
        "INSERT INTO seals_intakekey (id, ring, generation, public_key, log_public_key) VALUES (1, %s, %s, %s, %s) "
        "ON CONFLICT (id) DO UPDATE SET ring = EXCLUDED.ring, generation = EXCLUDED.generation, "
        "public_key = EXCLUDED.public_key, log_public_key = EXCLUDED.log_public_key",
        [row.ring, row.generation, row.public_key, row.log_public_key],
    )


def insert_first_intake_row(cursor: Cursor, row: IntakeRow) -> None:
    cursor.execute(
        "INSERT INTO seals_intakekey (id, ring, generation, public_key, log_public_key) VALUES (1, %s, %s, %s, %s) "
        "ON CONFLICT (id) DO NOTHING",
        [row.ring, row.generation, row.public_key, row.log_public_key],
    )


def insert_case(row: CaseRow) -> tuple[Any, ...]:
    """The statement and what goes into it. It gives no row back if the holder has a key already."""
    return INSERT_CASE, row.holder, row.jurisdiction, row.public_key, row.wrapped, row.generation, row.fresh


def public_key(cursor: Cursor, holder: str) -> bytes | None:
    cursor.execute(PUBLIC_KEY, [holder])
    row = cursor.fetchone()
    return bytes(row[0]) if row else None


def case_row(cursor: Cursor, holder: str) -> CaseRow | None:
    cursor.execute(f"SELECT {CASE_COLUMNS} FROM seals_casekey WHERE holder = %s", [holder])  # noqa: S608
    row = cursor.fetchone()
    return as_case(row) if row else None


def as_case(row: Sequence[Any]) -> CaseRow:
    return CaseRow(row[0], row[1], bytes(row[2]), bytes(row[3]), row[4], row[5])


def delete_case(cursor: Cursor, holder: str) -> bool:
    cursor.execute("DELETE FROM seals_casekey WHERE holder = %s", [holder])
    return cursor.rowcount == 1
