"""After a recall: its steps are recorded by those who may, block the recipient, and hold the closing until settled."""

from __future__ import annotations

import pytest

from abeyance.casefile import ending
from abeyance.casefile.ending import Closing
from abeyance.errors import Refused
from abeyance.ledger.models import Entry
from abeyance.pauses import due
from abeyance.people.directory import queries as directory
from abeyance.release import actions as gate
from abeyance.release import handing, making, recall, recalling
from abeyance.rules.permissions import Role
from abeyance.rules.recalls import Step
from abeyance.site.demo.cast import POLICE
from abeyance.site.requests import documents, letters
from tests.desk import Desk
from tests.pages.people import member_with


def handed_over(desk: Desk) -> str:
    ref = desk.agreed()
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    opened = gate.release(package.key, to=desk.cast.fingerprint, channel="file", by=desk.second)
    for _piece in handing.as_encrypted_stream(opened):
        pass
    return ref


def test_each_step_is_recorded_and_nothing_is_closed_before_all_is_settled(desk: Desk) -> None:
    ref = handed_over(desk)
    with pytest.raises(Refused, match="only what was recalled"):
        recalling.record(ref, Step.DELETION_ASKED, by=desk.first, now=desk.now())
    recall.recall(ref, "meant for somebody else", by=desk.first, now=desk.now())
    due.catch_up(desk.now())
    assert desk.case(ref).next_due is not None
    with pytest.raises(Refused, match="breach"):
        ending.close(ref, Closing.ANSWERED, by=desk.first, now=desk.now())
    reader = member_with(Role.AUDITOR).code
    with pytest.raises(Refused):
        recalling.record(ref, Step.NO_BREACH, by=reader, now=desk.now())
    assert directory.agency(POLICE).active
    steps = (Step.DELETION_ASKED, Step.RECIPIENT_BLOCKED, Step.BREACH_OPENED, Step.AUTHORITY_TOLD)
    for step in (*steps, Step.DELETION_CONFIRMED, Step.PERSON_NOT_TOLD):
        recalling.record(ref, step, "as Ms Wong wished", by=desk.first, now=desk.now())
    assert not directory.agency(POLICE).active
    assert all(each["settled"] for each in documents.recall(desk.case(ref), now=desk.now()))
    assert Entry.objects.filter(case=ref, kind="RecallStepTaken").count() == 6
    assert not any(b"Wong" in bytes(row.text) for row in desk.case(ref).remarks.all())
    due.catch_up(desk.now())
    assert desk.case(ref).next_due is None
    ending.close(ref, Closing.ANSWERED, by=desk.first, now=desk.now())
    assert desk.case(ref).state == "closed"
