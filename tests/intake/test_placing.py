"""Where an account holder is, recorded as an act of its own."""

from __future__ import annotations

import argparse

import pytest

from abeyance.casefile.models import Item
from abeyance.errors import BadInput, NotFound
from abeyance.intake import confirming, placing
from abeyance.pauses.weighing import weigh
from abeyance.rules.terms import PlaceSource
from abeyance.site.requests import commands
from tests.casefile.packed import declare
from tests.desk import Desk, item
from tests.pages.people import signed_in
from tests.requests.test_by_api import Caller

ABROAD = {"jurisdiction": "US", "agency": "us-da-sample-county", "requester": "prosecutor", "instrument": "us-2703d"}


def test_a_finding_counts_beside_the_others_and_a_second_person_settles_what_disagrees(desk: Desk) -> None:
    declare(desk, jurisdictions=[], subjects=["HK"])
    ref = desk.confirmed(**ABROAD, items=[item(subject_country=None)])
    before = Item.objects.get(case__ref=ref, open=True)

    def asked() -> tuple[bool, list[str]]:
        weighed = weigh(desk.case(ref), now=desk.now())[1][0]
        return bool(weighed.held), [reason.code for reason in weighed.questions]

    answer = Caller(desk, "first").post(f"/requests/{ref}/items/1/place", {"country": "GB", "source": "service"})
    assert answer.status_code == 200
    after = Item.objects.get(case__ref=ref, open=True)
    assert after.places == ["telephone:HK", "service:GB"]
    assert (after.fields, after.nexus_stated, after.identifier_digest) == (
        before.fields,
        before.nexus_stated,
        before.identifier_digest,
    )
    assert asked() == (True, ["place-disputed"])
    confirming.agree_labels(ref, by=desk.second, now=desk.now())
    assert asked() == (False, [])
    said = {"item": "1", "country": "hk", "source": "clerk", "back": f"/requests/{ref}/"}
    assert signed_in(desk.first).post(f"/requests/{ref}/act/place", said).status_code == 302
    assert asked() == (True, ["place-disputed"])
    parser = argparse.ArgumentParser()
    commands.register(parser.add_subparsers())
    token = str(desk.home / "credentials" / "first.token")
    words = ["request", "place", ref, "--item", "1", "--country", "MO", "--source", "clerk", "--token-file", token]
    args = parser.parse_args(words)
    assert args.run(args).document["ref"] == ref
    assert "clerk:MO" in Item.objects.get(case__ref=ref, open=True).places
    with pytest.raises(NotFound, match="no item 7"):
        placing.find(ref, 7, "GB", PlaceSource.CLERK, by=desk.first, now=desk.now())
    for country, source in (("Gb", PlaceSource.CLERK), ("GB", PlaceSource.AGREED)):
        with pytest.raises(BadInput):
            placing.find(ref, 1, country, source, by=desk.first, now=desk.now())
    with pytest.raises(BadInput, match="comes first"):
        placing.find(desk.arrive(), 1, "GB", PlaceSource.CLERK, by=desk.first, now=desk.now())
