"""Legal holds: set by one person, since that keeps; ended by two, since then what was kept may be destroyed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from abeyance import ledger, seals
from abeyance.asking import Asked
from abeyance.casefile import door, inside
from abeyance.casefile.models import Case, LegalHold
from abeyance.errors import BadInput, NotFound
from abeyance.people import proposals
from abeyance.people import queries as people
from abeyance.people.models import Proposal
from abeyance.people.proposals import About, Proposed, on_agreement
from abeyance.rules.events import LegalHoldSet
from abeyance.rules.people import Permission

LONGEST_BASIS = 80
ENDING = "hold-end"


def hold(ref: str, basis: str, *, by: str, now: datetime) -> LegalHold:
    """Nothing of this request is destroyed until the hold is ended."""
    if not 1 <= len(basis.strip()) <= LONGEST_BASIS:
        raise BadInput(f"A legal hold names its basis in 1 to {LONGEST_BASIS} characters.")
    case = door.open_for(by, ref, Permission.HOLD_SET, now=now)
    act, asked, writing = uuid4(), Asked(), Asked()
    number = asked.drawn(LegalHold)
    with inside.locked(case, act, asked) as found:
        sealed = seals.seal(found.sealing, basis.strip().encode(), place=LegalHold.PLACE)
        row = LegalHold(pk=int(number[0][0]), case=case, basis=sealed, by=by, at=found.now)
        told = LegalHoldSet(hold=str(row.pk), in_force=True)
        writing.written(row)
        ledger.appending(writing, [told], by=by, now=found.now, holder=found.sealing, case=case.ref, act=act)
        writing.now()
    return row


def propose_end(ref: str, number: int, *, by: str, now: datetime) -> Proposal:
    """Ask that a hold ends. It holds until another member agrees."""
    people.require(by, Permission.RETENTION_ERASE, now)
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    _in_force(case, number)
    if waiting := proposals.open_about(_subject(number), [ENDING]):
        raise BadInput(f"That is proposed already; another member agrees: abeyance proposal agree {waiting[0].code}.")
    # A hold is never edited, so its number says what is agreed to; why it holds is sealed with the request.
    return proposals.propose(ENDING, _subject(number), {"case": case.ref, "hold": number}, by=by, now=now)


def waiting_ends(numbers: list[int]) -> dict[int, Proposal]:
    """By the number of the hold: what waits for a second person."""
    return {number: found[0] for number in numbers if (found := proposals.open_about(_subject(number), [ENDING]))}


def _its_request(payload: Mapping[str, Any]) -> list[About]:
    rows = LegalHold.objects.filter(pk=payload["hold"]).select_related("case")
    return [About(row.case.holder, row.case.ref) for row in rows]


@on_agreement(ENDING, propose=Permission.RETENTION_ERASE, agree=Permission.ANSWER_AGREE, about=_its_request)
def end(proposal: Proposed, *, by: str, now: datetime) -> None:
    """The request's row is locked before its holds are read, as by whoever destroys something of it."""
    case = door.open_for(by, proposal.payload["case"], Permission.CASE_READ, now=now)
    Case.objects.select_for_update().get(pk=case.pk)
    row = _in_force(case, proposal.payload["hold"])
    LegalHold.objects.filter(pk=row.pk).update(ended_at=now)
    told = LegalHoldSet(hold=str(row.pk), in_force=False)
    ledger.append(told, by=by, now=now, holder=case.holder, case=case.ref)


def _in_force(case: Case, number: int) -> LegalHold:
    row = case.legal_holds.filter(pk=number, ended_at=None).first()
    if row is None:
        raise NotFound("That legal hold is not in force.")
    return row


def _subject(number: int) -> str:
    return f"hold-{number}"
