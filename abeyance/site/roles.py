"""Database roles and their grants: one table, applied after every migration, checked by a test against the schema.

The first line that matches a table counts; a table that no line names gets nothing, and a test fails. Letters:
S select, I insert, U update, D delete. The owner makes the tables and no running process connects as it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any, LiteralString, cast

import psycopg
from psycopg import sql

from abeyance.errors import Unsafe


@dataclass(frozen=True)
class Grant:
    tables: str
    desk: str = ""
    portal: str = ""
    worker: str = ""
    keys: str = ""

    def of(self, process: str) -> str:
        return cast(str, getattr(self, process))


GRANTS: tuple[Grant, ...] = (
    Grant("django_migrations", desk="S", worker="S"),
    Grant("django_content_type", desk="S", worker="S"),
    Grant("auth_*", desk="S"),
    Grant("django_session", desk="SIUD"),
    Grant("signin_*", desk="SIUD"),
    Grant("account_*", desk="SIUD"),
    Grant("mfa_*", desk="SIUD"),
    Grant("usersessions_*", desk="SIUD"),
    Grant("oncall_*", desk="SIUD", worker="SIU"),
    Grant("procrastinate_periodic_defers", worker="SIUD"),
    Grant("procrastinate_workers", desk="SIUD", worker="SIUD"),
    Grant("procrastinate_*", desk="SIU", worker="SIUD"),
    Grant("outbox_*", desk="SIU", worker="SIUD"),
    Grant("fence_*", desk="SIU", worker="SIU", keys="S"),
    # What the portal reads of entries and of pauses are two views: nothing of who did it, of a request, of a plan.
    Grant("ledger_opened", desk="S", portal="S"),
    Grant("ledger_origin", desk="SIU", portal="S", worker="SIU", keys="S"),
    Grant("ledger_checkpoint", desk="SIU", portal="S", worker="SIU", keys="S"),
    Grant("ledger_nodes", desk="SIU", portal="S", worker="SIU", keys="S"),
    Grant("ledger_*", desk="SIU", worker="SIU", keys="S"),
    Grant("seals_*", desk="SIUD", worker="SIUD", keys="SIUD"),
    Grant("people_*", desk="SIUD", worker="S"),
    Grant("policy_*", desk="SIUD", worker="S"),
    Grant("casefile_*", desk="SIUD", worker="SIUD"),
    # A guest of a consultation, who uses the portal, reads and adds to these four and no other.
    Grant("diligence_consultation", desk="SIUD", portal="S", worker="SIUD"),
    Grant("diligence_seat", desk="SIUD", portal="S", worker="SIUD"),
    Grant("diligence_seatmark", desk="SIUD", portal="SI", worker="SIUD"),
    Grant("diligence_message", desk="SIUD", portal="SI", worker="SIUD"),
    Grant("diligence_statement", desk="SI", worker="S"),
    Grant("diligence_*", desk="SIUD", worker="SIUD"),
    Grant("pauses_draft", desk="SIUD"),
    Grant("pauses_reconfirmation", desk="SIU", worker="SIU"),
    Grant("pauses_announced", desk="S", portal="S"),
    Grant("pauses_*", desk="SIU", worker="SIU", keys="S"),
    Grant("services_*", desk="SIUD", worker="SIU"),
    Grant("patterns_*", desk="SIUD", worker="SIUD"),
    Grant("intake_*", desk="SIUD", worker="SIUD"),
    Grant("verification_*", desk="SIUD", worker="SIU"),
    Grant("review_*", desk="SIUD", worker="SIU"),
    Grant("answer_*", desk="SIUD", worker="SIUD"),
    Grant("release_*", desk="SIUD", worker="SIUD", keys="S"),
    Grant("notice_*", desk="SIUD", worker="SIUD"),
    Grant("reporting_publication", desk="SIUD", portal="S", worker="SIUD"),
    Grant("reporting_file", desk="SIUD", portal="S", worker="SIUD"),
    Grant("reporting_*", desk="SIUD", worker="SIUD"),
)

RIGHTS: Mapping[str, LiteralString] = {"S": "SELECT", "I": "INSERT", "U": "UPDATE", "D": "DELETE"}
GRANTED_PROCESSES = ("desk", "portal", "worker", "keys")

TABLES = """SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') ORDER BY 1"""
SEQUENCES = """SELECT s.relname FROM pg_class s
    JOIN pg_depend d ON d.objid = s.oid JOIN pg_class t ON t.oid = d.refobjid
    WHERE s.relkind = 'S' AND d.deptype IN ('a', 'i') AND t.relname = %s"""


def grant_for(table: str) -> Grant | None:
    return next((grant for grant in GRANTS if fnmatchcase(table, grant.tables)), None)


def make_roles(connection: psycopg.Connection[Any], names: Mapping[str, str], passwords: Mapping[str, str]) -> None:
    """On our own server: made, or given today's password."""
    for name in names.values():
        made = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        verb = sql.SQL("ALTER" if made else "CREATE")
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}").format(
                verb, sql.Identifier(name), sql.Literal(passwords[name])
            )
        )
    # `declare` ends what keeps it waiting, which may be another process of ours.
    connection.execute(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(names["desk"])))


def make_roles_outside(
    connection: psycopg.Connection[Any], names: Mapping[str, str], passwords: Mapping[str, str]
) -> None:
    """On somebody's server: only if we may; else say which addresses to give instead."""
    if not names:
        return
    may = connection.execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    if not may or not may[0]:
        raise Unsafe(
            "The user of DATABASE_URL may not create roles: give it CREATEROLE, or make the roles "
            f"{', '.join(sorted(names.values()))} "
            f"and set {', '.join(f'ABEYANCE_DATABASE_{process.upper()}' for process in sorted(names))}."
        )
    for name in names.values():
        made = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [name]).fetchone()
        connection.execute(
            sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(
                sql.SQL("ALTER" if made else "CREATE"), sql.Identifier(name), sql.Literal(passwords[name])
            )
        )
    try:
        connection.execute(sql.SQL("GRANT pg_signal_backend TO {}").format(sql.Identifier(names["desk"])))
    except (KeyError, psycopg.errors.InsufficientPrivilege):
        return  # `doctor` looks whether the desk has it


def make_database(connection: psycopg.Connection[Any], database: str, names: Mapping[str, str]) -> None:
    if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), sql.Identifier(names["owner"]))
        )
    connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(sql.Identifier(database)))
    for name in names.values():
        connection.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(sql.Identifier(database), sql.Identifier(name))
        )


def apply_grants(connection: psycopg.Connection[Any], names: Mapping[str, str]) -> None:
    """All at once: between taking away and giving, nobody finds a table closed."""
    with connection.transaction():
        tables = [str(row[0]) for row in connection.execute(TABLES).fetchall()]
        for process in GRANTED_PROCESSES:
            role = sql.Identifier(names[process])
            connection.execute(sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(role))
            connection.execute(sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(role))
            connection.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(role))
            for table in tables:
                _grant(connection, table, process, role)


def _grant(connection: psycopg.Connection[Any], table: str, process: str, role: sql.Identifier) -> None:
    grant = grant_for(table)
    letters = grant.of(process) if grant else ""
    if not letters:
        return
    rights = sql.SQL(", ").join(sql.SQL(RIGHTS[letter]) for letter in letters)
    connection.execute(sql.SQL("GRANT {} ON {} TO {}").format(rights, sql.Identifier(table), role))
    if "I" in letters:
        for (sequence,) in connection.execute(SEQUENCES, [table]).fetchall():
            connection.execute(sql.SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(sql.Identifier(sequence), role))
