"""Whether a possible duplicate is one: a person says. Nothing is merged; the earlier request stands as it is."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4

from abeyance import fence, ledger
from abeyance.casefile import door
from abeyance.casefile.models import Case
from abeyance.errors import Refused
from abeyance.rules.decision import Reason
from abeyance.rules.events import DuplicateDecided
from abeyance.rules.permissions import Permission


def decide(ref: str, same: bool, *, by: str, now: datetime) -> Case:
    """It may be decided anew; a new version that resembles another request asks again."""
    case = door.open_for(by, ref, Permission.DEMAND_CONFIRM, now=now)
    act = uuid4()
    with fence.together(act):
        moment = fence.clock()
        case = Case.objects.select_for_update().get(pk=case.pk)
        # Somebody who may not know of the earlier request cannot say whether it is the same.
        if not door.visible_to(by).filter(pk=case.possible_duplicate_of_id or 0).exists():
            sentence = f"{case.ref} resembles no earlier request that you may read."
            raise Refused([Reason("no-duplicate", sentence, "intake:duplicate")])
        Case.objects.filter(pk=case.pk).update(same_matter=same)
        told = DuplicateDecided(same=same)
        ledger.append(told, by=by, now=moment, holder=case.holder, case=case.ref, act=act)
    case.same_matter = same
    return case
