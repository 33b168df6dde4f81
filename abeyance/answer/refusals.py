"""Refusals in batch under a refusing pause: listed, agreed by a second person, one of the two counsel, and then carried
out one by one by the worker. A request that has changed since the list was seen is left out and waits for a person.

A letter of refusal neither confirms nor denies that an account exists: it names the pause, and nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from abeyance import fence, ledger, outbox, seals
from abeyance.answer.letters import Kind, Letter, Line, Sender
from abeyance.answer.letters import text as as_text
from abeyance.answer.models import RefusalBatch, RefusalLine
from abeyance.casefile import door, moves
from abeyance.casefile import facts as casefacts
from abeyance.casefile.ending import Closing
from abeyance.casefile.models import Case, Demand
from abeyance.errors import BadInput, NotFound, Refused
from abeyance.pauses import store
from abeyance.pauses.weighing import Weighed, weigh, weigh_each
from abeyance.people import queries as people
from abeyance.people.directory import queries as directory
from abeyance.policy import queries as policy
from abeyance.rules import people as people_rules
from abeyance.rules import refusals as rules
from abeyance.rules.decision import Reason
from abeyance.rules.events import CaseClosed, RefusalsAgreed, RefusalsProposed
from abeyance.rules.events import Refused as RequestRefused
from abeyance.rules.instruments import LawEntry
from abeyance.rules.lifecycle import Event
from abeyance.rules.permissions import Permission
from abeyance.rules.refusals import RefusalFacts
from abeyance.rules.shown import is_what_was_shown

MOST = 500
LISTED, LEFT_OUT, REFUSED = "listed", "left-out", "refused"
CHINESE = frozenset({"HK", "MO", "TW"})


@dataclass(frozen=True)
class Drafted:
    """What would be on the list now, and what would not, with the reason."""

    instrument: str
    lines: tuple[RefusalFacts, ...]
    left_out: tuple[tuple[str, tuple[Reason, ...]], ...]

    @property
    def digest(self) -> str:
        return rules.list_digest(rules.line_digest(line) for line in self.lines)


def draft(instrument: str, *, by: str, now: datetime) -> Drafted:
    """Of the requests that this member may read: which could be refused under this instrument. Binds nobody."""
    people.require(by, Permission.CASE_READ, now)
    _refuse_unless_ours(instrument)
    cases = door.visible_to(by).filter(closed_at=None, items__open=True, items__instrument=instrument).distinct()
    found, out = [], []
    pauses, rows = store.in_force(), list(cases.order_by("pk")[:MOST])
    for case, (demand, weighed) in zip(rows, weigh_each(rows, now=now), strict=True):
        facts = _facts(case, demand, weighed)
        if against := rules.left_out(facts, pauses):
            out.append((case.ref, against))
        else:
            found.append(facts)
    return Drafted(instrument, tuple(found), tuple(out))


def propose(instrument: str, digest: str, *, by: str, now: datetime) -> RefusalBatch:
    """Propose the list as it was seen: `digest` is that of the draft. Nobody is refused yet."""
    people.require(by, Permission.ANSWER_PROPOSE, now)
    drafted = draft(instrument, by=by, now=now)
    if not drafted.lines:
        raise Refused([_no("nothing-to-refuse", "No request is refused by a pause under this instrument.")])
    if not is_what_was_shown(digest, drafted.digest):
        raise Refused([_no("other-list", "The list has changed since you looked; look at it again.")])
    act = uuid4()
    with transaction.atomic():
        batch = RefusalBatch.objects.create(instrument=instrument, proposed_by=by, proposed_at=now)
        cases = {case.ref: case for case in door.visible_to(by).filter(ref__in=[line.ref for line in drafted.lines])}
        for line in drafted.lines:
            people.refuse_unless(people.may_take_part(by, line.demand.jurisdiction))
            RefusalLine.objects.create(
                batch=batch, case=cases[line.ref], version=line.version, digest=bytes.fromhex(rules.line_digest(line))
            )
        told = RefusalsProposed(
            batch=str(batch.key), instrument=instrument, requests=len(drafted.lines), digest=drafted.digest
        )
        ledger.append(told, by=by, now=now, act=act)
    return batch


def lines_of(batch: RefusalBatch, *, by: str, now: datetime) -> list[tuple[RefusalLine, bool]]:
    """The lines that this member may read, and whether each is still what was proposed."""
    rows = RefusalLine.objects.filter(batch=batch, case__in=door.visible_to(by)).select_related("case").order_by("pk")
    found = list(rows)
    return list(zip(found, _still([row.case for row in found], found, now), strict=True))


def digest_of(lines: Sequence[tuple[RefusalLine, bool]]) -> str:
    """Of what one would agree to: the lines that still stand."""
    return rules.list_digest(bytes(row.digest).hex() for row, stands in lines if stands)


def agree(key: UUID, digest: str, *, by: str, now: datetime) -> RefusalBatch:
    """Agree to the list as it was seen. What changed since, or may not be read by whoever agrees, is left out; the rest
    is carried out by the worker, each looked at once more."""
    people.require(by, Permission.ANSWER_AGREE, now)
    batch = find(key, by=by, now=now)
    seen = lines_of(batch, by=by, now=now)
    if not is_what_was_shown(digest, digest_of(seen)):
        raise Refused([_no("other-list", "The list has changed since you looked; look at it again.")])
    standing = [row for row, stands in seen if stands]
    if not standing:
        raise Refused([_no("nothing-to-refuse", "Nothing of the list stands any more; propose it anew.")])
    act = uuid4()
    with fence.together(act) as entered:
        batch = RefusalBatch.objects.select_for_update().get(pk=batch.pk)
        if batch.agreed_at is not None:
            raise Refused([_no("agreed", "Two people have agreed to this list already.")])
        _require_two(batch, by=by, now=entered.now)
        batch.agreed_by, batch.agreed_at = by, entered.now
        batch.save()
        RefusalLine.objects.filter(batch=batch).exclude(pk__in=[row.pk for row in standing]).update(state=LEFT_OUT)
        told = RefusalsAgreed(
            batch=str(batch.key), requests=len(standing), digest=digest_of(seen), proposer=batch.proposed_by
        )
        entry = ledger.append(told, by=by, now=entered.now, act=act)
        for row in standing:
            outbox.queue("answer.refuse", because_of=entry, line=row.pk)
    return batch


def carry_out(pk: int, *, now: datetime) -> None:
    """One line of an agreed list: the request is closed as refused and its letter waits; or it is left out."""
    row = RefusalLine.objects.select_related("batch", "case").get(pk=pk)
    batch, case, act = row.batch, row.case, uuid4()
    if row.state != LISTED or batch.agreed_by is None:
        return
    with fence.together(act) as entered:
        case = Case.objects.select_for_update().get(pk=case.pk)
        demand, weighed = weigh(case, now=entered.now)
        facts = _facts(case, demand, weighed)
        if not _stands(case, facts, row) or not _both_stand(batch):
            RefusalLine.objects.filter(pk=row.pk).update(state=LEFT_OUT)
            return
        moves.move(case, Event.CLOSED, by=batch.agreed_by, now=entered.now)
        Case.objects.filter(pk=case.pk).update(closing=Closing.REFUSED.value)
        row.letter = seals.seal(case.holder, _letter(case, demand, facts, entered.now).encode(), place=row.place)
        row.state, row.refused_at = REFUSED, entered.now
        row.save()
        refused = RequestRefused(
            items=tuple(item for item, _ in facts.holds),
            reasons=tuple(dict.fromkeys(reason.code for reason in facts.reasons())),
            policy=weighed[0].decision.policy,
        )
        events = [refused, CaseClosed(outcome=Closing.REFUSED.value)]
        entries = ledger.append_all(
            events, by=batch.agreed_by, now=entered.now, holder=case.holder, case=case.ref, act=act
        )
        outbox.queue("pages.send_refusal", because_of=entries[-1], line=row.pk)


# --- reading


def find(key: UUID, *, by: str, now: datetime) -> RefusalBatch:
    """A list of which this member may read at least one line."""
    people.require(by, Permission.CASE_READ, now)
    batch = RefusalBatch.objects.filter(key=key).first()
    if batch is None or not RefusalLine.objects.filter(batch=batch, case__in=door.visible_to(by)).exists():
        raise NotFound("There is no such list of refusals. `abeyance refusals list` shows those there are.")
    return batch


def batches(by: str) -> list[RefusalBatch]:
    seen = RefusalLine.objects.filter(case__in=door.visible_to(by)).values("batch")
    return list(RefusalBatch.objects.filter(pk__in=seen).order_by("-pk")[:100])


def letter_of(row: RefusalLine) -> str:
    """The letter as it is sent."""
    if not row.letter:
        raise NotFound("No letter has been written for this line.")
    return seals.unseal(row.case.holder, bytes(row.letter), place=row.place).decode()


def instruments() -> list[str]:
    """Those of the law entries in force or proposed that a provider may refuse."""
    codes = {code for books in policy.books() for code in books.entries}
    return sorted(code for code in codes if not rules.against_batch(code, _entries(code)))


# --- how


def _entries(instrument: str) -> list[LawEntry | None]:
    return [books.entry(instrument) for books in policy.books()]


def _refuse_unless_ours(instrument: str) -> None:
    if not instrument.strip():
        raise BadInput("Say under which instrument: refusals are listed for one at a time.")
    if against := rules.against_batch(instrument, _entries(instrument)):
        raise Refused(against)


def _facts(case: Case, demand: Demand, weighed: Sequence[Weighed]) -> RefusalFacts:
    said = casefacts.demand_facts(case, demand, genuine=False)
    holds = tuple((one.item.number, tuple(held.reason for held in one.held)) for one in weighed)
    return RefusalFacts(case.ref, demand.version, said, holds, case.packages.filter(releases__isnull=False).exists())


def _stands(case: Case, facts: RefusalFacts, row: RefusalLine) -> bool:
    """As it was proposed, still refused by a pause, and still open."""
    same = bytes(row.digest).hex() == rules.line_digest(facts)
    return same and case.closed_at is None and not rules.left_out(facts, store.in_force())


def _still(cases: Sequence[Case], rows: Sequence[RefusalLine], now: datetime) -> list[bool]:
    weighed = weigh_each(cases, now=now)
    return [
        _stands(case, _facts(case, demand, each), row)
        for case, row, (demand, each) in zip(cases, rows, weighed, strict=True)
    ]


def _require_two(batch: RefusalBatch, *, by: str, now: datetime) -> None:
    locked = people.lock_members([by, batch.proposed_by])
    house = people.house_rules()
    first = locked.get(batch.proposed_by) or people.actor(batch.proposed_by)
    second = locked.get(by) or people.actor(by)
    people.refuse_unless(people_rules.may(first, Permission.ANSWER_PROPOSE))
    people.refuse_unless(people_rules.may(second, Permission.ANSWER_AGREE))
    people.refuse_unless(people_rules.may_agree(first, second, None, house.small_team, now, house.waiting))
    if against := rules.against_two(first, second):
        raise Refused(against)


def _both_stand(batch: RefusalBatch) -> bool:
    """Asked again for each letter, as the gate asks it."""
    assert batch.agreed_by is not None
    first, second = people.actor(batch.proposed_by), people.actor(batch.agreed_by)
    stands = people_rules.approval_stands(first, second, None, people.house_rules().small_team)
    return stands.allowed and not rules.against_two(first, second)


def _letter(case: Case, demand: Demand, facts: RefusalFacts, now: datetime) -> str:
    """In English, and in the language of the place that asks. It carries no data, or it is not written."""
    names = {reason.pause for reason in facts.reasons()}
    statements = tuple(dict.fromkeys(pause.statement for pause in store.in_force() if pause.name in names))
    letters = [
        Letter(
            kind=Kind.REFUSED,
            sender=Sender(settings.ABEYANCE.operator_name or "The request desk", settings.ABEYANCE.operator_contact),
            reference=case.ref,
            date=now,
            language=language,
            addressee=directory.name_of(demand.agency) if demand.agency else "",
            reasons=tuple(Line.of(reason) for reason in facts.reasons()),
            about=statements,
        )
        for language in (("en", "zh-Hant") if demand.jurisdiction in CHINESE else ("en",))
    ]
    assert not any(letter.carries_data for letter in letters)
    return "\n\n".join(map(as_text, letters))


def _no(code: str, sentence: str) -> Reason:
    return Reason(code, sentence, clause=f"refusals:{code}")
