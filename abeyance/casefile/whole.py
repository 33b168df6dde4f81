"""A package with everything on file about its case, read in one journey after the case is locked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from abeyance.asking import Asked
from abeyance.casefile import facts
from abeyance.casefile.models import (
    Approval,
    Case,
    ClockAct,
    CourtOrder,
    Demand,
    ExceptionUse,
    Finding,
    Item,
    NoticeFact,
    Package,
    PackageItem,
)
from abeyance.errors import NotFound
from abeyance.rules.clocks import Act

# Of the package that is asked about: its case, its items, the newest version of what is demanded.
CASE = "(SELECT case_id FROM release_package WHERE key = %s)"
ITEMS = "(SELECT item_id FROM release_package_item WHERE package_id = %s)"
IDENTIFIERS = (
    "SELECT count(DISTINCT identifier) FROM casefile_item WHERE demand_id ="  # noqa: S608
    f" (SELECT id FROM casefile_demand WHERE case_id = {CASE} ORDER BY version DESC LIMIT 1)"
)


@dataclass(frozen=True)
class Whole:
    """`demands`, `findings` and `notices` newest first; `approvals` are the standing ones, by item."""

    case: Case
    package: Package
    demands: Sequence[Demand]
    findings: Sequence[Finding]
    packed: Sequence[PackageItem]
    approvals: dict[int, Approval]
    notices: Sequence[NoticeFact]
    uses: Sequence[ExceptionUse]
    orders: Sequence[CourtOrder]
    acts: Sequence[Act]
    identifiers: int

    @property
    def demand(self) -> Demand:
        return self.demands[0]

    @property
    def finding(self) -> Finding | None:
        """The last word on the requester, for this version of the demand."""
        return next((each for each in self.findings if each.demand_version == self.demand.version), None)


def locking(asked: Asked, package: UUID) -> Callable[[], Whole]:
    """To be called after `asked.now()`; the case's row stays locked until the end of the transaction. Raises NotFound
    when it is called."""
    case = asked.rows(Case, f"WHERE t.id = {CASE} FOR UPDATE", package)
    found = asked.rows(Package, "WHERE t.key = %s", package)
    demands = asked.rows(Demand, f"WHERE t.case_id = {CASE} ORDER BY t.version DESC", package)
    findings = asked.rows(Finding, f"WHERE t.case_id = {CASE} ORDER BY t.id DESC", package)
    packed = asked.rows(PackageItem, "WHERE t.package_id = %s", package)
    items = asked.rows(Item, f"WHERE t.id IN {ITEMS}", package)
    approvals = asked.rows(Approval, f"WHERE t.item_id IN {ITEMS} AND t.withdrawn_at IS NULL", package)
    notices = asked.rows(NoticeFact, f"WHERE t.item_id IN {ITEMS} ORDER BY t.id DESC", package)
    uses = asked.rows(ExceptionUse, f"WHERE t.case_id = {CASE} ORDER BY t.id", package)
    sealed = ("named", "document")
    orders = asked.rows(CourtOrder, f"WHERE t.case_id = {CASE} ORDER BY t.id", package, without=sealed)
    acts = asked.rows(ClockAct, f"WHERE t.case_id = {CASE} ORDER BY t.id", package)
    identifiers = asked.plain(IDENTIFIERS, package)

    def locked() -> Whole:
        if not case or not found:
            raise NotFound("There is no such package.")
        found[0].case = case[0]
        return Whole(
            case=case[0],
            package=found[0],
            demands=demands,
            findings=findings,
            packed=_with_items(packed, items, demands),
            approvals={row.item_id: row for row in approvals},
            notices=notices,
            uses=uses,
            orders=orders,
            acts=[facts.as_act(row) for row in acts],
            identifiers=int(identifiers[0][0]),
        )

    return locked


def _with_items(packed: list[PackageItem], items: list[Item], demands: list[Demand]) -> list[PackageItem]:
    by_id, versions = {item.pk: item for item in items}, {demand.pk: demand for demand in demands}
    for row in packed:
        row.item = by_id[row.item_id]
        row.item.demand = versions[row.item.demand_id]
    return sorted(packed, key=lambda row: row.item.number)
