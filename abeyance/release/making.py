"""From an agreed answer to a sealed package: the minimum is read from the services and sealed as it is read.

Three steps, because reading may take hours and must hold no transaction: what may be gathered is read and checked;
it is gathered and sealed outside of any transaction; and, inside the fence, everything is checked again before the
package becomes a fact. What is not to become one is destroyed: its key is never written anywhere.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from django.conf import settings

from abeyance import fence, ledger, seals
from abeyance.casefile import door, moves
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Approval, Case, Demand, Finding, Package, PackageItem
from abeyance.errors import Refused
from abeyance.pauses.weighing import Weighed, weigh
from abeyance.people import queries as people
from abeyance.policy import queries as policy
from abeyance.release.packaging import (
    Contents,
    Custody,
    CustodyAct,
    CustodyStep,
    Flow,
    Letter,
    Role,
    TextInForce,
    TextKind,
    Written,
    write_package,
)
from abeyance.rules.decision import Reason
from abeyance.rules.events import Gathered, PackageSealed
from abeyance.rules.facts import Period
from abeyance.rules.gathering import GatheredTable, GatherRequest, Preview, Wanted
from abeyance.rules.lifecycle import Event, State
from abeyance.rules.people import Permission
from abeyance.rules.release import RELEASE, WORDS
from abeyance.rules.terms import DataCategory, IdentifierKind, Stage
from abeyance.services import queries as services
from abeyance.services.queries import Way

FOLDER = "packages"
DATA, IN_WORDS = "data", "words"


class LetterWriter(Protocol):
    """The covering letters; they are inside the package, because they tell of an account."""

    def __call__(
        self, case: Case, approvals: Sequence[Approval], /, *, package: str, now: datetime
    ) -> tuple[Letter, ...]: ...


@dataclass(frozen=True)
class _Planned:
    """One item that is read from a service, or answered in words (then without a request)."""

    approval: Approval
    request: GatherRequest | None
    way: Way | None


@dataclass(frozen=True)
class _Plan:
    case: Case
    demand: Demand
    approvals: tuple[Approval, ...]
    items: tuple[_Planned, ...]


@dataclass(frozen=True)
class ItemPreview:
    item: int
    service: str
    preview: Preview


def preview(ref: str, *, by: str, now: datetime) -> list[ItemPreview]:
    """Fields and counts of what would be gathered for each item, and nothing else. Refused while a pause holds it."""
    people.require(by, Permission.ANSWER_PROPOSE, now)
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    demand, weighed = weigh(case, now=now)
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    _refuse_held(weighed, (Stage.REVIEW,))
    return [_preview_of(case, one) for one in weighed if one.allowed and one.item.service]


def gather(ref: str, *, letter: LetterWriter, by: str, now: datetime) -> Package:
    """Collect what was agreed and seal it. Raises Refused with the reasons where a pause or a change turns it out."""
    people.require(by, Permission.PACKAGE_GATHER, now)
    plan = _planned(ref, by=by, now=now)
    key = uuid.uuid4()
    target = Path(settings.ABEYANCE_HOME) / FOLDER / f"{key.hex[:2]}" / f"{key}.sealed"
    try:
        made = _seal(plan, key, target, letter, now)
        return _record(plan, key, target, made, by=by)
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _preview_of(case: Case, one: Weighed) -> ItemPreview:
    request = _request(case, one.item.number, one, one.allowed, Period(one.item.period_start, one.item.period_end))
    with services.way_to(request.service).opened() as connector:
        return ItemPreview(one.item.number, request.service, connector.preview(request))


# --- what may be gathered


def _planned(ref: str, *, by: str, now: datetime) -> _Plan:
    case = door.open_for(by, ref, Permission.CASE_READ, now=now)
    demand, weighed = weigh(case, now=now)
    people.refuse_unless(people.may_take_part(by, demand.jurisdiction))
    if State(case.state) not in (State.GATHERING, State.SEALED):
        raise Refused([_no("not-agreed", f"The request is '{case.state}'; only an agreed answer is gathered.")])
    _refuse_held(weighed, (Stage.REVIEW, Stage.ANSWER))
    found = [(one, casefacts.standing_approval(one.item)) for one in weighed]
    approvals = tuple(row for _, row in found if row is not None and row.agreed_by is not None)
    planned = tuple(
        _plan_item(case, one, row) for one, row in found if row and row.agreed_by and row.outcome in (RELEASE, *WORDS)
    )
    if not planned:
        raise Refused(
            [_no("nothing-to-gather", "Nothing of this answer is handed over: write the letter and close it.")]
        )
    return _Plan(case, demand, approvals, planned)


def _plan_item(case: Case, one: Weighed, approval: Approval) -> _Planned:
    if approval.outcome != RELEASE:
        return _Planned(approval, None, None)
    fields = frozenset(approval.fields) & one.allowed
    period = Period(approval.period_start, approval.period_end)
    request = _request(case, one.item.number, one, fields, period)
    return _Planned(approval, request, services.way_to(request.service))


def _request(case: Case, number: int, one: Weighed, fields: frozenset[str], period: Period) -> GatherRequest:
    item = one.item
    if not (item.service and item.category and item.identifier_kind and item.identifier):
        raise Refused([_no("fact-missing", f"Item {number} does not say of which account or service.")])
    return GatherRequest(
        service=item.service,
        identifier_kind=IdentifierKind(item.identifier_kind),
        identifier=seals.unseal(case.holder, bytes(item.identifier), place=item.place).decode(),
        wanted=(Wanted(DataCategory(item.category), fields),),
        period=period,
    )


def _refuse_held(weighed: Sequence[Weighed], stages: tuple[Stage, ...]) -> None:
    reasons = [held.reason for one in weighed for held in one.held if held.stage in stages]
    if reasons:
        raise Refused(list(dict.fromkeys(reasons)))


# --- gathering


@dataclass(frozen=True)
class _Sealed:
    written: Written
    size: int
    sha256: bytes


def _seal(plan: _Plan, key: uuid.UUID, target: Path, letter: LetterWriter, now: datetime) -> _Sealed:
    letters = letter(plan.case, plan.approvals, package=str(key), now=now)
    custody = _custody(plan, key, now)
    with ExitStack() as opened:
        contents = Contents(custody, letters, _tables(plan, opened))
        with Flow(lambda out: write_package(out, contents, spool=target.parent)) as source:
            sealed = seals.seal_file(plan.case.holder, cast(BinaryIO, source), target, place=f"package:{key}")
            return _Sealed(source.result, sealed.size, sealed.sha256)


def _tables(plan: _Plan, opened: ExitStack) -> Iterator[GatheredTable]:
    """One item after the other, each over a connection of its own; a table's file is named after its item."""
    for planned in plan.items:
        if planned.request is None or planned.way is None:
            continue
        connector = opened.enter_context(planned.way.opened())
        for table in connector.gather(planned.request):
            yield replace(table, name=f"item-{planned.approval.item.number}-{table.name}")


def _custody(plan: _Plan, key: uuid.UUID, now: datetime) -> Custody:
    case, found = plan.case, casefacts.newest_finding(plan.case, plan.demand.version)
    return Custody(
        package=str(key),
        request=case.ref,
        items=tuple(planned.approval.item.number for planned in plan.items),
        packed_at=now,
        steps=tuple(_steps(case, found, plan, now)),
        texts=tuple(_texts()),
        organization=settings.ABEYANCE.operator_name,
    )


def _texts() -> Iterator[TextInForce]:
    found = policy.books()[0]
    yield TextInForce(TextKind.POLICY, found.policy.name, found.policy.digest)
    yield from (TextInForce(TextKind.LAW, text.name, text.digest) for text in found.law)
    yield from (TextInForce(TextKind.DATA_MAP, held.service, held.digest) for held in found.maps)


def _steps(case: Case, found: Finding | None, plan: _Plan, now: datetime) -> Iterator[CustodyStep]:
    """Roles only: handlers' names never leave."""
    digests = [bytes(digest).hex() for digest in case.documents.values_list("sha256", flat=True)]
    yield CustodyStep(case.arrived_at, CustodyAct.RECEIVED, Role.INTAKE, digests[0] if len(digests) == 1 else "")
    if found is not None:
        yield CustodyStep(found.at, CustodyAct.FOUND_GENUINE, Role.VERIFIER)
    agreed = [row.agreed_at for row in plan.approvals if row.agreed_at]
    if agreed:
        yield CustodyStep(max(agreed), CustodyAct.AGREED, Role.APPROVER)
    yield CustodyStep(now, CustodyAct.GATHERED, Role.DESK)
    yield CustodyStep(now, CustodyAct.PACKED, Role.DESK)


# --- recording


def _record(plan: _Plan, key: uuid.UUID, target: Path, made: _Sealed, *, by: str) -> Package:
    act, folder = uuid.uuid4(), Path(settings.ABEYANCE_HOME) / FOLDER
    with fence.together(act):
        now, epoch = fence.clock(), fence.epoch()
        case = Case.objects.select_for_update().get(pk=plan.case.pk)
        _refuse_changed(plan, case, now)
        expires = now + min(books.policy.retention.packages for books in policy.books())
        package = Package.objects.create(
            key=key,
            case=case,
            demand_version=plan.demand.version,
            kind=DATA if any(planned.request for planned in plan.items) else IN_WORDS,
            path=str(target.relative_to(folder)),
            size=made.size,
            sha256=made.sha256,
            sealed_at=now,
            epoch=epoch,
            expires_at=expires,
        )
        PackageItem.objects.bulk_create(_packed(package, planned) for planned in plan.items)
        moves.move(case, Event.SEALED, by=by, now=now)
        _append(plan, package, made, by=by, now=now, epoch=epoch, act=act)
    return package


def _refuse_changed(plan: _Plan, case: Case, now: datetime) -> None:
    """What was agreed must still stand, and nothing may have frozen it while it was gathered."""
    demand, weighed = weigh(case, now=now)
    standing = {row.pk for one in weighed if (row := casefacts.standing_approval(one.item)) is not None}
    if demand.version != plan.demand.version or standing != {row.pk for row in plan.approvals}:
        raise Refused([_no("changed-meanwhile", "The answer changed while it was gathered; nothing was kept.")])
    _refuse_held(weighed, (Stage.REVIEW, Stage.ANSWER))


def _packed(package: Package, planned: _Planned) -> PackageItem:
    fields = sorted(planned.request.wanted[0].fields) if planned.request else []
    return PackageItem(
        package=package,
        item=planned.approval.item,
        fields=fields,
        period_start=planned.approval.period_start,
        period_end=planned.approval.period_end,
    )


def _append(
    plan: _Plan, package: Package, made: _Sealed, *, by: str, now: datetime, epoch: int, act: uuid.UUID
) -> None:
    case = package.case
    records = sum(rows for _, rows in made.written.rows)
    named = sorted({planned.request.service for planned in plan.items if planned.request})
    if named:
        gathered = Gathered(package=str(package.pk), service=",".join(named)[:80], records=records)
        ledger.append(gathered, by=by, now=now, holder=case.holder, case=case.ref)
    sealed = PackageSealed(package=str(package.pk), digest=made.sha256.hex(), size=made.size)
    ledger.append(sealed, by=by, now=now, holder=case.holder, case=case.ref, epoch=epoch, act=act)


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"release:{code}")
