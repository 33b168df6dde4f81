"""The same way over the API, as a client would go it: tokens, uploads, a package as the answer's body."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pyrage
import pytest
from django.test import Client

from abeyance.site.demo.papers import order_mail
from tests.desk import Desk


class Caller:
    def __init__(self, desk: Desk, handle: str) -> None:
        token = (desk.home / "credentials" / f"{handle}.token").read_text().strip()
        self._client = Client(headers={"Authorization": f"Bearer {token}"})

    def get(self, path: str) -> Any:
        return self._client.get(f"/api{path}")

    def post(self, path: str, body: Any = None) -> Any:
        return self._client.post(f"/api{path}", json.dumps(body or {}), content_type="application/json")

    def delete(self, path: str) -> Any:
        return self._client.delete(f"/api{path}")

    def put(self, path: str, body: Any) -> Any:
        return self._client.put(f"/api{path}", json.dumps(body), content_type="application/json")

    def upload(self, path: str, name: str, content: bytes) -> Any:
        file = io.BytesIO(content)
        file.name = name
        return self._client.post(f"/api{path}", {"file": file})


@pytest.fixture
def first(desk: Desk) -> Caller:
    return Caller(desk, "first")


@pytest.fixture
def second(desk: Desk) -> Caller:
    return Caller(desk, "second")


DEMAND = {
    "kind": "disclosure",
    "requester": "police",
    "jurisdiction": "HK",
    "agency": "hk-harbour-police",
    "instrument": "hk-nsl43-s7",
    "ground": "compelled",
    "entity": "quill-hk",
    "items": [
        {
            "service": "quill",
            "category": "SubscriberData",
            "identifier_kind": "telephone",
            "identifier": "+85291234567",
            "fields": ["telephone", "created-at"],
            "nexus": "named in the order",
            "controller": "quill-hk",
            "stored_in": "HK",
        }
    ],
}


def test_nobody_enters_without_a_token(desk: Desk) -> None:
    for path in ("/api/requests", "/api/pauses", "/api/policy", "/api/members"):
        assert Client().get(path).status_code == 401
    assert Client(headers={"Authorization": "Bearer abeyance-" + "A" * 43}).get("/api/requests").status_code == 401


def test_from_an_upload_to_a_package(desk: Desk, first: Caller, second: Caller) -> None:
    mail = order_mail(desk.home / "order.eml").read_bytes()
    arrived = first.upload("/intake", "order.eml", mail)
    assert arrived.status_code == 201, arrived.content
    ref = arrived.json()["ref"]
    assert {each["field"] for each in arrived.json()["suggestions"]} >= {"instrument", "telephone", "deadline"}
    assert first.upload("/intake", "order.eml", mail).json() | {"suggestions": []} == arrived.json() | {
        "suggestions": [],
        "duplicate": True,
    }

    assert first.put(f"/requests/{ref}/demand", DEMAND).json()["state"] == "to-verify"
    inquiry = {"how": "call-back", "contact": "+85255500100"}
    assert first.post(f"/requests/{ref}/genuine", inquiry).json()["genuine"] is True
    answer = first.post(f"/requests/{ref}/answer").json()["answer"]
    assert first.post(f"/requests/{ref}/answer/agree", {"answer": answer}).status_code == 409
    assert second.post(f"/requests/{ref}/answer/agree", {"answer": answer}).json()["agreed"] is True
    until = (desk.now() + timedelta(days=5)).isoformat()
    told = {"state": "barred", "until": until, "order": "HP-1, a magistrate"}
    assert first.post(f"/requests/{ref}/notice", told).json()["items"] == [1]
    package = first.post(f"/requests/{ref}/gather").json()["package"]

    body = {"to": desk.cast.fingerprint}
    assert second.post(f"/packages/{package}/check", body).json()["allowed"] is True
    handed = second.post(f"/packages/{package}/release", body)
    assert handed.status_code == 200, handed.content
    key = (desk.home / "demo" / "harbour-police.agekey").read_text().strip()
    opened = pyrage.decrypt(handed.getvalue(), [pyrage.x25519.Identity.from_str(key)])
    assert zipfile.ZipFile(io.BytesIO(opened)).testzip() is None
    shown = first.get(f"/packages/{package}").json()
    assert [each["state"] for each in shown["hand_overs"]] == ["gone"]
    digest = shown["sha256"]
    act = shown["hand_overs"][0]["act"]
    assert first.post(f"/hand-overs/{act}/confirm", {"digest": "0" * 64}).status_code == 422
    assert first.post(f"/hand-overs/{act}/confirm", {"digest": digest}).json()["state"] == "confirmed"


def test_a_declared_pause_refuses_with_its_reasons(desk: Desk, first: Caller, second: Caller) -> None:
    ref = desk.agreed()
    package = first.post(f"/requests/{ref}/gather").json()["package"]
    pause = {
        "name": "HK-2020-07",
        "jurisdictions": ["HK"],
        "review_by": "2030-01-01",
        "reason": "a new law",
        "statement": "We hold.",
    }
    assert first.post("/pauses/preview", pause).json()["covers"] == 1
    assert first.post("/pauses", pause).status_code == 201
    refused = second.post(f"/packages/{package}/release", {"to": desk.cast.fingerprint})
    assert refused.status_code == 409
    assert refused.json()["reasons"][0]["pause"] == "HK-2020-07"
    assert first.post("/pauses", {**pause, "name": "x"}).status_code == 422
    assert first.get("/requests/R-0000-0000-0000").status_code == 404


def test_a_note_of_a_telephone_call_is_a_request(desk: Desk, first: Caller) -> None:
    arrived = first.post("/intake/note", {"text": "Agency: Harbour Police\nAccount: kestrel@post.example\n"})
    assert arrived.status_code == 201, arrived.content
    assert {each["value"] for each in arrived.json()["suggestions"]} >= {"kestrel@post.example"}
    assert first.post("/intake/note", {"text": "   "}).status_code == 422
