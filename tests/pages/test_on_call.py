"""On call: who is called, what is sent, that it is sent until somebody acknowledges, and the calendar feed."""

from __future__ import annotations

import http.server
import json
import os
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from abeyance.casefile.models import Case
from abeyance.errors import BadInput
from abeyance.pauses.models import PauseRow
from abeyance.people import proposals
from abeyance.people.models import Member
from abeyance.rules.permissions import Role
from abeyance.site.oncall import paging, sending, views, ways
from abeyance.site.oncall.models import Alarm, Turn, Way
from tests.casefile.packed import declare
from tests.pages.people import member_with, signed_in


@pytest.fixture
def heard(settings: Any) -> Iterator[list[dict[str, Any]]]:
    """A webhook's other end; the first thing in the list is its address."""
    said: list[dict[str, Any]] = []

    class Ear(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            said.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.ABEYANCE = replace(settings.ABEYANCE, alarm_hosts="127.0.0.1")
    said.append({"address": f"json://127.0.0.1:{server.server_port}/alarm"})
    yield said
    server.shutdown()
    server.server_close()


def emergency(desk: Any) -> str:
    return str(desk.confirmed(emergency=True, kind="emergency"))


def on_roster(member: Member, desk: Any, level: int = 1) -> None:
    now = desk.now()
    Turn.objects.create(member=member, begins=now - timedelta(hours=1), ends=now + timedelta(hours=8), level=level)


def test_an_emergency_wakes_who_is_on_call_until_it_is_acknowledged(desk: Any, heard: list[Any]) -> None:
    first, second = (Member.objects.get(code=code) for code in (desk.first, desk.second))
    for member in (first, second):
        ways.add(member, heard[0]["address"], now=desk.now())
    on_roster(first, desk)
    on_roster(second, desk, level=2)
    ref = emergency(desk)
    now = desk.now()
    assert (paging.tend(now), len(heard) - 1) == (1, 1)
    text = json.dumps(heard[1])
    assert "emergency" in text
    assert not any(word in text for word in (ref, "harbour", "HK", "+852"))
    assert paging.tend(now + timedelta(minutes=9)) == 0
    paging.tend(now + timedelta(minutes=11))
    assert len(heard) - 1 == 3  # the first again, and the second
    assert signed_in(desk.first).post(f"/emergency/{ref}/acknowledge").status_code == 302
    assert paging.tend(now + timedelta(minutes=30)) == 0
    assert Alarm.objects.get().acknowledged_by == desk.first


def test_what_is_due_is_raised_two_hours_before_and_again_when_it_has_passed(desk: Any) -> None:
    ref, now, sent = desk.confirmed(), desk.now(), []
    ways.add(Member.objects.get(code=desk.first), "json://alarms.example/", now=now)

    def send(address: str, subject: str, text: str) -> bool:
        sent.append(text)
        return True

    Case.objects.filter(ref=ref).update(next_due=now + timedelta(hours=3))
    assert paging.tend(now, send) == 0
    assert paging.tend(now + timedelta(minutes=61), send) == 1
    assert "due in 119 min" in sent[-1]
    paging.tend(now + timedelta(hours=3, minutes=5), send)
    assert "overdue by 5 min" in " ".join(sent)
    Case.objects.filter(ref=ref).update(closed_at=now)
    assert paging.waiting(now + timedelta(hours=9)) == []


def test_an_alarm_that_reaches_nobody_is_told_on_the_page(desk: Any) -> None:
    emergency(desk)
    assert paging.tend(desk.now(), lambda *_: False) == 0
    page = signed_in(desk.first).get("/on-call/").content.decode()
    assert "1 alarm has reached nobody" in page
    assert "Nobody has a turn now" in page


def test_an_address_is_sealed_and_strange_ones_are_refused(desk: Any) -> None:
    member = Member.objects.get(code=desk.first)
    ways.add(member, "mailto://user:secret-word@mail.example", now=desk.now())
    assert b"secret-word" not in bytes(Way.objects.get().sealed)
    for strange in ("", "nonsense", "file:///etc/passwd", "syslog://", "json://" + "x" * 3000):
        with pytest.raises(BadInput):
            ways.add(member, strange, now=desk.now())
    other = signed_in(desk.second)
    assert other.post(f"/on-call/ways/{Way.objects.get().pk}/drop").status_code == 404
    assert Way.objects.count() == 1


INSIDE = (
    *(
        "json://127.0.0.1:8300/",
        "jsons://localhost/",
        "json://169.254.169.254/latest",
        "xml://10.0.0.5/",
        "form://[::1]/",
    ),
    *(
        "json://[::ffff:127.0.0.1]/",
        "json://2130706433/",
        "json://0x7f.1/",
        "mailto://me:x@outside.example?smtp=127.0.0.1",
    ),
    *("ntfy://user:x@[fe80::1]/topic", "json://0.0.0.0/", "matrix://user:x@192.168.1.1/#room"),
)
OTHER_KINDS = ("dbus://", "macosx://", "windows://", "rsyslog://mail.example", "enigma2://mail.example", "custom://x/y")


def test_no_alarm_goes_inside_and_none_by_another_kind_of_service(desk: Any, heard: list[Any], settings: Any) -> None:
    member, inside = Member.objects.get(code=desk.first), heard[0]["address"]
    assert paging.by_apprise(inside, "s", "t")  # allowed by whoever runs the desk
    settings.ABEYANCE = replace(settings.ABEYANCE, alarm_hosts="")
    for address in INSIDE:
        with pytest.raises(BadInput, match="alarm_hosts"):
            ways.add(member, address, now=desk.now())
    for address in OTHER_KINDS:
        with pytest.raises(BadInput, match="They are by"):
            ways.add(member, address, now=desk.now())
    assert not paging.by_apprise(inside, "s", "t")  # as one that was added before
    # A name that led outside when it was looked at, or an answer that points on: the connection itself is refused.
    assert not sending.send(inside, "s", "t", allowed=())
    assert sending.send(inside, "s", "t", allowed=("127.0.0.1",))
    assert len(heard) - 1 == 2
    guard = sending.guarding(frozenset({"10.0.0.9"}))
    for event, arguments in (
        ("socket.connect", (None, ("169.254.169.254", 80))),
        ("socket.connect", (None, "/run/postgresql/.s.PGSQL.5432")),
        ("subprocess.Popen", ("sh", [], None, None)),
        ("open", ("/tmp/x", "w", os.O_WRONLY)),
    ):
        with pytest.raises(PermissionError):
            guard(event, arguments)
    guard("socket.connect", (None, ("10.0.0.9", 443)))
    guard("socket.connect", (None, ("2a00:1450:4001:82a::200e", 443, 0, 0)))


def test_the_emergency_view_shows_what_one_may_read(desk: Any) -> None:
    ref = emergency(desk)
    paging.tend(desk.now(), lambda *_: True)
    assert ref in signed_in(desk.first).get("/emergency/").content.decode()
    Case.objects.filter(ref=ref).update(restricted=True)
    clerk = signed_in(member_with(Role.INTAKE_CLERK).code)
    assert ref not in clerk.get("/emergency/").content.decode()
    assert clerk.post(f"/emergency/{ref}/acknowledge").status_code == 404
    assert Alarm.objects.get().acknowledged_at is None


def test_a_calendar_knows_when_and_not_what(desk: Any) -> None:
    ref = desk.confirmed()
    Case.objects.filter(ref=ref).update(next_due=desk.now() + timedelta(days=2))
    page = signed_in(desk.first).post("/on-call/feed").content.decode()
    path = page[page.index("/calendar/") :].partition("<")[0]
    feed = Client().get(path)
    body = feed.content.decode()
    assert body.count("BEGIN:VEVENT") == 1
    assert not any(word in body for word in (ref, "harbour", "HK-", "hk-"))
    signed_in(desk.first).post("/on-call/feed")
    assert Client().get(path).status_code == 404


def test_an_alarm_about_a_pause_is_open_until_two_people_decide_also_where_no_other_is(desk: Any) -> None:
    made = declare(desk)
    PauseRow.objects.update(confirm_by=desk.now() - timedelta(minutes=1))
    paging.raise_alarms(desk.now())
    (alarm,) = paging.open_alarms(desk.now())
    assert (alarm.case, alarm.kind) == (paging.key_of(PauseRow.objects.get().pk), "unconfirmed")
    proposals.agree(made.confirmation.code, by=desk.second, now=desk.now())
    assert paging.open_alarms(desk.now()) == []


def test_the_emergency_page_says_when_more_waits_than_it_shows(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    alarms, soon = "More alarms are open than are shown here", "More are due within a day than are shown here"
    page = signed_in(desk.first)

    def told() -> list[bool]:
        body = page.get("/emergency/").content.decode()
        return [words in body for words in (alarms, soon)]

    monkeypatch.setattr(views, "MOST_RAISED", 1)
    monkeypatch.setattr(views, "MOST_SOON", 1)
    refs = [desk.confirmed() for _ in range(4)]
    assert told() == [False, False]  # and every due date is worked out
    for number, ref in enumerate(refs, 1):
        Case.objects.filter(ref=ref).update(next_due=desk.now() + timedelta(hours=10 + number))
        assert told() == [False, number > 1]
    for number, ref in enumerate(refs, 1):
        Alarm.objects.create(case=ref, kind="due", about=Case.objects.get(ref=ref).next_due, raised_at=desk.now())
        assert told() == [number > 1, number < 3]
