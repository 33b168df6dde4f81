"""Pages of assessments and consultations, as `tests/pages/test_every_page.py` looks at every other."""

from __future__ import annotations

from typing import Any

from abeyance.diligence import consulting
from tests.casefile.packed import declare
from tests.diligence.consultations import guest_seat, opened
from tests.diligence.test_assessments import begun, written
from tests.pages.test_every_page import looked_at


def test_each_is_sound_at_both_widths(desk: Any, member: Any, guest: Any) -> None:
    declare(desk, conditions=["courts review orders"])
    assessment = begun(desk)
    written(desk, assessment)
    found = opened(desk)
    person, expert, wrong = member(desk.first), guest(), []
    code = assessment.code
    for name, path in {
        "assessments": "/assessments/",
        "assessment": f"/assessments/{code}/",
        "assessment-write": f"/assessments/{code}/write/",
        "assessment-diff": f"/assessments/{code}/diff/?old=1&new=2",
        "assessment-sources": "/assessments/sources/",
        "consultation": f"/consultations/{found.code}/",
        "pause-conditions": "/pauses/HK-2020-07/",
    }.items():
        assert person.page.goto(person.site + path).status == 200, name
        wrong += looked_at(person, name)
    issued = consulting.issue(found.code, guest_seat(found), by=desk.first, now=desk.now())
    expert.go(issued.path)
    wrong += looked_at(expert, "guest-enter")
    expert.page.locator("#code").fill(issued.code)
    expert.press("Come in")
    wrong += looked_at(expert, "guest-room")
    assert wrong == []
