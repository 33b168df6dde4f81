"""Assessments and consultations by command and by API: the same acts, and nothing that is privileged or was said."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyrage
import pytest

from abeyance.console import Answer
from abeyance.diligence import commands, consultation_commands, consulting, talking
from abeyance.diligence.models import Message
from abeyance.errors import BadInput, Refused
from abeyance.pauses import commands as pauses
from abeyance.people import commands as people
from abeyance.site.demo.story import ASSESSMENT
from tests.casefile.packed import declare
from tests.desk import Desk
from tests.diligence.consultations import guest_seat, opened
from tests.diligence.test_assessments import PAUSE, api, begun
from tests.diligence.test_consultations import age_file, come_in

Run = Callable[..., Answer]


@pytest.fixture
def run(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.delenv("ABEYANCE_TOKEN", raising=False)
    parser = argparse.ArgumentParser()
    sub = parser.add_subparsers()
    for room in (commands, consultation_commands, pauses, people):
        room.register(sub)

    def call(*words: object, by: str = "first") -> Answer:
        token = desk.home / "credentials" / f"{by}.token"
        args = parser.parse_args([*map(str, words), "--token-file", str(token)])
        answer: Answer = args.run(args)
        json.dumps(answer.document)
        return answer

    return call


def test_an_assessment_by_command_from_its_beginning_to_the_lift(run: Run, desk: Desk, tmp_path: Path) -> None:
    declare(desk, conditions=["courts review orders"])
    code = run("assessment", "begin", "--pause", PAUSE, "--review-by", "2036-01-06").document["assessment"]
    assert run("assessment", "write", code, ASSESSMENT, "--onto", 1).document["missing"] == []
    exported = tmp_path / "exported.json"
    exported.write_text(json.dumps(run("assessment", "show", code).document))
    assert run("assessment", "write", code, exported, "--onto", 2, by="second").document["version"] == 3
    assert run("assessment", "diff", code, 2, 3).document == []
    assert "Harm done by the pause itself" in run("assessment", "show", code, "--version", 2).text
    run("assessment", "comment", code, "decision", "Said well.")
    with pytest.raises(BadInput, match="is not a date"):
        run("assessment", "prolong", code, "soon", "--reason", "x")
    asked = run("assessment", "approve", code).document["proposal"]
    run("proposal", "agree", asked, by="second")
    with pytest.raises(Refused, match="Condition 1 is open"):
        run("pause", "lift", PAUSE, "--statement", "It is over.")
    met = run("pause", "condition", PAUSE, 1, "met", "--reason", "They do.").document["proposal"]
    run("proposal", "agree", met, by="second")
    assert "1. courts review orders: met" in run("pause", "conditions", PAUSE).text
    assert run("pause", "lift", PAUSE, "--statement", "It is over.").document["open"]
    assert run("assessment", "published", PAUSE).document["state"] == "approved"
    assert run("assessment", "owner", code, "second").document["owner"] == desk.second
    assert [each["assessment"] for each in run("assessment", "list").document] == [code]
    assert "principle 17" in run("assessment", "sources").text


def test_a_consultation_by_command_with_files_of_age_alone(run: Run, desk: Desk, tmp_path: Path) -> None:
    assessment = begun(desk)
    ends = (desk.now() + timedelta(days=9)).isoformat()
    how = ("--ends", ends, "--risk", "high", "--answer", "Their line is watched.")
    asked = run("consultation", "invite", assessment.code, *how).document
    run("proposal", "agree", asked["proposal"], by="second")
    code = asked["subject"]
    told = run("consultation", "show", code).document
    seat = told["guests"][0]["seat"]
    made = run("consultation", "link", code, seat).document
    word = talking.enter(made["path"].split("/")[2], made["code"], now=desk.now())
    guest = talking.seat_for(word, now=desk.now())
    assert guest is not None
    run("consultation", "key", code, pyrage.x25519.Identity.generate().to_public())
    plain, sealed = tmp_path / "plain", tmp_path / "sealed.age"
    plain.write_text("What do you think?")
    sealed.write_bytes(age_file())
    with pytest.raises(BadInput, match="encrypted with age"):
        run("consultation", "send", code, plain)
    run("consultation", "send", code, sealed)
    number = run("consultation", "show", code).document["files"][0]["id"]
    run("consultation", "fetch", code, number, "--out", tmp_path / "again.age")
    assert (tmp_path / "again.age").read_bytes() == sealed.read_bytes()
    passage = run("consultation", "passage", code, "It is bad.").document
    take = ("consultation", "take", code, seat, "It is bad.", "--salt", passage["salt"])
    with pytest.raises(Refused, match="has not consented"):
        run(*take)
    talking.consent(guest, passage["digest"], given=True, now=desk.now())
    assert run(*take).document["version"] == 2
    assert run("consultation", "lines", code, desk.confirmed(), "One post is asked about.").document["open"]
    run("consultation", "end", code, by="second")
    assert run("consultation", "list").document[0]["state"] == "over"
    assert not Message.objects.exists()


def test_a_consultation_by_api_and_only_for_those_who_sit_there(desk: Desk) -> None:
    assessment = begun(desk)
    first, other = api(desk, desk.first), api(desk, desk.second)
    said = {"ends": (desk.now() + timedelta(days=9)).isoformat(), "risk": "some", "answer": "Abroad."}
    asked_for = first.post(f"/api/assessments/{assessment.code}/consultations", said, content_type="application/json")
    assert asked_for.status_code == 202
    found = opened(desk)
    guest, path = guest_seat(found), f"/api/consultations/{found.code}"
    assert first.post(f"{path}/seats/{guest}/link").json()["path"].startswith("/consult/")
    come_in(desk, found)
    assert first.post(f"{path}/seats/{guest}/link").status_code == 409
    assert first.post(f"{path}/files", b"plain", content_type="application/octet-stream").status_code == 422
    assert first.post(f"{path}/files", age_file(), content_type="application/octet-stream").status_code == 201
    number = other.get(path).json()["files"][0]["id"]
    assert other.get(f"{path}/files/{number}").content.startswith(b"age-encryption.org/v1")
    numbered = first.post(f"{path}/number", {"text": "It is bad."}, content_type="application/json").json()
    assert numbered["digest"] == consulting.digest_of(numbered["salt"], "It is bad.")
    taken = {"seat": guest, "text": "It is bad.", "salt": numbered["salt"]}
    assert first.post(f"{path}/passages", taken, content_type="application/json").status_code == 409
    told = {"request": desk.confirmed(), "lines": ["One post."]}
    assert first.post(f"{path}/lines", told, content_type="application/json").status_code == 202
    assert first.post(f"{path}/end").status_code == 204
    assert [each["state"] for each in first.get("/api/consultations").json()] == ["over", "waits"]
