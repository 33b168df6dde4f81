"""The directory: two people to add, one to suspend or revoke, and nothing personal in the clear."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest
from django.db import connection, transaction
from django.db.models import Model

from abeyance import fence
from abeyance.asking import Asked
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.people import proposals
from abeyance.people.directory import actions, queries
from abeyance.people.directory.entry import AgencyEntry, comparable, entries_of
from abeyance.people.directory.models import Agency, AgencyContact, AgencyKey
from abeyance.rules.people import Role
from abeyance.verification.commands import EXAMPLES

CODE = "hk-harbour-police"


@pytest.fixture
def agency(desk: Any, now: datetime) -> AgencyEntry:
    entry = next(entry for entry in entries_of(EXAMPLES) if entry.code == CODE)
    [proposal] = actions.propose_agencies([entry], by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    return entry


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "agencies.toml"
    path.write_text(text)
    return path


def test_the_examples_are_invented_and_can_be_adopted(desk: Any, now: datetime) -> None:
    entries = entries_of(EXAMPLES)
    assert {entry.jurisdiction for entry in entries} == {"HK", "DE", "US", "GB"}
    assert all("invented" in entry.name and all(d.endswith(".example") for d in entry.domains) for entry in entries)
    for proposal in actions.propose_agencies(entries, by=desk.first, now=now):
        proposals.agree(proposal.code, by=desk.second, now=now)
    assert {code for code, _, _ in queries.names()} == {entry.code for entry in entries}


def test_an_agency_counts_once_another_member_has_agreed(desk: Any, now: datetime) -> None:
    entry = entries_of(EXAMPLES)[0]
    [proposal] = actions.propose_agencies([entry], by=desk.first, now=now)
    with pytest.raises(NotFound):
        queries.agency(CODE)
    with pytest.raises(Refused):
        proposals.agree(proposal.code, by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    assert queries.agency(CODE).name == entry.name
    assert queries.contact(CODE, "+85255500100") is not None
    assert actions.propose_agencies([entry], by=desk.first, now=now) == (), "it says so already"


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('code = "hk-harbour-police"', 'code = "de-harbour-police"', "must begin with hk-"),
        ('kind = "police"', 'kind = "army"', "none of"),
        ('domains = ["harbour-police.example"]', 'domains = ["Not A Domain"]', "not a domain"),
        ("source_date = 2020-06-01", 'source_date = "June"', "date"),
        ('name = "Harbour', 'nickname = "H"\nname = "Harbour', "unknown"),
        ("# Agencies of", "strange = 1  #", "strange is unknown"),
        ("[[agency]]", "[[[", "not TOML"),
    ],
)
def test_a_file_is_read_strictly(tmp_path: Path, old: str, new: str, why: str) -> None:
    text = EXAMPLES.read_text()
    assert entries_of(written(tmp_path, text))
    with pytest.raises(BadInput, match=why):
        entries_of(written(tmp_path, text.replace(old, new, 1)))


def test_files_that_are_no_text_are_refused_with_a_sentence(tmp_path: Path) -> None:
    binary, huge = tmp_path / "b.toml", tmp_path / "h.toml"
    binary.write_bytes(b"\xff\x00")
    huge.write_bytes(b"#" * (2**20 + 1))
    for path in (binary, huge, tmp_path, tmp_path / "nowhere", written(tmp_path, "a=" + "[" * 5000)):
        with pytest.raises(BadInput):
            entries_of(path)


def test_a_change_keeps_the_age_of_contact_data_that_stays(
    desk: Any, agency: AgencyEntry, now: datetime, tmp_path: Path
) -> None:
    text = EXAMPLES.read_text().replace("requests@harbour-police.example", "desk@harbour-police.example")
    [proposal] = actions.propose_agencies(entries_of(written(tmp_path, text))[:1], by=desk.first, now=now)
    assert proposal.kind == "agency-change"
    before = fence.epoch()
    proposals.agree(proposal.code, by=desk.second, now=now)
    assert fence.epoch() == before + 1
    kept, fresh = queries.contact(CODE, "+85255500100"), queries.contact(CODE, "desk@harbour-police.example")
    assert kept is not None
    assert fresh is not None
    assert kept.added_at == now
    assert fresh.added_at > now
    assert queries.contact(CODE, "requests@harbour-police.example") is None
    assert AgencyContact.objects.filter(removed_at=None).count() == 2
    assert queries.agency(CODE).changed_at == fresh.added_at


def test_suspending_is_at_once_and_reinstating_needs_two(desk: Any, agency: AgencyEntry, now: datetime) -> None:
    add_key(desk, now)
    before = fence.epoch()
    actions.suspend_agency(CODE, by="operator", now=now)
    assert fence.epoch() == before + 1
    assert queries.standing_keys(CODE) == ()
    assert queries.contact(CODE, "+85255500100") is None
    proposal = actions.propose_reinstatement(CODE, by=desk.first, now=now)
    with pytest.raises(Refused):
        proposals.agree(proposal.code, by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    assert len(queries.standing_keys(CODE)) == 1


def add_key(desk: Any, now: datetime) -> None:
    """As agreed, without the cryptography, which `seals` tests."""
    payload = {"agency": CODE, "kind": "age", "public_key": "age1example", "fingerprint": "age1example"}
    proposal = proposals.propose("agency-key", CODE, payload, by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)


def test_a_key_is_looked_at_before_it_is_proposed(desk: Any, agency: AgencyEntry, now: datetime) -> None:
    secret = pyrage.x25519.Identity.generate()
    public = str(secret.to_public())
    with pytest.raises(BadInput, match="private key"):
        actions.propose_key(CODE, "age", str(secret), by=desk.first, now=now)
    proposal = actions.propose_key(CODE, "age", public, by=desk.first, now=now)
    assert queries.standing_keys(CODE) == ()
    proposals.agree(proposal.code, by=desk.second, now=now)
    [key] = queries.standing_keys(CODE)
    assert (key.agency, key.kind, key.public_key) == (CODE, "age", public)
    with pytest.raises(BadInput, match="knows this key"):
        actions.propose_key(CODE, "age", public, by=desk.first, now=now)
    with pytest.raises(BadInput, match="one of"):
        actions.propose_key(CODE, "rot13", "x", by=desk.first, now=now)


def locked_key(fingerprint: str) -> queries.KeyAtTheGate | None:
    asked = Asked()
    found = queries.lock_key(asked, fingerprint)
    asked.now()
    return found()


def test_revoking_a_key_is_at_once_and_it_does_not_come_back(desk: Any, agency: AgencyEntry, now: datetime) -> None:
    add_key(desk, now)
    reviewer = desk.member("olaf", Role.AUDITOR)
    with pytest.raises(Refused):
        actions.revoke_key("age1example", by=reviewer, now=now)
    with transaction.atomic():
        assert locked_key("age1example") is not None
    actions.revoke_key("age1example", by="operator", now=now)
    with transaction.atomic():
        assert locked_key("age1example") is None
    with pytest.raises(BadInput):
        actions.revoke_key("age1example", by="operator", now=now)


def test_the_gate_reads_for_whom_the_agency_of_a_key_acts(desk: Any, agency: AgencyEntry, now: datetime) -> None:
    add_key(desk, now)
    with transaction.atomic():
        facts = locked_key("age1example")
        assert locked_key("age1none") is None
    assert facts is not None
    assert (facts.agency, facts.acts_for) == (CODE, frozenset())


def test_an_officer_is_sealed_from_the_proposal_on(
    desk: Any, agency: AgencyEntry, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("abeyance.seals.digest", lambda field, value: f"{field}:{value}".encode()[::-1])
    proposal = actions.propose_officer(CODE, "Wong Example", "wong@harbour-police.example", by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    assert queries.knows_address(CODE, "wong@harbour-police.example", [b"officer:wong@harbour-police.example"[::-1]])
    assert not queries.knows_address(CODE, "chan@harbour-police.example", [b"other"])
    assert queries.knows_address(CODE, "requests@harbour-police.example", [])
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(p::text, '') || (SELECT string_agg(o::text, '') FROM people_officer o)"
            " FROM people_proposal p"
        )
        [text] = cursor.fetchone()
    assert "Wong" not in text
    assert b"Wong".hex() not in text


def test_the_database_refuses_a_key_by_one_person(desk: Any, agency: AgencyEntry, now: datetime) -> None:
    add_key(desk, now)
    key: Model = AgencyKey.objects.get()
    assert key.confirmed_by != key.agreed_by  # type: ignore[attr-defined]
    with pytest.raises(Exception, match="people_agency_key_by_two_people"), connection.cursor() as cursor:
        cursor.execute("UPDATE people_agencykey SET agreed_by = confirmed_by")
    assert Agency.objects.count() == 1


def test_another_spelling_of_a_number_is_the_same_contact_and_keeps_its_date(
    desk: Any, now: datetime, agency: AgencyEntry
) -> None:
    for spelled in ("+852 5550 0100", "5550 0100", "+852-5550-0100"):
        found = queries.contact(CODE, spelled)
        assert found is not None and found.value == "+85255500100", spelled
    assert queries.contact(CODE, "+852 5550 0101") is None
    respelled = tuple(replace(each, value=each.value.replace("+852", "+852 ")) for each in agency.contacts)
    other = replace(respelled[0], value="+852 5550 0199")
    entry = replace(agency, contacts=(*respelled, other))
    later = now + timedelta(days=20)
    assert actions.propose_agencies([replace(agency, contacts=respelled)], by=desk.first, now=later) == ()
    [proposal] = actions.propose_agencies([entry], by=desk.first, now=later)
    proposals.agree(proposal.code, by=desk.second, now=later)
    dates = dict(AgencyContact.objects.filter(agency__code=CODE, removed_at=None).values_list("value", "added_at"))
    assert dates.pop("+852 5550 0199") > later
    assert set(dates.values()) == {now}


def test_a_number_that_stands_there_twice_is_gone_when_it_is_taken_off(
    desk: Any, now: datetime, agency: AgencyEntry
) -> None:
    row = Agency.objects.get(code=CODE)
    twin = AgencyContact.objects.get(agency=row, value="+85255500100")
    twin.pk, twin.value = None, "+852 5550 0100"
    twin.save()
    entry = replace(agency, contacts=tuple(each for each in agency.contacts if each.kind != "telephone"))
    [proposal] = actions.propose_agencies([entry], by=desk.first, now=now)
    proposals.agree(proposal.code, by=desk.second, now=now)
    assert queries.contact(CODE, "+85255500100") is None


@pytest.mark.parametrize(
    "address", ["anyone+85255500100/x@harbour-police.example", "+85255500100", "reque\u017fts@harbour-police.example"]
)
def test_only_a_mail_address_of_the_directory_is_a_known_sender(desk: Any, agency: AgencyEntry, address: str) -> None:
    assert queries.knows_address(CODE, "Requests@harbour-police.example", [])
    assert not queries.knows_address(CODE, address, [])


def test_sharp_s_is_no_double_s() -> None:
    assert comparable("email", "desk@straßenpolizei.example", "DE") != comparable(
        "email", "desk@strassenpolizei.example", "DE"
    )
    assert comparable("telephone", "+85255500100 or ask the desk", "HK") != comparable(
        "telephone", "+85255500100", "HK"
    )
