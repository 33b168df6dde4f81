"""Declaring, amending and lifting. This is where a pause is decided; `rules/pauses.py` says what it covers, and the
gate (`release/actions.py`) enforces it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from abeyance import fence, ledger
from abeyance.errors import NotFound, Refused
from abeyance.pauses import conditions, store
from abeyance.pauses.models import PauseRow
from abeyance.people import proposals, queries
from abeyance.people.models import Proposal
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules.decision import Reason
from abeyance.rules.events import PauseAmended, PauseDeclared, PauseLifted
from abeyance.rules.pausefile import as_document
from abeyance.rules.pauses import Pause, is_tighter
from abeyance.rules.permissions import Permission
from abeyance.rules.texts import digest_of


@dataclass(frozen=True)
class Bound:
    """A version that is in force. `proposal` waits for a second person before the older version ends."""

    pause: Pause
    act: UUID
    proposal: Proposal | None = None


def declare(pause: Pause, *, by: str, now: datetime) -> Bound:
    """Bind at once: when this has returned, no release that the pause covers commits. One row, whatever it covers."""
    queries.require(by, Permission.PAUSE_DECLARE, now)
    if pause.name.startswith(store.EVERYTHING):
        raise Refused([_no("name-kept", f"Names that begin with {store.EVERYTHING} are kept for a restored desk.")])
    act = uuid4()
    with fence.alone(act) as epoch:
        moment = fence.clock()
        if PauseRow.objects.filter(name=pause.name).exists():
            raise Refused([_no("name-taken", f"There is a pause {pause.name} already: amend it, or rename yours.")])
        bound = replace(pause, version=1, since_epoch=epoch, declared_epoch=epoch, declared_at=moment)
        store.to_row(bound, by=by).save()
        ledger.append(_declared(bound), by=by, now=moment, epoch=epoch, act=act)
    return Bound(bound, act)


def amend(pause: Pause, *, by: str, now: datetime) -> Bound:
    """A new version, in force at once. Where it could hold less than the one before, the older one stays in force
    beside it until a second person agrees: until then the stricter of the two counts."""
    queries.require(by, Permission.PAUSE_AMEND, now)
    act = uuid4()
    with fence.alone(act) as epoch:
        moment = fence.clock()
        older = _in_force(pause.name)
        newest = PauseRow.objects.filter(name=pause.name).order_by("-version").first()
        assert newest is not None
        bound = replace(
            pause,
            version=newest.version + 1,
            since_epoch=min(row.since_epoch for row in older),
            declared_epoch=epoch,
            declared_at=moment,
        )
        store.to_row(bound, by=by).save()
        loosened = [row for row in older if not is_tighter(bound, store.from_row(row))]
        _end([row for row in older if row not in loosened], epoch, moment)
        amended = PauseAmended(pause=pause.name, digest=_digest(bound), statement=bound.statement)
        ledger.append(amended, by=by, now=moment, epoch=epoch, act=act)
        proposal = _propose_end(bound, loosened, by=by, now=moment) if loosened else None
    return Bound(bound, act, proposal)


def propose_lift(name: str, closing_statement: str, *, by: str, now: datetime) -> Proposal:
    """Ask for a pause to be lifted. Nothing changes until another member agrees, and lifting releases nothing."""
    conditions.refuse_unless_ready(name, closing_statement, now=now)
    payload = {"name": name, "closing_statement": closing_statement.strip()}
    return proposals.propose("pause-lift", name, payload, by=by, now=now)


@on_agreement("pause-lift", propose=Permission.PAUSE_LIFT, agree=Permission.PAUSE_AGREE_LIFT, alone=True)
def lift(proposal: Proposed, *, by: str, now: datetime) -> None:
    """Every version in force ends. What was approved, verified or packed before this epoch is void by itself."""
    assert proposal.epoch is not None
    name, statement = proposal.payload["name"], proposal.payload["closing_statement"]
    conditions.refuse_unless_ready(name, statement, now=now, lock=True)
    rows = _in_force(name)
    _end(rows, proposal.epoch, now)
    PauseRow.objects.filter(pk__in=[row.pk for row in rows]).update(lifted=True, closing_statement=statement)
    lifted = PauseLifted(pause=name, statement=statement, proposal=proposal.code)
    ledger.append(lifted, by=by, now=now, epoch=proposal.epoch)


@on_agreement("pause-loosen", propose=Permission.PAUSE_AMEND, agree=Permission.PAUSE_AGREE_LIFT, alone=True)
def loosen(proposal: Proposed, *, by: str, now: datetime) -> None:
    """The older versions that held more end now; what was agreed before under them is void."""
    assert proposal.epoch is not None
    name, versions = proposal.payload["name"], proposal.payload["ends"]
    _end(list(PauseRow.objects.filter(name=name, version__in=versions, ended_epoch__isnull=True)), proposal.epoch, now)
    newest = _in_force(name)[-1]
    amended = PauseAmended(
        pause=name, digest=_digest(store.from_row(newest)), statement=newest.body["statement"], proposal=proposal.code
    )
    ledger.append(amended, by=by, now=now, epoch=proposal.epoch)


def hold_everything(reason: str, *, by: str = "operator", now: datetime | None = None) -> Pause:
    """A restored or cloned desk begins under this; two people lift it like any pause."""
    act = uuid4()
    with fence.alone(act) as epoch:
        moment = fence.clock()
        held = Pause(
            name=f"{store.EVERYTHING}-{epoch}",
            version=1,
            reason=reason,
            statement=reason,
            review_by=moment.date(),
            everything=True,
            since_epoch=epoch,
            declared_epoch=epoch,
            declared_at=moment,
        )
        store.to_row(held, by=by).save()
        ledger.append(_declared(held), by=by, now=moment, epoch=epoch, act=act)
    return held


def _in_force(name: str) -> list[PauseRow]:
    rows = list(store.rows_in_force(name))
    if not rows:
        raise NotFound(f"No pause {name[:48]} is in force. `abeyance pause list` shows those that are.")
    return rows


def _end(rows: list[PauseRow], epoch: int, now: datetime) -> None:
    PauseRow.objects.filter(pk__in=[row.pk for row in rows]).update(ended_epoch=epoch, ended_at=now)


def _propose_end(bound: Pause, loosened: list[PauseRow], *, by: str, now: datetime) -> Proposal:
    payload = {"name": bound.name, "version": bound.version, "ends": [row.version for row in loosened]}
    return proposals.propose("pause-loosen", bound.name, payload, by=by, now=now)


def _declared(pause: Pause) -> PauseDeclared:
    return PauseDeclared(
        pause=pause.name,
        digest=_digest(pause),
        mode=pause.mode.value,
        title=pause.reason,
        statement=pause.statement,
        jurisdictions=tuple(sorted(pause.jurisdictions)),
        agencies=tuple(sorted(pause.agencies)),
        instruments=tuple(sorted(pause.laws)),
        services=tuple(sorted(pause.services)),
        stages=tuple(sorted(stage.value for stage in pause.stages)),
        new_only=not pause.under_way,
        related_to=tuple(sorted(pause.related_to)),
        brands=tuple(sorted(pause.brands)),
        companies=tuple(sorted(pause.companies)),
        subjects=tuple(sorted(pause.subjects)),
        since=pause.since,
        starts=pause.starts_at,
        treat_as=pause.treat_as,
        reroute_to=pause.reroute_to,
        exceptions=tuple(exception.name for exception in pause.exceptions),
    )


def _digest(pause: Pause) -> str:
    document: Mapping[str, Any] = as_document(pause)
    return digest_of(document)


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"pauses:{code}")
