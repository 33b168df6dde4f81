"""A link and a code: redeemed at the portal's own hatch, each time through the gate."""

from __future__ import annotations

import pytest

from abeyance.casefile.models import Link, Release
from abeyance.pauses import actions as pauses
from abeyance.release import links, making
from abeyance.site import hatch
from abeyance.site.demo.story import pause_of
from abeyance.site.requests import letters
from tests import hatching
from tests.desk import Desk


@pytest.fixture
def made(desk: Desk) -> links.Made:
    hatching.open_hatch(desk.home)
    ref = desk.agreed()
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    return links.make(package.key, to=desk.cast.fingerprint, by=desk.second, now=desk.now())


def redeemed(desk: Desk, made: links.Made, code: str = "") -> tuple[int, bytes]:
    head, pieces = hatch.ask(desk.home, token=made.token, code=code or made.code)
    return head["status"], b"".join(pieces) if head["status"] == 200 else str(head["error"]).encode()


def test_the_package_comes_with_the_right_code_and_each_time_is_a_release(desk: Desk, made: links.Made) -> None:
    status, body = redeemed(desk, made)
    assert status == 200
    assert hatching.decrypted(desk, body).startswith(b"PK")
    assert redeemed(desk, made)[0] == 200
    assert [row.state for row in Release.objects.all()] == ["gone", "gone"]


def test_five_wrong_codes_void_the_link_and_the_right_one_comes_too_late(desk: Desk, made: links.Made) -> None:
    for _ in range(links.MOST_WRONG):
        status, sentence = redeemed(desk, made, "AAAAA-AAAAA")
        assert status == 409
        assert b"The code is not right" in sentence
    assert redeemed(desk, made)[0] == 404
    assert Link.objects.get().void_at is not None
    assert not Release.objects.exists()


def test_a_link_that_was_sent_stops_working_when_a_pause_is_declared_and_says_nothing_of_it(
    desk: Desk, made: links.Made
) -> None:
    pauses.declare(pause_of("quill"), by="operator", now=desk.now())
    status, sentence = redeemed(desk, made)
    assert status == 409
    assert b"QUILL" not in sentence
    assert not Release.objects.exists()


def test_a_confirmed_hand_over_uses_the_link_up(desk: Desk, made: links.Made) -> None:
    from abeyance.release import handing

    assert redeemed(desk, made)[0] == 200
    row = Release.objects.select_related("package").get()
    handing.confirm(row.act, bytes(row.package.sha256).hex(), by=desk.second, now=desk.now())
    assert redeemed(desk, made)[0] == 404


def test_an_unknown_link_and_strange_questions_are_answered_with_a_sentence(desk: Desk, made: links.Made) -> None:
    head, _ = hatch.ask(desk.home, token="x" * 500, code="y" * 500)
    assert head["status"] == 404
