"""An exception that has become a way round is suspended by one person, and used again only when two agree."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils.html import escape

from abeyance.casefile.models import ExceptionUse
from abeyance.errors import Refused
from abeyance.ledger.models import Entry
from abeyance.patterns import actions
from abeyance.pauses import actions as pauses
from abeyance.pauses import alarming, exceptions
from abeyance.people import proposals
from abeyance.rules.patterns import FEWEST
from tests.casefile.packed import codes, declare, sealed, verdict
from tests.desk import Desk
from tests.pages.people import signed_in

LIFE = {"name": "life", "sentence": "A life is in danger.", "kinds": ["disclosure"]}


def use(desk: Desk, ref: str) -> None:
    exceptions.propose_use(ref, "HK-2020-07", "life", by=desk.first, now=desk.now())
    exceptions.agree_use(ref, "HK-2020-07", "life", by=desk.second, now=desk.now())


def test_a_suspended_exception_opens_nothing_although_two_had_agreed_to_use_it(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk, exceptions=[LIFE])
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    use(desk, package.case.ref)
    assert verdict(desk, package).allowed
    actions.suspend_exception("HK-2020-07", "life", by=desk.first, now=desk.now())
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    with pytest.raises(Refused) as again:
        exceptions.propose_use(package.case.ref, "HK-2020-07", "life", by=desk.first, now=desk.now())
    assert codes(again.value) == {"exception-suspended"}
    proposal = actions.propose_resumption("HK-2020-07", "life", by=desk.first, now=desk.now())
    assert not verdict(desk, package).allowed
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    assert verdict(desk, package).allowed
    assert list(Entry.objects.filter(kind__startswith="Exception").values_list("kind", flat=True)) == [
        "ExceptionProposed",
        "ExceptionAgreed",
        "ExceptionSuspended",
        "ExceptionResumed",
    ]


def test_a_rise_is_said_until_the_exception_is_suspended(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk, exceptions=[LIFE])
    for _ in range(FEWEST):
        exceptions.propose_use(ref, "HK-2020-07", "life", by=desk.first, now=desk.now())
    assert [rise.exception for rise in exceptions.rising(desk.now(), ["HK-2020-07"], reader=desk.first)] == ["life"]
    assert [alarm.kind for alarm in alarming.alarms(desk.now(), reader=desk.first)] == ["rise"]
    ExceptionUse.objects.filter(case__ref=ref).update(proposed_at=desk.now() - timedelta(days=40))
    assert exceptions.rising(desk.now(), ["HK-2020-07"], reader=desk.first) == ()
    ExceptionUse.objects.filter(case__ref=ref).update(proposed_at=desk.now())
    actions.suspend_exception("HK-2020-07", "life", by=desk.first, now=desk.now())
    assert exceptions.rising(desk.now(), ["HK-2020-07"], reader=desk.first) == ()


def test_a_rise_is_not_said_of_a_pause_that_has_ended(desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk, exceptions=[LIFE])
    for _ in range(FEWEST):
        exceptions.propose_use(ref, "HK-2020-07", "life", by=desk.first, now=desk.now())
    sentence = exceptions.rising(desk.now(), ["HK-2020-07"], reader=desk.first)[0].sentence
    page = signed_in(desk.first)
    assert escape(sentence) in page.get("/pauses/HK-2020-07/").content.decode()
    desk.ready_to_lift("HK-2020-07")
    proposal = pauses.propose_lift("HK-2020-07", "It is done.", by=desk.first, now=desk.now())
    proposals.agree(proposal.code, by=desk.second, now=desk.now())
    told = page.get("/pauses/HK-2020-07/").content.decode()
    assert "A life is in danger." in told
    assert escape(sentence) not in told
    assert alarming.alarms(desk.now(), reader=desk.first) == []
