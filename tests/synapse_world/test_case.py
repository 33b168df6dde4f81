"""One request about a person on a real Synapse: from the mail to what the police opens, and a pause that stops it."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyrage
import pytest

from abeyance.errors import Refused
from abeyance.pauses import actions as pauses
from abeyance.people import proposals
from abeyance.policy import actions as policy
from abeyance.release import handing, making
from abeyance.rules.gathering import Found
from abeyance.rules.pausefile import parse_pause
from abeyance.rules.terms import DataCategory
from abeyance.services import actions as services
from abeyance.services import addresses, maps
from abeyance.site.requests import letters
from tests.desk import item
from tests.synapse_world.world import World

FIELDS = {
    DataCategory.SUBSCRIBER: ["user-id", "email", "created-at"],
    DataCategory.IDENTIFYING: ["ip-address", "last-seen-at"],
    DataCategory.TRAFFIC: ["room-id", "sent-at", "event-type", "membership"],
    DataCategory.CONTENT: ["room-id", "sent-at", "content"],
}
PAUSE = {
    "name": "HK-2020-07",
    "jurisdictions": ["HK"],
    "review_by": "2099-12-31",
    "reason": "A new law is being assessed.",
    "statement": "We answer nothing from there until we have assessed the new law.",
}


@pytest.fixture
def connected(desk: Any, synapse: World, reader: str) -> Any:
    """The shipped map, adopted by two, and the service, connected by two."""
    now = desk.now()
    adopted = policy.propose_text(maps.shipped_text("synapse") or "", by=desk.first, now=now)
    proposals.agree(adopted.code, by=desk.second, now=now)
    asked = services.propose_connection(
        "synapse", "synapse", entity="quill-hk", address_file=None, by=desk.first, now=now
    )
    proposals.agree(asked.code, by=desk.second, now=now)
    path = desk.home / addresses.FOLDER / addresses.usual_file("synapse")
    path.write_text(reader)
    path.chmod(0o600)
    return desk


def about(desk: Any, who: str) -> list[dict[str, Any]]:
    """One item for each category, for the last day."""
    now = desk.now()
    period = {"period_start": (now - timedelta(days=1)).isoformat(), "period_end": now.isoformat()}
    common = {"service": "synapse", "identifier_kind": "matrix-id", "identifier": who, **period}
    return [item(category=category.value, fields=fields, **common) for category, fields in FIELDS.items()]


def opened(desk: Any, path: Path) -> dict[str, str]:
    """What the police finds in it, with its own key."""
    text = (desk.home / "demo" / "harbour-police.agekey").read_text().strip()
    plain = pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(text)])
    with zipfile.ZipFile(io.BytesIO(plain)) as archive:
        return {name.split("/", 1)[1]: archive.read(name).decode("utf-8", "replace") for name in archive.namelist()}


def test_a_request_about_one_of_them_and_the_pause_that_stops_it(connected: Any, synapse: World) -> None:
    desk, alice, bob = connected, synapse.alice, synapse.bob
    ref = desk.agreed(items=about(desk, alice.user_id))

    seen = making.preview(ref, by=desk.first, now=desk.now())
    assert {one.preview.found for one in seen} == {Found.ACCOUNT}
    assert not any(value in repr(seen) for value in (alice.email, alice.user_id, *alice.said_clear, "127.0.0.1"))

    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    sealed = b"".join(path.read_bytes() for path in (desk.home / "packages").rglob("*") if path.is_file())
    assert alice.said_clear[0].encode() not in sealed

    target = desk.home / "package.age"
    handing.to_file(package.key, to=desk.cast.fingerprint, path=target, by=desk.second)
    files = opened(desk, target)
    everything = "\n".join(files.values())
    wanted = (alice.user_id, alice.email, "127.0.0.1", synapse.clear_room, synapse.sealed_room, *alice.said_clear)
    assert [value for value in wanted if value not in everything] == []
    assert "end-to-end encrypted" in files["data/item-4-statements.csv"]
    assert synapse.sealed_room not in files["data/item-4-messages.csv"]
    never = (*synapse.secrets, *alice.said_sealed, *bob.said_clear, *bob.said_sealed, bob.email, alice.device_name)
    assert [value for value in never if value in everything] == []

    pauses.declare(parse_pause(PAUSE), by=desk.first, now=desk.now())
    for refused in (
        lambda: handing.to_file(package.key, to=desk.cast.fingerprint, path=desk.home / "late.age", by=desk.second),
        lambda: making.preview(ref, by=desk.first, now=desk.now()),
    ):
        with pytest.raises(Refused, match="HK-2020-07"):
            refused()
    assert not (desk.home / "late.age").exists()


def test_that_there_is_no_such_account_is_said_only_inside_a_package(connected: Any) -> None:
    desk = connected
    ref = desk.agreed(items=about(desk, "@nobody:matrix.example")[:1])
    assert [one.preview.found for one in making.preview(ref, by=desk.first, now=desk.now())] == [Found.NOTHING]
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    target = desk.home / "package.age"
    handing.to_file(package.key, to=desk.cast.fingerprint, path=target, by=desk.second)
    files = opened(desk, target)
    assert "Nothing was found by that identifier." in files["data/item-1-statements.csv"]
    assert not any(name.startswith("data/item-1-account") for name in files)
