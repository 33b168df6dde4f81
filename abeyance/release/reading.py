"""Every fact that the gate asks for, read inside the fence, in one place. Nothing here decides.

Rows that could change an answer between this reading and the commit are locked FOR SHARE (members, keys, agencies, the
texts in force), or change only by acts that enter the fence alone (pauses, approvals that end, suspensions).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Approval, Case, Demand, ExceptionUse, Item, NoticeFact, Package
from abeyance.pauses import store
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.policy import calendars
from abeyance.policy import queries as policy
from abeyance.rules.clocks import Clock, clocks_for
from abeyance.rules.facts import DemandFacts, Period
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeFacts, NoticeState
from abeyance.rules.people import Actor
from abeyance.rules.policy import Books
from abeyance.rules.release import (
    ApprovalFacts,
    ExceptionFacts,
    FindingFacts,
    PackedItem,
    RecipientFacts,
    ReleaseFacts,
)
from abeyance.rules.terms import Ground


def facts_of(package: Package, *, to: str, by: str) -> ReleaseFacts:
    """The facts about handing `package` to the key `to` (a fingerprint), done by the member `by`."""
    case = Case.objects.select_for_update(of=("self",)).get(pk=package.case_id)
    demand = casefacts.newest_demand(case)
    finding = casefacts.newest_finding(case, demand.version)
    rows = list(package.items.select_related("item__demand").order_by("item__number"))
    approvals = {row.item_id: casefacts.standing_approval(row.item) for row in rows}
    uses = list(case.exception_uses.all())
    actors = _actors(by, approvals.values(), uses)
    books = policy.books(lock=True)
    said = casefacts.demand_facts(case, demand, genuine=finding is not None and finding.genuine)
    labels = casefacts.labels_that_count(case, said)
    return ReleaseFacts(
        state=State(case.state),
        erased=case.erased_at is not None,
        labels=labels,
        demand_version=demand.version,
        package_version=package.demand_version,
        package_epoch=package.epoch,
        package_destroyed=package.destroyed_at is not None,
        package_expires=package.expires_at,
        finding=FindingFacts(finding.genuine, finding.by, finding.at, finding.epoch) if finding else None,
        recipient=recipient(to),
        items=tuple(
            PackedItem(
                item=casefacts.item_facts(row.item),
                packed=frozenset(row.fields),
                packed_period=Period(row.period_start, row.period_end),
                approval=_approval(approvals[row.item_id], actors),
                notice=notice_of(row.item),
                clocks=clocks_of(case, said, row.item, books),
                exceptions=tuple(_exception(use, actors) for use in uses),
            )
            for row in rows
        ),
        pauses=tuple(store.that_could_cover(labels)),
        books=books,
        releaser=actors[by],
        taking_no_part=_taking_no_part(actors, demand),
        small_team=people.house_rules().small_team,
        identifiers=demand.items.values("identifier").distinct().count(),
    )


def recipient(fingerprint: str) -> RecipientFacts | None:
    """The key and its agency, locked; a key that is revoked, or of a suspended agency, is none."""
    key = directory.lock_key(fingerprint)
    agency = directory.lock_agency(key.agency) if key else None
    if key is None or agency is None:
        return None
    # The database lets no key in that two different people did not confirm.
    return RecipientFacts(
        agency.code, agency.active, agency.acts_for, key.fingerprint, key_by_two=True, key_revoked=False
    )


def notice_of(item: Item) -> NoticeFacts:
    """The newest word on telling the holder of this account; an objection stays open until it is answered."""
    row = item.notices.exclude(kind__startswith="objection").order_by("-pk").first()
    objection = item.notices.filter(kind__startswith="objection").order_by("-pk").first()
    facts = _notice(row) if row else NoticeFacts(account=f"item {item.number}")
    return replace(facts, objection_open=objection is not None and objection.kind == "objection-raised")


def clocks_of(case: Case, said: DemandFacts, item: Item, books: Sequence[Books]) -> tuple[Clock, ...]:
    """Every clock of the item, by the books in force and by those that are proposed."""
    calendar, acts, about = (
        calendars.calendar_of(said.jurisdiction),
        casefacts.acts_of(case),
        casefacts.item_facts(item),
    )
    laws = dict.fromkeys(each.entry(said.instrument) for each in books)
    return tuple(dict.fromkeys(clock for law in laws for clock in clocks_for(said, about, law, calendar, acts)))


def _notice(row: NoticeFact) -> NoticeFacts:
    state = NoticeState(row.kind)
    return NoticeFacts(
        account=f"item {row.item_id}",
        state=state,
        given_at=row.at if state is NoticeState.GIVEN else None,
        objection_until=row.until if state is NoticeState.GIVEN else None,
        since=row.at,
        until=row.until if state is not NoticeState.GIVEN else None,
        citation=row.order,
        reason="recorded" if row.reason else "",
        approver=row.approved_by or "",
    )


def _actors(by: str, approvals: Iterable[Approval | None], uses: Iterable[ExceptionUse]) -> dict[str, Actor]:
    """Everybody whose standing counts, unchangeable until the commit."""
    codes = {by}
    standing: list[Approval | ExceptionUse] = [*(found for found in approvals if found), *uses]
    for row in standing:
        codes |= {row.proposed_by, *([row.agreed_by] if row.agreed_by else [])}
    locked = people.lock_members(codes)
    return {code: locked.get(code) or people.actor(code) for code in codes}


def _approval(row: Approval | None, actors: dict[str, Actor]) -> ApprovalFacts | None:
    if row is None:
        return None
    return ApprovalFacts(
        outcome=row.outcome,
        fields=frozenset(row.fields),
        period=Period(row.period_start, row.period_end),
        ground=Ground(row.ground) if row.ground else None,
        proposer=actors[row.proposed_by],
        agreer=actors[row.agreed_by] if row.agreed_by else None,
        epoch=row.epoch if row.epoch is not None else -1,
    )


def _exception(row: ExceptionUse, actors: dict[str, Actor]) -> ExceptionFacts:
    return ExceptionFacts(
        pause=row.pause,
        exception=row.exception,
        proposer=actors[row.proposed_by],
        agreer=actors[row.agreed_by] if row.agreed_by else None,
        epoch=row.epoch if row.epoch is not None else -1,
    )


def _taking_no_part(actors: dict[str, Actor], demand: Demand) -> frozenset[str]:
    return frozenset(code for code in actors if not people.may_take_part(code, demand.jurisdiction).allowed)
