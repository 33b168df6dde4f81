"""After the end of a pause: nothing floods out, requesters confirm anew, and what nobody confirms lapses."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import uuid4

import pytest

from abeyance import fence, outbox
from abeyance.casefile.models import Case, Package
from abeyance.errors import Refused
from abeyance.intake import confirming
from abeyance.ledger.models import Entry
from abeyance.patterns import actions as matters
from abeyance.pauses import actions, reconfirming
from abeyance.pauses.models import PauseRow, Reconfirmation
from abeyance.people import proposals
from abeyance.release import links, making
from abeyance.rules.pauselife import Reconfirm
from abeyance.site.requests import asking
from tests.casefile.packed import codes, declare, letter, sealed, stated, verdict
from tests.desk import Desk, demand
from tests.pages.people import signed_in

ALL = frozenset(Reconfirm)
LATE = timedelta(days=31)


def lift(desk: Desk, name: str = "HK-2020-07") -> None:
    desk.ready_to_lift(name)
    proposal = actions.propose_lift(name, "It is done.", by=desk.first, now=desk.now())
    proposals.agree(proposal.code, by=desk.second, now=desk.now())


def days_pass() -> None:
    for row in Reconfirmation.objects.all():
        Reconfirmation.objects.filter(pk=row.pk).update(asked_at=row.asked_at - LATE)


def rounds(desk: Desk) -> tuple[int, int]:
    return reconfirming.ask_round(desk.now()), reconfirming.lapse_round(desk.now())


def worked_again(desk: Desk, ref: str) -> Package:
    """Verified, proposed, agreed and packed once more."""
    from abeyance.answer import actions as answers

    desk.verify(ref)
    answers.propose(ref, by=desk.first, now=desk.now())
    answers.agree(ref, by=desk.second, now=desk.now())
    desk.bar_notice(ref)
    return making.gather(ref, letter=letter, by=desk.first, now=desk.now())


def test_nothing_leaves_until_everything_was_done_again_and_the_requester_has_confirmed_it(desk: Desk) -> None:
    package = sealed(desk)
    ref = package.case.ref
    declare(desk)
    lift(desk)
    assert codes(verdict(desk, package)) == {"finding-void", "approval-void", "not-reconfirmed"}
    assert rounds(desk) == (1, 0)
    assert desk.case(ref).state == "to-verify"
    again = worked_again(desk, ref)
    assert codes(verdict(desk, again)) == {"not-reconfirmed"}
    with pytest.raises(Refused, match="Not confirmed: offence, need"):
        reconfirming.reconfirm(ref, {Reconfirm.OFFICER, Reconfirm.ORDER}, by=desk.first, now=desk.now())
    reconfirming.reconfirm(ref, ALL, by=desk.first, now=desk.now())
    assert verdict(desk, again).allowed
    with pytest.raises(Refused, match="No pause"):
        reconfirming.reconfirm(ref, ALL, by=desk.first, now=desk.now())


def test_what_was_agreed_and_packed_during_the_pause_is_void_as_well(desk: Desk) -> None:
    declare(desk, stages=["release"])
    package = sealed(desk)
    assert codes(verdict(desk, package)) == {"held-by-pause"}
    lift(desk)
    assert codes(verdict(desk, package)) == {"finding-void", "approval-void", "not-reconfirmed"}


def test_the_hold_over_a_restored_desk_asks_nobody_to_confirm(desk: Desk) -> None:
    package = sealed(desk)
    held = actions.hold_everything("restored", now=desk.now())
    lift(desk, held.name)
    assert "not-reconfirmed" not in codes(verdict(desk, package))
    assert rounds(desk) == (0, 0)


def test_what_arrives_after_the_end_needs_no_second_word(desk: Desk) -> None:
    declare(desk)
    lift(desk)
    package = sealed(desk)
    assert verdict(desk, package).allowed
    assert rounds(desk) == (0, 0)


def test_a_pause_that_covered_an_older_label_alone_still_asks_for_the_requesters_word(desk: Desk) -> None:
    ref = desk.confirmed()
    elsewhere = desk.confirmed(jurisdiction="GB", agency=None, instrument="gb-copo")
    declare(desk, laws=["hk-nsl43-s7"])
    confirming.confirm(ref, demand(instrument="hk-icso"), by=desk.first, now=desk.now())
    lift(desk)
    assert needed(desk, ref), "nobody has agreed that it comes under another law"
    assert not needed(desk, elsewhere)
    matters.decide_the_same(elsewhere, ref, by=desk.first, now=desk.now())
    assert needed(desk, elsewhere), "what held the one held the other"
    reconfirming.reconfirm(elsewhere, ALL, by=desk.first, now=desk.now())
    assert not needed(desk, elsewhere)


def needed(desk: Desk, ref: str) -> bool:
    return reconfirming.standing(desk.case(ref), now=desk.now()).needed


def test_silence_lapses_after_the_time_that_policy_sets_and_rounds_may_be_repeated(desk: Desk) -> None:
    silent, heard, elsewhere = desk.genuine(), desk.genuine(), desk.confirmed(jurisdiction="US", agency=None)
    declare(desk)
    assert rounds(desk) == (0, 0)
    lift(desk)
    assert [rounds(desk), rounds(desk)] == [(2, 0), (0, 0)]
    assert {row.case.ref for row in Reconfirmation.objects.all()} == {silent, heard}
    reconfirming.reconfirm(heard, ALL, by=desk.first, now=desk.now())
    assert [ref for ref, _at in reconfirming.lapsing_soon(desk.first, desk.now())] == []
    page = signed_in(desk.first).get(f"/requests/{silent}/").content.decode()
    assert "Without a word it lapses" in page
    days_pass()
    assert [ref for ref, _at in reconfirming.lapsing_soon(desk.first, desk.now())] == [silent]
    assert silent in signed_in(desk.first).get("/").content.decode()
    assert [rounds(desk), rounds(desk)] == [(0, 1), (0, 0)]
    assert {ref: desk.case(ref).closing for ref in (silent, heard, elsewhere)} == {
        silent: "lapsed",
        heard: "",
        elsewhere: "",
    }
    assert Entry.objects.filter(case=silent, kind="CaseClosed").count() == 1


def test_what_another_pause_still_holds_is_not_asked_about_until_that_one_ends(desk: Desk) -> None:
    ref = desk.genuine()
    declare(desk)
    declare(desk, name="HK-OTHER")
    lift(desk)
    assert rounds(desk) == (0, 0)
    lift(desk, "HK-OTHER")
    assert rounds(desk) == (1, 0)
    assert Reconfirmation.objects.get().case.ref == ref
    declare(desk, name="HK-THIRD")
    days_pass()
    assert rounds(desk) == (0, 0)
    assert desk.case(ref).closed_at is None


def test_silence_ends_nothing_where_the_law_leaves_refusal_to_somebody_else(desk: Desk) -> None:
    ref = desk.confirmed(instrument="eu-epoc")
    declare(desk)
    lift(desk)
    assert rounds(desk) == (1, 0)
    days_pass()
    assert rounds(desk) == (0, 0)
    assert reconfirming.standing(desk.case(ref), now=desk.now()).needed


def test_an_end_is_gone_through_a_few_requests_at_a_time(desk: Desk) -> None:
    for _ in range(3):
        desk.genuine()
    declare(desk)
    lift(desk)
    assert [reconfirming.ask_round(desk.now(), most=2) for _ in range(3)] == [2, 1, 0]
    assert PauseRow.objects.get().asked_out


def test_the_letters_go_to_the_directorys_address_once_and_say_nothing_of_an_account(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    from dataclasses import replace

    sent: list[str] = []
    monkeypatch.setattr(asking.posting, "send", lambda message, message_id: sent.append(f"{message_id} {message}"))
    settings.ABEYANCE = replace(settings.ABEYANCE, mail_host="mail.example")  # type: ignore[attr-defined]
    monkeypatch.setattr(asking.directory, "addresses", lambda agency: frozenset({"desk@harbour-police.example"}))
    ref = desk.genuine()
    declare(desk)
    lift(desk)
    rounds(desk)
    row = Reconfirmation.objects.get()
    asking.ask_again(row.pk)
    asking.ask_again(row.pk)
    days_pass()
    rounds(desk)
    asking.say_lapsed(row.pk)
    assert len(sent) == 2
    assert all("desk@harbour-police.example" in each and ref in each for each in sent)
    assert not any("+8529" in each or "account exists, " in each for each in sent)
    assert outbox.failures() == []


def test_a_link_that_was_sent_stops_working_and_works_no_more_after_the_end(desk: Desk) -> None:
    package = sealed(desk)
    made = links.make(package.key, to=desk.cast.fingerprint, by=desk.second, now=desk.now())
    declare(desk, jurisdictions=[], laws=["hk-nsl43-s7"])
    for _ in range(2):
        with pytest.raises(Refused):
            links.redeem(made.token, made.code, now=desk.now())
    lift(desk)
    with pytest.raises(Refused) as found:
        links.redeem(made.token, made.code, now=desk.now())
    assert "not-reconfirmed" in codes(found.value)


def test_a_pause_declared_with_a_start_in_the_past_holds_what_is_packed_and_not_handed_over(desk: Desk) -> None:
    package = sealed(desk)
    assert verdict(desk, package).allowed
    declare(desk, starts="2020-07-07T00:00:00+08:00")
    assert codes(verdict(desk, package)) == {"held-by-pause"}


def test_a_start_is_one_moment_in_whatever_zone_it_was_written(desk: Desk) -> None:
    told = {stated(starts=each).starts_at for each in ("2035-07-07T00:00:00+08:00", "2035-07-06T16:00:00Z")}
    assert len(told) == 1


def test_of_overlapping_pauses_each_holds_until_it_ends_itself(desk: Desk) -> None:
    package = sealed(desk)
    declare(desk)
    declare(desk, name="HK-OTHER", jurisdictions=[], services=["quill"])
    lift(desk)
    assert {reason.pause for reason in verdict(desk, package).reasons if reason.pause} == {"HK-OTHER"}
    lift(desk, "HK-OTHER")
    assert "held-by-pause" not in codes(verdict(desk, package))


def test_by_page_and_by_api(desk: Desk) -> None:
    from tests.requests.test_by_api import Caller

    first, second = desk.genuine(), desk.genuine()
    declare(desk)
    lift(desk)
    rounds(desk)
    api = Caller(desk, "first")
    assert api.post(f"/requests/{first}/reconfirm", {"points": ["officer"]}).status_code == 409
    assert api.post(f"/requests/{first}/reconfirm", {"points": [point.value for point in ALL]}).status_code == 200
    page = signed_in(desk.first)
    assert page.post(f"/requests/{second}/act/reconfirm", {"points": ["need"]}).status_code == 409
    assert page.post(f"/requests/{second}/act/reconfirm", {"points": [p.value for p in ALL]}).status_code == 302
    assert Reconfirmation.objects.exclude(confirmed_epoch=None).count() == 2
    assert "To be confirmed" not in page.get(f"/requests/{second}/").content.decode()
    assert json.loads(api.get("/pauses/HK-2020-07").content)[0]["outcome"] == "resume"


def test_what_would_come_back_is_told_by_agency_and_instrument_before_the_end(desk: Desk) -> None:
    from tests.requests.test_by_api import Caller

    package = sealed(desk)
    desk.confirmed(instrument="hk-pdpo58")
    declare(desk)
    told = Caller(desk, "first").get("/pauses/HK-2020-07/lift-preview").json()
    assert (told["requests"], told["packages"]) == (2, 1)
    assert {(each["agency"], each["instrument"], each["requests"]) for each in told["backlog"]} == {
        ("hk-harbour-police", "hk-nsl43-s7", 1),
        ("hk-harbour-police", "hk-pdpo58", 1),
    }
    assert Case.objects.filter(ref=package.case.ref, state="sealed").exists()
    with fence.alone(uuid4()):
        Case.objects.update(restricted=True)
    assert Caller(desk, "second").get("/pauses/HK-2020-07/lift-preview").json()["requests"] in (0, 2)
