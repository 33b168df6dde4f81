"""One request from arrival to closing on the command line, and what it refuses on the way."""

from __future__ import annotations

import argparse
import io
import json
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest
from django.test import Client
from PIL import Image

from abeyance.answer import commands as answer
from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.intake import commands as intake
from abeyance.notice import commands as notice
from abeyance.pauses import commands as pauses
from abeyance.people import commands as people
from abeyance.people.models import Proposal
from abeyance.site.demo.papers import order_mail
from abeyance.site.demo.story import PAUSES
from abeyance.site.requests import commands as requests
from tests.casefile.packed import declare
from tests.desk import Desk
from tests.pages.people import signed_in
from tests.requests.test_by_api import Caller

Run = Callable[..., Answer]


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("ABEYANCE_TOKEN", raising=False)
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers()
    for room in (intake, requests, pauses, people, answer, notice):
        room.register(sub)

    def call(*words: object, by: str | None = None) -> Answer:
        token = ["--token-file", str(desk.home / "credentials" / f"{by}.token")] if by else []
        args = parser.parse_args([*map(str, words), *token])
        answer: Answer = args.run(args)
        json.dumps(answer.document)
        return answer

    return call


def confirmed(run: Run, desk: Desk) -> str:
    """The mail with its order, with what was read in it corrected by hand."""
    (taken,) = run("intake", order_mail(desk.home / "order.eml")).document
    ref: str = taken["ref"]
    draft = desk.home / "demand.toml"
    run("request", "draft", ref, draft, by="first")
    said = draft.read_text()
    for key, value in (
        ("requester", "police"),
        ("agency", "hk-harbour-police"),
        ("ground", "compelled"),
        ("entity", "quill-hk"),
        ("service", "quill"),
        ("controller", "quill-hk"),
        ("stored_in", "HK"),
    ):
        said = said.replace(f'{key} = ""', f'{key} = "{value}"')
    said = said.replace('instrument = ""', 'instrument = "hk-nsl43-s7"')
    draft.write_text(said.replace("fields = []", 'fields = ["telephone", "created-at"]'))
    run("request", "confirm", ref, draft, by="first")
    return ref


def test_from_a_mail_to_a_package_that_the_agency_opens(run: Run, desk: Desk) -> None:
    ref = confirmed(run, desk)
    shown = run("request", "show", ref, by="first").document
    assert shown["state"] == "to-verify"
    assert shown["items"][0]["identifier"] == "+85291234567"
    assert "identifier" not in run("request", "show", ref).document["items"][0]  # a shell alone does not read it

    assert run("request", "verify", ref, by="first").document[0]["sentence"]
    verified = run("request", "verify", ref, "--how", "call-back", "--contact", "+85255500100", by="first")
    assert verified.document["genuine"] is True

    (item,) = run("request", "show", ref, by="first").document["items"]
    assert (item["verdict"], item["held"]) == ("proceed", [])
    (seen,) = run("request", "preview", ref, by="first").document
    assert seen["tables"] == [{"table": "account", "fields": ["telephone", "created-at"], "rows": 1, "at_least": False}]

    answer = run("request", "propose", ref, by="first").document["answer"]
    assert f"--answer {answer[:16]}" in run("request", "show", ref, by="second").text
    with pytest.raises(Refused, match="somebody else has to agree"):
        run("request", "agree", ref, "--answer", answer[:16], by="first")
    with pytest.raises(Refused, match="own token"):
        run("request", "agree", ref, "--answer", answer[:16])
    for unseen in ("", answer[:1], "0" * 16):
        with pytest.raises(Refused, match="look at it again"):
            run("request", "agree", ref, "--answer", unseen, by="second")
    run("request", "agree", ref, "--answer", answer[:16], by="second")

    until = (desk.now() + timedelta(days=9)).isoformat()
    run("request", "notice", ref, "--state", "barred", "--until", until, "--order", "HP-1, a magistrate", by="first")
    package = run("request", "gather", ref, by="first").document["package"]
    assert run("package", "check", package, "--to", desk.cast.fingerprint, by="second").document["allowed"] is True

    out = desk.home / "out.age"
    handed = run("package", "release", package, "--to", desk.cast.fingerprint, "--out", out, by="second").document
    assert handed["state"] == "gone"
    opened = opened_by_the_agency(desk, out)
    (desk.home / "opened.zip").write_bytes(opened)
    assert run("package", "verify", desk.home / "opened.zip").document["whole"] is True
    names = zipfile.ZipFile(io.BytesIO(opened)).namelist()
    assert {"letter-en.pdf", "letter-zh-Hant.pdf", "item-1-account.csv"} <= {Path(name).name for name in names}

    closed = run("request", "close", ref, "--outcome", "answered", by="first").document
    assert (closed["state"], closed["closing"]) == ("closed", "answered")


def opened_by_the_agency(desk: Desk, path: Path) -> bytes:
    key = (desk.home / "demo" / "harbour-police.agekey").read_text().strip()
    return pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(key)])


def test_a_pause_stops_each_step_with_its_sentence_and_a_lift_releases_nothing(run: Run, desk: Desk) -> None:
    ref = desk.agreed()
    package = run("request", "gather", ref, by="first").document["package"]
    preview = run("pause", "preview", PAUSES / "quill.toml").document
    assert (preview["covers"], preview["collisions"]) == (1, [])
    declared = run("pause", "declare", PAUSES / "quill.toml").document
    assert declared["pause"] == "QUILL-2020-07"
    (item,) = run("request", "show", ref).document["items"]
    assert [(held["pause"], held["stage"]) for held in item["held"]] == [
        ("QUILL-2020-07", stage) for stage in ("review", "answer", "release")
    ]
    assert item["held"][0]["reason"].startswith("Held: pause QUILL-2020-07, review stage, since ")

    out = desk.home / "out.age"
    with pytest.raises(Refused, match="QUILL-2020-07"):
        run("package", "release", package, "--to", desk.cast.fingerprint, "--out", out, by="second")
    assert not out.exists()

    with pytest.raises(Refused, match="own token"):
        run("pause", "lift", "QUILL-2020-07", "--statement", "The assessment is approved.")
    with pytest.raises(Refused, match="Condition 1 is open"):
        run("pause", "lift", "QUILL-2020-07", "--statement", "The assessment is approved.", by="first")
    desk.ready_to_lift("QUILL-2020-07")
    lifted = run("pause", "lift", "QUILL-2020-07", "--statement", "The assessment is approved.", by="first").document
    with pytest.raises(Refused, match="somebody else has to agree"):
        run("pause", "agree", lifted["proposal"], by="first")
    run("pause", "agree", lifted["proposal"], by="second")
    with pytest.raises(Refused, match="before a pause was lifted"):
        run("package", "release", package, "--to", desk.cast.fingerprint, "--out", out, by="second")
    assert run("request", "send-back", ref).document["state"] == "to-verify"


def test_a_batch_with_a_missing_file_takes_the_others_and_says_which(run: Run, desk: Desk, tmp_path: Path) -> None:
    answer = run("intake", order_mail(tmp_path / "a.eml"), tmp_path / "absent.eml", order_mail(tmp_path / "a.eml"))
    first, absent, again = answer.document
    assert answer.code == 1
    assert absent["ref"] is None
    assert absent["refused"]
    assert (again["ref"], again["duplicate"]) == (first["ref"], True)
    assert {"field", "value", "where"} == set(first["suggestions"][0])


def test_absent_and_not_yours_look_alike(run: Run, desk: Desk) -> None:
    ref = desk.arrive()
    desk.case(ref).__class__.objects.filter(ref=ref).update(restricted=True)
    with pytest.raises(NotFound) as hidden:
        run("request", "show", ref)
    with pytest.raises(NotFound) as absent:
        run("request", "show", "R-0000-0000-0000")
    assert str(hidden.value).replace(ref, "REF") == str(absent.value).replace("R-0000-0000-0000", "REF")
    assert run("request", "show", ref, by="first").document["restricted"] is True  # counsel reads it


def test_a_restricted_request_has_no_receipt(run: Run, desk: Desk, tmp_path: Path) -> None:
    ref = desk.arrive()
    desk.case(ref).__class__.objects.filter(ref=ref).update(restricted=True)
    with pytest.raises(Refused, match="restricted"):
        run("request", "receipt", ref, "--out", tmp_path / "receipt.txt", by="first")


def test_erasing_needs_a_closed_request_without_a_legal_hold(run: Run, desk: Desk) -> None:
    ref = desk.confirmed()
    with pytest.raises(Refused, match="only a closed one"):
        run("request", "erase", ref, by="first")
    run("request", "close", ref, "--outcome", "wrong-entity", by="first")
    number = run("request", "hold", ref, "--basis", "litigation, invented").document["hold"]
    with pytest.raises(Refused, match="legal hold"):
        run("request", "erase", ref, by="first")
    proposed = run("request", "hold", ref, "--end", number, by="first").document["proposal"]
    with pytest.raises(Refused, match="legal hold"):
        run("request", "erase", ref, by="first")
    with pytest.raises(Refused, match="somebody else"):
        run("proposal", "agree", proposed, by="first")
    run("proposal", "agree", proposed, by="second")
    by_api = Caller(desk, "first")
    other = by_api.post(f"/requests/{ref}/holds", {"reason": "another suit"}).json()["hold"]
    asked = by_api.delete(f"/requests/{ref}/holds/{other}")
    assert (asked.status_code, asked.json()["open"]) == (202, True)
    page = signed_in(desk.second).get(f"/requests/{ref}/").content.decode()
    assert "its end waits for a second person" in page
    assert "another suit" in page
    assert signed_in(desk.second).post(f"/proposals/{asked.json()['proposal']}/agree").status_code == 302
    form = {"number": run("request", "hold", ref, "--basis", "a third").document["hold"]}
    assert signed_in(desk.first).post(f"/requests/{ref}/act/end-hold", form).status_code == 302
    with pytest.raises(Refused, match="legal hold"):
        run("request", "erase", ref, by="first")
    run("proposal", "agree", Proposal.objects.latest("pk").code, by="second")
    run("request", "erase", ref, by="first")
    case = desk.case(ref)
    assert case.erased_at is not None
    assert not list((desk.home / "documents").glob("*/*.sealed"))
    assert all(not bytes(item.identifier) for item in case.items.all())


def test_an_objection_keeps_the_gate_shut_until_it_is_answered(run: Run, desk: Desk) -> None:
    ref = desk.agreed()
    package = run("request", "gather", ref, by="first").document["package"]
    to = ("--to", desk.cast.fingerprint)
    run("request", "objection", ref, "--item", 1)
    assert "objection-open" in {
        each["code"] for each in run("package", "check", package, *to, by="second").document["reasons"]
    }
    with pytest.raises(Refused, match="own token"):
        run("request", "objection", ref, "--item", 1, "--answered")
    run("request", "objection", ref, "--item", 1, "--answered", by="first")
    assert run("package", "check", package, *to, by="second").document["allowed"] is True


def test_a_deferral_is_approved_as_it_was_shown_by_command_by_api_and_on_the_page(run: Run, desk: Desk) -> None:
    ref = desk.agreed()
    first, second = Caller(desk, "first"), Caller(desk, "second")
    until = (desk.now() + timedelta(days=9)).isoformat()

    def defer(reason: str) -> str:
        run("request", "notice", ref, "--state", "deferred", "--until", until, "--reason", reason, by="first")
        return str(first.get(f"/requests/{ref}").json()["deferral"]["digest"])

    def approve(digest: str) -> int:
        return int(second.post(f"/requests/{ref}/notice/approve", {"digest": digest}).status_code)

    shown = defer("an arrest is planned")
    said = run("request", "show", ref, by="second").text
    assert "an arrest is planned" in said
    assert f"--approve {shown[:16]}" in said
    assert "an arrest" not in run("request", "show", ref).text  # a shell alone does not read it
    changed = defer("no reason any more")
    with pytest.raises(Refused, match="has changed since you looked"):
        run("request", "notice", ref, "--approve", shown[:16], by="second")
    assert approve(shown) == 409
    assert second.post(f"/requests/{ref}/notice/approve").status_code == 422
    page = signed_in(desk.second)
    assert page.post(f"/requests/{ref}/agree/deferral", {"digest": shown}).status_code == 409
    seen = page.get(f"/requests/{ref}/").content.decode()
    assert "no reason any more" in seen
    assert changed in seen
    assert first.get(f"/requests/{ref}").json()["deferral"] is not None
    assert page.post(f"/requests/{ref}/agree/deferral", {"digest": changed}).status_code == 302
    assert first.get(f"/requests/{ref}").json()["deferral"] is None
    assert approve(defer("once more")) == 200
    run("request", "notice", ref, "--approve", defer("and again")[:16], by="second")


def test_what_is_past_its_time_is_listed_and_a_legal_hold_keeps_it(run: Run, desk: Desk) -> None:
    ref = desk.confirmed()
    run("request", "close", ref, "--outcome", "wrong-entity", by="first")
    assert run("request", "retention").document == []
    desk.case(ref).__class__.objects.update(closed_at=desk.now() - timedelta(days=400))
    assert [each["ref"] for each in run("request", "retention").document] == [ref]
    run("request", "hold", ref, "--basis", "litigation, invented")
    assert run("request", "retention").document == []


def test_a_courts_order_by_command_by_api_and_on_the_page(run: Run, desk: Desk) -> None:
    ref = desk.confirmed()
    declare(desk)
    paper = desk.home / "order.pdf"
    paper.write_bytes(b"%PDF the order")
    said = ("--pause", "HK-2020-07", "--court", "High Court", "--citation", "HCMP 1/2026")
    with pytest.raises(BadInput):
        run("request", "court-order", ref, *said, by="first")
    row = run("request", "court-order", ref, *said, "--date", "2026-11-20", "--document", paper, by="first").document
    assert (row["agreed"], row["court"]) == (False, "High Court")
    assert "waits for a second person" in run("request", "show", ref, by="first").text
    first, second = Caller(desk, "first"), Caller(desk, "second")
    path = f"/requests/{ref}/court-orders"
    assert first.post(f"{path}/{row['order']}/agree").status_code == 409
    assert second.post(f"{path}/{row['order']}/agree").json()["agreed"] is True
    page = signed_in(desk.first).get(f"/requests/{ref}/").content.decode()
    assert "By order of High Court (HCMP 1/2026, 2026-11-20) pause HK-2020-07 does not hold this request." in page
    assert signed_in(desk.first).get(f"/requests/{ref}/court-orders/{row['order']}").content == b"%PDF the order"
    assert run("request", "court-order", ref, "--withdraw", row["order"], by="second").document["withdrawn"]
    body = {"pause": "HK-2020-07", "court": "High Court", "citation": "HCMP 2/2026", "decided_on": "2026-11-21"}
    again = first.post(path, body)
    assert again.status_code == 201, again.content
    form = {"order": again.json()["order"]}
    assert signed_in(desk.second).post(f"/requests/{ref}/agree/court-order", form).status_code == 302
    assert first.get(f"/requests/{ref}").json()["court_orders"][-1]["agreed"] is True


def test_a_picture_among_the_papers_is_drawn_as_a_file_and_by_the_api(run: Run, desk: Desk) -> None:
    path, out = desk.home / "order.png", desk.home / "seen.png"
    Image.new("RGB", (30, 20), (255, 0, 0)).save(path)
    ref = run("intake", path, by="first").document[0]["ref"]
    shown = run("request", "show", ref, by="first").document["documents"][0]["document"]
    assert run("request", "draw", ref, shown, "--out", out, by="first").document["pages"] == 1
    with Image.open(out) as seen:
        assert seen.size == (30, 20)
    with pytest.raises(BadInput, match="exists already"):
        run("request", "draw", ref, shown, "--out", out, by="first")
    with pytest.raises(BadInput, match="could not be drawn"):
        run("request", "draw", ref, shown, "--page", 2, "--out", desk.home / "two.png", by="first")
    token = (desk.home / "credentials" / "first.token").read_text().strip()
    client = Client(headers={"Authorization": f"Bearer {token}"})
    answer = client.get(f"/api/requests/{ref}/documents/{shown}/pages/0/1.png")
    assert (answer.content, answer["X-Abeyance-Pages"]) == (out.read_bytes(), "1")
    assert client.get(f"/api/requests/{ref}/documents/{shown}/pages/1/1.png").status_code == 404
