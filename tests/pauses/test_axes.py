"""The axes that look at more than who asks, and the bar of an exception, through the database and the gate."""

from __future__ import annotations

import html

import pytest

from abeyance.casefile.models import Item, Release
from abeyance.errors import NotFound
from abeyance.intake import confirming, placing
from abeyance.intake.places import place_of
from abeyance.pauses import exceptions, preview
from abeyance.pauses.weighing import weigh
from abeyance.people.models import Member
from abeyance.rules.decision import Outcome
from abeyance.rules.terms import IdentifierKind, PlaceSource
from tests.casefile.packed import codes, declare, hand_over, sealed, verdict
from tests.desk import Desk, demand, item
from tests.pages.people import signed_in

US = {"jurisdiction": "US", "agency": "us-da-sample-county", "requester": "prosecutor", "instrument": "us-2703d"}


def holding(desk: Desk, ref: str) -> set[str]:
    return {held.pause for one in weigh(desk.case(ref), now=desk.now())[1] for held in one.held}


def questions(desk: Desk, ref: str) -> list[str]:
    return [reason.code for one in weigh(desk.case(ref), now=desk.now())[1] for reason in one.questions]


def places(desk: Desk, ref: str) -> list[str]:
    return Item.objects.get(case=desk.case(ref), open=True).places


@pytest.mark.parametrize(
    ("number", "country"), [("+85291234567", "HK"), ("+442079460000", "GB"), ("91234567", None), ("+88316", None)]
)
def test_a_prefix_says_a_country_or_nothing(number: str, country: str | None) -> None:
    assert place_of(IdentifierKind.TELEPHONE, number) == country
    assert place_of(IdentifierKind.EMAIL, number) is None


def test_one_persons_word_on_the_place_leads_past_no_pause_and_two_persons_word_does(desk: Desk) -> None:
    declare(desk, jurisdictions=[], subjects=["HK"])
    ref = desk.confirmed(**US, items=[item(subject_country=None)])
    assert (places(desk, ref), holding(desk, ref), questions(desk, ref)) == (["telephone:HK"], {"HK-2020-07"}, [])
    confirming.confirm(ref, demand(**US, items=[item(subject_country="GB")]), by=desk.first, now=desk.now())
    assert (holding(desk, ref), questions(desk, ref)) == ({"HK-2020-07"}, ["place-disputed"])
    confirming.agree_labels(ref, by=desk.second, now=desk.now())
    assert places(desk, ref) == ["telephone:HK", "clerk:GB", "agreed:GB"]
    assert (holding(desk, ref), questions(desk, ref)) == (set(), [])


def test_what_nobody_has_related_to_a_place_is_held_with_a_question(desk: Desk) -> None:
    abroad = item(identifier_kind="email", identifier="someone@example.org", subject_country="US")
    bound = declare(desk, related_to=["HK"])
    ref = desk.confirmed(**US, items=[abroad])
    assert (holding(desk, ref), questions(desk, ref)) == ({"HK-2020-07"}, ["related-to-unknown"])
    seen = preview.preview(bound.pause, reader=desk.first, now=desk.now())
    assert (seen.coverage.items, seen.coverage.perhaps) == (1, 1)
    confirming.confirm(ref, demand(**US, items=[abroad], related_to=[]), by=desk.first, now=desk.now())
    assert holding(desk, ref) == set()
    confirming.confirm(ref, demand(**US, items=[abroad], related_to=["HK"]), by=desk.first, now=desk.now())
    confirming.confirm(ref, demand(**US, items=[abroad], related_to=[]), by=desk.first, now=desk.now())
    assert holding(desk, ref) == {"HK-2020-07"}  # what was found before counts until a second person agrees


def test_treated_as_another_jurisdiction_the_gate_is_stricter_and_never_looser(desk: Desk) -> None:
    package = sealed(desk)
    assert verdict(desk, package).allowed
    declare(desk, mode="treat-as", treat_as="CN")
    refused = verdict(desk, package)
    assert not refused.allowed
    assert any(reason.sentence.startswith("As if CN asked:") for reason in refused.reasons)
    declare(desk, name="CN-2019-01", jurisdictions=["CN"])
    assert "held-by-pause" in codes(verdict(desk, package))
    assert holding(desk, package.case.ref) == {"CN-2019-01"}


def test_refused_only_where_the_instrument_leaves_refusal_to_us(desk: Desk) -> None:
    declare(desk, jurisdictions=["DE", "HK"], mode="refuse")
    ours, theirs = desk.confirmed(), desk.confirmed(jurisdiction="DE", agency=None, instrument="eu-epoc")
    outcomes = [weigh(desk.case(ref), now=desk.now())[1][0].decision for ref in (ours, theirs)]
    assert [decision.outcome for decision in outcomes] == [Outcome.REFUSE, Outcome.HOLD]
    assert "only the enforcing authority may refuse" in outcomes[1].reasons[0].sentence


def test_a_rerouting_holds_while_counsel_has_adopted_no_channel(desk: Desk) -> None:
    declare(desk, mode="reroute", reroute_to="US")
    decision = weigh(desk.case(desk.confirmed()), now=desk.now())[1][0].decision
    assert decision.outcome is Outcome.HOLD
    assert "not rerouted, because" in decision.reasons[0].sentence


def test_an_exception_with_approvers_takes_their_agreement_and_is_named_in_the_ledger(desk: Desk) -> None:
    life = {"name": "life", "sentence": "Danger to life.", "needs": ["life-at-risk"], "approvers": ["counsel"] * 2}
    package = sealed(desk, needs=["life-at-risk"])
    declare(desk, exceptions=[life])
    exceptions.propose_use(package.case.ref, "HK-2020-07", "life", by=desk.first, now=desk.now())
    exceptions.agree_use(package.case.ref, "HK-2020-07", "life", by=desk.second, now=desk.now())
    assert "held-by-pause" in codes(verdict(desk, package))
    third = Member.objects.get(code=desk.second)
    third.pk, third.code, third.handle = None, "M-third", "third"
    third.save()
    exceptions.agree_use(package.case.ref, "HK-2020-07", "life", by="M-third", now=desk.now())
    assert verdict(desk, package).exceptions == ("HK-2020-07/life",)
    hand_over(desk, package)
    assert Release.objects.get().exception == "HK-2020-07/life"
    with pytest.raises(NotFound):
        exceptions.agree_use(package.case.ref, "HK-2020-07", "life", by=desk.first, now=desk.now())


def test_a_place_is_not_forgotten_by_leaving_the_account_out_of_one_version(desk: Desk) -> None:
    declare(desk, jurisdictions=[], subjects=["HK"])

    def said(account: str, country: str) -> None:
        only = item(identifier_kind="email", identifier=account, subject_country=country)
        confirming.confirm(ref, demand(**US, items=[only]), by=desk.first, now=desk.now())

    ref = desk.confirmed(**US, items=[item(identifier_kind="email", identifier="a@example.org")])
    said("b@example.org", "US")
    assert holding(desk, ref) == set()
    said("a@example.org", "US")
    assert (places(desk, ref), holding(desk, ref)) == (["clerk:HK", "clerk:US"], {"HK-2020-07"})
    confirming.agree_labels(ref, by=desk.second, now=desk.now())
    assert holding(desk, ref) == set()
    said("a@example.org", "HK")  # said again after two had settled it: it counts again
    assert holding(desk, ref) == {"HK-2020-07"}


def test_what_is_not_known_is_asked_for_and_recorded_in_one_place(desk: Desk) -> None:
    declare(desk, jurisdictions=[], subjects=["HK"])
    ref, page = desk.arrive("somebody"), signed_in(desk.first)
    asked = demand(items=[item(identifier_kind="user-name", identifier="somebody", subject_country="")])
    confirming.confirm(ref, asked, by=desk.first, now=desk.now())

    def told() -> str:
        return html.unescape(page.get(f"/requests/{ref}/").content.decode())

    assert "Held while it is not known where the account holder is: pause HK-2020-07" in told()
    assert 'href="#place-country">State it<' in told()
    placing.find(ref, 1, "DE", PlaceSource.CLERK, by=desk.first, now=desk.now())
    assert "account holder in DE" in told()
    assert 'href="#place-country"' not in told()
