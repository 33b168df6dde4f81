"""DATABASE_URL: a server that is not ours. A second cluster from the wheel stands in for it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from abeyance.site import databases, options
from abeyance.site.home import Home as Place
from tests.site.homes import Home, make_home


@pytest.fixture(scope="module")
def outside() -> Iterator[Place]:
    folder = Path(tempfile.mkdtemp(prefix="abo-"))
    folder.chmod(0o711)
    place = Place(folder / "s")
    place.make_folders()
    place.cluster.join()
    yield place
    place.cluster.leave()
    shutil.rmtree(folder, ignore_errors=True)


def address(outside: Place, database: str, *rights: str) -> str:
    """A database and an owner of it, as somebody's administrator makes them."""
    owner = f"{database}_owner"
    with databases.connect_as_superuser(outside) as connection:
        connection.execute(f"CREATE ROLE {owner} LOGIN PASSWORD 'secret' {' '.join(rights)}")
        connection.execute(f"CREATE DATABASE {database} OWNER {owner}")
    sockets = str(outside.cluster.sockets).replace("/", "%2F")
    return f"postgresql://{owner}:secret@/{database}?host={sockets}".replace("@/", f"@{sockets}/").split("?")[0]


@pytest.fixture
def elsewhere() -> Iterator[Home]:
    made = make_home()
    yield made
    made.remove()
    shutil.rmtree(made.path.parent, ignore_errors=True)


def test_a_home_on_an_outside_server_works_and_starts_none_of_its_own(outside: Place, elsewhere: Home) -> None:
    elsewhere.more["DATABASE_URL"] = address(outside, "first", "CREATEROLE")
    assert len(elsewhere.json("member", "list")) == 2
    assert not (elsewhere.path / "pg").exists()
    assert elsewhere.json("ledger", "check")["differences"] == []
    findings = elsewhere.json("doctor", code=0)["findings"]
    assert not [each for each in findings if each["about"] == "database" and each["grade"] == "wrong"]
    with databases.connect_as_superuser(outside, "first") as connection:
        found = connection.execute("SELECT rolname FROM pg_roles WHERE rolname LIKE 'first%' ORDER BY 1").fetchall()
    assert [row[0] for row in found] == ["first_desk", "first_keys", "first_owner", "first_portal", "first_worker"]


def test_an_owner_that_may_not_make_roles_is_told_what_to_give(outside: Place, elsewhere: Home) -> None:
    elsewhere.more["DATABASE_URL"] = address(outside, "second")
    said = elsewhere.run("member", "list", code=1).stderr
    assert "CREATEROLE" in said and "ABEYANCE_DATABASE_DESK" in said


def test_a_server_that_is_not_there_is_one_sentence_without_the_password(elsewhere: Home) -> None:
    url = "postgresql://owner:swordfish@127.0.0.1:9/desk"
    said = elsewhere.run("member", "list", code=1, DATABASE_URL=url).stderr
    assert "could not be set up" in said and "swordfish" not in said


def test_a_server_that_is_too_old_is_refused() -> None:
    class Old:
        class info:  # noqa: N801 - as psycopg names it
            server_version = 140012

    with pytest.raises(databases.Unsafe, match="needs 15"):
        databases.refuse_old_server(Old)  # type: ignore[arg-type]


def test_the_address_of_each_role_can_be_given() -> None:
    chosen = options.Options(database_url="postgresql://o:p@h/d", database_desk="postgresql://x:y@z/d")
    place = Place(Path(os.devnull))
    assert databases.address("desk", place, chosen).user == "x"
    assert databases.role_names(chosen) == {
        "owner": "o", "desk": "x", "portal": "d_portal", "worker": "d_worker", "keys": "d_keys",
    }  # fmt: skip
    assert psycopg.conninfo.make_conninfo(**databases.address("owner", place, chosen).for_psycopg())
