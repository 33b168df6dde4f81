"""The service's own word on where an account holder is: read from its database, recorded as one source of several."""

from __future__ import annotations

import argparse
import tomllib

import pytest

from abeyance.casefile.models import Item
from abeyance.errors import BadInput
from abeyance.intake import placing
from abeyance.pauses.weighing import weigh
from abeyance.rules.facts import Period
from abeyance.rules.gathering import GatherRequest
from abeyance.rules.services import DataMap, parse_data_map
from abeyance.rules.terms import IdentifierKind
from abeyance.services.maps import SHIPPED
from abeyance.services.queries import Way
from abeyance.site.requests import commands
from tests.casefile.packed import declare
from tests.desk import Desk, item
from tests.pages.people import signed_in
from tests.requests.test_by_api import Caller
from tests.services.conftest import Provider

ABROAD = {"jurisdiction": "US", "agency": "us-da-sample-county", "requester": "prosecutor", "instrument": "us-2703d"}
FIELD = {
    "name": "country",
    "category": "SubscriberData",
    "lies_in": "mailboxes.country",
    "kept_until_deleted": True,
    "end_to_end_encrypted": False,
    "sentence": "The country that the owner chose.",
    "means": "country-of-the-account-holder",
}


@pytest.fixture
def held(provider: Provider) -> DataMap:
    """The example's map with a field that says where the account holder is."""
    content = tomllib.loads((SHIPPED / "own-tables.toml").read_text())
    content["field"].append(FIELD)
    content["table"][0]["columns"].append({"field": "country", "column": "country"})
    provider.run(
        "ALTER TABLE mailboxes ADD COLUMN country text;"
        "UPDATE mailboxes SET country = 'hk' WHERE id = 1; UPDATE mailboxes SET country = 'Hong Kong' WHERE id = 2"
    )
    found = parse_data_map(content)
    provider.grant(found)
    return found


def of(address: str) -> GatherRequest:
    return GatherRequest("example-mail", IdentifierKind.EMAIL, address, (), Period())


def test_a_code_is_taken_and_nothing_else_is_guessed_at(provider: Provider, held: DataMap) -> None:
    with Way(held, "postgres", provider.reader).opened() as connector:
        assert connector.country(of("ada@mail.example")) == "HK"
        for address in ("ben@mail.example", "new@mail.example", "twin@mail.example ", "nobody@mail.example"):
            assert connector.country(of(address)) is None, address
    with Way(provider.held, "postgres", provider.reader).opened() as connector:
        assert connector.country(of("ada@mail.example")) is None, "the map has no such field"


def test_asking_the_service_holds_what_is_about_people_in_a_paused_place(
    desk: Desk, provider: Provider, held: DataMap, monkeypatch: pytest.MonkeyPatch
) -> None:
    declare(desk, jurisdictions=[], subjects=["HK"])
    known = Way(held, "postgres", provider.reader)
    monkeypatch.setattr(placing.services, "way_to", lambda name: known)

    def about(address: str) -> str:
        mailbox = {"service": "example-mail", "identifier_kind": "email", "identifier": address}
        return desk.confirmed(**ABROAD, items=[item(**mailbox, subject_country=None)])

    def places(ref: str) -> list[str]:
        return Item.objects.get(case__ref=ref, open=True).places

    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())
    first, second, third = (about("ada@mail.example") for _ in range(3))
    assert Caller(desk, "first").post(f"/requests/{first}/items/1/place/ask").status_code == 200
    token = str(desk.home / "credentials" / "first.token")
    args = parser.parse_args(["request", "place", second, "--item", "1", "--token-file", token])
    assert args.run(args).document["ref"] == second
    said = {"item": "1", "country": "", "ask": "yes", "back": f"/requests/{third}/"}
    assert signed_in(desk.first).post(f"/requests/{third}/act/place", said).status_code == 302
    for ref in (first, second, third):
        assert places(ref) == ["service:HK"]
        assert "not known" not in weigh(desk.case(ref), now=desk.now())[1][0].held[0].reason.sentence
    with pytest.raises(BadInput, match="comes first"):
        placing.ask(desk.arrive(), 1, by=desk.first, now=desk.now())
    with pytest.raises(BadInput, match="does not say where"):
        placing.ask(about("ben@mail.example"), 1, by=desk.first, now=desk.now())
    monkeypatch.setattr(placing.services, "way_to", lambda name: Way(provider.held, "postgres", provider.reader))
    with pytest.raises(BadInput, match="no field that means"):
        placing.ask(first, 1, by=desk.first, now=desk.now())
