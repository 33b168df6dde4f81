"""Released is not the end: ask for deletion, make links void, close the recipient's door, and count it."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from abeyance import fence, ledger
from abeyance.casefile import door, moves, remarks
from abeyance.casefile.models import Case, Envelope, Link, RecallStep, Release
from abeyance.errors import NotFound
from abeyance.people.directory import actions as directory
from abeyance.release import envelopes
from abeyance.rules.events import Recalled, RecallStepTaken
from abeyance.rules.lifecycle import Event
from abeyance.rules.people import Permission
from abeyance.rules.recalls import Step


def recall(ref: str, reason: str, *, suspend: bool = False, by: str, now: datetime) -> list[Release]:
    """Take back what was handed over, as far as that is possible. `suspend` also blocks the recipient at once.

    Gives the hand-overs for which deletion must be asked; the letter is made from them.
    """
    case = door.open_for(by, ref, Permission.CASE_RECALL, now=now)
    if suspend:
        for agency in recipients(case):
            directory.suspend_agency(agency, by=by, now=now)
    act = uuid4()
    remark = remarks.sealed(case, reason, act=act)
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        case = Case.objects.select_for_update().get(pk=case.pk)
        left = list(Release.objects.filter(package__case=case).exclude(state="failed").order_by("made"))
        if not left:
            raise NotFound("Nothing of this request has been handed over.")
        moves.move(case, Event.RECALLED, by=by, now=moment)
        Link.objects.filter(package__case=case, void_at=None).update(void_at=moment)
        if remark is not None:
            remark.save()
        for index, release in enumerate(left):
            told = Recalled(release=str(release.act), reason="remarked" if remark else "not-said")
            mine = {"act": act, "epoch": epoch} if index == 0 else {}
            ledger.append(told, by=by, now=moment, holder=case.holder, case=case.ref, **mine)  # type: ignore[arg-type]
        if suspend:
            RecallStep.objects.create(case=case, act=uuid4(), step=Step.RECIPIENT_BLOCKED.value, at=moment, by=by)
            blocked = RecallStepTaken(step=Step.RECIPIENT_BLOCKED.value)
            ledger.append(blocked, by=by, now=moment, holder=case.holder, case=case.ref)
    envelopes.destroy(Envelope.objects.filter(package__case=case))
    return left


def recipients(case: Case) -> set[str]:
    from abeyance.people.directory.models import AgencyKey

    keys = Release.objects.filter(package__case=case).exclude(state="failed").values_list("agency_key", flat=True)
    return set(AgencyKey.objects.filter(fingerprint__in=list(keys)).values_list("agency__code", flat=True))
