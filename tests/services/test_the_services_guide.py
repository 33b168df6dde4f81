"""docs/describing-a-service.md, followed to the letter."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from abeyance.rules.facts import Period
from abeyance.rules.gathering import Found, GatherRequest, Wanted
from abeyance.rules.services import parse_data_map
from abeyance.rules.terms import DataCategory, IdentifierKind
from abeyance.services.maps import SHIPPED
from abeyance.services.queries import Way
from abeyance.services.synapse import SYNAPSE
from tests.services.conftest import Provider
from tests.services.packing import packed

GUIDE = (Path(__file__).parents[2] / "docs" / "describing-a-service.md").read_text()
JULY = Period(datetime(2020, 7, 1, tzinfo=UTC), datetime(2020, 8, 1, tzinfo=UTC))


def block(kind: str) -> str:
    found = re.search(rf"^```{kind}\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)
    assert found is not None
    return found[1]


def test_the_example_works_as_it_stands(provider: Provider) -> None:
    held = parse_data_map(tomllib.loads(block("toml map")))
    provider.run(block("sql provider"))
    provider.grant(held)
    wanted = tuple(Wanted(category, frozenset(field.name for field in held.of(category))) for category in DataCategory)
    request = GatherRequest("letterbox", IdentifierKind.USER_NAME, "Ada", wanted, JULY)
    with Way(held, "postgres", provider.reader).opened() as connector:
        preview = connector.preview(request)
        files = packed(connector.gather(request))
    assert preview.found is Found.ACCOUNT
    assert {count.table: count.rows for count in preview.counts} == {"mailbox": 1, "sign-ins": 1}
    assert files["P-1/data/mailbox.csv"] == b'"created-at"\n"2020-01-01T00:00:00+00:00"\n'
    assert b"192.0.2.10" in files["P-1/data/sign-ins.csv"]
    assert b"Letterbox cannot read them" in files["P-1/data/statements.csv"]
    assert not any(secret in b"".join(files.values()) for secret in (b"$2b$", b"secret-of", b"ciphertext"))


def test_the_guide_names_what_there_is() -> None:
    for name in SYNAPSE.named:
        assert f"`{name}`" in GUIDE
    for path in SHIPPED.glob("*.toml"):
        assert f"abeyance service map {path.stem}" in GUIDE
    for word in ("grants", "check", "connect", "agree", "disconnect"):
        assert f"abeyance service {word} " in GUIDE
    for kind in (*DataCategory, *IdentifierKind):
        assert f"`{kind}`" in GUIDE
