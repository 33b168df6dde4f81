"""Which requests a member who takes no part in some countries may know of, by every version of what is demanded."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

from abeyance.casefile import door
from abeyance.casefile.models import Case, Demand
from abeyance.intake import confirming, taking
from abeyance.people import queries as people
from tests.desk import Desk, demand

COUNTRIES = (None, "CN", "DE", "GB", "HK", "US")
HIDDEN = [frozenset(codes) for number in (1, 2, 3) for codes in combinations(("CN", "GB", "HK", "ZZ"), number)]


def arrived_as(desk: Desk, *versions: str | None) -> None:
    case = Case(channel="api", arrived_at=desk.now(), arrived_epoch=0)
    for code in versions:
        case.add_country(code)
    case.save()
    for number, code in enumerate(versions, 1):
        Demand.objects.create(case=case, version=number, jurisdiction=code, arrived_at=desk.now())


def test_none_that_ever_was_of_a_hidden_country_is_seen_and_every_other_is(desk: Desk) -> None:
    for first in COUNTRIES:
        arrived_as(desk, first)
        for second in COUNTRIES:
            arrived_as(desk, first, second)
    sight, every = people.sight_of(desk.first), set(Case.objects.values_list("pk", flat=True))
    for hidden in HIDDEN:
        of_hidden = set(Demand.objects.filter(jurisdiction__in=hidden).values_list("case_id", flat=True))
        seen = set(door.visible_in(replace(sight, hidden=hidden)).values_list("pk", flat=True))
        assert of_hidden or hidden == {"ZZ"}
        assert seen == every - of_hidden, hidden


def test_what_is_of_a_hidden_country_alone_is_left_out_before_its_demands_are_looked_at(desk: Desk) -> None:
    arrived_as(desk, "GB")
    Case.objects.update(countries="HK")  # as it never is
    sight = people.sight_of(desk.first)
    assert door.visible_in(replace(sight, hidden=frozenset({"DE"}))).count() == 1
    assert door.visible_in(replace(sight, hidden=frozenset({"HK"}))).count() == 0


def test_what_is_amended_keeps_the_countries_that_it_had(desk: Desk) -> None:
    ref = desk.confirmed()
    assert desk.case(ref).countries == "HK"
    other = demand(jurisdiction="GB", agency="gb-northshire-police", instrument="gb-copo")
    confirming.confirm(ref, other, by=desk.first, now=desk.now())
    assert desk.case(ref).countries == "GB,HK"
    for hidden in ("GB", "HK"):
        sight = replace(people.sight_of(desk.first), hidden=frozenset({hidden}))
        assert not door.visible_in(sight).filter(ref=ref).exists()


def test_what_the_papers_say_counts_before_anybody_has_confirmed_it(desk: Desk) -> None:
    path = desk.home / "order.txt"
    path.write_text("Hong Kong Police Force\nOrder under section 43 of the National Security Law, Schedule 4.")
    (taken,) = taking.take_each([path], channel="mail", by="operator", now=desk.now())
    assert taken.arrived is not None
    assert Demand.objects.get().jurisdiction == desk.case(taken.arrived.ref).countries == "HK"
