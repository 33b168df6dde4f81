"""A running desk: its processes, its answers, and how it ends."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import Any

import psutil
import pytest

from tests.site.homes import Home, wait_until

DESK, PORTAL = 0, 1
KINDS = ("keyholder", "worker", "web desk", "web portal")
ADDRESS = re.compile(r"http://(?:127\.0\.0\.1|localhost):(\d+)/")


@dataclass
class Desk:
    home: Home
    process: Popen[str]
    ports: list[int]

    def ask(self, site: int, method: str, path: str, body: bytes = b"", **headers: str) -> tuple[int, Any, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.ports[site], timeout=20)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body=body or None, headers=named)
            answer = connection.getresponse()
            text = answer.read()
        kind = answer.headers.get_content_type()
        return answer.status, json.loads(text) if kind == "application/json" else text, answer.headers

    def bearer(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.home.token()}"}

    def children(self) -> dict[str, psutil.Process]:
        """By what they are, as their command says."""
        found = {}
        for child in psutil.Process(self.process.pid).children():
            with contextlib.suppress(psutil.Error):  # it may be dying at this moment
                words = " ".join(child.cmdline())
                found |= {name: child for name in KINDS if name in words}
        return found

    def is_another(self, name: str, pid: int) -> bool:
        found = self.children().get(name)
        return found is not None and found.pid != pid


def started(home: Home) -> Desk:
    process = home.start("serve", ABEYANCE_DESK_PORT="0", ABEYANCE_PORTAL_PORT="0")
    assert process.stdout is not None
    lines: list[str] = []
    while not any("credentials" in line for line in lines):
        line = process.stdout.readline()
        assert line, process.stderr.read() if process.stderr else ""
        lines.append(line)
    return Desk(home, process, [int(found) for found in ADDRESS.findall("".join(lines))[:2]])


def ended(desk: Desk) -> str:
    desk.process.terminate()
    _, said = desk.process.communicate(timeout=40)
    assert desk.process.returncode == 0
    return said


@pytest.fixture(scope="module")
def desk(ready: Home) -> Iterator[Desk]:
    made = started(ready)
    yield made
    ended(made)


def test_both_sites_say_only_whether_they_are_healthy(desk: Desk) -> None:
    for site in (DESK, PORTAL):
        assert desk.ask(site, "GET", "/health")[:2] == (200, {"healthy": True})


def test_the_desk_answers_members_and_nobody_else(desk: Desk) -> None:
    status, members, headers = desk.ask(DESK, "GET", "/api/members", **desk.bearer())
    assert status == 200 and len(members) == 2
    assert headers["Cache-Control"] == "no-store" and "default-src 'none'" in headers["Content-Security-Policy"]
    status, problem, headers = desk.ask(DESK, "GET", "/api/members", Authorization="Bearer abeyance-wrong")
    assert status == 401 and problem["error"] and headers["WWW-Authenticate"] == "Bearer"
    assert "Set-Cookie" not in headers


def test_every_operation_of_the_desk_needs_a_member(desk: Desk) -> None:
    _, schema, _ = desk.ask(DESK, "GET", "/api/openapi.json", **desk.bearer())
    asked = [(method, path) for path, methods in schema["paths"].items() for method in methods]
    assert len(asked) > 40
    said = {
        (method, path): desk.ask(DESK, method.upper(), re.sub(r"\{[^}]+\}", "1", path))[0] for method, path in asked
    }
    assert {operation: status for operation, status in said.items() if status != 401} == {}


def test_the_portal_has_nothing_of_the_desk(desk: Desk) -> None:
    assert desk.ask(PORTAL, "GET", "/api/members", **desk.bearer())[0] == 404
    assert desk.ask(PORTAL, "GET", "/pauses")[:2] == (200, [])
    status, note, _ = desk.ask(PORTAL, "GET", "/ledger/checkpoint")
    _, key, _ = desk.ask(PORTAL, "GET", "/ledger/key")
    assert status == 200
    found = desk.ask(PORTAL, "POST", f"/verify?key={key.decode().strip().replace('+', '%2B')}", body=note)[1]
    assert found["holds"] is True and found["what"] == "checkpoint"
    assert desk.ask(PORTAL, "POST", "/verify?key=no", body=note)[0] == 422


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/nothing", b"", 404),
        ("POST", "/api/members", b"{", 400),
        ("POST", "/api/members", b"[" * 100_000, 400),
        ("POST", "/api/members", b'{"handle": 1}', 422),
        ("POST", "/api/members", b'{"handle": "a\\u0000b", "roles": ["auditor"]}', 422),
        ("POST", "/api/members", b'{"handle": "first", "roles": ["king"]}', 422),
        ("GET", "/api/proposals/none", b"", 404),
        ("DELETE", "/health", b"", 200),
    ],
)
def test_what_is_wrong_is_a_sentence_in_json(desk: Desk, method: str, path: str, body: bytes, status: int) -> None:
    found, document, _ = desk.ask(DESK, method, path, body, Content_Type="application/json", **desk.bearer())
    assert found == status
    assert status == 200 or (document["error"] and document["reasons"] == [])


def test_a_body_beyond_its_bound_is_refused_before_it_is_read(desk: Desk) -> None:
    for site, path in ((DESK, "/api/members"), (PORTAL, "/verify")):
        assert desk.ask(site, "POST", path, Content_Length=str(2**21 + 1), **desk.bearer())[0] == 413
        assert desk.ask(site, "POST", path, b"{}", **desk.bearer())[0] in {200, 422}
    form = {"Content_Type": "multipart/form-data; boundary=x", **desk.bearer()}
    assert desk.ask(DESK, "POST", "/api/intake", Content_Length=str(2**31), **form)[0] == 413


def test_an_upload_is_sealed_as_it_arrives(desk: Desk) -> None:
    """Large enough that Django's own handler would have put it on the disk in the clear."""
    mark = "planted-" + "q7" * 16
    letter = f"Subject: a demand\r\nMessage-ID: <one@example.org>\r\n\r\n{mark}\r\n".encode() + b"line\r\n" * 600_000
    body = b"".join([
        b'--x\r\nContent-Disposition: form-data; name="files"; filename="letter.eml"\r\n',
        b"Content-Type: message/rfc822\r\n\r\n", letter, b"\r\n--x--\r\n",
    ])  # fmt: skip
    form = {"Content_Type": "multipart/form-data; boundary=x", **desk.bearer()}
    status, document, _ = desk.ask(DESK, "POST", "/api/intake", body, **form)
    assert status in {200, 201} and len(json.dumps(document)) < 100_000
    found = [path for path in desk.home.path.rglob("*") if path.is_file() and "pg" not in path.parts]
    assert not [path for path in found if mark.encode() in path.read_bytes()]
    assert list((desk.home.path / "documents").rglob("*"))


def test_a_name_that_is_not_ours_is_refused(desk: Desk) -> None:
    assert desk.ask(DESK, "GET", "/health", Host="evil.example")[0] == 400


def test_a_second_desk_in_the_same_home_is_refused(desk: Desk) -> None:
    said = desk.home.run("serve", code=1, ABEYANCE_DESK_PORT="0", ABEYANCE_PORTAL_PORT="0").stderr
    assert "already running" in said


def test_a_port_that_is_taken_is_named_before_anything_starts(desk: Desk) -> None:
    said = desk.home.run("serve", code=1, ABEYANCE_DESK_PORT=str(desk.ports[0])).stderr
    assert str(desk.ports[0]) in said and "ABEYANCE_DESK_PORT" in said


def test_commands_work_while_the_desk_runs(desk: Desk) -> None:
    assert len(desk.home.json("member", "list")) == 2
    assert desk.home.json("jobs", "list")["failed"] == []


def test_a_process_that_dies_is_started_again(desk: Desk) -> None:
    for name, before in desk.children().items():
        before.kill()
        assert wait_until(lambda name=name, pid=before.pid: desk.is_another(name, pid)), name  # type: ignore[misc]
    for site in (DESK, PORTAL):
        assert wait_until(lambda site=site: _healthy(desk, site))  # type: ignore[misc]
    assert desk.ask(DESK, "GET", "/api/members", **desk.bearer())[0] == 200


def _healthy(desk: Desk, site: int) -> bool:
    try:
        return desk.ask(site, "GET", "/health")[0] == 200
    except OSError:
        return False


def test_the_end_is_clean_and_a_second_start_has_everything(prepared: Home) -> None:
    """How soon it starts is measured by bench/memory.py."""
    desk = started(prepared)
    members = prepared.json("member", "list")
    descendants = psutil.Process(desk.process.pid).children(recursive=True)
    ended(desk)
    assert not psutil.wait_procs(descendants, timeout=5)[1]
    assert prepared.server() is None
    desk = started(prepared)
    assert prepared.json("member", "list") == members
    ended(desk)


def test_nothing_outlives_a_killed_supervisor(prepared: Home) -> None:
    desk = started(prepared)
    descendants = psutil.Process(desk.process.pid).children(recursive=True)
    os.kill(desk.process.pid, signal.SIGKILL)
    desk.process.communicate()
    assert not psutil.wait_procs(descendants, timeout=15)[1]
    prepared.run("member", "list")
    assert wait_until(lambda: prepared.server() is None)


def test_logs_are_for_the_operator_only(desk: Desk) -> None:
    logs = list((desk.home.path / "log").glob("*.log"))
    assert {"desk.log", "portal.log", "worker.log", "keys.log"} <= {path.name for path in logs}
    assert all(path.stat().st_mode & 0o077 == 0 for path in logs)
    assert not any("Traceback" in Path(path).read_text() for path in logs)
