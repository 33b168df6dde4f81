"""Everything on file that verdict, holds and clocks of a request are made of, for one request or for a list of them, in
one journey however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from abeyance.asking import Asked
from abeyance.casefile import facts
from abeyance.casefile.models import Case, ClockAct, CourtOrder, Demand, ExceptionUse, Finding, Item
from abeyance.rules.clocks import Act
from abeyance.rules.facts import DemandFacts

OF_THEM = "WHERE t.case_id = ANY(%s)"
# A newer version takes the place of an older one whole, so that only the newest version's items are demanded.
NEWEST = (
    "WHERE t.demand_id IN (SELECT DISTINCT ON (d.case_id) d.id FROM casefile_demand d WHERE d.case_id = ANY(%s)"
    " ORDER BY d.case_id, d.version DESC) ORDER BY t.case_id, t.number"
)


@dataclass(frozen=True)
class OnFile:
    """`demands` newest first; `items` of the newest, by number."""

    case: Case
    demands: Sequence[Demand]
    items: Sequence[Item]
    findings: Sequence[Finding] = ()
    uses: Sequence[ExceptionUse] = ()
    acts: Sequence[Act] = ()
    orders: Sequence[CourtOrder] = ()

    @property
    def demand(self) -> Demand:
        return self.demands[0]

    @property
    def finding(self) -> Finding | None:
        """The last word on whether the requester is genuine; one for an older version says nothing of a newer one."""
        return next((each for each in self.findings if each.demand_version == self.demand.version), None)

    @property
    def labels(self) -> tuple[DemandFacts, ...]:
        """The demand as the rules see it, and every label of it that counts beside."""
        genuine = self.finding is not None and self.finding.genuine
        said = facts.demand_facts(self.case, self.demand, genuine=genuine)
        return facts.labels_that_count(self.case, said, self.demands)


def read(asked: Asked, cases: Sequence[Case]) -> Callable[[], list[OnFile]]:
    """To be called after `asked.now()`."""
    keys = [case.pk for case in cases]
    demands = asked.rows(Demand, f"{OF_THEM} ORDER BY t.case_id, t.version DESC", keys)
    items = asked.rows(Item, NEWEST, keys)
    findings = asked.rows(Finding, f"{OF_THEM} ORDER BY t.id DESC", keys)
    uses = asked.rows(ExceptionUse, f"{OF_THEM} ORDER BY t.id", keys)
    acts = asked.rows(ClockAct, f"{OF_THEM} ORDER BY t.id", keys)
    orders = asked.of(CourtOrder.objects.filter(case__in=keys).defer("named", "document").order_by("pk"))

    def found() -> list[OnFile]:
        rows = [_by_case(each) for each in (demands, items, findings, uses, acts, orders)]
        return [_on_file(case, *(each[case.pk] for each in rows)) for case in cases]

    return found


def read_demands(asked: Asked, cases: Sequence[Case]) -> Callable[[], list[OnFile]]:
    """Only what is demanded, for a list that says no verdict."""
    keys = [case.pk for case in cases]
    demands = asked.of(Demand.objects.filter(case__in=keys).defer("particulars").order_by("case_id", "-version"))
    items = asked.rows(Item, NEWEST, keys)

    def found() -> list[OnFile]:
        versions, of_case = _by_case(demands), _by_case(items)
        return [_on_file(case, versions[case.pk], of_case[case.pk]) for case in cases]

    return found


def _by_case(rows: Iterable[Any]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = defaultdict(list)
    for row in rows:
        found[row.case_id].append(row)
    return found


def _on_file(
    case: Case,
    demands: list[Demand],
    items: list[Item],
    findings: Sequence[Finding] = (),
    uses: Sequence[ExceptionUse] = (),
    acts: Sequence[ClockAct] = (),
    orders: Sequence[CourtOrder] = (),
) -> OnFile:
    assert demands, "a case is made together with its first demand"
    for item in items:
        item.demand = demands[0]
    return OnFile(case, demands, items, findings, uses, [facts.as_act(row) for row in acts], orders)
