"""`python -m bench.served NUMBER`: a desk with so many open requests and three pauses in force, behind the server that
`abeyance serve` starts. It says in one line of JSON where it is, and ends when its input does.

Two of them run side by side, so that a page over few and over many is asked for in turn.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlencode

from bench.world import World, world

ROOT = Path(__file__).resolve().parent.parent
PAUSES = {"B-HK": "HK", "B-IN": "IN", "B-US": "US"}
START_SECONDS, ANSWER_SECONDS = 120.0, 120.0
CSRF, TOKEN = "abeyance_desk_csrf", "B" * 32
APART = "apart"  # a member who takes no part in the requests that there are so many of


@dataclass(frozen=True)
class Served:
    port: int
    ref: str
    cookies: dict[str, str]  # by member: "first" sees everything


@dataclass
class Browser:
    """One signed-in session with a connection of its own, kept open as a browser does."""

    port: int
    cookie: str
    connection: http.client.HTTPConnection | None = None

    def get(self, path: str) -> bytes:
        try:
            return self._asked("GET", path)
        except http.client.RemoteDisconnected:  # it was idle for too long: a browser makes another, too
            self.close()
            return self._asked("GET", path)

    def post(self, path: str, form: dict[str, str]) -> bytes:
        """A form, and the page that it leads to."""
        return self._asked("POST", path, urlencode(form | {"csrfmiddlewaretoken": TOKEN}))

    def close(self) -> None:
        if self.connection is not None:
            self.connection.close()
        self.connection = None

    def _asked(self, method: str, path: str, body: str | None = None) -> bytes:
        if self.connection is None:
            self.connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=ANSWER_SECONDS)
        headers = {"Cookie": f"{self.cookie}; {CSRF}={TOKEN}", "Accept": "text/html", "Host": "localhost"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        said = answer.read()
        if answer.status == http.HTTPStatus.FOUND and method == "POST":
            return self.get(answer.headers["Location"])
        if answer.status != http.HTTPStatus.OK:
            raise RuntimeError(f"{method} {path} answered {answer.status}")
        return said


@contextmanager
def desk_of(number: int) -> Iterator[Served]:
    """A process of its own with a home, a database and a server of its own."""
    command = [sys.executable, "-m", "bench.served", str(number)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield Served(**json.loads(process.stdout.readline()))
    finally:
        process.stdin.close()
        process.wait(timeout=120)


def main(number: int) -> None:
    with world() as desk:
        ref = desk.packages(1)[0].case.ref
        desk.fill(1, number, country="HK", agency="hk-harbour-police", law="hk-nsl43-s7")
        desk.fill(number + 1, number + 30, country="GB", agency="gb-northshire-police", law="gb-copo")
        desk.run("VACUUM ANALYZE")
        _declare_pauses()
        cookies = {"first": cookie_of(desk.cast.first), APART: cookie_of(_member_apart())}
        with _server(desk) as port:
            print(json.dumps(asdict(Served(port, ref, cookies))), flush=True)
            sys.stdin.read()


def _declare_pauses() -> None:
    from abeyance.pauses import actions
    from abeyance.rules.pausefile import parse_pause

    for name, country in PAUSES.items():
        said = {"name": name, "jurisdictions": [country], "review_by": "2030-01-01", "stages": ["release"]}
        pause = parse_pause({**said, "reason": "bench", "statement": "bench"})
        actions.declare(pause, by="operator", now=datetime.now(UTC))


def _member_apart() -> str:
    from abeyance.people.models import Exclusion, Member

    now = datetime.now(UTC)
    member = Member.objects.create(
        handle=APART, roles=["reviewer"], founder=True, added_at=now, added_by="bench", roles_since=now
    )
    Exclusion.objects.create(member=member, jurisdiction="HK")
    return str(member.code)


def cookie_of(member: str) -> str:
    """A session as signing in with both factors leaves it."""
    from allauth.account.internal.userkit import user_id_to_str
    from django.conf import settings
    from django.test import Client

    from abeyance.site.signin import trying
    from abeyance.site.signin.models import Account

    trying.make(Path(settings.ABEYANCE_HOME) / "demo")
    account = Account.objects.get(member__code=member)
    browser = Client(HTTP_ACCEPT="text/html")
    browser.force_login(account, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = browser.session
    session["account_authentication_methods"] = [{"method": "mfa", "type": "totp", "at": time.time()}]
    session["account_authentication_methods_user"] = user_id_to_str(account)
    session.save()
    return "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())


@contextmanager
def _server(desk: World) -> Iterator[int]:
    port = _free_port()
    environment = {**os.environ, "ABEYANCE_HOME": str(desk.home), "ABEYANCE_DESK_PORT": str(port)}
    process = subprocess.Popen([sys.executable, "-m", "bench.bare"], cwd=ROOT, env=environment)
    try:
        _await(port)
        yield port
    finally:
        process.terminate()
        process.wait(timeout=30)


def _await(port: int) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        try:
            Browser(port, "").get("/health")
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the desk did not answer")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main(int(sys.argv[1]))
