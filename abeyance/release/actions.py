"""The gate. Whatever tells a requester that an account or its data exists leaves through `release`, and in no other
way: it is the only function that writes a release, and the key holder opens a package against nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction

from abeyance import fence, ledger, outbox, seals
from abeyance.asking import Asked
from abeyance.casefile import moves, retention
from abeyance.casefile.models import ClockAct, Envelope, Package, Release
from abeyance.casefile.whole import locking
from abeyance.errors import Refused, SomeoneElseWasFirst
from abeyance.release import reading
from abeyance.release.ranges import NotThere, Span, Wanted
from abeyance.rules import release as rules
from abeyance.rules.events import HandOverConfirmed, HandOverFailed, Released
from abeyance.rules.instruments import ActKind
from abeyance.rules.lifecycle import Event
from abeyance.rules.release import ReleaseFacts, Verdict


@dataclass(frozen=True)
class Opened:
    """An allowed hand-over: the committed release, and the unsealed package in pieces. The key was given out after
    COMMIT had returned; whoever drops this without reading it has recorded an attempt and handed over nothing."""

    release: Release
    pieces: Iterator[bytes]
    recipient_key: str


def release(key: UUID, *, to: str, channel: str, by: str) -> Opened:
    """The only way out; every attempt comes here. `to` is the fingerprint of the agency's key.

    Raises Refused with every reason; nothing is written then.
    """
    row = _committed(key, to=to, channel=channel, by=by)
    package = row.package
    path = retention.package_file(package)
    pieces = seals.open_package(package.case.holder, path, place=package.place, release_act=row.act)
    return Opened(row, pieces, to)


def release_envelope(envelope: Envelope, wanted: Wanted, *, channel: str, by: str) -> tuple[Opened, Span]:
    """The same for a package that is encrypted to its recipient already, or for a part of it: nothing of it, not even
    how long it is, is told without a committed release. Raises NotThere for a part that lies outside."""
    row = _committed(envelope.package_id, to=envelope.agency_key, channel=channel, by=by)
    try:
        span = wanted.of(envelope.size, f'"{envelope.digest}"') or Span(0, envelope.size, envelope.size)
    except NotThere:
        finish(row, "failed", now=row.made, reason="no-such-part")
        raise
    path = retention.envelope_file(envelope)
    holder, place = row.package.case.holder, envelope.place
    pieces = seals.open_package(holder, path, place=place, release_act=row.act, start=span.first)
    return Opened(row, pieces, envelope.agency_key), span


def _committed(key: UUID, *, to: str, channel: str, by: str) -> Release:
    act, asked, more = uuid4(), Asked(), Asked()
    locked = locking(asked, key)
    with fence.together(act, asked) as entered:
        whole = locked()
        sealing = seals.asking_key(more, whole.case.holder)
        facts = reading.facts_of(whole, entered, to=to, by=by, also=more)
        verdict = rules.judge(facts, entered.now)
        if not verdict.allowed:
            raise Refused(verdict.reasons)
        row = _row(whole.package, verdict, entered, act=act, to=to, channel=channel, by=by)
        _write(row, facts, sealing(), now=entered.now)
        return row


def could_leave(key: UUID, *, to: str, by: str) -> Verdict:
    """What the gate would say at this moment, for a page or a preview. Binds nobody: `release` asks again."""
    asked = Asked()
    locked = locking(asked, key)
    with transaction.atomic():
        entered = fence.enter(asked)
        return rules.judge(reading.facts_of(locked(), entered, to=to, by=by), entered.now)


def finish(row: Release, state: str, *, now: datetime, reason: str = "") -> None:
    """What became of an attempt: gone (given to a mail server), confirmed (by digest), failed or cut."""
    with transaction.atomic():
        if not Release.objects.filter(pk=row.pk, state__in=("started", "gone")).update(state=state, ended_at=now):
            raise SomeoneElseWasFirst("This hand-over has already ended.")
        case = row.package.case
        if state in (
            "confirmed",
            "gone",
        ):  # clocks that end with a hand-over end with one that has left, not with a try
            ClockAct.objects.create(case=case, kind=ActKind.RELEASED, at=now, by="worker")
        event: HandOverConfirmed | HandOverFailed
        if state in ("confirmed", "gone"):
            event = HandOverConfirmed(release=str(row.act), way=f"{row.channel}:{state}")
        else:
            event = HandOverFailed(release=str(row.act), reason=reason or state, ambiguous=state == "cut")
        ledger.append(event, by="worker", now=now, holder=case.holder, case=case.ref)


def _row(
    package: Package, verdict: Verdict, entered: fence.Moment, *, act: UUID, to: str, channel: str, by: str
) -> Release:
    return Release(
        act=act,
        package=package,
        made=entered.now,
        epoch=entered.epoch,
        by=by,
        channel=channel,
        agency_key=to,
        exception=",".join(verdict.exceptions),
    )


def _write(row: Release, facts: ReleaseFacts, sealing: seals.HolderKey, *, now: datetime) -> None:
    """State, release, ledger entry and what must follow, in the caller's transaction."""
    package, case, asked = row.package, row.package.case, Asked()
    asked.written(row)
    moved, moved_on = moves.moving(asked, case, Event.RELEASED, now=now)
    released = Released(
        package=str(package.pk),
        recipient=row.agency_key,
        way=row.channel,
        version=package.demand_version,
        items=tuple(packed.item.number for packed in facts.items),
        policy=facts.books[0].policy.digest,
        digest=bytes(package.sha256).hex(),
        exceptions=tuple(row.exception.split(",")) if row.exception else (),
    )
    entries = ledger.appending(
        asked, [moved, released], by=row.by, now=now, holder=sealing, case=case.ref, epoch=row.epoch, act=row.act
    )
    asked.now()
    moved_on()
    outbox.queue("release.follow_up", because_of=entries[-1], release=row.pk)
