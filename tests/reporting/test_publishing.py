"""What the public is told: made from what was announced, vouched for by the ledger, checked by anybody."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from abeyance import ledger
from abeyance.errors import BadInput, NotFound
from abeyance.ledger import verifying
from abeyance.ledger.receipts import NotYetPublished, receipt
from abeyance.ledger.sequencer import integrate
from abeyance.pauses import actions as pauses
from abeyance.pauses import coverage, exceptions
from abeyance.people.models import Member
from abeyance.reporting import publishing, register
from abeyance.reporting.models import Publication
from abeyance.rules.events import StanceRecorded
from abeyance.rules.publication import Stance, StanceKind
from tests.casefile.packed import declare, hand_over, sealed, stated
from tests.desk import Desk

WISP: dict[str, Any] = {
    "company": "Wisp",
    "kind": StanceKind.PAUSED,
    "jurisdiction": "HK",
    "sentence": "It pauses requests pending an assessment.",
    "source": "https://wisp.example/statement",
    "since": date(2020, 7, 6),
    "checked": date(2026, 11, 1),
}


def exported(desk: Desk, folder: Path) -> Path:
    publishing.publish(desk.now())
    integrate(desk.now(), force=True)
    publishing.export(folder)
    return folder


def test_a_publication_is_made_when_something_changed_and_only_then(desk: Desk) -> None:
    assert publishing.publish(desk.now()) is not None
    assert publishing.publish(desk.now()) is None
    bound = declare(desk)
    assert publishing.publish(desk.now()) is not None
    assert publishing.publish(desk.now()) is None
    pauses.amend(stated(statement="We pause, and say more."), by=desk.first, now=desk.now())
    assert bound.pause.version == 1
    made = publishing.publish(desk.now())
    assert made is not None
    assert [event["kind"] for event in made.said["pauses"][0]["history"]] == ["amended", "declared"]


def test_the_pages_say_what_was_announced_and_name_neither_member_nor_the_desks_own_reason(desk: Desk) -> None:
    desk.confirmed()
    declare(desk, reason="The desk's own reason.", conditions=["the assessment is approved"])
    publishing.publish(desk.now())
    english, chinese = publishing.file("HK-2020-07.html") or "", publishing.file("HK-2020-07.zh-hant.html") or ""
    assert "We pause." in english
    assert "the assessment is approved" in english
    assert "0–9" in english
    assert "何時解除" in chinese or "解除" in chinese
    everything = "".join(each.content for each in Publication.objects.latest("pk").files.all())
    assert "own reason" not in everything
    for member in Member.objects.all():
        assert member.code not in everything
        assert member.handle not in re.findall(r"[a-z]+", everything)
    assert "<script" not in everything
    assert not re.search(r"(src|href)=\"(https?:)?//", everything)


def test_a_release_under_an_exception_is_counted_with_the_exception_as_a_range(desk: Desk) -> None:
    package = sealed(desk)
    orders = {"name": "schedule-7", "sentence": "Orders of the court.", "instruments": ["hk-nsl43-s7"]}
    life = {"name": "life", "sentence": "Danger to life.", "kinds": ["emergency"]}
    declare(desk, exceptions=[orders, life])
    use = (package.case.ref, "HK-2020-07", "schedule-7")
    exceptions.propose_use(*use, by=desk.first, now=desk.now())
    exceptions.agree_use(*use, by=desk.second, now=desk.now())
    assert coverage.released_under({"HK-2020-07"}) == {}
    hand_over(desk, package)
    hand_over(desk, package)
    assert coverage.released_under({"HK-2020-07"}) == {"HK-2020-07/schedule-7": 1}
    assert coverage.released_under({"MO-2020-07"}) == {}
    publishing.publish(desk.now())
    [said] = json.loads(publishing.file("pauses.json") or "{}")["pauses"]
    assert {each["name"]: each["released"] for each in said["exceptions"]} == {"schedule-7": "0–9", "life": "0–9"}
    assert "something was handed out under it so far: 0–9" in (publishing.file("HK-2020-07.html") or "")


def test_the_range_of_an_exception_moves_with_its_own_number(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    names = ("life", "orders")
    declare(desk, exceptions=[{"name": name, "sentence": "One.", "kinds": ["emergency"]} for name in names])
    monkeypatch.setattr(coverage, "released_under", lambda _: {"HK-2020-07/orders": 12, "HK-2020-07/court-order": 23})
    publishing.publish(desk.now())
    [said] = json.loads(publishing.file("pauses.json") or "{}")["pauses"]
    assert {each["name"]: each["released"] for each in said["exceptions"]} == {"life": "0–9", "orders": "10–19"}
    assert said["by_court_order"] == "20–29"
    assert "handed out by order of a court so far: 20–29" in (publishing.file("HK-2020-07.html") or "")


def test_an_amendment_that_nobody_agreed_to_narrows_no_range(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    life = [{"name": "life", "sentence": "One.", "kinds": ["emergency"]}]
    wide: dict[str, Any] = {"jurisdictions": ["US"], "laws": ["us-nsl", "us-sca"], "exceptions": life}
    declare(desk, **wide)
    monkeypatch.setattr(coverage, "released_under", lambda _: {"HK-2020-07/life": 12})
    for laws in (["us-nsl", "us-sca"], ["us-sca"]):
        if laws != wide["laws"]:
            pauses.amend(stated(**wide | {"laws": laws}), by=desk.first, now=desk.now())
        Publication.objects.all().delete()
        publishing.publish(desk.now())
        [said] = json.loads(publishing.file("pauses.json") or "{}")["pauses"]
        assert (said["held"], said["exceptions"][0]["released"]) == ("0–249", "0–249")


def test_an_axis_of_arrival_is_no_moment_of_declaration(desk: Desk) -> None:
    declare(desk)
    declare(desk, name="MO-2020-07", jurisdictions=["MO"], since="2020-06-30T23:00:00+08:00", new_only=True)
    publishing.publish(desk.now())
    said = {each["name"]: each for each in json.loads(publishing.file("pauses.json") or "{}")["pauses"]}
    assert "since" not in said["HK-2020-07"]
    assert said["MO-2020-07"]["since"] == "2020-06-30T15:00:00+00:00"
    assert all(each["declared"].endswith("Z") for each in said.values())
    assert "those that arrived since" not in (publishing.file("HK-2020-07.html") or "")
    assert "those that arrived since 2020-06-30T15:00:00+00:00" in (publishing.file("MO-2020-07.html") or "")


def test_an_exported_folder_is_checked_without_a_desk_and_a_changed_file_is_found(desk: Desk, tmp_path: Path) -> None:
    declare(desk)
    folder = exported(desk, tmp_path / "out")
    assert verifying.verify_file(folder, None).holds
    page = folder / "HK-2020-07.html"
    page.write_text(page.read_text().replace("We pause.", "We do not pause."))
    found = verifying.verify_file(folder, None)
    assert not found.holds
    assert "HK-2020-07.html" in found.reason
    shutil.rmtree(folder)
    exported(desk, folder)
    (folder / "extra.html").write_text("beside")
    assert "extra.html" in verifying.verify_file(folder, None).reason
    (folder / "extra.html").unlink()
    assert verifying.verify_file(folder, None).holds
    (folder / "LIST").write_text("nothing")
    assert not verifying.verify_file(folder, None).holds
    (folder / "LIST").unlink()
    assert not verifying.verify_file(folder, None).holds


def test_a_folder_is_no_publication_by_the_receipt_of_another_entry_with_the_same_digest(
    desk: Desk, tmp_path: Path
) -> None:
    """A member whose own text was the list of a forged folder would otherwise have the log vouch for it."""
    folder = exported(desk, tmp_path / "out")
    digest = hashlib.sha256((folder / "LIST").read_bytes()).hexdigest()
    with transaction.atomic():
        entry = ledger.append(StanceRecorded(lines=1, digest=digest), by=desk.first, now=desk.now())
    integrate(desk.now(), force=True)
    (folder / "RECEIPT.tlog-proof").write_text(receipt(entry), newline="\n")
    found = verifying.verify_file(folder, None)
    assert not found.holds
    assert "another entry" in found.reason


def test_before_the_logs_next_batch_there_is_no_receipt_and_so_no_export(desk: Desk, tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        publishing.export(tmp_path / "out")
    publishing.publish(desk.now())
    with pytest.raises(NotYetPublished):
        publishing.export(tmp_path / "out")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter").write_text("not ours")
    integrate(desk.now(), force=True)
    with pytest.raises(BadInput):
        publishing.export(tmp_path / "mine")
    assert (tmp_path / "mine" / "letter").read_text() == "not ours"


def test_the_register_is_published_beside_the_own_pauses_and_a_line_is_replaced_and_not_edited(desk: Desk) -> None:
    row = register.record(Stance(**WISP), by=desk.first, now=desk.now())
    again = Stance(**WISP | {"until": date(2021, 1, 1)})
    register.record(again, by=desk.first, now=desk.now(), replaces=row.pk)
    publishing.publish(desk.now())
    said = json.loads(publishing.file("pauses.json") or "{}")
    assert [(line["company"], line["until"]) for line in said["register"]] == [("Wisp", "2021-01-01")]
    with pytest.raises(NotFound):
        register.withdraw(row.pk, by=desk.first, now=desk.now())
    with pytest.raises(BadInput):
        register.record(Stance(**WISP | {"source": "javascript:alert(1)"}), by=desk.first, now=desk.now())


def test_the_feed_is_atom_with_an_entry_for_each_announcement(desk: Desk) -> None:
    declare(desk)
    publishing.publish(desk.now())
    feed = publishing.file("feed.xml") or ""
    assert "http://www.w3.org/2005/Atom" in feed
    assert "urn:abeyance:pause:HK-2020-07:1:declared" in feed
