"""The API of members and agencies: a member's token, the same acts, and never a token in an answer."""

from __future__ import annotations

from typing import Any

import pytest
from ninja import NinjaAPI
from ninja.testing import TestClient

from abeyance.people import api as people_api
from abeyance.people import queries
from abeyance.people.models import Member
from abeyance.verification import api as agency_api

AGENCY = {
    "code": "hk-harbour-police",
    "name": "Harbour Police",
    "jurisdiction": "HK",
    "kind": "police",
    "domains": ["harbour-police.example"],
    "source": "Invented",
    "source_date": "2020-06-01",
    "contacts": [
        {"kind": "telephone", "value": "+85255500100", "source": "Invented", "source_date": "2020-06-01"},
    ],
}


@pytest.fixture(scope="module")
def clients() -> tuple[TestClient, TestClient]:
    site = NinjaAPI(urls_namespace="test-people")
    site.add_router("", people_api.router)
    site.add_router("", agency_api.router)
    return TestClient(people_api.router), TestClient(agency_api.router)


@pytest.fixture
def headers(desk: Any) -> dict[str, dict[str, str]]:
    return {each.handle: {"Authorization": f"Bearer {each.token}"} for each in desk.issued}


def test_only_a_members_token_opens_it(
    clients: tuple[TestClient, TestClient], desk: Any, headers: dict[str, dict[str, str]]
) -> None:
    people, _ = clients
    assert people.get("/members").status_code == 401
    assert people.get("/members", headers={"Authorization": "Bearer abeyance-" + "A" * 43}).status_code == 401
    answer = people.get("/members", headers=headers["first"])
    assert answer.status_code == 200
    assert [member["handle"] for member in answer.json()] == ["first", "second"]


def test_two_members_add_a_third_and_no_answer_holds_a_token(
    clients: tuple[TestClient, TestClient], desk: Any, headers: dict[str, dict[str, str]]
) -> None:
    people, _ = clients
    made = people.post("/members", json={"handle": "rita", "roles": ["reviewer"]}, headers=headers["first"])
    assert made.status_code == 202
    code = made.json()["proposal"]
    shown = people.get(f"/proposals/{code}", headers=headers["second"]).json()
    assert shown["content"] == {"handle": "rita", "roles": ["reviewer"]}
    agreed = people.post(f"/proposals/{code}/agree", headers=headers["second"])
    assert agreed.status_code == 200
    assert Member.objects.get(handle="rita").token_due
    assert "abeyance-" not in agreed.content.decode()
    assert people.delete("/members/rita", headers=headers["first"]).status_code == 204
    assert not Member.objects.get(handle="rita").active


def test_taking_no_part_over_the_api(
    clients: tuple[TestClient, TestClient], desk: Any, headers: dict[str, dict[str, str]]
) -> None:
    people, _ = clients
    assert people.put("/exclusions/HK", headers=headers["first"]).status_code == 204
    assert queries.exclusions_of(desk.first) == {"HK"}
    assert people.delete("/exclusions/HK", headers=headers["first"]).status_code == 202
    assert queries.exclusions_of(desk.first) == {"HK"}


def test_an_agency_over_the_api(
    clients: tuple[TestClient, TestClient], desk: Any, headers: dict[str, dict[str, str]]
) -> None:
    people, agencies = clients
    assert agencies.get("/agencies").status_code == 401
    made = agencies.post("/agencies", json=AGENCY, headers=headers["first"])
    assert made.status_code == 202, made.content
    [proposal] = made.json()
    assert agencies.get("/agencies", headers=headers["first"]).json() == []
    people.post(f"/proposals/{proposal['proposal']}/agree", headers=headers["second"])
    assert agencies.get("/agencies/hk-harbour-police", headers=headers["first"]).json()["contacts"][0]["value"]
    assert agencies.post("/agencies/hk-harbour-police/suspend", headers=headers["second"]).status_code == 204
    [listed] = agencies.get("/agencies", headers=headers["first"]).json()
    assert listed["active"] is False


def test_strange_bodies_are_answered_with_422(
    clients: tuple[TestClient, TestClient], desk: Any, headers: dict[str, dict[str, str]]
) -> None:
    people, agencies = clients
    assert people.post("/members", json={"handle": "x" * 100, "roles": []}, headers=headers["first"]).status_code == 422
    assert agencies.post("/agencies", json=AGENCY | {"contacts": 3}, headers=headers["first"]).status_code == 422
