"""Every fact that the gate asks for, read inside the fence, in one place. Nothing here decides.

Rows that could change an answer between this reading and the commit are locked FOR SHARE (members, keys, agencies, the
texts in force), or change only by acts that enter the fence alone (pauses, approvals that end, suspensions).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from abeyance.asking import Asked
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Approval, CourtOrder, ExceptionUse, Item, NoticeFact
from abeyance.casefile.whole import Whole
from abeyance.fence import Moment
from abeyance.patterns import queries as patterns
from abeyance.patterns.queries import Others
from abeyance.pauses import court_orders, exceptions, reconfirming, store
from abeyance.pauses.matters import matter_of
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.people.directory.queries import KeyAtTheGate
from abeyance.people.queries import Standing
from abeyance.policy import calendars
from abeyance.policy import queries as policy
from abeyance.rules.clocks import Act, Clock, clocks_for
from abeyance.rules.facts import DemandFacts, Period
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeFacts, NoticeState
from abeyance.rules.pauses import Pause
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

_Row = TypeVar("_Row", ExceptionUse, CourtOrder)


def facts_of(whole: Whole, entered: Moment, *, to: str, by: str, also: Asked | None = None) -> ReleaseFacts:
    """The facts about handing this package to the key `to` (a fingerprint), done by the member `by`. `also` is asked
    in the same journey."""
    case, package, demand, finding = whole.case, whole.package, whole.demand, whole.finding
    approvals = whole.approvals
    said = casefacts.demand_facts(case, demand, genuine=finding is not None and finding.genuine)
    labels = casefacts.labels_that_count(case, said, whole.demands)
    asked = also or Asked()
    others_of, suspended_of = patterns.others_of(asked, [case.pk]), patterns.suspended(asked)
    standing_of, books_of = people.standing_of(asked, _codes(by, whole)), policy.books_of(asked, lock=True)
    key_of, pauses_of = directory.lock_key(asked, to), store.covering(asked, labels, entered=entered)
    confirmed_of = reconfirming.confirmed_of(asked, case.pk)
    asked.now()
    standing, books = standing_of(), books_of()
    actors = _actors(standing, by, whole)
    others = others_of().get(case.pk, Others())
    theirs = [other.demand for other in others.found]
    pauses = _all_pauses((*labels, *theirs), entered) if theirs else pauses_of()
    items = {row.item_id: casefacts.item_facts(row.item, books) for row in whole.packed}
    matter = matter_of(labels, list(items.values()), others, pauses, entered.now)
    no_part = _taking_no_part(standing, actors, demand.jurisdiction)
    uses = _by_who_takes_part(exceptions.that_count(whole.uses, demand, suspended_of()), no_part)
    orders = _by_who_takes_part(whole.orders, no_part)
    return ReleaseFacts(
        state=State(case.state),
        erased=case.erased_at is not None,
        labels=(*labels, *matter.labels),
        demand_version=demand.version,
        package_version=package.demand_version,
        package_epoch=package.epoch,
        package_destroyed=package.destroyed_at is not None,
        package_expires=package.expires_at,
        finding=FindingFacts(finding.genuine, finding.by, finding.at, finding.epoch) if finding else None,
        recipient=recipient(key_of()),
        items=tuple(
            PackedItem(
                item=matter.placed(items[row.item_id]),
                packed=frozenset(row.fields),
                packed_period=Period(row.period_start, row.period_end),
                approval=_approval(approvals.get(row.item_id), actors),
                notice=notice_of(row.item, [fact for fact in whole.notices if fact.item_id == row.item_id]),
                clocks=clocks_of(whole.acts, said, row.item, books),
                exceptions=tuple(_exception(use, actors) for use in uses),
                orders=court_orders.as_facts(orders, actors),
            )
            for row in whole.packed
        ),
        pauses=tuple(pauses),
        books=books,
        releaser=actors[by],
        taking_no_part=no_part,
        small_team=standing.house.small_team,
        identifiers=whole.identifiers,
        undecided_matters=matter.undecided,
        reconfirmed=confirmed_of(),
        matters_cut_off=matter.cut_off,
        matter_held=matter.ever_held,
    )


def _all_pauses(labels: Sequence[DemandFacts], entered: Moment) -> list[Pause]:
    """One journey more, only where there are requests of possibly the same matter: their pauses count too."""
    asked = Asked()
    pauses_of = store.covering(asked, labels, entered=entered)
    asked.now()
    return pauses_of()


def recipient(key: KeyAtTheGate | None) -> RecipientFacts | None:
    """A key that is revoked, or of a suspended agency, is none."""
    if key is None:
        return None
    # The database lets no key in that two different people did not confirm.
    return RecipientFacts(
        key.agency, active=True, acts_for=key.acts_for, fingerprint=key.fingerprint, key_by_two=True, key_revoked=False
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


def _codes(by: str, whole: Whole) -> set[str]:
    """Everybody whose standing counts."""
    rows: list[Approval | ExceptionUse | CourtOrder] = [*whole.approvals.values(), *whole.uses, *whole.orders]
    agreers = {row.agreed_by for row in rows if row.agreed_by}
    agreers |= {use.third_by for use in whole.uses if use.third_by}
    return {by, *(row.proposed_by for row in rows), *agreers}


def _actors(standing: Standing, by: str, whole: Whole) -> dict[str, Actor]:
    return {code: standing.actors.get(code) or people.actor(code) for code in _codes(by, whole)}


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
        third=actors[row.third_by] if row.third_by else None,
    )


def _by_who_takes_part(rows: Sequence[_Row], no_part: frozenset[str]) -> list[_Row]:
    """What leads past a pause rests on people who may be near the request, as an approval does."""
    return [row for row in rows if not no_part & {row.proposed_by, row.agreed_by, getattr(row, "third_by", None)}]


def _taking_no_part(standing: Standing, actors: dict[str, Actor], asking: str | None) -> frozenset[str]:
    return frozenset(code for code, actor in actors.items() if not standing.may_take_part(actor, asking).allowed)
