"""A consultation that two members have opened, for tests of what happens in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from abeyance.diligence import actions, consulting
from abeyance.diligence.models import Assessment, Consultation
from abeyance.people import proposals
from tests.desk import Desk


def opened(desk: Desk, *, audience: str = "expert", risk: str = "some") -> Consultation:
    review = desk.now().date() + timedelta(days=300)
    about = Assessment.objects.first() or actions.begin("", "new-law", review_by=review, by=desk.first, now=desk.now())
    waits = propose(desk, about.code, audience=audience, risk=risk)
    proposals.agree(waits.code, by=desk.second, now=desk.now())
    return consulting.find(waits.subject)


def propose(desk: Desk, assessment: str, **changes: Any) -> Any:
    said: dict[str, Any] = {
        "audience": "expert",
        "risk": "some",
        "answer": "Abroad; a mailbox may be watched.",
    } | changes
    ends = desk.now() + timedelta(days=14)
    return consulting.propose(
        assessment, said["audience"], 1, ends, risk=said["risk"], answer=said["answer"], by=desk.first, now=desk.now()
    )


def guest_seat(found: Consultation) -> str:
    return found.seats.get(host=False).name
