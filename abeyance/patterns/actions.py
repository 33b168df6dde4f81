"""Remembering the marks of a request, finding what shares them, deciding, and suspending an exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models import Q

from abeyance import fence, ledger, seals
from abeyance.casefile import door
from abeyance.casefile.models import Case
from abeyance.errors import NotFound, Refused
from abeyance.patterns.models import MarkRow, Pair, Suspension
from abeyance.people import proposals
from abeyance.people import queries as people
from abeyance.people.models import Proposal
from abeyance.people.proposals import About, Proposed, on_agreement
from abeyance.rules.decision import Reason
from abeyance.rules.events import ExceptionResumed, ExceptionSuspended, MatterDecided, MatterFound
from abeyance.rules.patterns import CERTAIN, COMMON, Mark, MarkKind, alike
from abeyance.rules.permissions import Permission

MOST_PAIRS = 200  # of one request; more would be read by nobody

# Of each mark that not too many share: the other cases, and how many marks of each kind they share with this one. An
# account that one demand asks about counts as such, also where the papers of the other only name it. What tells a
# matter by itself is common only when many agencies share it: one of them cannot hide a matter by asking often.
SHARING = """
WITH asked AS (SELECT * FROM unnest(%s::int[], %s::text[], %s::bytea[]) AS a(number, kind, digest)),
found AS (SELECT a.number, m.case_id, CASE WHEN a.kind = 'account' THEN a.kind ELSE m.kind END AS kind
          FROM asked a JOIN patterns_mark m USING (digest) WHERE m.case_id <> %s),
few AS (SELECT number FROM found GROUP BY number HAVING count(DISTINCT case_id) <= %s),
telling AS (SELECT number FROM few UNION
            SELECT f.number FROM found f JOIN casefile_demand d ON d.case_id = f.case_id
            WHERE f.kind = ANY(%s) AND f.number NOT IN (SELECT number FROM few)
            GROUP BY f.number HAVING count(DISTINCT d.agency) <= %s)
SELECT case_id, kind, count(DISTINCT number) FROM found WHERE number IN (SELECT number FROM telling)
GROUP BY case_id, kind ORDER BY case_id DESC"""


@dataclass(frozen=True)
class Digested:
    """A mark under every digest key that is kept, the newest first: one to store, all to look for."""

    kind: MarkKind
    digests: tuple[bytes, ...]


def digested(marks: Iterable[Mark]) -> list[Digested]:
    """Before the transaction: it asks the key holder."""
    return [Digested(mark.kind, tuple(seals.digests_for_lookup(field_of(mark.kind), mark.value))) for mark in marks]


def remember(case: Case, marks: Sequence[Digested], *, by: str, now: datetime) -> list[Pair]:
    """Write the marks of this request and pair it with whatever shares enough. Inside the caller's transaction.

    Two requests that share a mark and are confirmed at the same moment wait for each other here, so that one of them
    sees the other.
    """
    if not marks:
        return []
    _one_at_a_time(marks)
    rows = [MarkRow(case=case, kind=mark.kind.value, digest=mark.digests[0]) for mark in marks]
    MarkRow.objects.bulk_create(rows, ignore_conflicts=True)
    return [_pair(case, other, kinds, by, now) for other, kinds in sharing(case.pk, marks).items()]


def sharing(case: int | None, marks: Sequence[Digested]) -> dict[int, dict[MarkKind, int]]:
    """Cases that are possibly the same matter, the newest first, with what they share."""
    asked = [(number, mark.kind.value, digest) for number, mark in enumerate(marks) for digest in mark.digests]
    numbers, kinds, digests = (list(column) for column in zip(*asked, strict=True)) if asked else ([], [], [])
    shared: dict[int, dict[MarkKind, int]] = {}
    with connection.cursor() as cursor:
        certain = [kind.value for kind in CERTAIN]
        cursor.execute(SHARING, [numbers, kinds, digests, case or 0, COMMON, certain, COMMON])
        for other, kind, count in cursor.fetchall():
            shared.setdefault(int(other), {})[MarkKind(kind)] = int(count)
    return dict([found for found in shared.items() if alike(found[1])][:MOST_PAIRS])


def decide_the_same(ref: str, other: str, *, by: str, now: datetime) -> Pair:
    """It is the same matter: from now on whatever holds the one holds the other. One person, since it only tightens."""
    people.require(by, Permission.DEMAND_CONFIRM, now)
    case, pair = _pair_of(ref, other, by=by, now=now)
    act = uuid4()
    with fence.alone(act) as epoch:
        moment = fence.clock()
        _decide(pair, Pair.THE_SAME, by, moment)
        decided = MatterDecided(other=other, verdict=Pair.THE_SAME)
        ledger.append(decided, by=by, now=moment, holder=case.holder, case=case.ref, epoch=epoch, act=act)
    pair.refresh_from_db()
    return pair


def propose_another(ref: str, other: str, *, by: str, now: datetime) -> Proposal:
    """Say that it is another matter. Until a second person agrees, it counts as possibly the same."""
    _, pair = _pair_of(ref, other, by=by, now=now)
    # Proposals are listed to every member, so this one names no request.
    return proposals.propose("matter-another", f"pair-{pair.pk}", {"pair": pair.pk}, by=by, now=now)


def _both(payload: Mapping[str, Any]) -> list[About]:
    found = Pair.objects.select_related("first", "second").filter(pk=payload["pair"]).first()
    return [About(case.holder, case.ref) for case in (found.second, found.first)] if found else []


@on_agreement(
    "matter-another",
    propose=Permission.ANSWER_PROPOSE,
    agree=Permission.ANSWER_AGREE,
    alone=True,
    about=_both,
)
def another(proposal: Proposed, *, by: str, now: datetime) -> None:
    """The agreer must be able to read both requests: they decide about what they can see."""
    found = Pair.objects.select_related("first", "second").filter(pk=proposal.payload["pair"]).first()
    if found is None:
        raise NotFound("One of the two requests has been erased.")
    other = found.first.ref
    case, pair = _pair_of(found.second.ref, other, by=by, now=now)
    _decide(pair, Pair.ANOTHER, by, now)
    decided = MatterDecided(other=other, verdict=Pair.ANOTHER, proposal=proposal.code)
    ledger.append(decided, by=by, now=now, holder=case.holder, case=case.ref, epoch=proposal.epoch)


def suspend_exception(pause: str, exception: str, *, by: str, now: datetime) -> Suspension:
    """From now on the exception opens nothing, also where two people had agreed to use it. One person: it tightens."""
    people.require(by, Permission.PAUSE_DECLARE, now)
    act = uuid4()
    with fence.alone(act) as epoch:
        moment = fence.clock()
        row, made = Suspension.objects.get_or_create(
            pause=pause, exception=exception, ended_at=None, defaults={"since": moment, "by": by}
        )
        if made:
            told = ExceptionSuspended(pause=pause, exception=exception)
            ledger.append(told, by=by, now=moment, epoch=epoch, act=act)
    return row


def propose_resumption(pause: str, exception: str, *, by: str, now: datetime) -> Proposal:
    """Ask that a suspended exception may be used again; another member agrees."""
    _suspended(pause, exception)
    payload = {"pause": pause, "exception": exception}
    return proposals.propose("exception-resume", pause, payload, by=by, now=now)


@on_agreement("exception-resume", propose=Permission.PAUSE_LIFT, agree=Permission.PAUSE_AGREE_LIFT, alone=True)
def resume_exception(proposal: Proposed, *, by: str, now: datetime) -> None:
    pause, exception = proposal.payload["pause"], proposal.payload["exception"]
    row = _suspended(pause, exception)
    Suspension.objects.filter(pk=row.pk).update(ended_at=now)
    told = ExceptionResumed(pause=pause, exception=exception, proposal=proposal.code)
    ledger.append(told, by=by, now=now, epoch=proposal.epoch)


def forget(case: Case) -> None:
    """With the case go its marks and its pairs. Inside the caller's transaction."""
    MarkRow.objects.filter(case=case).delete()
    Pair.objects.filter(Q(first=case) | Q(second=case)).delete()


def field_of(kind: MarkKind) -> str:
    return f"mark:{(MarkKind.ACCOUNT if kind is MarkKind.NAMED else kind).value}"


def _one_at_a_time(marks: Sequence[Digested]) -> None:
    """Locks by the newest digest, always in the same order, so that nobody deadlocks."""
    keys = sorted({int.from_bytes(mark.digests[0][:8], "big", signed=True) for mark in marks})
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(key) FROM unnest(%s::bigint[]) AS k(key)", [keys])


def _pair(case: Case, other: int, kinds: Mapping[MarkKind, int], by: str, now: datetime) -> Pair:
    first, second = sorted((case.pk, other))
    shared = sorted(kind.value for kind in kinds)
    pair, made = Pair.objects.get_or_create(
        first_id=first, second_id=second, defaults={"shared": shared, "found_at": now}
    )
    if made:
        found = MatterFound(other=(pair.first if pair.first_id == other else pair.second).ref, shared="+".join(shared))
        ledger.append(found, by=by, now=now, holder=case.holder, case=case.ref)
    elif set(shared) - set(pair.shared):
        pair.shared = sorted({*shared, *pair.shared})
        pair.save(update_fields=["shared"])
    return pair


def _pair_of(ref: str, other: str, *, by: str, now: datetime) -> tuple[Case, Pair]:
    """Both must be open to who decides; absent, not paired and not yours look alike."""
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    second = door.open_for(by, other, Permission.CASE_READ, now=now)
    smaller, larger = sorted((case.pk, second.pk))
    pair = Pair.objects.filter(first=smaller, second=larger).first()
    if pair is None:
        raise NotFound(f"{case.ref} and {second.ref} share nothing that the desk knows of.")
    return case, pair


def _decide(pair: Pair, verdict: str, by: str, now: datetime) -> None:
    Pair.objects.filter(pk=pair.pk).update(verdict=verdict, decided_by=by, decided_at=now)


def _suspended(pause: str, exception: str) -> Suspension:
    row = Suspension.objects.filter(pause=pause, exception=exception, ended_at=None).first()
    if row is None:
        raise Refused([Reason("not-suspended", f"Exception {exception} of {pause} is not suspended.", "patterns:two")])
    return row
