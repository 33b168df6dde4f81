"""Remembering the marks of a request, finding what shares them, deciding, and suspending an exception."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.db import connection
from django.db.models import Q, QuerySet

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
from abeyance.rules.events import (
    ExceptionResumed,
    ExceptionSuspended,
    MatterDecided,
    MatterFound,
    MatterReopened,
    MattersFound,
)
from abeyance.rules.patterns import CERTAIN, COMMON, Mark, MarkKind, alike
from abeyance.rules.permissions import Permission

ASKED = frozenset(MarkKind) - {MarkKind.NAMED}  # by these an account or a matter is asked about
MOST_TOLD = 200  # pairs of which the ledger tells one by one; of more it tells how many

# What was only named before and is asked about now tells more from then on.
WRITE = """
INSERT INTO patterns_mark (case_id, kind, digest) SELECT %s, * FROM unnest(%s::text[], %s::bytea[])
ON CONFLICT (case_id, digest) DO UPDATE SET kind = EXCLUDED.kind WHERE patterns_mark.kind = 'named'"""
# Of each mark that not too many share: the other cases, and how many marks of each kind they share with this one. An
# account that one demand asks about counts as such, also where the papers of the other only name it. What tells a
# matter by itself is common only when many agencies share it: one of them cannot hide a matter by asking often. Of what
# tells nothing by itself, a name or an account that both only name, no more is read than shows that it is common.
SHARING = """
WITH asked AS (SELECT a.*, a.kind = ANY(%(certain)s) AS certain
               FROM unnest(%(numbers)s::int[], %(kinds)s::text[], %(digests)s::bytea[]) AS a(number, kind, digest)),
found AS (SELECT a.number, m.case_id, CASE WHEN a.kind = 'account' THEN a.kind ELSE m.kind END AS kind
          FROM asked a CROSS JOIN LATERAL (
              SELECT case_id, kind FROM patterns_mark WHERE a.certain AND digest = a.digest
              UNION ALL
              SELECT case_id, kind FROM patterns_mark
              WHERE NOT a.certain AND digest = a.digest AND kind = ANY(%(certain)s)
              UNION ALL
              (SELECT case_id, kind FROM patterns_mark
              WHERE NOT a.certain AND digest = a.digest AND kind = ANY(%(others)s) AND case_id <> %(case)s
              LIMIT %(common)s + 1)) m
          WHERE m.case_id <> %(case)s),
few AS (SELECT number FROM found GROUP BY number HAVING count(DISTINCT case_id) <= %(common)s),
telling AS (SELECT f.number FROM found f JOIN casefile_demand d ON d.case_id = f.case_id
            WHERE f.kind = ANY(%(certain)s) AND f.number NOT IN (SELECT number FROM few)
            GROUP BY f.number HAVING count(DISTINCT d.agency) <= %(common)s)
SELECT case_id, kind, count(DISTINCT number) FROM found
WHERE number IN (SELECT number FROM few) OR kind = ANY(%(certain)s) AND number IN (SELECT number FROM telling)
GROUP BY case_id, kind ORDER BY case_id DESC"""


@dataclass(frozen=True)
class Digested:
    """A mark under every digest key that is kept, the newest first: one to store, all to look for."""

    kind: MarkKind
    digests: tuple[bytes, ...]


def digested(marks: Iterable[Mark]) -> list[Digested]:
    """Before the transaction: it asks the key holder."""
    return [Digested(mark.kind, tuple(seals.digests_for_lookup(field_of(mark.kind), mark.value))) for mark in marks]


@dataclass(frozen=True)
class Shared:
    """What shares marks with a request, the newest first: enough of them to be possibly the same matter; and any that
    the request did not have before, by which what was decided of a pair is open again."""

    enough: dict[int, dict[MarkKind, int]]
    anew: dict[int, dict[MarkKind, int]]


def look_for(case: Case, marks: Sequence[Digested]) -> Shared:
    """Inside the caller's transaction, before it locks the request; locks it and what may change for others.

    Two requests that share a mark and are confirmed at the same moment wait for each other here, so that one of them
    sees the other. The gate holds the row of what it lets out: so a release of another request, for which this one
    opens a question, is before it or sees it.
    """
    _one_at_a_time(marks)
    shared = Shared(sharing(case.pk, marks), _sharing_any(case.pk, _fresh(case, marks)))
    paired = set(_pairs_of(case))
    _lock(case.pk, (shared.enough.keys() - paired) | (shared.anew.keys() & paired))
    return shared


def remember(case: Case, marks: Sequence[Digested], shared: Shared, *, by: str, now: datetime) -> None:
    """Write the marks of this request, pair it with whatever shares enough, and open again what was decided to be
    another matter when less was shared. In the transaction that has looked for them."""
    with connection.cursor() as cursor:
        cursor.execute(WRITE, [case.pk, [mark.kind.value for mark in marks], [mark.digests[0] for mark in marks]])
    pairs = _pairs_of(case)
    for other in [each for each in shared.anew if each in pairs]:
        _grown(case, pairs[other], shared.anew[other], by, now)
    _pair(case, {other: kinds for other, kinds in shared.enough.items() if other not in pairs}, by, now)


def sharing(case: int | None, marks: Sequence[Digested]) -> dict[int, dict[MarkKind, int]]:
    """Cases that are possibly the same matter, the newest first, with what they share. All of them: whoever asks very
    often must not push out what a pause held."""
    return {other: kinds for other, kinds in _sharing_any(case, marks).items() if alike(kinds)}


def decide_the_same(ref: str, other: str, *, by: str, now: datetime) -> Pair:
    """It is the same matter: from now on whatever holds the one holds the other. One person, since it only tightens."""
    people.require(by, Permission.DEMAND_CONFIRM, now)
    case, pair = _pair_of(ref, other, by=by, now=now)
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        _decide(pair, Pair.THE_SAME, by, moment)
        decided = MatterDecided(other=other, verdict=Pair.THE_SAME)
        ledger.append(decided, by=by, now=moment, holder=case.holder, case=case.ref, epoch=epoch, act=act)
    pair.refresh_from_db()
    return pair


def propose_another(ref: str, other: str, *, by: str, now: datetime) -> Proposal:
    """Say that it is another matter. Until a second person agrees, it counts as possibly the same."""
    _, pair = _pair_of(ref, other, by=by, now=now)
    # Proposals are listed to every member, so this one names no request.
    payload = {"pair": pair.pk, "seen": _as_seen(pair)}
    return proposals.propose("matter-another", f"pair-{pair.pk}", payload, by=by, now=now)


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
    if proposal.payload.get("seen") != _as_seen(pair):
        sentence = "What the two requests share, or what was decided of them, has changed since; propose it anew."
        raise Refused([Reason("seen-otherwise", sentence, "patterns:two")])
    _decide(pair, Pair.ANOTHER, by, now)
    decided = MatterDecided(other=other, verdict=Pair.ANOTHER, proposal=proposal.code)
    ledger.append(decided, by=by, now=now, holder=case.holder, case=case.ref, epoch=proposal.epoch)


def suspend_exception(pause: str, exception: str, *, by: str, now: datetime) -> Suspension:
    """From now on the exception opens nothing, also where two people had agreed to use it. One person: it tightens."""
    people.require(by, Permission.PAUSE_DECLARE, now)
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
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


def _sharing_any(case: int | None, marks: Sequence[Digested]) -> dict[int, dict[MarkKind, int]]:
    asked = [(number, mark.kind.value, digest) for number, mark in enumerate(marks) for digest in mark.digests]
    numbers, kinds, digests = (list(column) for column in zip(*asked, strict=True)) if asked else ([], [], [])
    shared: dict[int, dict[MarkKind, int]] = {}
    with connection.cursor() as cursor:
        said: dict[str, Any] = {"numbers": numbers, "kinds": kinds, "digests": digests, "case": case or 0}
        said |= {"common": COMMON, "certain": _values(CERTAIN), "others": _values(set(MarkKind) - CERTAIN)}
        cursor.execute(SHARING, said)
        for other, kind, count in cursor.fetchall():
            shared.setdefault(int(other), {})[MarkKind(kind)] = int(count)
    return shared


def _values(kinds: Iterable[MarkKind]) -> list[str]:
    return [kind.value for kind in kinds]


def _fresh(case: Case, marks: Sequence[Digested]) -> list[Digested]:
    """Those that this request did not have, in any version of it, or by which an account was only named."""
    digests = [digest for mark in marks for digest in mark.digests]
    rows = MarkRow.objects.filter(case=case, digest__in=digests).values_list("digest", "kind")
    known = {bytes(digest): MarkKind(kind) for digest, kind in rows}
    return [mark for mark in marks if not {known.get(digest) for digest in mark.digests} & {mark.kind, *ASKED}]


def _pairs_of(case: Case) -> dict[int, Pair]:
    """By the other request."""
    pairs = Pair.objects.filter(Q(first=case) | Q(second=case))
    return {pair.second_id if pair.first_id == case.pk else pair.first_id: pair for pair in pairs}


def _lock(case: int, others: Set[int]) -> None:
    """Always in the same order. A shared lock on the others is enough: the gate and whoever amends wants them alone."""
    share = "SELECT id FROM casefile_case WHERE id = ANY(%s) ORDER BY id FOR KEY SHARE"
    with connection.cursor() as cursor:
        cursor.execute(share, [[other for other in others if other < case]])
        cursor.execute("SELECT id FROM casefile_case WHERE id = %s FOR UPDATE", [case])
        cursor.execute(share, [[other for other in others if other > case]])


def _pair(case: Case, found: Mapping[int, Mapping[MarkKind, int]], by: str, now: datetime) -> None:
    keys = {other: sorted((case.pk, other)) for other in found}
    rows = [Pair(first_id=keys[o][0], second_id=keys[o][1], shared=_named(found[o]), found_at=now) for o in found]
    Pair.objects.bulk_create(rows, ignore_conflicts=True)
    told = list(found)[:MOST_TOLD]
    for pair in _between(case, told):
        shown = MatterFound(other=_other(pair, case).ref, shared="+".join(pair.shared))
        ledger.append(shown, by=by, now=now, holder=case.holder, case=case.ref)
    if more := len(found) - len(told):
        ledger.append(MattersFound(more=more), by=by, now=now, holder=case.holder, case=case.ref)


def _grown(case: Case, pair: Pair, kinds: Mapping[MarkKind, int], by: str, now: datetime) -> None:
    """They share more than anybody has seen who decided, or proposed."""
    was_another = pair.verdict == Pair.ANOTHER
    pair.shared, pair.found_at = sorted({*_named(kinds), *pair.shared}), now
    if was_another:
        pair.verdict = pair.decided_by = pair.decided_at = None
    pair.save()
    if was_another:
        opened = MatterReopened(other=_other(pair, case).ref, shared="+".join(_named(kinds)))
        ledger.append(opened, by=by, now=now, holder=case.holder, case=case.ref)


def _between(case: Case, others: Sequence[int]) -> QuerySet[Pair]:
    found = Pair.objects.filter(Q(first=case, second__in=others) | Q(second=case, first__in=others))
    return found.select_related("first", "second").order_by("pk")


def _other(pair: Pair, case: Case) -> Case:
    return pair.second if pair.first_id == case.pk else pair.first


def _named(kinds: Mapping[MarkKind, int]) -> list[str]:
    return sorted(kind.value for kind in kinds)


def _pair_of(ref: str, other: str, *, by: str, now: datetime) -> tuple[Case, Pair]:
    """Both must be open to who decides; absent, not paired and not yours look alike."""
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    second = door.open_for(by, other, Permission.CASE_READ, now=now)
    smaller, larger = sorted((case.pk, second.pk))
    pair = Pair.objects.filter(first=smaller, second=larger).first()
    if pair is None:
        raise NotFound(f"{case.ref} and {second.ref} share nothing that the desk knows of.")
    return case, pair


def _as_seen(pair: Pair) -> str:
    """What whoever decides looks at; it changes whenever more is shared."""
    return f"{pair.found_at.isoformat()} {pair.verdict or 'open'}"


def _decide(pair: Pair, verdict: str, by: str, now: datetime) -> None:
    Pair.objects.filter(pk=pair.pk).update(verdict=verdict, decided_by=by, decided_at=now)


def _suspended(pause: str, exception: str) -> Suspension:
    row = Suspension.objects.filter(pause=pause, exception=exception, ended_at=None).first()
    if row is None:
        raise Refused([Reason("not-suspended", f"Exception {exception} of {pause} is not suspended.", "patterns:two")])
    return row
