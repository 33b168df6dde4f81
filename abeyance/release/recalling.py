"""After a recall: each step of it, recorded by whoever took it. Blocking the recipient happens here, at once."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from abeyance import fence, ledger
from abeyance.casefile import door, recalls, remarks
from abeyance.casefile.models import Case, RecallStep
from abeyance.errors import Refused
from abeyance.people.directory import actions as directory
from abeyance.people.directory import queries
from abeyance.release.recall import recipients
from abeyance.rules.decision import Reason
from abeyance.rules.events import RecallStepTaken
from abeyance.rules.people import Permission
from abeyance.rules.recalls import Step


def record(ref: str, step: Step, words: str = "", *, by: str, now: datetime) -> RecallStep:
    """`words` are sealed with the request. Raises Refused for a request that was not recalled."""
    case = door.open_for(by, ref, Permission.CASE_RECALL, now=now)
    if not recalls.is_open(case):
        sentence = f"{case.ref} is '{case.state}': only what was recalled has these steps."
        raise Refused([Reason("not-recalled", sentence, "release:recall")])
    if step is Step.RECIPIENT_BLOCKED:
        block_recipients(case, by=by, now=now)
    act = uuid4()
    remark = remarks.sealed(case, words, act=act)
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)
        row = RecallStep.objects.create(case=case, act=act, step=step.value, at=moment, by=by)
        if remark is not None:
            remark.save()
        told = RecallStepTaken(step=step.value)
        ledger.append(told, by=by, now=moment, holder=case.holder, case=case.ref, act=act)
    return row


def block_recipients(case: Case, *, by: str, now: datetime) -> None:
    for agency in recipients(case):
        if queries.agency(agency).active:
            directory.suspend_agency(agency, by=by, now=now)
