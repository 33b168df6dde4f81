"""Acts of verification: record what was done; when every bar is cleared, the request goes to review."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from abeyance import fence, ledger, seals
from abeyance.casefile import door, moves
from abeyance.casefile.facts import newest_demand
from abeyance.casefile.models import Case, Demand, Finding
from abeyance.errors import BadInput, Refused
from abeyance.people import queries as people
from abeyance.rules import verification as rules
from abeyance.rules.decision import Decision, Outcome
from abeyance.rules.events import AdminAct, RequesterFoundFalse, RequesterFoundGenuine
from abeyance.rules.lifecycle import Event, State
from abeyance.rules.people import Permission
from abeyance.rules.policy import Policy
from abeyance.rules.verification import Bar, FindingKind
from abeyance.verification import contacts, gathering
from abeyance.verification.gathering import Arrival
from abeyance.verification.models import Inquiry

LONGEST_NOTE = 4000


@dataclass(frozen=True)
class Inquired:
    """`decision` is PROCEED when the requester now counts as genuine; else it says what is still missing."""

    ref: str
    decision: Decision

    @property
    def genuine(self) -> bool:
        return self.decision.outcome is Outcome.PROCEED


def raised_bars(ref: str, arrival: Arrival, policy: Policy, *, by: str, now: datetime) -> tuple[Bar, ...]:
    """What would have to be done to find this requester genuine."""
    marks = gathering.marks_of(arrival)
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    return rules.raised_bars(gathering.facts(case, newest_demand(case), arrival, marks), now, policy=policy)


def find_genuine(
    ref: str,
    how: FindingKind,
    contact: str,
    arrival: Arrival,
    policy: Policy,
    *,
    note: str = "",
    by: str,
    now: datetime,
) -> Inquired:
    """Record that the agency was reached at `contact` of the directory and confirmed the request.

    `contact` is the number, address or key fingerprint that was used. What was done is recorded in any case; only when
    it clears every bar, alone or with earlier inquiries, does the request move to review.
    """
    marks = gathering.marks_of(arrival)
    with transaction.atomic():
        case = _opened(ref, by=by, now=now)
        demand = newest_demand(case)
        basis = contacts.basis(how, demand.agency, contact)
        inquiry = Inquiry.objects.create(
            case=case,
            demand_version=demand.version,
            how=how.value,
            agency=demand.agency,
            contact_source=basis.source[:4000],
            contact_since=basis.since,
            sender=marks.today,
            by=by,
            at=now,
        )
        seen = gathering.facts(case, demand, arrival, marks)
        # `at <= now`: the inquiry itself is one of the findings.
        decision = rules.bar(seen, gathering.findings(case, demand), now, policy=policy)
        if decision.outcome is Outcome.PROCEED:
            _genuine(case, demand, inquiry, note, by=by, now=now)
        else:
            done = AdminAct(act=f"inquiry:{how.value}")
            ledger.append(done, by=by, now=now, holder=case.holder, case=case.ref)
    return Inquired(case.ref, decision)


def _opened(ref: str, *, by: str, now: datetime) -> Case:
    case = door.open_for(by, ref, Permission.REQUESTER_VERIFY, now=now)
    people.refuse_unless(people.may_take_part(by, newest_demand(case).jurisdiction))
    return case


def _genuine(case: Case, demand: Demand, inquiry: Inquiry, note: str, *, by: str, now: datetime) -> None:
    inquiry.cleared = True
    inquiry.save(update_fields=["cleared"])
    _record(case, demand, inquiry.how, note, genuine=True, by=by, now=now)
    if State(case.state) is not State.IN_REVIEW:  # found again there: the newest finding counts, nothing moves
        moves.move(case, Event.FOUND_GENUINE, by=by, now=now)
    found = RequesterFoundGenuine(agency=demand.agency or "none", way=inquiry.how)
    ledger.append(found, by=by, now=now, holder=case.holder, case=case.ref)


def find_false(ref: str, reason: str, *, note: str = "", by: str, now: datetime) -> str:
    """The requester is not who the papers say. `reason` is a code (`agency-denies`); the request is closed."""
    with transaction.atomic():
        case = _opened(ref, by=by, now=now)
        demand = newest_demand(case)
        _record(case, demand, reason, note, genuine=False, by=by, now=now)
        moves.move(case, Event.FOUND_FALSE, by=by, now=now)
        found = RequesterFoundFalse(way="inquiry", reason=reason)
        ledger.append(found, by=by, now=now, holder=case.holder, case=case.ref)
    return case.ref


def _record(case: Case, demand: Demand, how: str, note: str, *, genuine: bool, by: str, now: datetime) -> None:
    if len(note) > LONGEST_NOTE or len(how) > 24:
        raise BadInput(f"A note has at most {LONGEST_NOTE} characters, a reason is a code of at most 24.")
    place = f"finding:{demand.version}"
    Finding.objects.create(
        case=case,
        demand_version=demand.version,
        genuine=genuine,
        how=how,
        by=by,
        at=now,
        epoch=fence.epoch(),
        note=seals.seal(case.holder, note.encode(), place=place) if note else b"",
    )


def require_genuine(inquired: Inquired) -> None:
    """For a command that must say no when something is still missing."""
    if not inquired.genuine:
        raise Refused(inquired.decision.reasons)
