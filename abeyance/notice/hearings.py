"""A way to be heard: agencies, account holders and victims ask for a pause to be looked at again. It is recorded, a
clock runs, and somebody who has not declared, confirmed or amended the pause decides, with a reason for who asked."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.db.models import QuerySet

from abeyance import fence, ledger, seals
from abeyance.errors import BadInput, Locked, NotFound, Refused
from abeyance.ledger.models import Entry
from abeyance.notice.models import Hearing
from abeyance.pauses import store
from abeyance.pauses.models import PauseRow
from abeyance.people import queries as people
from abeyance.people.models import Proposal
from abeyance.policy import queries as policy
from abeyance.rules import hearings as rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import Erased, HearingDecided, HearingReceived
from abeyance.rules.hearings import Asker, HearingOutcome
from abeyance.rules.permissions import Permission

LONGEST = 4000  # of what is said, of where to answer, of the reason
MOST_OPEN = 2000  # of one pause; the form is open to everybody
PORTAL = "portal"  # who records what came by the form
CHANNELS = ("portal", "mail", "post", "telephone")
SAID, REASON = "hearing:said", "hearing:reason"
LOCKED = "sealed; the desk is locked"


@dataclass(frozen=True)
class Received:
    """`token` is shown once: behind it whoever asked sees what became of it."""

    code: str
    token: str
    due: datetime


def receive(pause: str, asker: Asker, said: str, contact: str, *, channel: str, by: str, now: datetime) -> Received:
    """Record a request for review. By the public form it needs nobody's leave; otherwise a member records what came."""
    if by != PORTAL:
        people.require(by, Permission.HEARING_RECEIVE, now)
    if channel not in CHANNELS:
        raise BadInput(f"It came by one of: {', '.join(CHANNELS)}.")
    if not said.strip() or len(said) > LONGEST or len(contact) > LONGEST:
        raise BadInput(f"Write what should be looked at again, in at most {LONGEST:,} characters.")
    found = store.in_force(pause)
    if not found:
        raise NotFound("No pause of this name is in force.")
    if Hearing.objects.filter(pause=pause, decided_at=None)[:MOST_OPEN].count() >= MOST_OPEN:
        raise Refused([_no("too-many", "Too many requests about this pause wait already; please write to us.")])
    token, act = secrets.token_urlsafe(24), uuid4()
    due = rules.due_by(now, min(each.route.days for each in found))
    row = Hearing(pause=pause, asker=asker.value, channel=channel, arrived_at=now, due=due)
    row.token_digest = _digest(token)
    with transaction.atomic():
        seals.new_case_key(row.holder, None)
        words = json.dumps({"said": said.strip(), "contact": contact.strip()}, ensure_ascii=False)
        row.said = seals.seal(row.holder, words.encode(), place=SAID)
        row.save()
        told = HearingReceived(hearing=row.code, pause=pause, asker=asker.value, due=due)
        ledger.append(told, by=by, now=now, act=act)
    return Received(row.code, token, due)


def decide(code: str, outcome: HearingOutcome, reason: str, *, by: str, now: datetime) -> Hearing:
    """Say what comes of it and why. Refused for whoever declared, confirmed or amended the pause."""
    row = find(code, by=by, now=now)
    people.require(by, Permission.HEARING_DECIDE, now)
    if not reason.strip() or len(reason) > LONGEST:
        raise BadInput(f"Whoever asked is told why: give a reason, in at most {LONGEST:,} characters.")
    sealed, act = seals.seal(row.holder, reason.strip().encode(), place=REASON), uuid4()
    with fence.together(act) as entered:
        row = Hearing.objects.select_for_update().get(pk=row.pk)
        people.lock_members([by])
        if row.decided_at is not None:
            raise Refused([_no("decided", "It has been decided already.")])
        if against := rules.against_deciding(by, involved_in(row.pause), row.pause):
            raise Refused(against)
        row.outcome, row.reason, row.decided_by, row.decided_at = outcome.value, sealed, by, entered.now
        row.save()
        told = HearingDecided(hearing=row.code, pause=row.pause, outcome=outcome.value)
        ledger.append(told, by=by, now=entered.now, act=act)
    return row


def forget(now: datetime) -> int:
    """For the worker: what was decided longer ago than closed requests are kept loses its key."""
    kept = max((books.policy.retention.closed_cases for books in policy.books()), default=timedelta(days=365))
    old = list(Hearing.objects.filter(erased_at=None, decided_at__lt=now - kept)[:100])
    for row in old:
        with transaction.atomic():
            Hearing.objects.filter(pk=row.pk).update(said=b"", reason=b"", erased_at=now)
            seals.erase(row.holder)
            ledger.append(Erased(what="hearing", reason="retention"), by="worker", now=now)
    return len(old)


# --- reading


def involved_in(pause: str) -> frozenset[str]:
    """Who has declared, confirmed or amended it: by its versions, by what was proposed and agreed, by the ledger."""
    found = set(PauseRow.objects.filter(name=pause).values_list("declared_by", flat=True))
    asked = Proposal.objects.filter(kind__startswith="pause-", subject=pause).exclude(kind="pause-lift")
    for proposer, agreer in asked.values_list("proposed_by", "agreed_by"):
        found |= {proposer, agreer or ""}
    for by, content in Entry.objects.filter(kind__startswith="Pause").values_list("by", "content"):
        if f'"{pause}"'.encode() in bytes(content):
            found.add(by)
    return frozenset(found) - {""}


def visible_to(member: str) -> QuerySet[Hearing]:
    """Not those about a country whose requests this member takes no part in."""
    hidden = people.hidden_jurisdictions(member)
    rows = Hearing.objects.order_by("due", "pk")
    if not hidden:
        return rows
    names = [name for name, who in PauseRow.objects.values_list("name", "who") if hidden & set(who)]
    return rows.exclude(pause__in=names)


def find(code: str, *, by: str, now: datetime) -> Hearing:
    people.require(by, Permission.HEARING_READ, now)
    row = visible_to(by).filter(code=code.strip().upper()[:16]).first()
    if row is None:
        raise NotFound("There is no such request for review. `abeyance hearing list` shows those there are.")
    return row


def open_for(member: str) -> QuerySet[Hearing]:
    return visible_to(member).filter(decided_at=None)


def pressing(now: datetime, most: int) -> list[tuple[str, datetime]]:
    """Open ones that are due within days or overdue, for alarms; who may know of them is asked at the door."""
    rows = Hearing.objects.filter(decided_at=None, due__lte=now + rules.SOON).order_by("due")
    return list(rows.values_list("code", "due")[:most])


def as_document(row: Hearing, *, now: datetime) -> dict[str, Any]:
    return {
        "hearing": row.code,
        "pause": row.pause,
        "asker": row.asker,
        "channel": row.channel,
        "arrived": moment(row.arrived_at),
        "due": moment(row.due),
        "overdue": row.decided_at is None and now >= row.due,
        "outcome": row.outcome or None,
        "decided": moment(row.decided_at),
        "erased": moment(row.erased_at),
    }


def in_full(row: Hearing, *, now: datetime) -> dict[str, Any]:
    """With what was said and what was answered, opened."""
    told = as_document(row, now=now)
    if row.erased_at is not None:
        return told
    try:
        told |= json.loads(seals.unseal(row.holder, bytes(row.said), place=SAID))
        told["reason"] = _reason(row)
    except Locked:
        told |= {"said": LOCKED, "contact": LOCKED, "reason": None}
    return told


def behind(token: str, *, now: datetime) -> dict[str, Any]:
    """What whoever asked is shown: that it waits until when, or what came of it and why."""
    row = Hearing.objects.filter(token_digest=_digest(token[:64])).first()
    if row is None or row.erased_at is not None:
        raise NotFound("This page does not exist, or its time is over.")
    return as_document(row, now=now) | {"reason": _reason(row)}


def _reason(row: Hearing) -> str | None:
    return seals.unseal(row.holder, bytes(row.reason), place=REASON).decode() if row.reason else None


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"hearings:{code}")
