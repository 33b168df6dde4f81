"""Running the desk from its pages: jobs and why they failed, backups, an entry of the ledger and its receipt."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client

from abeyance import outbox
from abeyance.errors import Refused
from abeyance.ledger import sequencer
from abeyance.ledger.models import Entry
from abeyance.outbox import registry
from abeyance.outbox.models import Trouble
from abeyance.rules.decision import Reason
from abeyance.rules.permissions import Role
from abeyance.site import home
from abeyance.site.keeping import asked, manifest, shelf
from tests.pages.people import member_with, signed_in
from tests.requests.test_by_api import Caller


def body(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_job_that_was_given_up_says_why_and_is_tried_again(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(**_: Any) -> None:
        raise Refused([Reason("secret-word", "The secret sentence.", "x:y")])

    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs CASCADE")
    monkeypatch.setattr(registry, "_tasks", {**registry.tasks(), "post.send": fails})
    with transaction.atomic():
        outbox.queue("post.send", because_of=None, letter=7)
    assert outbox.run_due().failed == 1
    page = signed_in(desk.first)
    told = body(page.get("/operation/jobs/"))
    assert "The gate refused it: a pause holds the request" in told
    assert "secret" not in told
    assert "1 given up" in body(page.get("/operation/"))
    api = Caller(desk, "first").get("/jobs").json()
    assert api["failed"][0]["why"].startswith("The gate refused it")
    job = outbox.failures()[0].job
    assert signed_in(member_with(Role.REVIEWER).code).post(f"/operation/jobs/{job}/retry").status_code == 403
    assert page.post(f"/operation/jobs/{job}/retry")["Location"] == "/operation/jobs/"
    assert outbox.failures() == []
    assert outbox.pending()[0].job == job
    Trouble.objects.all().delete()
    assert Caller(desk, "first").post(f"/jobs/{job}/retry").status_code == 404


def kept(desk: Any, name: str) -> None:
    """As the worker writes one; making a real one is tested with the command."""
    place = shelf.folder(home.here()) / name
    (place / "ledger").mkdir(parents=True)
    (place / "database.dump").write_bytes(b"sealed rows")
    (place / "ledger" / "tile").write_bytes(b"t" * 700)
    manifest.Manifest("2026-03-01T10:00:00+00:00", "1", "s", "15", "", manifest.listed(place)).write(place)


def test_backups_are_asked_for_listed_checked_and_downloaded_by_whom_it_concerns(desk: Any) -> None:
    kept(desk, "backup-A")
    page, other = signed_in(desk.first), signed_in(member_with(Role.REVIEWER).code)
    assert other.get("/operation/backups/").status_code == 403
    assert other.get("/operation/backups/backup-A.tar").status_code == 403
    told = body(page.get("/operation/backups/"))
    assert shelf.listed(home.here())[0].digest in told
    assert "abeyance restore FOLDER" in told
    sent = b"".join(page.get("/operation/backups/backup-A.tar").streaming_content)
    with tarfile.open(fileobj=io.BytesIO(sent)) as tar:
        assert tar.extractfile("backup-A/database.dump").read() == b"sealed rows"
        assert len(tar.getnames()) == 3
    assert "is as it was written" in body(page.post("/operation/backups/backup-A/check", follow=True))
    (shelf.folder(home.here()) / "backup-A" / "database.dump").write_bytes(b"other rows!")
    assert "database.dump was changed" in body(page.post("/operation/backups/backup-A/check", follow=True))
    assert page.get("/operation/backups/none.tar").status_code == 404
    assert (
        signed_in(desk.first, lately=False).post("/operation/backups/new")["Location"].startswith("/sign-in/factors/")
    )
    page.post("/operation/backups/new")
    assert asked.is_under_way()
    assert Entry.objects.filter(kind="AdminAct").latest("pk").case is None
    assert "one is being made" in body(page.get("/operation/backups/"))
    assert Caller(desk, "first").get("/backups").json()[0]["name"] == "backup-A"


def test_an_entry_is_looked_up_with_its_receipt_and_one_of_a_request_is_not_told(desk: Any) -> None:
    ref = desk.arrive()
    page = signed_in(desk.first)
    mine = Entry.objects.filter(case=None).latest("pk").pk
    theirs = Entry.objects.filter(case=ref).latest("pk").pk
    assert page.get(f"/ledger/?entry={mine}")["Location"] == f"/ledger/{mine}/"
    assert "not published yet" in body(page.get(f"/ledger/{mine}/"))
    sequencer.integrate(desk.now(), force=True)
    receipt = body(page.get(f"/ledger/{mine}/receipt"))
    typed = receipt.replace("\n", "\r\n")  # as a browser sends it
    assert "The entry is in the log" in body(page.post("/ledger/check-shown", {"text": typed}))
    changed = receipt.replace("\n", "\nA", 1)
    assert "It does not hold" in body(page.post("/ledger/check-shown", {"text": changed}))
    assert page.get(f"/ledger/{theirs}/").status_code == 404
    assert page.get("/ledger/999999/").status_code == 404
    own = page.get(f"/requests/{ref}/receipts/{theirs}")
    assert "The entry is in the log" in body(page.post("/ledger/check-shown", {"text": body(own)}))
    assert page.get(f"/requests/{ref}/receipts/{mine}").status_code == 404
    assert Client(HTTP_ACCEPT="text/html").get(f"/ledger/{mine}/").status_code == 302
    assert Caller(desk, "first").get(f"/ledger/entries/{mine}/receipt").json()["receipt"] == receipt
    assert Caller(desk, "first").get(f"/ledger/entries/{theirs}/receipt").status_code == 404
