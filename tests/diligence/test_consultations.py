"""Consultations by rule: who opens them and who sits there, what is refused, what ends, what may be told and quoted."""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta
from typing import Any

import pyrage
import pytest
from django.test import Client

from abeyance.diligence import consulting, queries, stating, talking
from abeyance.diligence.models import Consultation, Message, Seat, SeatMark
from abeyance.errors import BadInput, NotFound, Refused, SomeoneElseWasFirst
from abeyance.ledger.models import Entry
from abeyance.people import proposals
from abeyance.site import logs
from tests.desk import Desk
from tests.diligence.consultations import guest_seat, opened, propose
from tests.diligence.test_assessments import SAID, approved, begun, written


def come_in(desk: Desk, found: Consultation) -> Seat:
    issued = consulting.issue(found.code, guest_seat(found), by=desk.first, now=desk.now())
    word = talking.enter(issued.path.split("/")[2], issued.code, now=desk.now())
    seat = talking.seat_for(word, now=desk.now())
    assert seat is not None
    return seat


def envelope(*names: str, **changes: Any) -> str:
    wraps = {name: {"iv": random(12), "key": random(48)} for name in names}
    return json.dumps({"v": 1, "salt": random(16), "iv": random(12), "text": random(272), "wraps": wraps} | changes)


def random(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode()


def age_file(text: bytes = b"what I think") -> bytes:
    return pyrage.encrypt(text, [pyrage.x25519.Identity.generate().to_public()])


def test_two_members_open_it_after_the_risk_was_asked_and_nobody_is_invited_before(desk: Desk) -> None:
    assessment = begun(desk)
    with pytest.raises(BadInput, match="what advising us may cost"):
        propose(desk, assessment.code, answer="  ")
    with pytest.raises(BadInput, match="Risk: none-known"):
        propose(desk, assessment.code, risk="")
    waits = propose(desk, assessment.code, risk="high")
    found = consulting.find(waits.subject)
    assert found.age_first
    with pytest.raises(Refused):
        consulting.issue(found.code, "oak", by=desk.first, now=desk.now())
    with pytest.raises(Refused):
        proposals.agree(waits.code, by=desk.first, now=desk.now())
    proposals.agree(waits.code, by=desk.second, now=desk.now())
    assert found.seats.filter(host=True).count() == 2
    assert not any("watched" in str(bytes(row.content)) for row in Entry.objects.all())


def test_link_and_code_work_once_together_and_the_return_word_until_the_end(desk: Desk) -> None:
    found = opened(desk)
    older = consulting.issue(found.code, guest_seat(found), by=desk.first, now=desk.now())
    issued = consulting.issue(found.code, guest_seat(found), by=desk.first, now=desk.now())
    token = issued.path.split("/")[2]
    for wrong in ((token, "AAAAA-AAAAA"), (older.path.split("/")[2], older.code), ("x", issued.code)):
        with pytest.raises(NotFound):
            talking.enter(*wrong, now=desk.now())
    word = talking.enter(token, issued.code.lower(), now=desk.now())
    with pytest.raises(SomeoneElseWasFirst, match="used already"):
        talking.enter(token, issued.code, now=desk.now())
    with pytest.raises(Refused, match="return word"):
        consulting.issue(found.code, guest_seat(found), by=desk.first, now=desk.now())
    assert talking.seat_for(word, now=desk.now()) is not None
    assert talking.seat_for(word + "x", now=desk.now()) is None
    assert talking.seat_for(word, now=desk.now() + timedelta(days=15)) is None


def test_only_ciphertext_is_kept(desk: Desk) -> None:
    found = opened(desk)
    seat = come_in(desk, found)
    plain = base64.b64encode(b"The expert says this in plain words. " * 8).decode()
    wrongs = ["hello", "{}", "[]", envelope(), envelope("nobody"), envelope(seat.name, text=plain), "{" * 100_000]
    wrongs += [envelope(seat.name, more="x"), envelope(seat.name, salt="AAAA"), envelope(seat.name, v=2)]
    for wrong in wrongs:
        with pytest.raises(BadInput):
            talking.say(seat, wrong, now=desk.now())
    for wrong_file in (b"plain", b"", b"%PDF-1.4", age_file(b"x" * (6 * 2**20))):
        with pytest.raises(BadInput, match="encrypted with age"):
            talking.send_file(seat, wrong_file, now=desk.now())
    for kind, value in (("key", random(64)), ("key", "AGE-SECRET-KEY-1"), ("age", "age1x"), ("visit", "x")):
        with pytest.raises(BadInput, match="no public key"):
            talking.leave_key(seat, kind, value, now=desk.now())
    assert not Message.objects.exists()
    talking.say(seat, envelope(seat.name), now=desk.now())
    talking.send_file(seat, age_file(), now=desk.now())
    talking.leave_key(seat, "age", str(pyrage.x25519.Identity.generate().to_public()), now=desk.now())
    with pytest.raises(SomeoneElseWasFirst, match="cannot be replaced"):
        talking.leave_key(seat, "age", str(pyrage.x25519.Identity.generate().to_public()), now=desk.now())
    told = talking.shown(seat)
    assert (len(told["messages"]), len(told["files"])) == (1, 1)


def test_on_the_set_date_access_ends_and_ciphertext_is_destroyed(desk: Desk) -> None:
    found = opened(desk)
    seat = come_in(desk, found)
    talking.say(seat, envelope(seat.name), now=desk.now())
    talking.consent(seat, "ab" * 32, given=True, now=desk.now())
    later = desk.now() + timedelta(days=15)
    with pytest.raises(NotFound, match="is over"):
        talking.say(seat, envelope(seat.name), now=later)
    assert consulting.end_due(desk.now()) == 0
    assert consulting.end_due(later) == 1
    assert consulting.end_due(later) == 0
    assert not Message.objects.exists()
    assert set(SeatMark.objects.values_list("kind", "value")) == {("visit", ""), ("yes", "ab" * 32)}
    assert Entry.objects.filter(kind="ConsultationEnded").count() == 1


def test_a_passage_is_taken_by_consent_to_exactly_its_words_and_consent_may_be_taken_back(desk: Desk) -> None:
    assessment = begun(desk)
    written(desk, assessment)
    found = opened(desk)
    seat = come_in(desk, found)
    words, salt = "Their courts do not review this.", "5a" * 16
    digest = consulting.digest_of(salt, words)

    def take(text: str, by: str = desk.first) -> None:
        consulting.take(found.code, seat.name, text, salt, by=by, now=desk.now())

    with pytest.raises(Refused, match="has not consented"):
        take(words)
    talking.consent(seat, digest, given=True, now=desk.now())
    with pytest.raises(Refused, match="has not consented"):
        take(words + " Ever.")
    take(words)
    assert [quote.text for quote in queries.shown(queries.newest(assessment)).quotes] == [words]
    with pytest.raises(SomeoneElseWasFirst):
        take(words, by=desk.second)
    with pytest.raises(BadInput, match="not written by hand"):
        written(desk, assessment, quotes=[{"consultation": "c", "seat": "s", "text": "t", "salt": "x", "digest": "d"}])
    approved(desk, assessment)
    talking.consent(seat, digest, given=False, now=desk.now())
    with pytest.raises(Refused, match="taken back"):
        stating.propose_approval(assessment.code, by=desk.first, now=desk.now())


def test_what_one_guest_may_leave_is_bounded_and_files_are_listed_by_their_size(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = age_file()
    monkeypatch.setattr(talking, "MOST_BYTES", len(sent))
    monkeypatch.setattr(talking, "MOST_CONSENTS", 1)
    seat = come_in(desk, opened(desk))
    talking.send_file(seat, sent, now=desk.now())
    assert [each["size"] for each in talking.shown(seat)["files"]] == [len(sent)]
    with pytest.raises(BadInput, match="as many messages"):
        talking.send_file(seat, age_file(), now=desk.now())
    talking.consent(seat, "ab" * 32, given=True, now=desk.now())
    with pytest.raises(BadInput, match="as many answers"):
        talking.consent(seat, "cd" * 32, given=True, now=desk.now())


def test_an_affected_group_counts_as_consulted_once_somebody_came(desk: Desk) -> None:
    assessment = begun(desk)
    written(desk, assessment, parts={key: text for key, text in SAID["parts"].items() if key != "not-consulted"})
    found = opened(desk, audience="affected")
    with pytest.raises(Refused, match="No affected group was consulted"):
        stating.propose_approval(assessment.code, by=desk.first, now=desk.now())
    come_in(desk, found)
    approved(desk, assessment)


def test_lines_about_a_request_name_no_target_and_take_two_who_may_read_it(desk: Desk) -> None:
    found, ref = opened(desk), desk.confirmed()
    with pytest.raises(Refused, match="names"):
        consulting.propose_lines(found.code, ref, ["Asked about +85291234567."], by=desk.first, now=desk.now())
    waits = consulting.propose_lines(found.code, ref, ["Police ask about one post."], by=desk.first, now=desk.now())
    assert [line["agreed"] for line in consulting.lines(found, desk.second)] == [False]
    with pytest.raises(Refused):
        proposals.agree(waits.code, by=desk.first, now=desk.now())
    proposals.agree(waits.code, by=desk.second, now=desk.now())
    assert [(line["text"], line["agreed"]) for line in consulting.lines(found, desk.second)] == [
        ("Police ask about one post.", True)
    ]
    waits = consulting.propose_lines(found.code, ref, ["Police ask about one reply."], by=desk.first, now=desk.now())
    assert waits in proposals.waiting("operator")
    desk.case(ref).__class__.objects.filter(ref=ref).update(restricted=True)
    assert consulting.lines(found, "operator") == []
    assert proposals.find_for(waits.code, desk.second) == waits
    assert waits not in proposals.waiting("operator")
    with pytest.raises(NotFound):
        proposals.find_for(waits.code, "operator")


def test_with_scripts_off_a_guest_comes_in_exchanges_files_consents_and_leaves(
    desk: Desk, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.MIDDLEWARE = [each for each in settings.MIDDLEWARE if "signin" not in each and "allauth" not in each]
    settings.ROOT_URLCONF = "abeyance.site.portal_urls"
    found = opened(desk, risk="high")
    issued = consulting.issue(found.code, guest_seat(found), by=desk.first, now=desk.now())
    browser = Client(HTTP_ACCEPT="text/html", HTTP_USER_AGENT="A-Browser-Of-Somebody", REMOTE_ADDR="203.0.113.7")
    assert "drawn by chance" in browser.get(issued.path).content.decode()
    assert browser.post(issued.path, {"code": "wrong"}).status_code == 404
    assert browser.post(issued.path, {"code": issued.code})["Location"] == "/consult/"
    page = browser.get("/consult/").content.decode()
    assert "does not protect against an operator who alters this page" in page
    assert page.index("Encrypt with age") < page.index("Encrypted conversation"), "where risk is high, files come first"
    assert "http://" not in page.replace("http://www.w3.org", "")
    assert "https://" not in page
    with (desk.home / "out.age").open("wb+") as file:
        file.write(age_file())
        file.seek(0)
        assert browser.post("/consult/say", {"way": "file", "file": file}).status_code == 302
    number = Message.objects.get().pk
    assert browser.get(f"/consult/file/{number}").content.startswith(b"age-encryption.org/v1")
    assert browser.post("/consult/say", {"way": "yes", "digest": "cd" * 32}).status_code == 302
    refused = browser.post("/consult/say", {"way": "say", "envelope": "plain words"})
    assert (refused.status_code, "not encrypted in your browser" in refused.content.decode()) == (422, True)
    word = browser.cookies["abeyance_guest"].value
    browser.post("/consult/leave")
    assert browser.get("/consult/messages").status_code == 404
    assert browser.post("/consult/return", {"word": "x"}).status_code == 404
    assert browser.post("/consult/return", {"word": word}).status_code == 302
    assert "Come back" not in browser.get("/consult/").content.decode()
    kept = str(list(SeatMark.objects.values())) + str(list(Seat.objects.values())) + str(list(Message.objects.values()))
    assert "A-Browser" not in kept
    assert "203.0.113.7" not in kept
    assert word not in kept
    said = "\n".join(logs.Discreet().format(record) for record in caplog.records)
    assert "consult/<str:token>/" in said, "the wrong code was said to the log"
    assert issued.path not in said
