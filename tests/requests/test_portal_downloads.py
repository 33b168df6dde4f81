"""The portal's download as programs see it: headers by which any client goes on after a break, and what is refused."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as live
from django.test import Client
from django.urls import clear_url_caches
from pytest_django.live_server_helper import LiveServer

from abeyance.casefile.models import Release
from abeyance.release import links
from tests import hatching
from tests.desk import Desk

WHERE = "/hand-over"


@pytest.fixture
def made(desk: Desk, settings: Any) -> Iterator[links.Made]:
    hatching.open_hatch(desk.home)
    desk_pages = [each for each in live.MIDDLEWARE if "signin" in each or "allauth" in each]
    settings.MIDDLEWARE = [each for each in live.MIDDLEWARE if each not in desk_pages]
    settings.ROOT_URLCONF = "abeyance.site.portal_urls"
    clear_url_caches()
    yield hatching.link_to(desk, hatching.large_package(desk))
    clear_url_caches()


def basic(made: links.Made, code: str = "") -> str:
    return "Basic " + base64.b64encode(f"{made.token}:{code or made.code}".encode()).decode()


def asked(made: links.Made, **headers: str) -> Any:
    return Client().get(WHERE, headers={"authorization": basic(made), **headers})


def body(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def test_the_answer_says_how_to_go_on_and_heeds_what_is_asked(desk: Desk, made: links.Made) -> None:
    whole = asked(made)
    said = body(whole)
    mark = whole["ETag"]
    assert whole.status_code == 200
    assert mark == f'"{hashlib.sha256(said).hexdigest()}"'
    assert whole["Repr-Digest"] == f"sha-256=:{base64.b64encode(hashlib.sha256(said).digest()).decode()}:"
    assert (whole["Accept-Ranges"], int(whole["Content-Length"])) == ("bytes", len(said))
    rest = asked(made, range="bytes=1000000-", if_range=mark)
    assert rest.status_code == 206
    assert rest["Content-Range"] == f"bytes 1000000-{len(said) - 1}/{len(said)}"
    assert body(rest) == said[1000000:]
    other = asked(made, range="bytes=1000000-", if_range='"another"')
    assert (other.status_code, body(other)) == (200, said)
    beyond = asked(made, range=f"bytes={len(said)}-")
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(said)}")
    posted = Client().post(
        WHERE, {"token": made.token, "code": made.code}, "application/json", headers={"range": "bytes=5-"}
    )
    assert (posted.status_code, body(posted)) == (200, said), "a range is defined for GET alone"
    assert [row.state for row in Release.objects.order_by("pk")] == ["gone", "gone", "gone", "failed", "gone"]


def test_without_the_right_token_and_code_nothing_is_told(desk: Desk, made: links.Made) -> None:
    nobody = Client().get(WHERE)
    assert (nobody.status_code, nobody["WWW-Authenticate"].split()[0]) == (401, "Basic")
    for strange in ("Basic", "Basic !!!", "Basic YWJj", "Bearer x", "Basic /w=="):
        assert Client().get(WHERE, headers={"authorization": strange}).status_code == 401
    wrong = Client().get(WHERE, headers={"authorization": basic(made, "AAAAA-AAAAA"), "range": "bytes=999999999-"})
    assert wrong.status_code == 409
    assert "Content-Range" not in wrong, "how long it is would tell that there is something"
    assert Client().head(WHERE, headers={"authorization": basic(made)}).status_code == 405
    for ticket in ("", "x", "IjEyIg:1abc:zzz"):
        client = Client()
        client.cookies["abeyance_portal_ticket"] = ticket
        assert client.get("/redeem/package").status_code in (302, 404)
    assert not Release.objects.exists()


def test_a_browsers_ticket_holds_neither_token_nor_code_and_goes_on_until_the_link_ends(
    desk: Desk, made: links.Made
) -> None:
    browser = Client()
    sent = browser.post("/redeem/", {"token": made.token, "code": made.code})
    assert (sent.status_code, sent["Location"]) == (302, "/redeem/package")
    cookie = browser.cookies["abeyance_portal_ticket"]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == ("/redeem/package", True, "Strict")
    assert made.token not in cookie.value
    assert made.code.replace("-", "") not in cookie.value
    whole = body(browser.get("/redeem/package"))
    rest = browser.get("/redeem/package", headers={"range": "bytes=77-"})
    assert (rest.status_code, body(rest)) == (206, whole[77:])
    links.void(Release.objects.first().package_id, by=desk.second, now=desk.now())  # type: ignore[union-attr]
    assert browser.get("/redeem/package", headers={"range": "bytes=77-"}).status_code == 404


def test_curl_goes_on_where_it_stopped(desk: Desk, made: links.Made, tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not on this machine")
    server, target = LiveServer("localhost"), tmp_path / "package.encrypted"
    command = ["curl", "-sS", "-C", "-", "-o", str(target), "-u", f"{made.token}:{made.code}", f"{server.url}{WHERE}"]
    try:
        with subprocess.Popen([*command, "--limit-rate", "100k"]) as slow:
            until = time.monotonic() + 30
            while not (target.exists() and target.stat().st_size) and time.monotonic() < until:
                time.sleep(0.01)
            slow.kill()
        assert 0 < target.stat().st_size < hatching.LARGE
        assert subprocess.run(command, check=False).returncode == 0
        assert hatching.decrypted(desk, target.read_bytes()).startswith(b"PK")
        again = subprocess.run(command, check=False).returncode
        assert again in (0, 22), "what is whole already stays as it is"
        assert hatching.decrypted(desk, target.read_bytes()).startswith(b"PK")
    finally:
        server.stop()
