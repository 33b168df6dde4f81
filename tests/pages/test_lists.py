"""What a list tells and counts: as far as a bound, and never a request that its reader may not know of."""

from __future__ import annotations

from typing import Any

import pytest
from django.utils import timezone

from abeyance.casefile import door
from abeyance.casefile.models import Case
from abeyance.pauses import due
from abeyance.people import queries as people
from abeyance.people.models import Exclusion, Member
from abeyance.rules.permissions import Role
from abeyance.site.pages import queue
from tests.pages.people import member_with, signed_in

pytestmark = pytest.mark.django_db(transaction=True)


def refs(client: Any, query: str = "") -> set[str]:
    body = client.get(f"/requests/{query}").content.decode()
    return {ref for ref in Case.objects.values_list("ref", flat=True) if f"/requests/{ref}/" in body}


def test_counts_filters_and_search_hold_only_what_the_reader_may_know_of(desk: Any) -> None:
    open_, restricted = desk.confirmed(), desk.confirmed()
    Case.objects.filter(ref=restricted).update(restricted=True)
    reviewer, apart = member_with(Role.REVIEWER), member_with(Role.REVIEWER, name="apart")
    Exclusion.objects.create(member=apart, jurisdiction="HK")
    counsel, reader, nobody = (signed_in(each) for each in (desk.first, reviewer.code, apart.code))
    for query in ("", "?state=open", "?state=to-verify", "?country=hk", "?q=hk-harbour-police", "?q=R-", "?page=7"):
        assert refs(counsel, query) == {open_, restricted}, query
        assert refs(reader, query) == {open_}, query
        assert refs(nobody, query) == set(), query
    assert refs(counsel, f"?q={restricted[:6].lower()}") == {restricted}
    assert counsel.get(f"/requests/?q={restricted}").status_code == 302
    assert reader.get(f"/requests/?q={restricted}").status_code == 200, "absent and not yours look alike"
    assert "2 requests" in counsel.get("/requests/").content.decode()
    assert "1 request<" in reader.get("/requests/").content.decode()
    front = {each: each.get("/").content.decode() for each in (counsel, reader, nobody)}
    assert ["(2)" in front[counsel], "(1)" in front[reader], "(1)" in front[nobody]] == [True, True, False]
    assert restricted not in front[reader]
    assert open_ not in front[nobody]


def test_an_empty_list_says_what_to_do_next(desk: Any) -> None:
    client = signed_in(desk.first)
    assert "Change the filter, or take in what has arrived." in client.get("/requests/").content.decode()
    front = client.get("/").content.decode()
    for words in ("A request has arrived", "No pause is in force.", "Pause a country", "Nothing waits for you."):
        assert words in front


def test_a_count_ends_where_nobody_reads_on(desk: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "MOST_COUNTED", 2)
    monkeypatch.setattr(queue, "PER_PAGE", 1)
    made = [desk.confirmed() for _ in range(3)]
    listed = queue.listed(
        queue.wanted(door.visible_to(desk.first), state="", country="", looked_for=""), "9", now=desk.now()
    )
    assert (listed.page.paginator.count, listed.more, listed.page.number) == (2, True, 2)
    assert [line.ref for line in listed.lines] == [made[1]]
    assert people.sight_of(Member.objects.get(code=desk.first).code).hidden == frozenset()


def test_what_the_ledger_says_has_changed_is_weighed_once_and_found_again_when_it_changes(desk: Any) -> None:
    ref = desk.confirmed()
    assert due.catch_up(timezone.now()) == 1
    assert due.catch_up(timezone.now()) == 0
    desk.verify(ref)
    assert due.catch_up(timezone.now()) == 1
