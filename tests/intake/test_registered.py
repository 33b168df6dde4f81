"""Agencies and services as the desk's own registers call them."""

from __future__ import annotations

import pytest
from django.utils.html import escape

from abeyance.casefile.facts import newest_demand
from abeyance.casefile.models import Case
from abeyance.intake import confirming, registered, taking
from abeyance.intake.reading import Part, Reading
from abeyance.people.directory.models import Agency
from tests.desk import POLICE, Desk, demand, item
from tests.pages.people import signed_in

KNOWN = [("quill", frozenset({"quill", "quill messenger"}))]


def read(*pages: str) -> Reading:
    return registered.with_services(Reading((Part("order.txt", "text/plain", 1, b"", pages),)), KNOWN)


@pytest.mark.parametrize(
    "said", ["Data of the Quill account", "about (QUILL)", "Quill Messenger: all data", "quill.", "des Quill-Kontos"]
)
def test_a_service_is_read_where_the_text_names_it(said: str) -> None:
    (found,) = read("To whom it may concern", f"first line\n{said}").suggestions
    assert (found.field, found.value, str(found.where)) == ("service", "quill", "order.txt, page 2, line 2")


@pytest.mark.parametrize("said", ["legal@quill.example", "quill.example", "a quill-pen", "tranquillity", "my.quill"])
def test_an_address_or_a_part_of_a_word_names_no_service(said: str) -> None:
    assert read(said).suggestions == ()


def test_what_papers_call_a_service_is_its_code_before_anybody_has_confirmed_it(desk: Desk) -> None:
    path = desk.home / "order.txt"
    path.write_text("Order\nSubscriber data of +85291234567 at Quill is demanded.")
    (taken,) = taking.take_each([path], channel="mail", by="operator", now=desk.now())
    assert taken.arrived is not None
    assert newest_demand(Case.objects.get()).items.get().service == "quill"
    assert "service: quill" in [f"{each.field}: {each.value}" for each in taken.arrived.suggestions]


def test_a_name_of_the_directory_is_its_code_and_another_is_told_with_the_nearest(desk: Desk) -> None:
    name = Agency.objects.get(code=POLICE).name
    ref = desk.confirmed(agency=f"  {name.upper()} ", items=[item(service="QUILL")])
    stated = newest_demand(desk.case(ref))
    assert (stated.agency, stated.items.get().service) == (POLICE, "quill")
    wrong = name.replace("Police", "Polise")
    assert wrong != name
    confirming.confirm(ref, demand(agency=wrong), by=desk.first, now=desk.now())
    assert newest_demand(desk.case(ref)).agency == wrong
    page = signed_in(desk.first).get(f"/requests/{ref}/").content.decode()
    assert (
        escape(f"The directory has no agency “{wrong}” that counts today. Perhaps {POLICE} ({name}) is meant") in page
    )
    confirming.confirm(ref, demand(agency="The Bureau"), by=desk.first, now=desk.now())
    page = signed_in(desk.first).get(f"/requests/{ref}/").content.decode()
    assert escape("The directory has no agency “The Bureau” that counts today.") in page
    assert "is meant" not in page
