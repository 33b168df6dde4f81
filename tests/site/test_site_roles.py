"""Each kind of process connects as a role of its own, which can do what the table of grants says and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from abeyance.site import databases, options, roles
from abeyance.site.home import PROCESSES
from abeyance.site.home import Home as Place
from tests.site.homes import Home

CLOSED_TO_THE_PORTAL = (
    "people_",
    "casefile_",
    "verification_",
    "services_",
    "policy_",
    "seals_",
    "release_",
    "answer_",
    "diligence_assessment",
    "diligence_version",
    "diligence_note",
    "diligence_host",
    "diligence_line",
)


@pytest.fixture
def place(ready: Home) -> Iterator[Place]:
    """The set-up home, with its server kept running by us."""
    made = Place(ready.path)
    made.cluster.join()
    yield made
    made.cluster.leave()


def connected(place: Place, process: str) -> psycopg.Connection[Any]:
    return databases.connect(databases.address(process, place, options.Options()))


def tables(place: Place) -> list[str]:
    with connected(place, "owner") as owner:
        return [str(row[0]) for row in owner.execute(roles.TABLES).fetchall()]


def test_every_table_is_named_by_the_grants(place: Place) -> None:
    assert [table for table in tables(place) if roles.grant_for(table) is None] == []


def test_each_role_may_do_what_the_grants_say_and_no_more(place: Place) -> None:
    query = "SELECT has_table_privilege(current_user, %s, %s)"
    for process in roles.GRANTED_PROCESSES:
        with connected(place, process) as connection:
            for table in tables(place):
                grant = roles.grant_for(table)
                letters = grant.of(process) if grant else ""
                for letter, right in roles.RIGHTS.items():
                    row = connection.execute(query, [table, right]).fetchone()
                    assert row == ((letter in letters),), (process, table, right)


def test_the_portal_reads_pauses_and_neither_members_nor_cases(place: Place) -> None:
    with connected(place, "portal") as portal:
        portal.execute("SELECT * FROM pauses_pauserow")
        for table in tables(place):
            if table.startswith(CLOSED_TO_THE_PORTAL):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    portal.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))


def test_nobody_but_the_owner_changes_tables_and_nobody_is_superuser(place: Place) -> None:
    for process in PROCESSES:
        with connected(place, process) as connection:
            row = connection.execute("SELECT rolsuper OR rolcreaterole OR rolcreatedb FROM pg_roles WHERE rolname = "
                                     "current_user").fetchone()  # fmt: skip
            assert row == (False,)
            if process != "owner":
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    connection.execute("CREATE TABLE public.mine (x int)")
    with connected(place, "owner") as owner:
        owner.execute("CREATE TABLE public.mine (x int)")
        owner.execute("DROP TABLE public.mine")


def test_without_its_password_no_role_connects(place: Place, tmp_path: Path) -> None:
    where = databases.address("desk", place, options.Options())
    wrong = databases.Address(where.host, where.port, where.database, where.user, "wrong")
    with pytest.raises(psycopg.OperationalError):
        databases.connect(wrong)
    databases.connect(where).close()


def test_the_two_sites_share_neither_secret_nor_cookie(ready: Home) -> None:
    assert (ready.path / "secrets" / "desk-secret").read_text() != (
        ready.path / "secrets" / "portal-secret"
    ).read_text()
    script = (
        "from abeyance.site import settings as s; "
        "print(s.SECRET_KEY, s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.DATABASES['default']['USER'], s.ROOT_URLCONF)"
    )
    said = [ready.python_says(script, ABEYANCE_PROCESS=process).split() for process in ("desk", "portal")]
    assert all(desk != portal for desk, portal in zip(*said, strict=True))
