"""A way to be heard: without an account, with a clock, decided by somebody who did not declare, told why; alarms."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings as live
from django.test import Client

from abeyance.errors import BadInput, NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.notice import hearings
from abeyance.notice.models import Hearing
from abeyance.pauses import actions as pauses
from abeyance.people import actions as members
from abeyance.people.models import Member
from abeyance.policy import queries as policy
from abeyance.rules.hearings import Asker, HearingOutcome, against_deciding
from abeyance.rules.permissions import Role
from abeyance.site import hatch
from abeyance.site.oncall import paging, ways
from tests.casefile.packed import codes, declare, stated
from tests.desk import Desk
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller
from tests.requests.test_by_command import Run, run

__all__ = ["run"]
SAID = "My sister is missing; please look again."


def asked(desk: Desk, pause: str = "HK-2020-07") -> str:
    received = hearings.receive(
        pause, Asker.VICTIM, SAID, "sister@post.example", channel="portal", by="portal", now=desk.now()
    )
    return received.code


def decide(desk: Desk, code: str, by: str) -> Hearing:
    return hearings.decide(code, HearingOutcome.EXCEPTION, "Life is at risk.", by=by, now=desk.now())


def test_the_rule_lets_everybody_decide_but_those_whose_pause_it_is() -> None:
    involved = frozenset({"m-1", "m-2"})
    assert [bool(against_deciding(code, involved, "P")) for code in ("m-1", "m-2", "m-3")] == [True, True, False]


def test_who_declared_or_amended_does_not_decide_and_somebody_else_does_with_a_reason(desk: Desk) -> None:
    declare(desk, review={"who": "The board.", "how": "By post.", "days": 10})
    code = asked(desk)
    row = Hearing.objects.get()
    assert row.due - row.arrived_at == timedelta(days=10)
    with pytest.raises(Refused) as refused:
        decide(desk, code, desk.first)
    assert codes(refused.value) == {"own-pause"}
    amended = stated(statement="We pause still.", review={"who": "The board.", "how": "By post.", "days": 10})
    pauses.amend(amended, by=desk.second, now=desk.now())
    with pytest.raises(Refused) as refused:
        decide(desk, code, desk.second)
    assert codes(refused.value) == {"own-pause"}
    other = member_with(Role.APPROVER).code
    with pytest.raises(BadInput):
        hearings.decide(code, HearingOutcome.STAYS, " ", by=other, now=desk.now())
    decide(desk, code, other)
    with pytest.raises(Refused) as refused:
        decide(desk, code, other)
    assert codes(refused.value) == {"decided"}
    assert list(Entry.objects.filter(kind__startswith="Hearing").values_list("kind", flat=True).order_by("pk")) == [
        "HearingReceived",
        "HearingDecided",
    ]


def test_what_is_said_is_sealed_and_whoever_asked_sees_only_what_came_of_it(desk: Desk) -> None:
    declare(desk)
    received = hearings.receive(
        "HK-2020-07", Asker.AGENCY, SAID, "x@y.example", channel="portal", by="portal", now=desk.now()
    )
    row = Hearing.objects.get()
    assert b"sister" not in bytes(row.said)
    assert hearings.behind(received.token, now=desk.now())["outcome"] is None
    decide(desk, received.code, member_with(Role.AUDITOR).code)
    told = hearings.behind(received.token, now=desk.now())
    assert (told["outcome"], told["reason"]) == ("exception", "Life is at risk.")
    assert "said" not in told
    with pytest.raises(NotFound):
        hearings.behind("another", now=desk.now())
    with pytest.raises(NotFound):
        asked(desk, "NO-SUCH")
    kept = policy.books()[0].policy.retention.closed_cases
    Hearing.objects.update(decided_at=desk.now() - kept - timedelta(days=1))
    assert hearings.forget(desk.now()) == 1
    assert bytes(Hearing.objects.get().said) == b""


def test_an_overdue_one_alarms_until_somebody_acknowledges(desk: Desk, settings: Any) -> None:
    declare(desk)
    code, sent = asked(desk), []
    settings.ABEYANCE = replace(settings.ABEYANCE, alarm_hosts="127.0.0.1")
    ways.add(Member.objects.get(code=desk.first), "json://127.0.0.1:9/", now=desk.now())

    def send(address: str, subject: str, text: str) -> bool:
        if "request for review" in text:  # the pause itself alarms until it is confirmed
            sent.append(text)
        return True

    def woken(moment: datetime) -> int:
        before = len(sent)
        paging.tend(moment, send)
        return len(sent) - before

    due = Hearing.objects.get().due
    assert woken(desk.now()) == 0
    assert woken(due - timedelta(days=2)) == 1
    assert woken(due + timedelta(minutes=5)) == 1
    assert "request for review is overdue by 5 min" in sent[-1]
    assert code not in "".join(sent)
    Hearing.objects.update(due=datetime.fromisoformat("2020-07-06T00:00:00+00:00"))
    paging.tend(desk.now(), send)
    browser = signed_in(desk.second)
    assert code in browser.get("/emergency/").content.decode()
    assert browser.post(f"/emergency/{code}/acknowledge").status_code == 302
    assert woken(desk.now() + timedelta(hours=1)) == 0


def test_page_command_and_api(desk: Desk, run: Run) -> None:
    declare(desk)
    said = ("--asker", "victim", "--said", SAID, "--channel", "post")
    code = run("hearing", "receive", "HK-2020-07", *said, by="second").document["hearing"]
    assert [each["hearing"] for each in run("hearing", "list", by="first").document] == [code]
    assert SAID in run("hearing", "show", code, by="first").text
    with pytest.raises(Refused):
        run("hearing", "decide", code, "--outcome", "stays", "--reason", "no", by="first")
    assert run("hearing", "decide", code, "--outcome", "lift", "--reason", "yes", by="second").document["outcome"]

    first, second = Caller(desk, "first"), Caller(desk, "second")
    body = {"pause": "HK-2020-07", "asker": "agency", "said": "We ask again.", "channel": "mail"}
    made = first.post("/hearings", body).json()
    assert first.post(f"/hearings/{made['hearing']}/decide", {"outcome": "stays", "reason": "x"}).status_code == 409
    browser = signed_in(desk.second)
    assert made["hearing"] in browser.get("/hearings/").content.decode()
    assert "We ask again." in browser.get(f"/hearings/{made['hearing']}/").content.decode()
    form = {"outcome": "stays", "reason": "It is right."}
    assert browser.post(f"/hearings/{made['hearing']}/decide", form).status_code == 302
    assert second.get(f"/hearings/{made['hearing']}").json()["reason"] == "It is right."


def test_who_takes_no_part_in_a_country_sees_nothing_of_it(desk: Desk) -> None:
    declare(desk)
    code = asked(desk)
    members.exclude_self("HK", by=desk.second, now=desk.now())
    assert code not in signed_in(desk.second).get("/hearings/").content.decode()
    with pytest.raises(NotFound):
        hearings.find(code, by=desk.second, now=desk.now())
    assert hearings.find(code, by=desk.first, now=desk.now()).code == code


def test_anybody_asks_on_the_portal_without_an_account(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    settings.MIDDLEWARE = [each for each in live.MIDDLEWARE if "signin" not in each and "allauth" not in each]
    settings.ROOT_URLCONF = "abeyance.site.portal_urls"
    declare(desk)

    def tell(home: Any, **question: str) -> dict[str, Any]:
        return hatch.ASKED[question["what"]](question)

    monkeypatch.setattr(hatch, "tell", tell)
    browser = Client()
    form = browser.get("/paused/HK-2020-07/review/").content.decode()
    assert "Decided within 30 days." in form
    answer = browser.post("/paused/HK-2020-07/review/", {"asker": "victim", "said": SAID, "contact": ""})
    page = answer.content.decode()
    assert Hearing.objects.get().code in page
    token = page.partition("<code>")[2].partition("/review/")[2].partition("/")[0]
    assert "HK-2020-07" in browser.get(f"/review/{token}/").content.decode()
    assert browser.post("/paused/HK-2020-07/review/", {"asker": "victim", "said": " "}).status_code == 422
    assert browser.get("/paused/NO-SUCH/review/").status_code == 404
