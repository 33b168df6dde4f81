"""Declaring, confirming, amending and lifting. This is where a pause is decided; `rules/pauses.py` says what it covers,
`rules/pauselife.py` what time does to it, and the gate (`release/actions.py`) enforces it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from abeyance import fence, ledger
from abeyance.errors import NotFound, Refused
from abeyance.pauses import announcing, conditions, lifting, store
from abeyance.pauses.announcing import digest_of_pause
from abeyance.pauses.models import Draft, PauseRow
from abeyance.people import proposals, queries
from abeyance.people.models import Proposal
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.rules import pauselife
from abeyance.rules.decision import Reason
from abeyance.rules.events import PauseAmended, PauseConfirmed, PauseLifted, PausePlanned
from abeyance.rules.pausefile import as_document, parse_pause
from abeyance.rules.pauselife import LiftOutcome
from abeyance.rules.pauses import COURT_ORDER, Pause, is_tighter
from abeyance.rules.people import OPERATOR_CODE
from abeyance.rules.permissions import Permission

CONFIRM, LOOSEN, LIFT = "pause-confirm", "pause-loosen", "pause-lift"


@dataclass(frozen=True)
class Bound:
    """A version that is in force. `proposal` waits for a second person before an older version ends; `confirmation` for
    one to stand behind this version, which holds release alone when none has after 72 hours."""

    pause: Pause
    act: UUID
    proposal: Proposal | None = None
    confirmation: Proposal | None = None


def declare(pause: Pause, *, by: str, now: datetime, authors: Iterable[str] = (), draft: str = "") -> Bound:
    """Bind at once: when this has returned, no release that the pause covers commits. One row, whatever it covers.

    With a later start it is a plan: its authors alone may know of it, and it holds release from now on if it says so.
    `draft` is the code of the draft that it was, which is gone with this.
    """
    queries.require(by, Permission.PAUSE_DECLARE, now)
    if pause.name.startswith(store.EVERYTHING):
        raise Refused([_no("name-kept", f"Names that begin with {store.EVERYTHING} are kept for a restored desk.")])
    _refuse_kept_names(pause)
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        refuse_taken(pause.name)
        confirm_by = pauselife.to_confirm_by(pause.starts_at, moment)
        bound = _at(pause, version=1, since=epoch, epoch=epoch, moment=moment, confirm_by=confirm_by)
        row = store.to_row(bound, by=by, authors=authors)
        row.save()
        if draft:
            Draft.objects.filter(code=draft).delete()
        ledger.append(announcing.begun(row), by=by, now=moment, epoch=epoch, act=act)
        waits = None if by == OPERATOR_CODE else _propose(CONFIRM, row, (), by=by, now=moment)
    return Bound(bound, act, confirmation=waits)


def amend(pause: Pause, *, by: str, now: datetime, why: str = "") -> Bound:
    """A new version, in force at once. Where it could hold less than the one before, or where the one before stands by
    two people and this one not yet, the older one stays in force beside it until a second person agrees: until then the
    stricter of the two counts. `why` is published; a later date of review needs it."""
    queries.require(by, Permission.PAUSE_AMEND, now)
    _refuse_kept_names(pause)
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        older = _binding(pause.name, by)
        _refuse_unfit(pause, older, why, moment)
        announcing.announce(older, now=moment)
        loosened = [each for each in older if not is_tighter(pause, store.from_row(each))]
        stays = [each for each in older if each in loosened or each.confirm_by is None]
        ends = [each for each in older if each not in stays]
        bound = _at(
            pause,
            version=_next_version(pause.name),
            since=min(row.since_epoch for row in older),
            epoch=epoch,
            moment=moment,
            confirm_by=_to_confirm_by(older, ends, pause, moment),
        )
        row = store.to_row(bound, by=by, authors={author for each in older for author in each.authors})
        row.change = why.strip()
        row.save()
        _end(ends, epoch, moment, by=by)
        ledger.append(_amended(row), by=by, now=moment, epoch=epoch, act=act)
        waits = _propose(LOOSEN if loosened else CONFIRM, row, stays, by=by, now=moment)
    return Bound(bound, act, proposal=waits if stays else None, confirmation=waits)


def propose_confirm(name: str, *, by: str, now: datetime) -> Proposal:
    """For a version that the operator declared, or whose author has left: a member stands behind it, another agrees."""
    waiting = [row for row in _binding(name, by) if row.confirm_by is not None]
    if not waiting:
        raise Refused([_no("confirmed", f"{name[:48]} stands by two people already.")])
    row = waiting[-1]
    for each in proposals.open_about(name, (CONFIRM, LOOSEN)):
        if proposals.payload_of(each)["version"] == row.version:
            sentence = f"{each.code} waits already: another member agrees to it, or it is withdrawn first."
            raise Refused([_no("waits-already", sentence)])
    standing = [each for each in _binding(name, by) if each.confirm_by is None]
    return _propose(CONFIRM, row, standing, by=by, now=now)


def propose_lift(
    name: str,
    closing_statement: str,
    *,
    by: str,
    now: datetime,
    outcome: LiftOutcome = LiftOutcome.RESUME,
    successor: Pause | None = None,
    to: str = "",
) -> Proposal:
    """Ask for a pause to be lifted. Nothing changes until another member agrees, and lifting releases nothing.

    `successor` is what holds from the same moment on, for every outcome but "resume"; `lifting.successor_of` drafts it.
    `to`: where a rerouting leads.
    """
    rows = _binding(name, by)
    _refuse_unless_ready(rows, closing_statement, now=now)
    if outcome.has_successor and successor is None:
        successor = lifting.successor_of(store.from_row(rows[-1]), outcome, closing_statement.strip(), now=now, to=to)
    lifting.refuse_unfit(name, outcome, successor, now=now)
    payload = {
        "name": name,
        "closing_statement": closing_statement.strip(),
        "versions": [row.version for row in rows],
        "outcome": outcome.value,
        "successor": as_document(successor) if successor else None,
    }
    return proposals.propose(LIFT, name, payload, by=by, now=now)


# --- what a second person agrees to


def _seen_by(payload: Mapping[str, Any], reader: str) -> bool:
    """What waits about a plan is its authors' business alone."""
    return store.known([payload["name"]], reader).exists()


@on_agreement(LIFT, propose=Permission.PAUSE_LIFT, agree=Permission.PAUSE_AGREE_LIFT, alone=True, seen_by=_seen_by)
def lift(proposal: Proposed, *, by: str, now: datetime) -> None:
    """Every version in force ends, and what follows begins, in one crossing of the fence: nothing is between the two.
    What was approved, verified or packed before this epoch is void by itself."""
    assert proposal.epoch is not None
    said, epoch = proposal.payload, proposal.epoch
    rows = _binding(said["name"], by)
    if said.get("versions", [row.version for row in rows]) != [row.version for row in rows]:
        raise Refused([_no("changed-meanwhile", "The pause has changed since this was proposed; propose it again.")])
    outcome = LiftOutcome(said.get("outcome", LiftOutcome.RESUME.value))
    _refuse_unless_ready(rows, said["closing_statement"], now=now, lock=True)
    announcing.announce(rows, now=now)
    follows = parse_pause(said["successor"]) if said.get("successor") else None
    _end(rows, epoch, now, by=by)
    PauseRow.objects.filter(pk__in=[row.pk for row in rows]).update(
        lifted=outcome is not LiftOutcome.NARROW,
        outcome=outcome.value,
        successor=follows.name if follows else "",
        closing_statement=said["closing_statement"],
    )
    lifted = _lifted(rows, said, outcome, follows, proposal.code)
    if follows is not None:
        _follow(follows, rows, proposal, by=by, now=now, why=said["closing_statement"])
    if lifted is not None:
        ledger.append(lifted, by=by, now=now, epoch=epoch)


@on_agreement(LOOSEN, propose=Permission.PAUSE_AMEND, agree=Permission.PAUSE_AGREE_LIFT, alone=True, seen_by=_seen_by)
def loosen(proposal: Proposed, *, by: str, now: datetime) -> None:
    """The older versions that held more end now; what was agreed before under them is void. The newer one stands."""
    assert proposal.epoch is not None
    row = _named(proposal, by, now)
    _stand(row, proposal, by=by, now=now)
    ledger.append(_amended(row, proposal.code), by=by, now=now, epoch=proposal.epoch)


@on_agreement(CONFIRM, propose=Permission.PAUSE_DECLARE, agree=Permission.PAUSE_DECLARE, alone=True, seen_by=_seen_by)
def confirm(proposal: Proposed, *, by: str, now: datetime) -> None:
    """Two people stand behind it now, so that it binds in full for as long as it is not lifted."""
    assert proposal.epoch is not None
    row = _named(proposal, by, now)
    if row.confirm_by is None:
        raise Refused([_no("confirmed", f"{row} stands by two people already.")])
    _stand(row, proposal, by=by, now=now)
    digest = digest_of_pause(store.from_row(row))
    told: PauseConfirmed | PausePlanned = PausePlanned(digest=digest, change="confirmed")
    if row.announced_at is not None:
        told = PauseConfirmed(pause=row.name, version=row.version, proposal=proposal.code)
    ledger.append(told, by=by, now=now, epoch=proposal.epoch)


def hold_everything(reason: str, *, by: str = OPERATOR_CODE, now: datetime | None = None) -> Pause:
    """A restored or cloned desk begins under this; two people lift it like any pause."""
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
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
        row = store.to_row(held, by=by)
        row.save()
        ledger.append(announcing.begun(row), by=by, now=moment, epoch=epoch, act=act)
    return held


def _refuse_kept_names(pause: Pause) -> None:
    if COURT_ORDER in {each.name for each in pause.exceptions}:
        raise Refused([_no("name-kept", f"No exception is called {COURT_ORDER}: that is said of an order of a court.")])


def refuse_taken(name: str) -> None:
    if PauseRow.objects.filter(name=name).exists():
        raise Refused([_no("name-taken", f"The name {name} is taken: amend that pause, or name yours otherwise.")])


# --- how


def _at(pause: Pause, *, version: int, since: int, epoch: int, moment: datetime, confirm_by: datetime | None) -> Pause:
    return replace(
        pause, version=version, since_epoch=since, declared_epoch=epoch, declared_at=moment, confirm_by=confirm_by
    )


def _next_version(name: str) -> int:
    newest = PauseRow.objects.filter(name=name).order_by("-version").values_list("version", flat=True).first()
    return (newest or 0) + 1


def _binding(name: str, reader: str) -> list[PauseRow]:
    """Every version that has not ended, the oldest first; to whom it is no secret."""
    rows = [row for row in store.rows_that_bind(name) if not _is_secret(row, reader)]
    if not rows:
        raise NotFound(f"No pause {name[:48]} is in force. `abeyance pause list` shows those that are.")
    return rows


def _refuse_unless_ready(rows: Sequence[PauseRow], statement: str, *, now: datetime, lock: bool = False) -> None:
    """What was announced ends by an assessment and its conditions; what is only planned by a statement alone."""
    if store.rows_in_force(rows[0].name).exists():
        conditions.refuse_unless_ready(rows[0].name, statement, now=now, lock=lock)
    elif not statement.strip():
        raise Refused([_no("no-closing-statement", "A pause ends with a closing statement; give one.")])


def _is_secret(row: PauseRow, reader: str) -> bool:
    return reader not in row.authors and not store.rows_in_force(row.name).filter(pk=row.pk).exists()


def _to_confirm_by(older: Sequence[PauseRow], ends: Sequence[PauseRow], pause: Pause, moment: datetime) -> datetime:
    """Amending what nobody has confirmed yet gives no new time for it, nor does taking its place beside a version that
    stands: what would have held release from then on still does."""
    alone = all(row.confirm_by is not None for row in older)
    waiting = [row.confirm_by for row in (older if alone else ends) if row.confirm_by is not None]
    return min(waiting, default=pauselife.to_confirm_by(pause.starts_at, moment))


def _refuse_unfit(pause: Pause, older: Sequence[PauseRow], why: str, moment: datetime) -> None:
    begun = any(not store.is_planned(store.from_row(row), moment) for row in older)
    if begun and pause.starts_at is not None and pause.starts_at > moment:
        sentence = "It is in force already, so a version of it cannot begin later: leave out the start."
        raise Refused([_no("begun-already", sentence)])
    before = min(store.from_row(row).review_by for row in older)
    if begun and pauselife.is_prolonged(pause.review_by, before) and not why.strip():
        sentence = f"It was to be reviewed by {before}: a later date needs a reason, which is published."
        raise Refused([_no("no-reason-to-prolong", sentence)])


def _end(rows: Sequence[PauseRow], epoch: int, now: datetime, *, by: str) -> None:
    PauseRow.objects.filter(pk__in=[row.pk for row in rows]).update(ended_epoch=epoch, ended_at=now)
    gone = {row.version for row in rows}
    for name in {row.name for row in rows}:
        for each in proposals.open_about(name, (CONFIRM, LOOSEN)):
            if proposals.payload_of(each)["version"] in gone:
                proposals.overtake(each, by=by, now=now)


def _propose(kind: str, row: PauseRow, ends: Sequence[PauseRow], *, by: str, now: datetime) -> Proposal:
    payload = {
        "name": row.name,
        "version": row.version,
        "ends": [each.version for each in ends],
        "digest": digest_of_pause(store.from_row(row)),
    }
    return proposals.propose(kind, row.name, payload, by=by, now=now)


def _named(proposal: Proposed, by: str, now: datetime) -> PauseRow:
    """The version that was proposed, which must still be in force."""
    said = proposal.payload
    row = next((each for each in _binding(said["name"], by) if each.version == said["version"]), None)
    if row is None:
        raise Refused([_no("changed-meanwhile", "The pause has changed since this was proposed; propose it again.")])
    announcing.announce([row], now=now)
    return row


def _stand(row: PauseRow, proposal: Proposed, *, by: str, now: datetime) -> None:
    assert proposal.epoch is not None
    PauseRow.objects.filter(pk=row.pk).update(confirm_by=None, confirmed_by=by, confirmed_at=now)
    row.confirm_by, row.confirmed_by, row.confirmed_at = None, by, now
    ended = PauseRow.objects.filter(name=row.name, version__in=proposal.payload["ends"], ended_epoch__isnull=True)
    _end(list(ended), proposal.epoch, now, by=by)


def _follow(pause: Pause, rows: Sequence[PauseRow], proposal: Proposed, *, by: str, now: datetime, why: str) -> None:
    """What holds from the same moment on. Two people have agreed to it, so it stands from the beginning."""
    assert proposal.epoch is not None
    narrowed = pause.name == rows[0].name
    if not narrowed:
        refuse_taken(pause.name)
    since = min(row.since_epoch for row in rows)
    version = _next_version(pause.name) if narrowed else 1
    bound = _at(pause, version=version, since=since, epoch=proposal.epoch, moment=now, confirm_by=None)
    row = store.to_row(bound, by=proposal.proposed_by, authors={by})
    row.confirmed_by, row.confirmed_at, row.change = by, now, why
    row.save()
    told = _amended(row, proposal.code) if narrowed else announcing.begun(row)
    ledger.append(told, by=by, now=now, epoch=proposal.epoch)


def _amended(row: PauseRow, proposal: str | None = None) -> PauseAmended | PausePlanned:
    digest = digest_of_pause(store.from_row(row))
    if row.announced_at is None:
        return PausePlanned(digest=digest, change="amended")
    return PauseAmended(
        pause=row.name, digest=digest, statement=row.body["statement"], proposal=proposal, why=row.change
    )


def _lifted(
    rows: Sequence[PauseRow], said: Mapping[str, Any], outcome: LiftOutcome, follows: Pause | None, code: str
) -> PauseLifted | PausePlanned | None:
    if all(row.announced_at is None for row in rows):
        return PausePlanned(digest=digest_of_pause(store.from_row(rows[-1])), change="dropped")
    if outcome is LiftOutcome.NARROW:
        return None  # told as an amendment
    return PauseLifted(
        pause=said["name"],
        statement=said["closing_statement"],
        proposal=code,
        outcome=outcome.value,
        successor=follows.name if follows else None,
    )


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"pauses:{code}")
