"""A real Matrix Synapse on a real PostgreSQL, with two real clients who have talked in a clear and an encrypted room.

    reason = world.missing()          # a sentence, where Synapse cannot be had
    with world.running() as synapse:
        synapse.superuser_dsn, synapse.alice.user_id, synapse.clear_room, synapse.alice.said_sealed, ...

Synapse is under the AGPL: it runs as a process of its own, from an environment of its own, and is never imported.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from abeyance.site import databases
from abeyance.site.home import Home
from abeyance.site.in_use import alone
from abeyance.site.postgres import SUPERUSER

ROOT = Path(__file__).resolve().parents[2]
SYNAPSE, CLIENTS = ROOT / ".cache" / "synapse", ROOT / ".cache" / "nio"
SERVER_NAME = "matrix.example"
DATABASE, OWNER = "synapse", "synapse_owner"
UP_SECONDS, TALK_SECONDS, NOTICED_SECONDS = 60, 120, 40


@dataclass(frozen=True)
class Person:
    user_id: str
    password: str
    device_id: str
    device_name: str
    access_token: str
    email: str
    telephone: str
    said_clear: tuple[str, ...]
    said_sealed: tuple[str, ...]
    read: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """`dsn` is that of Synapse's own role, `superuser_dsn` the one that may make the desk's reading role."""

    dsn: str
    superuser_dsn: str
    server_name: str
    alice: Person
    bob: Person
    clear_room: str
    sealed_room: str
    secrets: tuple[str, ...]

    def dsn_for(self, role: str, password: str) -> str:
        """The same database as another role."""
        return psycopg.conninfo.make_conninfo(self.superuser_dsn, user=role, password=password)

    def superuser(self) -> psycopg.Connection[Any]:
        return psycopg.connect(self.superuser_dsn, autocommit=True)


@cache
def missing() -> str | None:
    """None where a world can be made; else why not, as one sentence. Installs what is missing, if it can."""
    made = (SYNAPSE / "installed", CLIENTS / "installed")
    try:
        (ROOT / ".cache").mkdir(exist_ok=True)
        with alone(ROOT / ".cache" / "lock"):
            done = subprocess.run(
                ["sh", str(ROOT / "tools" / "synapse-env")],
                env={**os.environ, "PYTHON": sys.executable, "PIP_RETRIES": "1", "PIP_DEFAULT_TIMEOUT": "20"},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=600,
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as problem:
        return f"Matrix Synapse could not be installed ({type(problem).__name__}); tools/synapse-env does it."
    if done.returncode != 0 or not all(path.exists() for path in made):
        return "Matrix Synapse could not be installed from its hashed list; tools/synapse-env says why."
    return None


@contextmanager
def running() -> Iterator[World]:
    """Server, database and all are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="abe-syn-"))
    folder.chmod(0o711)
    home = Home(folder)
    home.make_folders()
    home.cluster.join()
    try:
        owner_password = _make_database(home)
        with _synapse(folder, _database_arguments(home, owner_password)) as server:
            world = _inhabit(home, folder, server, owner_password)
            _wait_until_settled(world)
            yield world
    finally:
        home.cluster.leave()
        shutil.rmtree(folder, ignore_errors=True)


# --- the database


def _make_database(home: Home) -> str:
    password = secrets.token_hex(24)
    role, name = sql.Identifier(OWNER), sql.Identifier(DATABASE)
    with databases.connect_as_superuser(home) as connection:
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(role, sql.Literal(password)))
        connection.execute(
            sql.SQL(
                "CREATE DATABASE {} OWNER {} TEMPLATE template0 ENCODING 'UTF8' LOCALE_PROVIDER libc "
                "LC_COLLATE 'C' LC_CTYPE 'C'"
            ).format(name, role)
        )
    return password


def _database_arguments(home: Home, password: str) -> dict[str, Any]:
    host = str(home.cluster.sockets)
    return {"user": OWNER, "password": password, "dbname": DATABASE, "host": host, "cp_min": 2, "cp_max": 5}


def _dsn(home: Home, user: str, password: str) -> str:
    host = str(home.cluster.sockets)
    return psycopg.conninfo.make_conninfo(host=host, dbname=DATABASE, user=user, password=password)


# --- the server


@contextmanager
def _synapse(folder: Path, database: dict[str, Any]) -> Iterator[str]:
    port = _free_port()
    config = _write_config(folder, port, database)
    command = [str(SYNAPSE / "bin" / "python"), "-m", "synapse.app.homeserver", "--config-path", str(config)]
    quiet: dict[str, Any] = {"cwd": folder, "stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    with (folder / "out.log").open("wb") as out:
        subprocess.run([*command, "--generate-keys"], stdout=out, check=True, timeout=60, **quiet)
        process = subprocess.Popen(command, stdout=out, **quiet)
    try:
        server = f"http://127.0.0.1:{port}"
        _wait_until_up(server, process, folder / "out.log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _write_config(folder: Path, port: int, database: dict[str, Any]) -> Path:
    """JSON is YAML too."""
    generous = {"per_second": 1000, "burst_count": 1000}
    log = {"version": 1, "root": {"level": "ERROR", "handlers": ["out"]}}
    log["handlers"] = {"out": {"class": "logging.StreamHandler"}}
    (folder / "log.yaml").write_text(json.dumps(log))
    listener = {"port": port, "type": "http", "tls": False, "bind_addresses": ["127.0.0.1"]}
    config = {
        "server_name": SERVER_NAME,
        "public_baseurl": f"http://127.0.0.1:{port}/",
        "listeners": [{**listener, "resources": [{"names": ["client"]}]}],
        "database": {"name": "psycopg2", "args": database},
        "registration_shared_secret": secrets.token_hex(24),
        "macaroon_secret_key": secrets.token_hex(24),
        "form_secret": secrets.token_hex(24),
        "signing_key_path": str(folder / "signing.key"),
        "media_store_path": str(folder / "media"),
        "log_config": str(folder / "log.yaml"),
        "pid_file": str(folder / "synapse.pid"),
        "trusted_key_servers": [],
        "report_stats": False,
        "background_updates": {"sleep_enabled": False, "sleep_duration_ms": 0},
        "rc_login": {"address": generous, "account": generous, "failed_attempts": generous},
        "rc_message": generous,
        "rc_joins": {"local": generous, "remote": generous},
        "rc_invites": {"per_room": generous, "per_user": generous, "per_issuer": generous},
    }
    path = folder / "homeserver.yaml"
    path.write_text(json.dumps(config))
    return path


def _wait_until_up(server: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + UP_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{server}/_matrix/client/versions", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise RuntimeError(f"Synapse did not come up: {log.read_text(errors='replace')[-2000:]}")


def _wait_until_settled(world: World) -> None:
    """A new server still rebuilds its tables for a while; rights given meanwhile would meet tables that have gone."""
    until = time.monotonic() + UP_SECONDS
    with world.superuser() as connection:
        while connection.execute("SELECT 1 FROM background_updates LIMIT 1").fetchone():
            if time.monotonic() > until:
                raise RuntimeError(f"Synapse still rebuilds its tables after {UP_SECONDS} seconds.")
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


# --- the people


def _inhabit(home: Home, folder: Path, server: str, owner_password: str) -> World:
    told = [_told("alice", "+4915550100"), _told("bob", "+4915550101")]
    operator = {"user_id": f"@operator:{SERVER_NAME}", "password": secrets.token_hex(16)}
    for person in (*told, operator):
        _register(folder, server, person, admin=person is operator)
    admin_token = _sign_in(server, operator)
    for person in told:
        _add_addresses(server, admin_token, person)
    answer = _talk(server, told)
    dsn, superuser_dsn = _dsn(home, OWNER, owner_password), _dsn(home, SUPERUSER, home.cluster.password())
    alice, bob = (_person(one, back) for one, back in zip(told, answer["people"], strict=True))
    with psycopg.connect(superuser_dsn, autocommit=True) as connection:
        _wait_for_addresses_seen(connection, alice.user_id)
        hashes = [row[0] for row in connection.execute("SELECT password_hash FROM users")]
        tokens = [row[0] for row in connection.execute("SELECT token FROM access_tokens")]
    known = (*hashes, *tokens, alice.password, bob.password, alice.access_token, bob.access_token)
    return World(
        dsn=dsn,
        superuser_dsn=superuser_dsn,
        server_name=SERVER_NAME,
        alice=alice,
        bob=bob,
        clear_room=answer["clear_room"],
        sealed_room=answer["sealed_room"],
        secrets=tuple(dict.fromkeys(known)),
    )


def _told(name: str, telephone: str) -> dict[str, Any]:
    """What a person says is drawn, so that a string found elsewhere can only come from here."""
    return {
        "user_id": f"@{name}:{SERVER_NAME}",
        "password": secrets.token_hex(16),
        "device_name": f"{name}'s telephone",
        "email": f"{name}@mail.example",
        "telephone": telephone,
        "clear": [f"{name} waters the beans {secrets.token_hex(6)} {number}" for number in range(3)],
        "sealed": [f"{name} hides the key {secrets.token_hex(6)} {number}" for number in range(3)],
    }


def _register(folder: Path, server: str, person: dict[str, Any], *, admin: bool) -> None:
    name = person["user_id"].split(":")[0][1:]
    command = [str(SYNAPSE / "bin" / "register_new_matrix_user"), "-u", name, "-p", person["password"]]
    command += ["-a" if admin else "--no-admin", "-c", str(folder / "homeserver.yaml"), server]
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True, timeout=60, cwd=folder)


def _ask(server: str, method: str, path: str, body: dict[str, Any], token: str = "") -> dict[str, Any]:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(server + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=20) as answer:
        return dict(json.load(answer))


def _sign_in(server: str, person: dict[str, Any]) -> str:
    who = {"type": "m.id.user", "user": person["user_id"]}
    body = {"type": "m.login.password", "identifier": who, "password": person["password"]}
    return str(_ask(server, "POST", "/_matrix/client/v3/login", body)["access_token"])


def _add_addresses(server: str, token: str, person: dict[str, Any]) -> None:
    mail = {"medium": "email", "address": person["email"]}
    telephone = {"medium": "msisdn", "address": person["telephone"].lstrip("+")}
    path = f"/_synapse/admin/v2/users/{person['user_id']}"
    _ask(server, "PUT", path, {"threepids": [mail, telephone], "displayname": person["device_name"][:5]}, token)


def _talk(server: str, told: list[dict[str, Any]]) -> dict[str, Any]:
    done = subprocess.run(
        [str(CLIENTS / "bin" / "python"), str(Path(__file__).with_name("two_clients.py"))],
        input=json.dumps({"server": server, "people": told}),
        capture_output=True,
        text=True,
        timeout=TALK_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"The two clients could not talk: {done.stderr[-2000:]}")
    return dict(json.loads(done.stdout))


def _person(told: dict[str, Any], back: dict[str, Any]) -> Person:
    return Person(
        user_id=back["user_id"],
        password=told["password"],
        device_id=back["device_id"],
        device_name=told["device_name"],
        access_token=back["access_token"],
        email=told["email"],
        telephone=told["telephone"],
        said_clear=tuple(told["clear"]),
        said_sealed=tuple(told["sealed"]),
        read=tuple(back["read"]),
    )


def _wait_for_addresses_seen(connection: psycopg.Connection[Any], user_id: str) -> None:
    """Synapse writes down from where people connect in batches."""
    until = time.monotonic() + NOTICED_SECONDS
    while time.monotonic() < until:
        if connection.execute("SELECT 1 FROM user_ips WHERE user_id = %s", [user_id]).fetchone():
            return
        time.sleep(0.5)
    raise RuntimeError("Synapse wrote down no address of its users.")
