"""Each kind of process connects as a role of its own, which can do what the table of grants says and no more."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from abeyance.site import databases, options, roles
from abeyance.site.home import DATABASE, PROCESSES
from abeyance.site.home import Home as Place
from tests.site.homes import Home

MARK = b"an entry of this test"
CLOSED_TO_THE_PORTAL = (
    "people_",
    "casefile_",
    "verification_",
    "services_",
    "policy_",
    "seals_",
    "release_",
    "answer_",
    "notice_",
    "intake_",
    "patterns_",
    "oncall_",
    "signin_",
    "mfa_",
    "django_session",
    "procrastinate_",
    "outbox_",
    "fence_",
    "ledger_entry",
    "ledger_place",
    "ledger_batch",
    "pauses_pauserow",
    "pauses_draft",
    "pauses_reconfirmation",
    "reporting_stance",
    "diligence_statement",
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


def test_the_portal_reads_what_is_announced_and_published_and_nothing_else(place: Place) -> None:
    """As whoever has stolen its connection would try."""
    with connected(place, "portal") as portal:
        for table in tables(place):
            if table.startswith(CLOSED_TO_THE_PORTAL):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    portal.execute(sql.SQL("SELECT 1 FROM {}").format(sql.Identifier(table)))
    with databases.connect_as_superuser(place, DATABASE) as owner, owner.transaction(force_rollback=True):
        _fill(owner)
        role = sql.Identifier(databases.role_names(options.Options())["portal"])
        owner.execute(sql.SQL("SET LOCAL ROLE {}").format(role))
        assert owner.execute("SELECT name FROM pauses_announced ORDER BY 1").fetchall() == [("BEGUN",), ("NOW",)]
        whole = str(owner.execute("SELECT * FROM pauses_announced").fetchall())
        assert "We hold." in whole
        assert "m-author" not in whole
        assert "our own reason" not in whole
        found = owner.execute("SELECT salt, leaf FROM ledger_opened WHERE content = %s", [MARK]).fetchall()
        assert found == [(b"e" * 32, 1_000_000)]


def _fill(owner: psycopg.Connection[Any]) -> None:
    """Pauses that began, that have ended and that are planned; entries public and not, published and not yet."""
    for number, (name, starts, ended) in enumerate(
        [("NOW", None, None), ("BEGUN", "-1 day", None), ("PLAN", "1 day", None), ("GONE", None, 9)], 1
    ):
        owner.execute(
            """INSERT INTO pauses_pauserow (name, version, body, who, since_epoch, declared_epoch, declared_at,
                declared_by, authors, starts_at, confirmed_by, change, ended_epoch, lifted, asked_up_to, asked_out,
                outcome, successor, closing_statement)
            VALUES (%s, 1, '{"reason": "our own reason", "statement": "We hold."}', '{}', %s, %s, now(), 'm-author',
                '{m-author}', now() + %s::interval, '', '', %s, false, 0, false, '', '', '')""",
            [name, number, number, starts, ended],
        )
    origin = owner.execute("INSERT INTO ledger_origin (name, first_size, began_at) VALUES ('x', 0, now()) RETURNING id")
    owner.execute(
        "INSERT INTO ledger_checkpoint (origin_id, size, note, at) VALUES (%s, 1000002, '', now())", origin.fetchone()
    )
    for index, public in enumerate((True, False, True)):
        entry = owner.execute(
            """INSERT INTO ledger_entry (kind, content, salt, holder, public, commitment, "case", at, by)
            VALUES ('x', %s, %s, '', %s, %s, 'R-CASE', now(), 'm-author') RETURNING id""",
            [MARK, b"e" * 32 + b"a" * 32, public, bytes([index]) * 32],
        ).fetchone()
        assert entry is not None
        owner.execute("INSERT INTO ledger_place (entry_id, index) VALUES (%s, %s)", [entry[0], 1_000_000 + index])


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
    secure = {"ABEYANCE_DESK_ORIGIN": "https://desk.example", "ABEYANCE_PROCESS": "desk"}
    assert [name.startswith("__Host-") for name in ready.python_says(script, **secure).split()[1:3]] == [True, True]


def test_an_onion_service_is_the_portals_alone_and_is_not_led_elsewhere(ready: Home) -> None:
    onion = "a2" * 28 + ".onion"
    script = f"""
import django; django.setup()
from django.conf import settings
from django.test import Client
for host in ("requests.example", "{onion}", "other.example"):
    print(Client(raise_request_exception=False).get("/consult/", HTTP_HOST=host).status_code)
client = Client(enforce_csrf_checks=True, raise_request_exception=False)
token = client.get("/consult/", HTTP_HOST="{onion}").cookies[settings.CSRF_COOKIE_NAME].value
for origin in ("http://{onion}", "http://other.example"):
    said = {{"csrfmiddlewaretoken": token}}
    print(client.post("/consult/leave", said, HTTP_HOST="{onion}", HTTP_ORIGIN=origin).status_code)
"""
    said = {"ABEYANCE_PORTAL_ORIGIN": "https://requests.example", "ABEYANCE_PORTAL_ONION": onion}
    more = {"DJANGO_SETTINGS_MODULE": "abeyance.site.settings", "PYTHONWARNINGS": "ignore"}
    assert ready.python_says(script, ABEYANCE_PROCESS="portal", **said, **more).split() == [
        "301", "200", "400", "302", "403"
    ]  # fmt: skip
    hosts = "from abeyance.site import settings as s; print(*s.ALLOWED_HOSTS)"
    assert onion not in ready.python_says(hosts, ABEYANCE_PROCESS="desk", **said)
