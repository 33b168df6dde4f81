"""May this package be handed over, now, to this key? Every fact is read again; nothing that is missing means yes.

1. the request: open, not erased, at the stage of release; the package is of the newest version, whole and in time
2. the requester: found genuine for this version, not void, not too old; has confirmed the request since a pause ended
3. the recipient: an active agency, the one that asks or one that acts for it, with a key that two people confirmed
4. the people: two who may still propose and agree, and take part; and one who may release
5. each item: approved for release, its approval not void, the law and the policy of this moment agree
6. the least: fields and period in the package ⊆ asked ∩ allowed ∩ approved
7. pauses: none holds the release of any item, but for an announced exception that two people agreed to use, or a
   court's order that counsel recorded and another agreed to; and no request that a pause held is left undecided as
   possibly the same matter
8. notice: told in time, or the reason why not, per account
9. clocks: no not-before is still running

What this leaves to its caller: that the facts were read inside the fence, and that they are of one moment.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import permutations

from abeyance.rules import clocks as clock_rules
from abeyance.rules import notice as notice_rules
from abeyance.rules import pauselife, people, review
from abeyance.rules import pauses as pause_rules
from abeyance.rules.clocks import Clock
from abeyance.rules.decision import Outcome, Reason
from abeyance.rules.facts import DemandFacts, ItemFacts, Period
from abeyance.rules.lifecycle import State
from abeyance.rules.notice import NoticeFacts
from abeyance.rules.pauses import COURT_ORDER, Pause
from abeyance.rules.people import Actor, Permission
from abeyance.rules.policy import Books
from abeyance.rules.terms import Ground, PauseMode, Stage

RELEASING = frozenset({State.SEALED, State.RELEASED})
LETS_OUT = frozenset({Outcome.PROCEED, Outcome.NARROW})
RELEASE = "release"  # the approved outcome that lets records out
WORDS = frozenset({"nothing-held", "encrypted", "deleted", "preserved"})  # outcomes that are told in words


@dataclass(frozen=True)
class FindingFacts:
    genuine: bool
    by: str
    at: datetime
    epoch: int


@dataclass(frozen=True)
class ApprovalFacts:
    outcome: str
    fields: frozenset[str]
    period: Period
    ground: Ground | None
    proposer: Actor
    agreer: Actor | None
    epoch: int
    digest: str = ""


@dataclass(frozen=True)
class ExceptionFacts:
    """An announced exception of a pause that somebody proposed to use and somebody else agreed to."""

    pause: str
    exception: str
    proposer: Actor
    agreer: Actor | None
    epoch: int
    third: Actor | None = None


@dataclass(frozen=True)
class OrderFacts:
    """A court's order that overrides one pause, for one version of a demand; without `items` for all of them."""

    pause: str
    version: int
    items: frozenset[int]
    proposer: Actor
    agreer: Actor | None
    epoch: int
    withdrawn: bool


@dataclass(frozen=True)
class PackedItem:
    item: ItemFacts
    packed: frozenset[str]
    packed_period: Period
    approval: ApprovalFacts | None
    notice: NoticeFacts
    clocks: tuple[Clock, ...] = ()
    exceptions: tuple[ExceptionFacts, ...] = ()
    orders: tuple[OrderFacts, ...] = ()


@dataclass(frozen=True)
class RecipientFacts:
    """The agency whose key the package would be encrypted to, as the directory has it at this moment."""

    agency: str
    active: bool
    acts_for: frozenset[str]
    fingerprint: str
    key_by_two: bool
    key_revoked: bool


@dataclass(frozen=True)
class ReleaseFacts:
    state: State
    erased: bool
    labels: tuple[DemandFacts, ...]  # the demand, and as it was labelled before a change that nobody else agreed to
    demand_version: int
    package_version: int
    package_epoch: int
    package_destroyed: bool
    package_expires: datetime
    finding: FindingFacts | None
    recipient: RecipientFacts | None
    items: tuple[PackedItem, ...]
    pauses: tuple[Pause, ...]  # in force and ended
    books: tuple[Books, ...]
    releaser: Actor
    taking_no_part: frozenset[str] = field(default_factory=frozenset)  # codes of members who may not take part
    small_team: bool = False
    identifiers: int = 1
    undecided_matters: int = 0  # requests, possibly of the same matter, that a pause held and nobody decided about
    matters_cut_off: bool = False  # there are more of those than could be read
    reconfirmed: tuple[int, ...] = ()  # the epochs at which the requester confirmed the request anew
    matter_held: bool = False  # whether a pause has ever held this matter, in this request or in another

    @property
    def demand(self) -> DemandFacts:
        return self.labels[0]


@dataclass(frozen=True)
class Verdict:
    allowed: bool
    reasons: tuple[Reason, ...]
    exceptions: tuple[str, ...] = ()  # "pause/exception" of every one that was used


def judge(facts: ReleaseFacts, now: datetime) -> Verdict:
    """The only rule that says yes to a hand-over. All checks are made, so that all reasons are named at once."""
    facts = replace(facts, pauses=_about_what_is_packed(facts))
    against = tuple(dict.fromkeys(_against(facts, now)))
    if against:
        return Verdict(False, against)
    return Verdict(True, (_yes(facts),), tuple(sorted(_used_exceptions(facts, now))))


def _against(facts: ReleaseFacts, now: datetime) -> Iterator[Reason]:
    yield from _of_request(facts, now)
    yield from _of_requester(facts, now)
    yield from _of_recipient(facts)
    yield from _of_releaser(facts)
    if facts.undecided_matters:
        # It says no more: the other request may be one of which whoever reads this may not know.
        yield _no("question-open", "A question about this request is open; counsel can see which, and decides.")
    if facts.matters_cut_off:
        sentence = "More questions about this request are open than are read at once; counsel first decides some."
        yield _no("too-many-questions", sentence)
    if not facts.items:
        yield _no("nothing-packed", "The package names no item.")
    if not facts.books:
        yield _no("no-policy", "No policy is in force.")
        return
    for packed in facts.items:
        yield from _of_item(facts, packed, now)


def _about_what_is_packed(facts: ReleaseFacts) -> tuple[Pause, ...]:
    """Once, because each of very many pauses is looked at in several ways below."""
    items = [packed.item for packed in facts.items]
    return tuple(pause for pause in facts.pauses if pause_rules.may_be_about(pause, facts.labels, items))


# 1. The request


def _of_request(facts: ReleaseFacts, now: datetime) -> Iterator[Reason]:
    if facts.erased:
        yield _no("erased", "The request has been erased.")
    if facts.state not in RELEASING:
        yield _no("not-at-release", f"The request is '{facts.state.value}', not at the stage of release.")
    if facts.package_version != facts.demand_version:
        yield _no("older-version", "The package answers an older version of the demand.")
    if facts.package_destroyed:
        yield _no("package-destroyed", "The package has been destroyed.")
    if now >= facts.package_expires:
        yield _no("package-expired", "The package is past its time; gather it again.")


# 2. The requester


def _of_requester(facts: ReleaseFacts, now: datetime) -> Iterator[Reason]:
    finding = facts.finding
    if finding is None or not finding.genuine:
        yield _no("not-genuine", "The requester has not been found genuine for this version.")
        return
    if finding.epoch < _lift(facts, now, after=finding.epoch):
        yield _no("finding-void", "The requester was found genuine before a pause was lifted: verify again.")
    if pauselife.needs_reconfirming(facts.demand.arrived_epoch, _last_end(facts, now), facts.reconfirmed):
        sentence = "A pause over it has ended; its requester has not confirmed officer, order, offence and need since."
        yield _no("not-reconfirmed", sentence)
    if facts.books:
        rules = facts.books[0].policy.verification
        valid = rules.emergency_finding_valid if facts.demand.emergency else rules.finding_valid
        if not finding.at <= now < finding.at + valid:
            yield _no("finding-old", "It is too long ago that the requester was found genuine: verify again.")


def _lift(facts: ReleaseFacts, now: datetime, *, after: int) -> int:
    """The last time that a pause over any of the items ended."""
    return max((_lift_of(facts, packed, now, after=after) for packed in facts.items), default=0)


def _lift_of(facts: ReleaseFacts, packed: PackedItem, now: datetime, *, after: int) -> int:
    """By every label that counts, and also as another jurisdiction where it is answered as that one."""
    labels, pauses = _labels(facts, packed, now), facts.pauses
    return max(pause_rules.last_lift_epoch(pauses, label, packed.item, now=now, after=after) for label in labels)


def _last_end(facts: ReleaseFacts, now: datetime) -> int:
    """After which the requester has to confirm the request."""
    arrived = facts.demand.arrived_epoch
    ends = [
        pause_rules.last_end_epoch(facts.pauses, label, packed.item, now=now, after=arrived)
        for packed in facts.items
        for label in _labels(facts, packed, now)
    ]
    return max(ends, default=0)


# 3. The recipient


def _of_recipient(facts: ReleaseFacts) -> Iterator[Reason]:
    recipient = facts.recipient
    if recipient is None:
        yield _no("no-recipient", "There is no such key in the directory.")
        return
    if not recipient.active:
        yield _no("agency-suspended", f"{recipient.agency} is suspended in the directory.")
    if recipient.key_revoked:
        yield _no("key-revoked", f"The key {recipient.fingerprint} has been revoked.")
    if not recipient.key_by_two:
        yield _no("key-unconfirmed", f"The key {recipient.fingerprint} was not confirmed by two people.")
    asking = facts.demand.agency
    if asking is None or (recipient.agency != asking and asking not in recipient.acts_for):
        yield _no("other-agency", f"The key belongs to {recipient.agency}, which is not the agency that asks.")


# 4. The people


def _of_releaser(facts: ReleaseFacts) -> Iterator[Reason]:
    yield from _unless(people.may(facts.releaser, Permission.PACKAGE_RELEASE))
    yield from _of_part(facts, facts.releaser)


def _of_part(facts: ReleaseFacts, actor: Actor) -> Iterator[Reason]:
    if actor.code in facts.taking_no_part:
        yield _no("takes-no-part", f"{actor.code} takes no part in requests of {facts.demand.jurisdiction}.")


def _unless(ruling: people.Ruling) -> tuple[Reason, ...]:
    return () if ruling.allowed else ruling.reasons


# 5 to 9. Each item


def _of_item(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> Iterator[Reason]:
    yield from _of_approval(facts, packed, now)
    yield from _of_review(facts, packed, now)
    yield from _of_the_least(facts, packed, now)
    yield from _of_pauses(facts, packed, now)
    yield from _of_notice(facts, packed, now)
    yield from clock_rules.release_reasons(packed.clocks, now)


def _of_approval(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> Iterator[Reason]:
    approval, number = packed.approval, packed.item.number
    if approval is None or approval.agreer is None:
        yield _no("not-approved", f"Item {number} has not been approved by two people.")
        return
    if approval.outcome != RELEASE and approval.outcome not in WORDS:
        yield _no("approved-otherwise", f"Item {number} was approved as '{approval.outcome}', which lets nothing out.")
    verifier = facts.finding.by if facts.finding else None
    yield from _unless(people.approval_stands(approval.proposer, approval.agreer, verifier, facts.small_team))
    yield from _of_part(facts, approval.proposer)
    yield from _of_part(facts, approval.agreer)
    lift = _lift_of(facts, packed, now, after=min(approval.epoch, facts.package_epoch))
    if approval.epoch < lift or facts.package_epoch < lift:
        yield _no("approval-void", f"Item {number} was approved or packed before a pause was lifted: review it again.")


def _of_review(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> Iterator[Reason]:
    also_as = [pause.treat_as for pause in _treating(facts, packed, now) if pause.treat_as]
    decision = review.judge(
        facts.demand, packed.item, books=facts.books, now=now, identifiers=facts.identifiers, also_as=also_as
    )
    if decision.outcome not in LETS_OUT:
        yield from decision.reasons


def _of_the_least(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> Iterator[Reason]:
    approval = packed.approval
    if approval is None:
        return
    if approval.outcome in WORDS and packed.packed:
        yield _no("records-in-words", f"Item {packed.item.number} is answered in words, and records are packed.")
    chosen = approval.fields if approval.ground is Ground.PERMITTED else frozenset()
    allowed = review.allowed_fields(facts.demand, packed.item, books=facts.books, now=now, chosen=chosen)
    if beyond := packed.packed - (allowed & approval.fields):
        named = ", ".join(sorted(beyond))
        yield _no("more-than-allowed", f"Item {packed.item.number} holds more than is allowed and approved: {named}.")
    if approval.outcome == RELEASE and not _within(packed.packed_period, packed.item.period):
        yield _no("period-beyond-asked", f"Item {packed.item.number} is packed for a longer period than was asked.")
    if approval.outcome == RELEASE and not _within(packed.packed_period, approval.period):
        yield _no("period-beyond-approved", f"Item {packed.item.number} is packed for a longer period than approved.")


def _within(inner: Period, outer: Period) -> bool:
    """None is open: an open end lies only within an open end."""
    starts = outer.start is None or (inner.start is not None and inner.start >= outer.start)
    ends = outer.end is None or (inner.end is not None and inner.end <= outer.end)
    return starts and ends


def _of_pauses(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> Iterator[Reason]:
    labels = _labels(facts, packed, now)  # once: there may be very many pauses
    for pause in facts.pauses:
        held = _held(pause, labels, facts, packed, now)
        if held is not None and _way_through(pause, facts, packed) is None:
            yield held


def _held(
    pause: Pause, labels: Sequence[DemandFacts], facts: ReleaseFacts, packed: PackedItem, now: datetime
) -> Reason | None:
    return pause_rules.held_under_any(pause, labels, packed.item, Stage.RELEASE, now=now, books=facts.books)


def _way_through(pause: Pause, facts: ReleaseFacts, packed: PackedItem) -> str | None:
    used = exception_for(
        pause, facts.demand, packed.exceptions, small_team=facts.small_team, matter_held=facts.matter_held
    )
    return used or order_over(pause, packed.item.number, facts.demand_version, packed.orders, facts.small_team)


def order_over(pause: Pause, item: int, version: int, orders: Sequence[OrderFacts], small_team: bool) -> str | None:
    """The court's order that overrides this pause for this item. It names the pause, so one that was declared later
    holds; and a restored desk's hold over everything is overridden by nobody."""
    if pause.everything:
        return None
    for order in orders:
        if order.withdrawn or order.agreer is None or (order.pause, order.version) != (pause.name, version):
            continue
        if order.epoch < pause.since_epoch or (order.items and item not in order.items):
            continue
        if _by_counsel_and_another(order.proposer, order.agreer, small_team):
            return f"{pause.name}/{COURT_ORDER}"
    return None


def _by_counsel_and_another(proposer: Actor, agreer: Actor, small_team: bool) -> bool:
    two = not people.second_person(proposer.code, agreer, None, small_team)
    may = people.may(proposer, Permission.COURT_ORDER_PROPOSE).allowed
    return two and may and people.may(agreer, Permission.COURT_ORDER_AGREE).allowed


def _labels(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> tuple[DemandFacts, ...]:
    return pause_rules.with_treated(facts.labels, _treating(facts, packed, now))


def _treating(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> list[Pause]:
    """The pauses by which it is answered as another jurisdiction's, but for those that an exception sets aside."""
    treating = [pause for pause in facts.pauses if pause.mode is PauseMode.TREAT_AS]
    standing = [pause for pause in treating if _way_through(pause, facts, packed) is None]
    return pause_rules.treated_as(standing, facts.labels, packed.item, now=now)


def exception_for(
    pause: Pause,
    demand: DemandFacts,
    uses: Sequence[ExceptionFacts],
    small_team: bool,
    *,
    matter_held: bool = False,
) -> str | None:
    """The announced exception that people agreed to use for this demand after the pause was declared: two, and where
    it names their roles, as many and of such roles as it names for such a matter."""
    announced = {found.name: found for found in pause.exceptions}
    for use in uses:
        found = announced.get(use.exception)
        if use.pause != pause.name or found is None or use.agreer is None or use.epoch < pause.since_epoch:
            continue
        agreed = agreed_by(use, found.approvers_for(matter_held=matter_held), small_team)
        if agreed and use.proposer.active and found.could_apply(demand):
            return f"{pause.name}/{found.name}"
    return None


def agreed_by(use: ExceptionFacts, roles: Sequence[people.Role], small_team: bool) -> bool:
    """Whether people other than the proposer agreed, each of the roles being that of another one of them."""
    others = [actor for actor in (use.agreer, use.third) if actor is not None]
    apart = len({actor.code for actor in others}) == len(others)
    strangers = all(not people.second_person(use.proposer.code, actor, None, small_team) for actor in others)
    ordered = permutations(others, len(roles))
    fits = any(all(role in actor.roles for role, actor in zip(roles, each, strict=True)) for each in ordered)
    return bool(others) and apart and strangers and fits


def _used_exceptions(facts: ReleaseFacts, now: datetime) -> set[str]:
    return {
        used
        for packed in facts.items
        for pause in facts.pauses
        if (used := _way_through(pause, facts, packed)) is not None and _would_count(pause, facts, packed, now)
    }


def _would_count(pause: Pause, facts: ReleaseFacts, packed: PackedItem, now: datetime) -> bool:
    """Whether the pause would stop this item, or make it answered as another jurisdiction's, without the exception."""
    treats = bool(pause_rules.treated_as([pause], facts.labels, packed.item, now=now))
    return treats or _held(pause, _labels(facts, packed, now), facts, packed, now) is not None


def _of_notice(facts: ReleaseFacts, packed: PackedItem, now: datetime) -> Iterator[Reason]:
    decision = notice_rules.may_release(packed.notice, now, policy=facts.books[0].policy)
    if decision.outcome is not Outcome.PROCEED:
        yield from decision.reasons


def _yes(facts: ReleaseFacts) -> Reason:
    numbers: Sequence[str] = [str(packed.item.number) for packed in facts.items]
    sentence = f"Item {', '.join(numbers)}: approved by two people, nothing holds it, notice is settled."
    return Reason("may-leave", sentence, "gate")


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"gate:{code}")
