"""What the page of a request offers next is what can be done."""

from __future__ import annotations

import html
from typing import Any

from abeyance.answer import actions as answers
from abeyance.site.requests import documents
from abeyance.site.requests.next_steps import next_step
from tests.desk import Desk, item
from tests.pages.people import signed_in


def told(desk: Desk, ref: str, by: str) -> str:
    return html.unescape(signed_in(by).get(f"/requests/{ref}/").content.decode())


def test_where_nothing_is_handed_over_the_letter_comes_next_and_then_the_end(desk: Desk) -> None:
    ref = desk.genuine()
    answers.propose(ref, [answers.ItemAnswer(1, "refuse")], by=desk.first, now=desk.now())
    answers.agree(ref, by=desk.second, now=desk.now())
    page = told(desk, ref, desk.first)
    for words in ("Next: Send the letter and close it", f'href="/requests/{ref}/letters/">Look at the letter'):
        assert words in page
    assert "Gather and seal" not in page
    said = documents.in_full(desk.case(ref), now=desk.now(), reader=desk.first)
    assert next_step(said).startswith(f"abeyance request letter {ref}")
    answer: Any = signed_in(desk.first).post(f"/requests/{ref}/act/close", {"outcome": "refused"})
    assert answer.status_code == 302
    assert desk.case(ref).state == "closed"


def test_an_answer_that_gives_something_is_gathered(desk: Desk) -> None:
    assert "Next: Record the notice and gather" in told(desk, desk.agreed(), desk.first)


def test_what_cannot_be_answered_yet_says_why_before_anybody_proposes(desk: Desk) -> None:
    ref = desk.genuine(items=[item(service="unheard-of")])
    page = told(desk, ref, desk.first)
    assert "No data can be given yet, because:" in page
    assert "No data map says what unheard-of holds." in page.split("<h2", 3)[1] + page.split("<h2", 3)[2]
    assert f'href="/requests/{ref}/confirm/#i1">State what is missing' in page
    assert '<option value="">choose an answer</option>' in page
