"""The SQL that makes the reading role, to be read and then run by whoever runs the service's database."""

from __future__ import annotations

import re

from abeyance.errors import BadInput
from abeyance.rules.services import DataMap
from abeyance.services.postgres.relations import Relations

ROLE = "abeyance_reader"
_ROLE = re.compile(r"[a-z_][a-z0-9_]{0,62}")

_HEAD = """\
-- What the desk may read of the service {service}, by its data map {digest}.
-- Run it in the service's own database, as a superuser or as the owner of its tables; again after each new data map.
BEGIN;
DO $$ BEGIN
  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
    CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS CONNECTION LIMIT 8;
  END IF;
  EXECUTE format('GRANT CONNECT ON DATABASE %I TO {role}', current_database());
END $$;
ALTER ROLE {role} SET default_transaction_read_only = on;
"""
_TAIL = """\
COMMIT;
-- Then give it a password (in psql: \\password {role}).
-- On PostgreSQL 14 and older everybody may make tables in the schema public, which the desk refuses:
--   REVOKE CREATE ON SCHEMA public FROM PUBLIC;
"""


def script(held: DataMap, relations: Relations, *, role: str = ROLE) -> str:
    """What was given by an earlier map is taken away first, so running it again can narrow as well."""
    if not _ROLE.fullmatch(role):
        raise BadInput(f"{role!r} cannot be the name of the reading role.")
    needed = relations.needed(held)
    if not needed:
        raise BadInput(f"The data map of {held.service} lists no tables, so there is nothing to read.")
    lines = [_HEAD.format(service=held.service, digest=held.digest[:16], role=role)]
    for schema in sorted({_schema(table) for table in needed}):
        lines.append(f"REVOKE ALL ON ALL TABLES IN SCHEMA {_quoted(schema)} FROM {role};\n")
        lines.append(f"GRANT USAGE ON SCHEMA {_quoted(schema)} TO {role};\n")
    for table, columns in needed.items():
        listed = ", ".join(map(_quoted, columns))
        lines.append(f"GRANT SELECT ({listed}) ON {'.'.join(map(_quoted, table.split('.')))} TO {role};\n")
    return "".join([*lines, _TAIL.format(role=role)])


def _schema(table: str) -> str:
    return table.split(".")[0] if "." in table else "public"


def _quoted(name: str) -> str:
    return f'"{name}"'
