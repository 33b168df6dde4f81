"""Quill's own database: a small real service, beside the desk's database and not in it, with a role that only reads."""

from __future__ import annotations

import os
import secrets
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import psycopg
from django.conf import settings
from psycopg import sql

from abeyance.people import proposals
from abeyance.services import actions, addresses, maps
from abeyance.services import queries as services
from abeyance.services.models import Service
from abeyance.site import databases, options
from abeyance.site.databases import Address
from abeyance.site.home import Home, write_secret
from abeyance.site.postgres import PORT, SUPERUSER

NAME, ROLE = "quill", "quill_reader"
TABLES = """
CREATE TABLE accounts (id bigint PRIMARY KEY, telephone text, email text, name text, opened timestamptz,
                       password_hash text NOT NULL DEFAULT 'never read');
CREATE TABLE sign_ins (account_id bigint REFERENCES accounts, address inet, at timestamptz);
CREATE TABLE messages (account_id bigint REFERENCES accounts, body bytea, at timestamptz);
INSERT INTO accounts VALUES
    (1, '+85291234567', 'kestrel@post.example', 'Kestrel', '2019-03-01 08:00Z'),
    (2, '+85291230000', 'heron@post.example', 'Heron', '2020-01-15 21:30Z'),
    (3, '+12025550199', 'wren@post.example', 'Wren', '2018-11-02 03:12Z'),
    (4, '+85291230001', 'egret@post.example', 'Egret', '2020-02-20 09:45Z');
INSERT INTO sign_ins SELECT 1 + n % 3, ('192.0.2.' || n % 200)::inet, '2020-06-01Z'::timestamptz
    + n * interval '37 minutes'
    FROM generate_series(1, 900) n;
INSERT INTO messages SELECT 1 + n % 3, sha256(n::text::bytea), '2020-06-01Z'::timestamptz
    + n * interval '3 minutes'
    FROM generate_series(1, 2000) n;
"""


def connect(*, first: str, second: str, now: datetime) -> None:
    """Make Quill's database, and connect it to the desk by two people. Harmless to repeat."""
    home = Home(Path(settings.ABEYANCE_HOME))
    file = addresses.usual_file(NAME)
    path = home.path / addresses.FOLDER / file
    if not path.exists():
        write_secret(path, _make(_administrator()))
    if not Service.objects.filter(name=NAME, disconnected_at=None).exists():
        proposal = actions.propose_connection(NAME, "postgres", entity="quill-hk", address_file=file, by=first, now=now)
        proposals.agree(proposal.code, by=second, now=now)
    assert maps.in_force(NAME)


def _administrator() -> Address:
    """Who may make a database on the server that the desk uses."""
    here, said = Home(options.home_of(os.environ)), options.load(os.environ)
    if said.database_url:
        return databases.address("owner", here, said)
    cluster = here.cluster
    return Address(str(cluster.sockets), str(PORT), SUPERUSER, SUPERUSER, cluster.password())


def _make(administrator: Address) -> str:
    database, password = f"quill_{secrets.token_hex(4)}", secrets.token_urlsafe(24)
    with databases.connect(administrator) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    inside = Address(
        administrator.host, administrator.port, database, administrator.user, administrator.password,
        administrator.parameters,
    )  # fmt: skip
    role = f"{ROLE}_{database[-8:]}"
    with databases.connect(inside) as connection:
        connection.execute(TABLES)
        _run(connection, services.grants_for(NAME, role=role))
        connection.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))
    host = quote(administrator.host, safe="")
    return f"postgresql://{role}:{password}@/{database}?host={host}&port={administrator.port}"


def _run(connection: psycopg.Connection[tuple[object, ...]], script: str) -> None:
    connection.execute(script.encode())
