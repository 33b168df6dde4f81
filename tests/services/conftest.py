"""A provider's own tables, in a database of their own on the suite's server."""

from __future__ import annotations

import os
import secrets
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from abeyance.rules.services import DataMap, parse_data_map
from abeyance.services.maps import SHIPPED
from abeyance.services.postgres import grants
from abeyance.services.postgres.relations import Relations
from tests import server

TABLES = """
CREATE TABLE mailboxes (id int PRIMARY KEY, address text, opened timestamptz, password_hash text);
CREATE TABLE logins (mailbox_id int, address inet, at timestamptz);
CREATE TABLE mails (id int, mailbox_id int, received bigint, body bytea);
INSERT INTO mailboxes VALUES
    (1, 'ada@mail.example', '2020-01-01 00:00+00', 'planted-hash'), (2, 'ben@mail.example', '2020-02-01 00:00+00', 'x'),
    (3, 'Twin@mail.example', now(), 'x'), (4, 'twin@mail.example', now(), 'x'), (5, 'new@mail.example', now(), 'x');
INSERT INTO logins VALUES
    (1, '192.0.2.1', '2020-06-30 23:59:59.999+00'), (1, '192.0.2.2', '2020-07-01 00:00+00'),
    (1, '2001:db8::1', '2020-07-31 23:59:59.999+00'), (1, '192.0.2.4', '2020-08-01 00:00+00'),
    (2, '192.0.2.9', '2020-07-02 00:00+00');
INSERT INTO mails VALUES (1, 1, extract(epoch FROM timestamptz '2020-07-05 00:00+00'), 'ciphertext');
"""


@dataclass(frozen=True)
class Provider:
    """`owner` may do everything in the database, `reader` is the address of the role of the printed grants."""

    owner: str
    reader: str
    role: str
    held: DataMap

    def run(self, text: str) -> None:
        with psycopg.connect(self.owner, autocommit=True) as connection:
            connection.execute(text.encode())

    def grant(self, held: DataMap) -> None:
        self.run(grants.script(held, Relations(), role=self.role))


def address_of_owner() -> dict[str, Any]:
    from abeyance.site import databases, home, options

    return databases.address("owner", home.here(), options.load(os.environ)).for_psycopg()


@pytest.fixture
def provider() -> Iterator[Provider]:
    server.start()
    where, mark, password = address_of_owner(), secrets.token_hex(4), secrets.token_hex(12)
    name, role = f"provider_{mark}", f"reader_{mark}"
    owner = make_conninfo(**{**where, "dbname": name})
    held = parse_data_map(tomllib.loads((SHIPPED / "own-tables.toml").read_text()))
    made = Provider(owner, make_conninfo(owner, user=role, password=password), role, held)
    with psycopg.connect(make_conninfo(**where), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0".encode())
        try:
            made.run(TABLES)
            made.grant(held)
            made.run(f"ALTER ROLE {role} PASSWORD '{password}'")
            yield made
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
            connection.execute(f"DROP ROLE IF EXISTS {role}".encode())
