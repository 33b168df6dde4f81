"""What makes two requests possibly the same matter, and what makes the use of an exception a rise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from abeyance.rules.demandfile import parse_demand
from abeyance.rules.patterns import FEWEST, RISE, WINDOW, Mark, MarkKind, alike, marks_of, rises

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def marks(identifier: str, kind: str, **particulars: str) -> set[Mark]:
    said = {"items": [{"identifier": identifier, "identifier_kind": kind}], "particulars": particulars}
    return set(marks_of(parse_demand(said)))


def shared(one: set[Mark], other: set[Mark]) -> dict[MarkKind, int]:
    both = one & other
    return {kind: sum(mark.kind is kind for mark in both) for kind in MarkKind}


def test_the_same_account_is_found_however_it_is_written() -> None:
    assert alike(shared(marks("+852 9123-4567", "telephone"), marks("+85291234567", "telephone")))
    assert alike(shared(marks("Kestrel+news@post.example", "email"), marks("kestrel@POST.example", "email")))
    assert not alike(shared(marks("+85291234567", "telephone"), marks("+85291234568", "telephone")))


def test_one_address_is_the_same_only_on_the_same_day() -> None:
    morning, evening = "192.0.2.7 2020-07-06T01:00:00Z", "192.0.2.7 2020-07-06T21:00:00Z"
    assert alike(shared(marks(morning, "ip-and-time"), marks(evening, "ip-and-time")))
    assert not alike(shared(marks(morning, "ip-and-time"), marks("192.0.2.7 2020-07-07T01:00:00Z", "ip-and-time")))


def test_a_name_alone_is_not_enough_and_with_another_mark_of_its_kind_it_is() -> None:
    mail, matrix = marks("kestrel@post.example", "email"), marks("@Kestrel:chat.example", "matrix-id")
    assert shared(mail, matrix)[MarkKind.HANDLE] == 1
    assert not alike(shared(mail, matrix))
    assert alike({MarkKind.HANDLE: 1, MarkKind.NAMED: 1})
    assert not any(mark.kind is MarkKind.HANDLE for mark in marks("admin@post.example", "email"))


def test_the_reference_of_the_matter_is_the_same_under_any_law() -> None:
    one, other = marks("a1", "account-id", reference="HP/2020-117"), marks("b2", "account-id", reference="hp 2020 117")
    assert alike(shared(one, other))
    assert not alike(shared(one, marks("b2", "account-id", reference="HP/2020-118")))
    assert not any(mark.kind is MarkKind.REFERENCE for mark in marks("c3", "account-id", reference="urgent"))


def test_a_group_that_is_named_in_the_text_counts() -> None:
    one = marks("a1", "account-id", notes="members of !HarbourTalk:chat.example on 1 July")
    assert alike(shared(one, marks("b2", "account-id", notes="the room !harbourtalk:chat.example again")))


def test_what_the_papers_name_beside_what_is_asked_for_is_a_mark() -> None:
    said = parse_demand({"items": [{"identifier": "+85291234567", "identifier_kind": "telephone"}]})
    found = marks_of(
        said, [("telephone", "+85291234567"), ("email", "heron@post.example"), ("agency", "Harbour Police")]
    )
    named = [mark.value for mark in found if mark.kind is MarkKind.NAMED]
    assert named == ["email:heron@post.example"]


def test_an_exception_that_is_asked_for_ever_more_is_said() -> None:
    def uses(now: int, before: int) -> list[tuple[str, str, datetime]]:
        lately = [("HK-1", "life", NOW - timedelta(days=1 + each)) for each in range(now)]
        return lately + [("HK-1", "life", NOW - WINDOW - timedelta(days=1 + each)) for each in range(before)]

    assert rises(uses(FEWEST, 1), now=NOW)[0].sentence.startswith("Exception life of pause HK-1 was asked for 3 times")
    assert rises(uses(FEWEST - 1, 0), now=NOW) == ()
    assert rises(uses(2 * RISE, 2), now=NOW)
    assert rises(uses(2 * RISE - 1, 2), now=NOW) == ()
