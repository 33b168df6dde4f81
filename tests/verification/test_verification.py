"""A request is found genuine only through contact data of the directory, and every raised bar names its reason."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

import abeyance.policy
from abeyance import seals
from abeyance.casefile.models import Case, Demand, Finding
from abeyance.errors import BadInput, Locked, NotFound, Refused
from abeyance.fence.models import Fence
from abeyance.ledger.models import Entry
from abeyance.people import actions as members
from abeyance.people import proposals, queries
from abeyance.people.directory import actions as directory
from abeyance.people.directory.entry import entries_of
from abeyance.people.directory.models import Agency
from abeyance.rules.lifecycle import State
from abeyance.rules.people import Role
from abeyance.rules.policy import Policy, parse_policy
from abeyance.rules.verification import FindingKind
from abeyance.seals import keyring
from abeyance.verification import actions, contacts
from abeyance.verification.commands import EXAMPLES
from abeyance.verification.domains import as_known, domain_of
from abeyance.verification.gathering import Arrival
from abeyance.verification.models import Inquiry

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
NOW = datetime(2020, 7, 6, 9, 0, tzinfo=UTC)
SWITCHBOARD = "+85255500100"
ORDINARY = Arrival(sender="requests@harbour-police.example")


class Desk:
    def __init__(self, first: str, second: str) -> None:
        self.first, self.second = first, second
        self.vera = self._member("vera", Role.INTAKE_CLERK)

    def _member(self, handle: str, role: Role) -> str:
        proposal = members.propose_member(handle, [role.value], by=self.first, now=LONG_AGO)
        proposals.agree(proposal.code, by=self.second, now=LONG_AGO)
        return queries.code_of(handle)


@pytest.fixture(scope="session")
def policy() -> Policy:
    path = Path(next(iter(abeyance.policy.__path__))) / "data" / "policy.toml"
    return parse_policy(tomllib.loads(path.read_text()))


@pytest.fixture
def desk(transactional_db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Desk:
    settings.ABEYANCE_HOME = tmp_path
    keyring.create_trial(tmp_path)
    monkeypatch.setattr(seals, "digests_for_lookup", lambda field, value: [f"{field}:{value}".encode()[::-1]])
    Fence.objects.get_or_create(id=1)
    first, second = (issued.member for issued in members.install_first_members(tmp_path))
    desk = Desk(first, second)
    for proposal in directory.propose_agencies(entries_of(EXAMPLES), by=first, now=LONG_AGO):
        proposals.agree(proposal.code, by=second, now=LONG_AGO)
    return desk


def new_case(
    *, emergency: bool = False, agency: str | None = "hk-harbour-police", state: State = State.TO_VERIFY
) -> Case:
    case = Case.objects.create(channel="mail", arrived_at=NOW, arrived_epoch=0, state=state)
    Demand.objects.create(case=case, jurisdiction="HK", agency=agency, emergency=emergency, arrived_at=NOW)
    seals.new_case_key(case.holder, "HK")
    return case


@pytest.fixture
def case(desk: Desk) -> Case:
    with transaction.atomic():
        return new_case()


def call_back(case: Case, desk: Desk, policy: Policy, arrival: Arrival = ORDINARY, **said: Any) -> actions.Inquired:
    how, contact = said.pop("how", FindingKind.CALL_BACK), said.pop("contact", SWITCHBOARD)
    return actions.find_genuine(case.ref, how, contact, arrival, policy, by=desk.vera, now=NOW, **said)


def test_a_call_back_to_the_directorys_number_sends_the_request_to_review(
    case: Case, desk: Desk, policy: Policy
) -> None:
    inquired = call_back(case, desk, policy, note="Spoke with the duty officer.")
    case.refresh_from_db()
    assert inquired.genuine
    assert case.state == State.IN_REVIEW
    finding = Finding.objects.get(case=case)
    assert (finding.genuine, finding.how, finding.by) == (True, "call-back", desk.vera)
    assert b"duty officer" not in bytes(finding.note)
    kinds = list(Entry.objects.filter(case=case.ref).order_by("id").values_list("kind", flat=True))
    assert kinds == ["CaseMoved", "RequesterFoundGenuine"]


def test_a_contact_that_is_only_borrowed_is_as_young_as_the_bond(desk: Desk) -> None:
    borrower, lender = Agency.objects.get(code="de-lka-musterland"), Agency.objects.get(code="hk-harbour-police")
    borrower.acts_for, borrower.changed_at = [lender.code], NOW
    borrower.save()
    found = contacts.basis(FindingKind.AUTHORITY_CONFIRMED, borrower.code, SWITCHBOARD)
    assert found.since == NOW
    assert contacts.basis(FindingKind.CALL_BACK, lender.code, SWITCHBOARD).since == LONG_AGO


def test_a_number_from_the_request_proves_nothing(case: Case, desk: Desk, policy: Policy) -> None:
    with pytest.raises(BadInput, match="no such contact"):
        call_back(case, desk, policy, contact="+85299999999")
    with pytest.raises(BadInput, match="no such contact"):
        call_back(case, desk, policy, contact="requests@harbour-police.example")
    with pytest.raises(BadInput, match="no such contact"):
        call_back(case, desk, policy, how=FindingKind.KNOWN_KEY, contact="age1nobody")
    assert not Inquiry.objects.exists()
    assert call_back(case, desk, policy).genuine


@pytest.mark.parametrize(
    ("arrival", "code"),
    [
        (Arrival(sender="chief@harb0ur-police.example"), "look-alike"),
        (Arrival(sender="chief@harbоur-police.example"), "look-alike"),  # a Cyrillic letter
        (Arrival(sender="chief@mail.example"), "foreign-domain"),
        (Arrival(sender="requests@harbour-police.example", reply_to="x@mail.example"), "reply-elsewhere"),
        (Arrival(sender="requests@harbour-police.example", contact_differs=True), "other-contact-data"),
        (Arrival(sender="new@harbour-police.example"), "unknown-sender"),
        (Arrival(), "no-sender-domain"),
    ],
)
def test_what_is_strange_raises_the_bar_and_says_why(
    case: Case, desk: Desk, policy: Policy, arrival: Arrival, code: str
) -> None:
    ordinary = {bar.code for bar in actions.raised_bars(case.ref, ORDINARY, policy, by=desk.vera, now=NOW)}
    strange = {bar.code for bar in actions.raised_bars(case.ref, arrival, policy, by=desk.vera, now=NOW)}
    assert code not in ordinary
    assert code in strange
    by_mail = call_back(
        case, desk, policy, arrival, how=FindingKind.KNOWN_CHANNEL, contact="requests@harbour-police.example"
    )
    assert not by_mail.genuine
    assert code in {reason.code for reason in by_mail.decision.reasons}
    case.refresh_from_db()
    assert case.state == State.TO_VERIFY
    assert call_back(case, desk, policy, arrival).genuine, "a call to the switchboard clears it"


def test_a_mail_to_the_known_channel_is_enough_for_an_ordinary_request(case: Case, desk: Desk, policy: Policy) -> None:
    inquired = call_back(case, desk, policy, how=FindingKind.KNOWN_CHANNEL, contact="requests@harbour-police.example")
    assert inquired.genuine


def test_what_was_done_is_recorded_also_when_it_is_not_enough(case: Case, desk: Desk, policy: Policy) -> None:
    arrival = Arrival(sender="new@harbour-police.example")
    inquired = call_back(
        case, desk, policy, arrival, how=FindingKind.KNOWN_CHANNEL, contact="requests@harbour-police.example"
    )
    with pytest.raises(Refused, match="not in the directory"):
        actions.require_genuine(inquired)
    inquiry = Inquiry.objects.get()
    assert (inquiry.cleared, inquiry.by) == (False, desk.vera)
    assert inquiry.contact_since == LONG_AGO
    assert not Finding.objects.exists()
    assert list(Entry.objects.filter(case=case.ref).values_list("kind", flat=True)) == ["AdminAct"]


def test_an_emergency_from_a_first_time_sender_needs_a_voice(desk: Desk, policy: Policy) -> None:
    with transaction.atomic():
        emergency, ordinary, second = new_case(emergency=True), new_case(), new_case(emergency=True)
    mail = {"how": FindingKind.KNOWN_CHANNEL, "contact": "requests@harbour-police.example"}
    first_time = call_back(emergency, desk, policy, **mail)
    assert {reason.code for reason in first_time.decision.reasons} == {"first-emergency"}
    assert call_back(ordinary, desk, policy).genuine
    assert call_back(second, desk, policy, **mail).genuine, "seen before"


def test_fresh_contact_data_does_not_clear_a_raised_bar(desk: Desk, policy: Policy) -> None:
    recently = NOW - timedelta(days=1)
    Fence.objects.get_or_create(id=1)
    row = directory.queries.agency("hk-harbour-police")
    row.contacts.update(added_at=recently)
    with transaction.atomic():
        emergency = new_case(emergency=True)
    assert not call_back(emergency, desk, policy).genuine
    row.contacts.update(added_at=LONG_AGO)
    assert call_back(emergency, desk, policy).genuine


def test_a_suspended_or_unnamed_agency_is_not_found_genuine(case: Case, desk: Desk, policy: Policy) -> None:
    with transaction.atomic():
        unnamed = new_case(agency=None)
    with pytest.raises(BadInput, match="Name the agency first"):
        call_back(unnamed, desk, policy)
    directory.suspend_agency("hk-harbour-police", by="operator", now=NOW)
    with pytest.raises(BadInput, match="suspended"):
        call_back(case, desk, policy)


def test_who_takes_no_part_finds_no_such_request(case: Case, desk: Desk, policy: Policy) -> None:
    members.exclude_self("HK", by=desk.vera, now=NOW)
    with pytest.raises(NotFound):
        call_back(case, desk, policy)
    with pytest.raises(Refused, match="credential"):
        actions.find_genuine(case.ref, FindingKind.CALL_BACK, SWITCHBOARD, ORDINARY, policy, by="operator", now=NOW)
    back = actions.find_genuine(case.ref, FindingKind.CALL_BACK, SWITCHBOARD, ORDINARY, policy, by=desk.first, now=NOW)
    assert back.genuine


def test_a_request_that_nobody_confirmed_cannot_be_found_genuine(desk: Desk, policy: Policy) -> None:
    with transaction.atomic():
        unread = new_case(state=State.RECEIVED)
    with pytest.raises(Refused):
        call_back(unread, desk, policy)
    assert not Inquiry.objects.exists()


def test_a_false_requester_closes_the_request(case: Case, desk: Desk) -> None:
    actions.find_false(case.ref, "agency-denies", by=desk.vera, now=NOW)
    case.refresh_from_db()
    assert case.state == State.CLOSED
    assert not Finding.objects.get(case=case).genuine


def test_while_the_desk_is_locked_nobody_is_known_which_raises_the_bar(
    case: Case, desk: Desk, policy: Policy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(field: str, value: str) -> list[bytes]:
        raise Locked("locked")

    monkeypatch.setattr(seals, "digests_for_lookup", locked)
    officer = Arrival(sender="wong@harbour-police.example")
    codes = {bar.code for bar in actions.raised_bars(case.ref, officer, policy, by=desk.vera, now=NOW)}
    assert "unknown-sender" in codes
    assert call_back(case, desk, policy, officer).genuine


@pytest.mark.parametrize(
    ("address", "domain"),
    [
        ("Clerk@Police.Example.", "police.example"),
        ("a@b@police.example", "police.example"),
        ("no address", None),
        ("", None),
        (None, None),
        ("x@" + "a" * 400, None),
        ("x@роlice.example", "xn--lice-k2c0a.example"),
        ("x@" + "ä" * 100 + ".example", "xn--unreadable"),
        ("x@.", None),
    ],
)
def test_domains_have_one_spelling(address: str | None, domain: str | None) -> None:
    found = domain_of(address)
    assert found == domain or (domain is not None and domain.startswith("xn--") and str(found).startswith("xn--"))


def test_below_a_known_domain_is_known_and_below_a_public_suffix_is_not() -> None:
    assert as_known("mail.police.example", {"police.example"}) == "police.example"
    assert as_known("police.example", {"police.example"}) == "police.example"
    assert as_known("notpolice.example", {"police.example"}) == "notpolice.example"
    assert as_known("evil.gov.uk", {"gov.uk"}) == "evil.gov.uk"
    assert as_known(None, {"police.example"}) is None
