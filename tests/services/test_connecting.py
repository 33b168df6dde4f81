"""Connecting a service takes two members, its address stays in a file, and disconnecting takes effect at once."""

from __future__ import annotations

import argparse
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.core import serializers
from ninja.testing import TestClient

from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound, Refused, Unsafe
from abeyance.people import proposals
from abeyance.policy import actions as policy
from abeyance.services import actions, addresses, api, commands, maps, queries
from abeyance.services.models import Service
from tests.services.conftest import Provider

NAME = "example-mail"


def now() -> datetime:
    return datetime.now(UTC)


def write_address(home: Path, text: str, mode: int = 0o600) -> Path:
    path = home / "keys" / addresses.usual_file(NAME)
    path.unlink(missing_ok=True)
    path.write_text(text)
    path.chmod(mode)
    return path


def adopt_map(desk: Any) -> None:
    proposal = policy.propose_text(maps.shipped_text("own-tables") or "", by=desk.first, now=now())
    proposals.agree(proposal.code, by=desk.second, now=now())


def connect(desk: Any) -> None:
    proposal = actions.propose_connection(NAME, "postgres", entity=None, address_file=None, by=desk.first, now=now())
    proposals.agree(proposal.code, by=desk.second, now=now())


@pytest.fixture
def connected(desk: Any, provider: Provider) -> Any:
    adopt_map(desk)
    connect(desk)
    write_address(desk.home, provider.reader + "\n")
    return desk


@pytest.fixture
def run() -> Any:
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())

    def call(*words: str) -> Answer:
        args = parser.parse_args(["service", *words])
        answer: Answer = args.run(args)
        return answer

    return call


def test_a_service_is_connected_by_two_and_read_by_the_map_in_force(connected: Any) -> None:
    with queries.way_to(NAME).opened():
        pass
    held, access = queries.check(NAME)
    assert (held.service, access.fit) == (NAME, True)


def test_one_member_alone_connects_nothing(desk: Any) -> None:
    proposal = actions.propose_connection(NAME, "postgres", entity=None, address_file=None, by=desk.first, now=now())
    with pytest.raises(Refused):
        proposals.agree(proposal.code, by=desk.first, now=now())
    with pytest.raises(Refused):
        actions.propose_connection(NAME, "postgres", entity=None, address_file=None, by="operator", now=now())
    assert not Service.objects.filter(name=NAME).exists()
    with pytest.raises(NotFound):
        queries.way_to(NAME)


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b", "", ".hidden", "x" * 200])
def test_an_address_file_is_a_plain_name(desk: Any, name: str) -> None:
    with pytest.raises(BadInput):
        addresses.read(desk.home, name)
    with pytest.raises(BadInput, match="There is no connector"):
        actions.propose_connection(NAME, "ldap", entity=None, address_file=None, by=desk.first, now=now())


def test_the_address_is_nowhere_in_the_desks_database(connected: Any, provider: Provider) -> None:
    stored = serializers.serialize("json", Service.objects.all())
    assert addresses.usual_file(NAME) in stored
    assert provider.role not in stored and "password" not in stored


def test_an_address_that_others_could_read_or_that_is_none_is_refused(connected: Any, provider: Provider) -> None:
    write_address(connected.home, provider.reader, 0o640)
    with pytest.raises(Unsafe, match="chmod 600"):
        queries.way_to(NAME)
    for nonsense in ("", "one\ntwo", "x" * 5000):
        write_address(connected.home, nonsense)
        with pytest.raises(BadInput, match="one line"):
            queries.way_to(NAME)
    path = write_address(connected.home, provider.reader)
    path.rename(path.with_suffix(".moved"))
    path.symlink_to(path.with_suffix(".moved"))
    with pytest.raises(Unsafe):
        queries.way_to(NAME)
    path.unlink()
    os.mkfifo(path, 0o600)
    with pytest.raises(BadInput, match="one line"):
        queries.way_to(NAME)


def test_disconnecting_needs_one_person_and_counts_at_once(connected: Any) -> None:
    queries.way_to(NAME)
    actions.disconnect(NAME, by="operator", now=now())
    with pytest.raises(NotFound):
        queries.way_to(NAME)
    with pytest.raises(NotFound):
        actions.disconnect(NAME, by="operator", now=now())
    connect(connected)
    queries.way_to(NAME)


def test_the_commands_say_what_there_is_and_what_is_wrong(connected: Any, provider: Provider, run: Any) -> None:
    listed = next(one for one in run("list").document if one["service"] == NAME)
    assert listed["connected"] is True
    assert run("check", NAME).code == 0
    provider.run(f"GRANT SELECT (password_hash) ON mailboxes TO {provider.role}")
    checked = run("check", NAME)
    assert checked.code == 1 and "can read secrets (mailboxes.password_hash)" in checked.text
    assert 'GRANT SELECT ("address", "id", "opened") ON "mailboxes" TO abeyance_reader;' in run("grants", NAME).text
    assert "user_ips" in run("grants", "synapse").text
    assert 'service = "synapse"' in run("map", "synapse").text
    with pytest.raises(NotFound):
        run("grants", "unheard-of")
    with pytest.raises(Refused, match="own token"):
        run("connect", NAME, "--connector", "postgres")
    assert run("disconnect", NAME).document == {"service": NAME, "connected": False}


def test_the_api_is_for_members_only(connected: Any) -> None:
    client = TestClient(api.router)
    for path in ("/services", f"/services/{NAME}/check", f"/services/{NAME}/grants"):
        assert client.get(path).status_code == 401
    assert client.delete(f"/services/{NAME}").status_code == 401
    token = (connected.home / "credentials" / "first.token").read_text().strip()
    headers = {"Authorization": f"Bearer {token}"}
    assert NAME in [one["service"] for one in client.get("/services", headers=headers).json()]
    assert client.get(f"/services/{NAME}/check", headers=headers).json()["fit"] is True
    made = client.post("/services", json={"service": "second", "connector": "postgres"}, headers=headers)
    assert made.status_code == 202
    assert client.delete(f"/services/{NAME}", headers=headers).status_code == 204
