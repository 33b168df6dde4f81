"""What the reading role may do, asked of the database itself. A role that could do harm is not used at all."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, LiteralString

from psycopg import Connection

from abeyance.errors import Unsafe
from abeyance.rules.maptables import looks_secret
from abeyance.rules.services import DataMap
from abeyance.services.postgres.connecting import one_reading
from abeyance.services.postgres.relations import Relations

SECONDS = 30
MOST_NAMED = 20

_ATTRIBUTES: LiteralString = """SELECT rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls
    FROM pg_roles WHERE rolname = current_user"""
_ATTRIBUTE_NAMES = ("is a superuser", "may make roles", "may make databases", "may replicate", "passes by row security")
_OTHER_ROLES: LiteralString = """SELECT rolname FROM pg_roles
    WHERE rolname <> current_user AND pg_has_role(current_user, oid, 'MEMBER') ORDER BY 1"""
# Which schemas are not PostgreSQL's own. The three questions below are put together from this constant only.
_OURS: LiteralString = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"
_WRITABLE: LiteralString = f"""SELECT n.nspname || '.' || c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE {_OURS} AND CASE
    WHEN c.relkind IN ('r', 'p', 'v', 'm', 'f') THEN has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_any_column_privilege(c.oid, 'INSERT, UPDATE')
    WHEN c.relkind = 'S' THEN has_sequence_privilege(c.oid, 'USAGE, UPDATE') ELSE false END ORDER BY 1"""  # noqa: S608
_MAKING: LiteralString = f"""SELECT n.nspname FROM pg_namespace n
    WHERE {_OURS} AND has_schema_privilege(n.oid, 'CREATE') ORDER BY 1"""  # noqa: S608
_MAKING_SCHEMAS: LiteralString = "SELECT has_database_privilege(current_database(), 'CREATE')"
_READABLE: LiteralString = f"""SELECT n.nspname, c.relname, a.attname
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE {_OURS} AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped
    AND has_schema_privilege(n.oid, 'USAGE') AND has_column_privilege(c.oid, a.attnum, 'SELECT') ORDER BY 1, 2, 3"""  # noqa: S608
_PASSWORDS: LiteralString = "SELECT has_table_privilege('pg_catalog.pg_authid', 'SELECT')"


@dataclass(frozen=True)
class Access:
    """`dangers` keep the connector from starting; `missing` is what the map needs and the role may not read;
    `beyond` is what it may read and the map does not need."""

    dangers: tuple[str, ...]
    missing: tuple[str, ...]
    beyond: tuple[str, ...]

    @property
    def fit(self) -> bool:
        return not self.dangers and not self.missing


def look_at(connection: Connection[Any], held: DataMap, relations: Relations) -> Access:
    with one_reading(connection, seconds=SECONDS):
        readable = _readable(connection)
        dangers = (*_of_role(connection), *_of_writing(connection), *_of_secrets(connection, readable, relations))
    needed = {f"{table}.{column}" for table, columns in relations.needed(held).items() for column in columns}
    return Access(dangers, tuple(sorted(needed - readable)), tuple(sorted(readable - needed)))


def refuse_dangerous(connection: Connection[Any], held: DataMap, relations: Relations) -> None:
    access = look_at(connection, held, relations)
    if access.dangers:
        raise Unsafe(
            f"The connector to {held.service} does not start, because its role " + "; ".join(access.dangers) + ". "
            "`abeyance service grants` prints how to make one that can only read what is listed."
        )
    if access.missing:
        raise Unsafe(f"The role of {held.service} may not read {_named(access.missing)}, which the data map lists.")


def _readable(connection: Connection[Any]) -> frozenset[str]:
    """Columns by the names that a map uses: the schema is left out where it is `public`."""
    return frozenset(
        f"{table}.{column}" if schema == "public" else f"{schema}.{table}.{column}"
        for schema, table, column in connection.execute(_READABLE)
    )


def _of_role(connection: Connection[Any]) -> Iterator[str]:
    row = connection.execute(_ATTRIBUTES).fetchone() or (True,) * len(_ATTRIBUTE_NAMES)
    yield from (name for name, has in zip(_ATTRIBUTE_NAMES, row, strict=True) if has)
    if others := _column(connection, _OTHER_ROLES):
        yield f"belongs to other roles ({_named(others)})"


def _of_writing(connection: Connection[Any]) -> Iterator[str]:
    if writable := _column(connection, _WRITABLE):
        yield f"can write ({_named(writable)})"
    if making := _column(connection, _MAKING):
        yield f"can make tables (in the schema {_named(making)})"
    if _column(connection, _MAKING_SCHEMAS) == [True]:
        yield "can make schemas"


def _of_secrets(connection: Connection[Any], readable: frozenset[str], relations: Relations) -> Iterator[str]:
    secret = [name for name in readable if looks_secret(name.rsplit(".", 1)[1]) or _table_of(name) in relations.never]
    if secret:
        yield f"can read secrets ({_named(sorted(secret))})"
    if _column(connection, _PASSWORDS) == [True]:
        yield "can read the passwords of roles"


def _table_of(column: str) -> str:
    return column.rsplit(".", 1)[0]


def _column(connection: Connection[Any], query: LiteralString) -> list[Any]:
    return [row[0] for row in connection.execute(query)]


def _named(names: list[Any] | tuple[str, ...]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(map(str, names[:MOST_NAMED])) + more
