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
from abeyance.people.models import HouseRules
from abeyance.policy import calendars
from abeyance.policy import queries as policy
from abeyance.rules import people as people_rules
from abeyance.rules.clocks import Act, Clock, clocks_for
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
    versions = list(case.demands.order_by("-version"))
    demand = versions[0]
    finding = casefacts.newest_finding(case, demand.version)
    rows = list(package.items.select_related("item__demand").order_by("item__number"))
    items = [row.item_id for row in rows]
    standing = {row.item_id: row for row in Approval.objects.filter(item__in=items, withdrawn_at=None)}
    approvals = {item: standing.get(item) for item in items}
    notices = list(NoticeFact.objects.filter(item__in=items).order_by("-pk"))
    uses, house = list(case.exception_uses.all()), people.house_rules()
    actors = _actors(by, approvals.values(), uses)
    books, acts = policy.books(lock=True), casefacts.acts_of(case)
    said = casefacts.demand_facts(case, demand, genuine=finding is not None and finding.genuine)
    labels = casefacts.labels_that_count(case, said, versions)
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
                notice=notice_of(row.item, [fact for fact in notices if fact.item_id == row.item_id]),
                clocks=clocks_of(acts, said, row.item, books),
                exceptions=tuple(_exception(use, actors) for use in uses),
            )
            for row in rows
        ),
        pauses=tuple(store.that_could_cover(labels)),
        books=books,
        releaser=actors[by],
        taking_no_part=_taking_no_part(actors, demand, house),
        small_team=house.small_team,
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


def notice_of(item: Item, newest_first: Sequence[NoticeFact]) -> NoticeFacts:
    """The newest word on telling the holder of this account; an objection stays open until it is answered."""
    row = next((fact for fact in newest_first if not fact.kind.startswith("objection")), None)
    objection = next((fact for fact in newest_first if fact.kind.startswith("objection")), None)
    facts = _notice(row) if row else NoticeFacts(account=f"item {item.number}")
    return replace(facts, objection_open=objection is not None and objection.kind == "objection-raised")


def clocks_of(acts: Sequence[Act], said: DemandFacts, item: Item, books: Sequence[Books]) -> tuple[Clock, ...]:
    """Every clock of the item, by the books in force and by those that are proposed."""
    calendar, about = calendars.calendar_of(said.jurisdiction), casefacts.item_facts(item)
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


def _taking_no_part(actors: dict[str, Actor], demand: Demand, house: HouseRules) -> frozenset[str]:
    """Whoever changes a member's exclusions or admissions locks the member first, and these are locked."""
    asking = demand.jurisdiction
    guarded, codes = frozenset(house.guarded), list(actors)
    admitted = people.positive_list(asking) if asking in guarded else frozenset()
    left_out = people.excluded_from(asking, codes)
    rulings = {
        code: people_rules.may_take_part(
            actor, asking, guarded, admitted, frozenset({asking}) if asking and code in left_out else frozenset()
        )
        for code, actor in actors.items()
    }
    return frozenset(code for code, ruling in rulings.items() if not ruling.allowed)
