"""The promises, read once more and more simply than the rules do. Generated histories are judged by this reading alone:
it shares no function with the rules, only their values, and it is slow and plain on purpose."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from abeyance.patterns.queries import Other
from abeyance.rules.facts import DemandFacts, ItemFacts, Period
from abeyance.rules.instruments import ClockKind, Direction
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeState
from abeyance.rules.pauses import Pause, PauseException
from abeyance.rules.people import Actor
from abeyance.rules.permissions import Role
from abeyance.rules.release import ApprovalFacts, ExceptionFacts, OrderFacts, PackedItem, ReleaseFacts
from abeyance.rules.terms import Ground, PauseMode, PlaceSource, Stage

# Of a matter that a pause ever held, where the exception says nothing else: counsel is among them.
STRICTER: dict[tuple[Role, ...], tuple[Role, ...]] = {
    (): (Role.COUNSEL,),
    (Role.APPROVER,): (Role.APPROVER, Role.COUNSEL),
    (Role.APPROVER, Role.APPROVER): (Role.APPROVER, Role.COUNSEL),
    (Role.COUNSEL,): (Role.COUNSEL, Role.APPROVER),
}
# By the law, the policy and the data map of these tests.
GIVEN_OUT = frozenset({"telephone", "created-at", "email"})
OBJECTION_WINDOW, LONGEST_DEFERRAL = timedelta(days=10), timedelta(days=90)
FOUND_FOR, FOUND_IN_EMERGENCY_FOR = timedelta(days=30), timedelta(hours=24)


def broken_promises(
    facts: ReleaseFacts, now: datetime, *, pauses: Sequence[Pause], suspended: Collection[tuple[str, str]] = ()
) -> list[str]:
    """Of a hand-over that was allowed. `pauses` are all there are, whatever the gate was shown of them."""
    return [
        *_of_people(facts),
        *_of_request(facts, now),
        *(said for packed in facts.items for said in _of_item(facts, packed, now, pauses, suspended)),
    ]


def touches(pause: Pause, said: DemandFacts, item: ItemFacts, now: datetime) -> bool:
    """Surely, or for all that anybody knows."""
    return (
        pause_has_begun(pause, now)
        and (pause.everything or _on_every_axis(pause, said, item))
        and _in_time(pause, said, item)
    )


def holds_release(pause: Pause, now: datetime) -> bool:
    """Whatever it covers. One that nobody confirmed in time goes on holding release, whatever stages it names."""
    if pause.ended_epoch is not None:
        return False
    if pause.starts_at is not None and now < pause.starts_at:
        return pause.hold_release_meanwhile
    if pause.mode is PauseMode.TREAT_AS:
        return False
    late = pause.confirm_by is not None and now >= pause.confirm_by
    return late or Stage.RELEASE in pause.stages


def pause_has_begun(pause: Pause, now: datetime) -> bool:
    if pause.starts_at is None or pause.hold_release_meanwhile:
        return True
    return pause.starts_at <= (pause.ended_at or now)


def answered_as(
    pauses: Iterable[Pause], labels: Sequence[DemandFacts], item: ItemFacts, now: datetime
) -> list[DemandFacts]:
    """The labels, and each as the jurisdictions as which the desk answers it, from one to the next."""
    treating = [
        pause
        for pause in pauses
        if pause.mode is PauseMode.TREAT_AS
        and pause.ended_epoch is None
        and (pause.starts_at is None or pause.starts_at <= now)
    ]
    found = list(labels)
    while True:
        more = [
            replace(label, jurisdiction=pause.treat_as)
            for pause in treating
            for each in found
            for label in labels
            if touches(pause, each, item, now)
        ]
        new = [each for each in dict.fromkeys(more) if each not in found]
        if not new:
            return found
        found += new


def _of_people(facts: ReleaseFacts) -> Iterator[str]:
    if not facts.releaser.active or not facts.releaser.roles & {Role.APPROVER, Role.COUNSEL}:
        yield "who released it may not"
    if facts.releaser.code in facts.taking_no_part:
        yield "who released it takes no part"
    recipient = facts.recipient
    if recipient is None or not recipient.active or recipient.key_revoked or not recipient.key_by_two:
        yield "the key is not one that may receive"
    elif recipient.agency != facts.demand.agency and facts.demand.agency not in recipient.acts_for:
        yield "the key is somebody else's"


def _of_request(facts: ReleaseFacts, now: datetime) -> Iterator[str]:
    said = facts.demand
    if None in (said.jurisdiction, said.agency, said.instrument, said.kind, said.ground, said.requester):
        yield "something essential is not known"
    if not all(said.instrument in books.adopted for books in facts.books):
        yield "nobody has adopted the law that it comes under"
    if facts.finding is None or not facts.finding.genuine:
        yield "the requester was not found genuine"
    elif not now - (FOUND_IN_EMERGENCY_FOR if said.emergency else FOUND_FOR) < facts.finding.at <= now:
        yield "the requester was found genuine too long ago"
    if facts.state not in (State.SEALED, State.RELEASED) or facts.erased or facts.package_destroyed:
        yield "the request is not at release"
    if facts.undecided_matters:
        yield "it may be a matter that a pause held, and nobody has decided"
    if facts.package_version != facts.demand_version or now >= facts.package_expires:
        yield "the package is old"


def _of_item(
    facts: ReleaseFacts,
    packed: PackedItem,
    now: datetime,
    pauses: Sequence[Pause],
    suspended: Collection[tuple[str, str]],
) -> Iterator[str]:
    approval, finding = packed.approval, facts.finding
    if approval is None or approval.agreer is None or finding is None:
        yield "two people have not approved it"
        return
    yield from _of_two(facts, approval.proposer, approval.agreer, finding.by)
    yield from _of_the_least(facts.demand, packed, approval)
    yield from _of_notice(packed, now)
    if any(
        clock.kind is ClockKind.RELEASE and clock.direction is Direction.NOT_BEFORE and not clock.ended
        for clock in packed.clocks
        if now < clock.at
    ):
        yield "it is too early"
    labels = _counting(facts, packed, now, pauses, suspended)
    for pause in pauses:
        if not any(touches(pause, label, packed.item, now) for label in labels):
            continue
        if holds_release(pause, now) and not _way_through(pause, facts, packed, suspended):
            yield f"{pause.name}/{pause.version} covers it and no way leads through"
        if pause.ended_epoch is not None:
            if min(finding.epoch, approval.epoch, facts.package_epoch) < pause.ended_epoch:
                yield f"{pause.name}/{pause.version} has ended, and what was done before it counts"
            arrived_after = facts.demand.arrived_epoch >= pause.ended_epoch
            if not (pause.everything or arrived_after or max(facts.reconfirmed, default=0) >= pause.ended_epoch):
                yield f"{pause.name}/{pause.version} has ended, and its requester has not confirmed since"


def ways_needed(
    facts: ReleaseFacts, now: datetime, *, pauses: Sequence[Pause], suspended: Collection[tuple[str, str]] = ()
) -> set[str]:
    """The names of the pauses that would hold it if no way led through: the record of the release names each."""
    return {
        pause.name
        for packed in facts.items
        for label in _counting(facts, packed, now, pauses, suspended)
        for pause in pauses
        if holds_release(pause, now) and touches(pause, label, packed.item, now)
    }


def _counting(
    facts: ReleaseFacts,
    packed: PackedItem,
    now: datetime,
    pauses: Sequence[Pause],
    suspended: Collection[tuple[str, str]],
) -> list[DemandFacts]:
    standing = [pause for pause in pauses if not _way_through(pause, facts, packed, suspended)]
    return answered_as(standing, facts.labels, packed.item, now)


def _of_two(facts: ReleaseFacts, proposer: Actor, agreer: Actor, verifier: str) -> Iterator[str]:
    if agreer.code in (proposer.code, verifier):
        yield "one person was two"
    if not (proposer.active and agreer.active):
        yield "somebody who has left stands behind it"
    may = proposer.roles & {Role.REVIEWER, Role.COUNSEL}, agreer.roles & {Role.APPROVER, Role.COUNSEL}
    if not all(may):
        yield "somebody stands behind it who may not"
    if {proposer.code, agreer.code} & facts.taking_no_part:
        yield "somebody who takes no part stands behind it"


def _of_the_least(said: DemandFacts, packed: PackedItem, approval: ApprovalFacts) -> Iterator[str]:
    if not packed.packed <= packed.item.fields & approval.fields & GIVEN_OUT:
        yield "it is more than asked, allowed and approved"
    if said.ground is Ground.PERMITTED and packed.packed and approval.ground is not Ground.PERMITTED:
        yield "what is only permitted was not chosen"
    if not (_lies_in(packed.packed_period, packed.item.period) and _lies_in(packed.packed_period, approval.period)):
        yield "it is for a longer time than asked and approved"


def _lies_in(inner: Period, outer: Period) -> bool:
    begins, ends = outer.start is None, outer.end is None
    if outer.start is not None and inner.start is not None:
        begins = inner.start >= outer.start
    if outer.end is not None and inner.end is not None:
        ends = inner.end <= outer.end
    return begins and ends


def _of_notice(packed: PackedItem, now: datetime) -> Iterator[str]:
    notice = packed.notice
    if notice.state is None or notice.objection_open:
        yield "nobody has settled the notice"
    elif notice.state is NoticeState.GIVEN:
        if notice.given_at is None or now < max(
            notice.given_at + OBJECTION_WINDOW, notice.objection_until or notice.given_at
        ):
            yield "the account holder had no time"
    elif notice.until is not None and now >= notice.until:
        yield "what kept the account holder from being told is over"
    elif notice.state is NoticeState.DEFERRED:
        if notice.until is None or notice.since is None or notice.until - notice.since > LONGEST_DEFERRAL:
            yield "the notice is deferred for too long"
        if not (notice.reason and notice.approver):
            yield "the notice is deferred for no reason"
    elif not notice.citation:
        yield "nothing is cited that keeps the account holder from being told"


# --- other requests of possibly the same matter


@dataclass(frozen=True)
class MatterRead:
    labels: frozenset[DemandFacts]
    there: frozenset[str]  # where the account holder is, for every pause that looks
    undecided: bool
    ever_held: bool


def matter_read(
    own: Sequence[DemandFacts], item: ItemFacts, others: Iterable[Other], pauses: Sequence[Pause], now: datetime
) -> MatterRead:
    """What is one matter is under every label that either request has. While nobody has decided, one that a pause held
    keeps the other, unless it was said to be just the same."""
    labels, there, undecided = set(), set(places_of(item)), False
    ever_held = any(_ended_over(pause, pauses, own, item, now) for pause in pauses)
    agreed = any(place.source is PlaceSource.AGREED for place in item.places)
    for other in others:
        was_held = any(
            touches(pause, other.demand, other.item, now)
            and (pause.ended_epoch is None or other.demand.arrived_epoch < pause.ended_epoch)
            for pause in pauses
        )
        ever_held |= was_held
        undecided |= was_held and not other.decided and not _said_alike(other, own, item, pauses)
        if other.decided:
            labels.add(_labelled_as(own[0], other.demand))
            there |= places_of(other.item) if places_of(item) and not agreed else frozenset()
    return MatterRead(frozenset(labels), frozenset(there), undecided, ever_held)


def _labelled_as(own: DemandFacts, other: DemandFacts) -> DemandFacts:
    return replace(
        own,
        jurisdiction=other.jurisdiction,
        agency=other.agency,
        instrument=other.instrument,
        related_to=own.related_to if other.related_to is None else other.related_to,
    )


def _said_alike(other: Other, own: Sequence[DemandFacts], item: ItemFacts, pauses: Sequence[Pause]) -> bool:
    """In everything that could be said otherwise of the same, and that a pause of this desk has ever asked for."""
    looking = any(pause.subjects or pause.related_to for pause in pauses)
    there, said = places_of(other.item), other.demand
    return any(
        (label.jurisdiction, label.agency, label.instrument) == (said.jurisdiction, said.agency, said.instrument)
        and (not looking or (label.related_to == said.related_to and places_of(item) == there))
        for label in own
    )


def _ended_over(
    pause: Pause, pauses: Sequence[Pause], own: Sequence[DemandFacts], item: ItemFacts, now: datetime
) -> bool:
    """Of this request itself: a pause that has ended since it arrived, and not only been replaced."""
    if pause.everything or pause.ended_epoch is None or pause.ended_epoch <= own[0].arrived_epoch:
        return False
    goes_on = any(each.name == pause.name and each.ended_epoch is None for each in pauses)
    return not goes_on and any(touches(pause, label, item, now) for label in own)


# --- ways through a pause


def _way_through(pause: Pause, facts: ReleaseFacts, packed: PackedItem, suspended: Collection[tuple[str, str]]) -> bool:
    uses = [use for use in packed.exceptions if (use.pause, use.exception) not in suspended]
    return any(is_used(pause, use, facts.demand, matter_held=facts.matter_held) for use in uses) or any(
        _overrides(order, pause, facts, packed) for order in packed.orders
    )


def is_used(pause: Pause, use: ExceptionFacts, said: DemandFacts, *, matter_held: bool) -> bool:
    """Announced with the pause, fitting, and agreed to by as many and such people as it asks for."""
    found = next((each for each in pause.exceptions if each.name == use.exception), None)
    if found is None or use.pause != pause.name or use.epoch < pause.since_epoch or not fits(found, said):
        return False
    agreed = [actor for actor in (use.agreer, use.third) if actor is not None]
    people = {actor.code for actor in (use.proposer, *agreed)}
    if not agreed or len(people) != len(agreed) + 1 or not all(each.active for each in (use.proposer, *agreed)):
        return False
    bar = found.approvers
    if matter_held:
        bar = found.if_ever_held or STRICTER.get(found.approvers, found.approvers)
    return _meet(agreed, bar)


def _meet(agreed: Sequence[Actor], bar: Sequence[Role]) -> bool:
    """Each role is held by another one of them; at most two are ever asked for."""
    if len(bar) > len(agreed):
        return False
    if len(bar) == 2:
        one, two = agreed[0].roles, agreed[1].roles
        return (bar[0] in one and bar[1] in two) or (bar[0] in two and bar[1] in one)
    return not bar or any(bar[0] in actor.roles for actor in agreed)


def fits(found: PauseException, said: DemandFacts) -> bool:
    if not (found.kinds or found.instruments or found.issuers or found.offences or found.needs):
        return False
    return (
        (not found.kinds or said.kind in found.kinds)
        and (not found.instruments or said.instrument in found.instruments)
        and (not found.issuers or said.issuer in found.issuers)
        and (not found.offences or said.offence in found.offences)
        and (not found.needs or bool(found.needs & said.needs))
    )


def _overrides(order: OrderFacts, pause: Pause, facts: ReleaseFacts, packed: PackedItem) -> bool:
    if pause.everything or order.withdrawn or order.agreer is None or order.pause != pause.name:
        return False
    people_fit = (
        order.proposer.code != order.agreer.code
        and order.proposer.active
        and order.agreer.active
        and Role.COUNSEL in order.proposer.roles
        and bool(order.agreer.roles & {Role.COUNSEL, Role.APPROVER})
    )
    for_this = order.version == facts.demand_version and (not order.items or packed.item.number in order.items)
    return people_fit and for_this and order.epoch >= pause.since_epoch


# --- each axis


def _in_time(pause: Pause, said: DemandFacts, item: ItemFacts) -> bool:
    if pause.under_way:
        return True
    if pause.since is not None:
        late = item.asked_at is not None and item.asked_at >= pause.since
        return late or said.arrived_at is None or said.arrived_at >= pause.since
    return said.arrived_epoch >= pause.since_epoch or item.asked_epoch >= pause.since_epoch


def _on_every_axis(pause: Pause, said: DemandFacts, item: ItemFacts) -> bool:
    there = places_of(item)
    law = not pause.laws or said.instrument is None or any(_same_law(said.instrument, each) for each in pause.laws)
    open_place = len(there) != 1 or bool(there & pause.subjects)
    return _asks_or_is_about(pause, said, there) and law and _part(pause, item) and (not pause.subjects or open_place)


def _same_law(one: str, other: str) -> bool:
    return one == other or one.startswith(f"{other}-") or other.startswith(f"{one}-")


def _asks_or_is_about(pause: Pause, said: DemandFacts, there: frozenset[str]) -> bool:
    if not (pause.jurisdictions or pause.agencies or pause.related_to):
        return True
    home = said.agency.split("-")[0].upper() if said.agency else None
    asks = bool(pause.jurisdictions) and (
        said.jurisdiction in (*pause.jurisdictions, None) or home in pause.jurisdictions
    )
    countries = {agency.split("-")[0].upper() for agency in pause.agencies}
    unnamed = said.agency is None and (said.jurisdiction is None or said.jurisdiction in countries)
    agency = bool(pause.agencies) and (said.agency in pause.agencies or unnamed)
    about = bool(pause.related_to) and (
        said.related_to is None or not there or bool((said.related_to | there) & pause.related_to)
    )
    return asks or agency or about


def _part(pause: Pause, item: ItemFacts) -> bool:
    if not (pause.services or pause.brands or pause.companies):
        return True
    service = bool(pause.services) and item.service in (*pause.services, None)
    brand = bool(pause.brands) and (not item.brands or bool(item.brands & pause.brands))
    company = bool(pause.companies) and (not item.companies or bool(item.companies & pause.companies))
    return service or brand or company


def places_of(item: ItemFacts) -> frozenset[str]:
    """What two people agreed on settles what was said before it, and nothing that is said later."""
    found = {item.subject_country} if item.subject_country else set()
    for place in item.places:
        found = {place.country} if place.source is PlaceSource.AGREED else found | {place.country}
    return frozenset(found)
