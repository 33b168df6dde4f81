"""What a preview counts is what the gate would hold: over requests and pauses drawn at random, also for those whose
labels were changed, by one person or by two, and for those of which little is known."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from typing import Any

from abeyance.casefile.door import visible_to
from abeyance.casefile.models import Case, Demand, Item
from abeyance.pauses import actions as pauses
from abeyance.pauses import coverage, store
from abeyance.pauses.weighing import weigh_each
from abeyance.policy import queries as policy
from tests.casefile.packed import stated
from tests.desk import Desk

COUNTRIES = [None, "HK", "GB", "US"]
AGENCIES = [None, "hk-harbour-police", "hk-other", "gb-northshire-police"]
LAWS = [None, "hk-nsl43", "hk-nsl43-s7", "gb-copo"]
SERVICES = [None, "quill", "telex"]
REQUESTS, PAUSES = 60, 24
MOMENT = datetime(2026, 3, 1, tzinfo=UTC)


def request(chance: random.Random) -> Case:
    """With up to four versions of what is demanded; a second person may have agreed to the labels of some."""
    case = Case.objects.create(
        channel="mail", state="to-verify", arrived_at=MOMENT, arrived_epoch=chance.choice([0, 10**6])
    )
    versions = chance.choice([1, 1, 2, 3, 4])
    for version in range(1, versions + 1):
        who = {
            "jurisdiction": chance.choice(COUNTRIES),
            "agency": chance.choice(AGENCIES),
            "instrument": chance.choice(LAWS),
        }
        agreed = chance.choice([None, None, "m-second"]) if version > 1 else None
        demand = Demand.objects.create(
            case=case, version=version, arrived_at=MOMENT, confirmed_by="m-first", labels_agreed_by=agreed, **who
        )
        for number in range(1, chance.choice([2, 3])):
            Item.objects.create(
                demand=demand,
                case=case,
                number=number,
                service=chance.choice(SERVICES),
                subject_country=chance.choice(COUNTRIES),
                arrived_epoch=case.arrived_epoch,
                open=version == versions,
                **who,
            )
    return case


def drawn_pause(chance: random.Random, number: int) -> Any:
    said: dict[str, Any] = {"name": f"P-{number}", "new_only": chance.random() < 0.3}
    said["jurisdictions"] = chance.sample(COUNTRIES[1:], chance.choice([0, 1, 2]))
    said["agencies"] = chance.sample(AGENCIES[1:], chance.choice([0, 0, 1]))
    said["laws"] = chance.sample(LAWS[1:], chance.choice([0, 0, 1]))
    said["services"] = chance.sample(SERVICES[1:], chance.choice([0, 0, 1]))
    if not any(said[axis] for axis in ("jurisdictions", "agencies", "laws", "services")):
        said["jurisdictions"] = ["HK"]
    return stated(**said)


def test_a_preview_counts_what_would_be_held(desk: Desk) -> None:
    chance = random.Random(20261125)
    cases = [request(chance) for _ in range(REQUESTS)]
    for number in range(PAUSES):
        pauses.declare(drawn_pause(chance, number), by="operator", now=desk.now())
    found = weigh_each(cases, now=desk.now())
    weighed = {case.pk: items for case, (_, items) in zip(cases, found, strict=True)}
    counted = 0
    for pause in store.in_force():
        held = {
            (pk, one.item.number): one.held
            for pk, items in weighed.items()
            for one in items
            if any(each.pause == pause.name for each in one.held)
        }
        unsure = sum(
            any(each.pause == pause.name and "not known" in each.reason.sentence for each in found)
            for found in held.values()
        )
        seen = coverage.covered(pause, visible_to("operator"))
        assert (seen.requests, seen.items, seen.perhaps) == (len({pk for pk, _ in held}), len(held), unsure), pause
        listed = {(item.case_id, item.number) for item in coverage.items_covered(pause, visible_to("operator"))}
        assert listed == set(held), pause
        counted += len(held)
    assert counted > REQUESTS, "the pauses that were drawn hold too little to show anything"
    assert _relabelled_and_held_by_the_old_label(weighed) > 3


def _relabelled_and_held_by_the_old_label(weighed: dict[int, Any]) -> int:
    """So that the test would fail if only the newest labels were counted."""
    found, books = 0, policy.books()
    for pause in store.in_force():
        for items in weighed.values():
            for one in items:
                demand, about = coverage._facts({name: getattr(one.item, name) for name in coverage.AXES}, books)
                newest = coverage.reach_under_any(coverage._whenever(pause), [demand], about, now=MOMENT)
                found += newest is coverage.Reach.NO and any(each.pause == pause.name for each in one.held)
    return found
