"""What the command and the API of this room do, and that they do the same."""

from __future__ import annotations

import argparse
import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from ninja import NinjaAPI
from ninja.testing import TestClient

from abeyance.console import Answer
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.people import api as people_api
from abeyance.people import proposals
from abeyance.policy import api, commands, queries

ENTRY = "hk-nsl43-s7"


@pytest.fixture
def run(desk: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.delenv("ABEYANCE_TOKEN", raising=False)
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())

    def call(*words: str, by: str | None = None) -> Answer:
        token = ["--token-file", str(desk.home / "credentials" / f"{by}.token")] if by else []
        args = parser.parse_args(["policy", *words, *token])
        answer: Answer = args.run(args)
        json.dumps(answer.document)
        return answer

    return call


@pytest.fixture(scope="module")
def clients() -> tuple[TestClient, TestClient]:
    site = NinjaAPI(urls_namespace="test-policy")
    site.add_router("", people_api.router)
    site.add_router("", api.router)
    return TestClient(people_api.router), TestClient(api.router)


@pytest.fixture
def headers(desk: Any) -> dict[str, dict[str, str]]:
    return {each.handle: {"Authorization": f"Bearer {each.token}"} for each in desk.issued}


def test_a_text_comes_into_force_by_two_commands(desk: Any, run: Any, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_text(run("show", "policy", "desk").text.replace("= 92", "= 7"))
    told = run("check", str(file)).document
    with pytest.raises(Refused, match="own token"):
        run("propose", str(file))
    code = run("propose", str(file), by="first").document["proposal"]
    assert {"-longest_period_days = 7", "+longest_period_days = 7"} & set(run("compare", code).document["changes"])
    [waiting] = run("list").document["waiting"]
    assert waiting["proposal"] == code
    run("agree", code, by="second")
    assert run("list").document["waiting"] == []
    assert run("show", "policy", "desk").document["digest"] == told["digest"]


def test_counsel_adopts_and_ends_by_command(desk: Any, run: Any) -> None:
    until = (desk.now() + timedelta(days=30)).date().isoformat()
    source = ("--checked-against", "the gazette")
    code = run("adopt-law", ENTRY, "--until", until, *source, by="first").document["proposal"]
    run("agree", code, by="second")
    listed = {entry["entry"]: entry["standing"] for entry in run("list").document["entries"]}
    assert listed[ENTRY] == "in force"
    assert listed["hk-icso"] == "not adopted by counsel"
    assert run("end-law", ENTRY, by="second").document == {"entry": ENTRY, "adopted": False}
    with pytest.raises(NotFound, match="no law entry"):
        run("adopt-law", "nonsense", "--until", until, by="first")


def test_files_that_are_none_are_named(run: Any, tmp_path: Path) -> None:
    binary = tmp_path / "binary"
    binary.write_bytes(b"\xff\xfe")
    for path in (tmp_path / "nowhere", tmp_path, binary):
        with pytest.raises(BadInput):
            run("check", str(path))
    with pytest.raises(NotFound):
        run("show", "law", "nowhere")
    with pytest.raises(NotFound):
        run("compare", "p-none")


def test_the_api_does_the_same(
    clients: tuple[TestClient, TestClient], desk: Any, headers: dict[str, dict[str, str]]
) -> None:
    people, policy = clients
    assert policy.get("/policy").status_code == 401
    body = policy.get("/policy/policy/desk", headers=headers["first"]).json()["body"].replace("= 92", "= 7")
    told = policy.post("/policy/check", json={"body": body}, headers=headers["first"])
    assert (told.status_code, told.json()["kind"]) == (200, "policy")
    made = policy.post("/policy", json={"body": body}, headers=headers["first"])
    assert made.status_code == 202
    code = made.json()["proposal"]
    shown = policy.get(f"/policy-proposals/{code}", headers=headers["second"]).json()
    assert shown["body"] == body
    assert people.post(f"/proposals/{code}/agree", headers=headers["second"]).status_code == 200
    assert queries.books()[0].policy.digest == told.json()["digest"]


def test_adoption_over_the_api(
    clients: tuple[TestClient, TestClient], desk: Any, headers: dict[str, dict[str, str]]
) -> None:
    _, policy = clients
    wanted = {"until": (desk.now() + timedelta(days=9)).date().isoformat(), "checked_against": "the gazette"}
    made = policy.post(f"/law/{ENTRY}/adopt", json=wanted, headers=headers["first"])
    assert made.status_code == 202
    proposals.agree(made.json()["proposal"], by=desk.second, now=desk.now())
    assert ENTRY in queries.books()[0].adopted
    assert policy.post(f"/law/{ENTRY}/end", headers=headers["second"]).status_code == 204
    assert ENTRY not in queries.books()[0].adopted
    assert policy.post(f"/law/{ENTRY}/adopt", json={"until": "soon"}, headers=headers["first"]).status_code == 422


def test_the_beginning_of_counsels_answer_by_command_and_api(
    desk: Any, run: Any, clients: tuple[TestClient, TestClient], headers: dict[str, dict[str, str]]
) -> None:
    asked = ("--to", "de", "--under", "de-100j", "--category", "SubscriberData")
    text = run("answer", "hk-out", *asked, by=desk.issued[0].handle).text
    assert text.startswith(desk.law("hk").rstrip())
    assert 'id = "hk-out-de"' in text
    over = clients[1].get(
        "/policy-answers/hk-out?to=DE&under=de-100j&category=SubscriberData", headers=headers[desk.issued[0].handle]
    )
    assert over.json()["body"] == text
