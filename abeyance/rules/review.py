"""Weighing one item: may it go out, less of it, or must a person, another State or nobody answer?

Nothing said means no: every question whose answer is missing ends in ASK. All questions are put, always, and the most
cautious answer counts; the order below is only the order in which a reviewer reads the reasons:

1. the kind of demand: some the desk never does, some go to counsel
2. the facts: confirmed by a person, requester found genuine, nothing essential missing
3. the instrument: known, in force at this desk, of the asking jurisdiction, compelling (or permitting) this category
4. every other law that binds the entity addressed, the entity that controls the account, and the place of storage
5. the policy's clauses
6. the least: period, nexus, fields

Left to others: pauses (they add HOLD), approvals, notice, clocks and keys, all of which the gate asks for again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from abeyance.rules.decision import Decision, Outcome, Reason, strictest
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.instruments import LawEntry, OutboundEntry, Refuser, Route, Standing, outbound_for, standing
from abeyance.rules.policy import Books, Clause, When
from abeyance.rules.services import DataMap
from abeyance.rules.terms import DataCategory, DemandKind, Ground

Finding = tuple[Outcome, Reason]

DESK = "desk"  # stands where a reason names a clause, for what the desk itself never leaves open

NEVER_DONE = {
    DemandKind.REAL_TIME: "Data that does not exist yet is not handed over: this desk does no live collection.",
    DemandKind.DECRYPTION: "This desk does not decrypt, gives out no keys and changes no service so that others can.",
}
FOR_COUNSEL = {
    DemandKind.DATA_SUBJECT: "A person asks for their own data: counsel answers under data-protection law.",
    DemandKind.CONSENT: "The demand rests on consent: counsel checks whether it was free and meant.",
    DemandKind.CIVIL: "A private or civil demand: counsel answers it.",
    DemandKind.DEFENCE: "A demand of the defence: counsel answers it.",
    DemandKind.ESTATE: "A demand about an estate: counsel answers it.",
    DemandKind.WITNESS: "A summons to give evidence: counsel answers it.",
    DemandKind.TAKE_DOWN: "A demand to remove something is no demand for data: counsel hands it on.",
    DemandKind.MISDIRECTED: "It seems meant for somebody else: counsel says so without confirming anything.",
}
HANDED_OVER_FOR = frozenset({DemandKind.DISCLOSURE, DemandKind.EMERGENCY})


@dataclass(frozen=True)
class Question:
    """One item, weighed by one set of books. `identifiers` is how many the demand names (None: not counted)."""

    demand: DemandFacts
    item: ItemFacts
    books: Books
    now: datetime
    identifiers: int | None
    also_as: tuple[str, ...] = ()  # jurisdictions as which it is answered too, by a pause that treats it so

    @cached_property
    def entry(self) -> LawEntry | None:
        return self.books.entry(self.demand.instrument)

    @cached_property
    def in_force(self) -> LawEntry | None:
        """The instrument, when it may decide anything."""
        entry = self.entry
        if entry and standing(entry, self.books.adopted, self.now) is Standing.IN_FORCE:
            return entry
        return None

    @cached_property
    def bound_by(self) -> tuple[str | None, ...]:
        """States whose law binds the entity addressed, the controller of the account and the place of storage. None:
        not known."""
        policy = self.books.policy
        laws = (policy.law_of(self.demand.entity), policy.law_of(self.item.controller), self.item.stored_in)
        return tuple(dict.fromkeys(laws))

    @cached_property
    def at_home(self) -> frozenset[str]:
        """The States for which the asking law is their own: the asking one and, for Union law, its members."""
        asking = self.demand.jurisdiction
        if asking is None:
            return frozenset()
        entry = self.in_force
        return entry.covers if entry and asking in entry.covers else frozenset({asking})

    @cached_property
    def home(self) -> bool | None:
        """Whether the asking law is the law of the addressed entity and the controller; None when that is unknown."""
        policy = self.books.policy
        laws = {policy.law_of(self.demand.entity), policy.law_of(self.item.controller)}
        if None in laws or self.demand.jurisdiction is None:
            return None
        return laws <= self.at_home


def judge(
    demand: DemandFacts,
    item: ItemFacts,
    *,
    books: Sequence[Books],
    now: datetime,
    identifiers: int | None = None,
    also_as: Sequence[str] = (),
) -> Decision:
    """The verdict on one item, with reasons. `books` are the current ones and one more for every proposed text; the
    strictest counts. Without a count of identifiers each needs its own nexus. `also_as` can only tighten: what would be
    said to those jurisdictions is put beside what is said to the one that asks."""
    return strictest(_by_one(Question(demand, item, each, now, identifiers, tuple(also_as))) for each in books)


def _by_one(question: Question) -> Decision:
    found = tuple(_findings(question))
    outcome = min(finding[0] for finding in found)
    reasons = [reason for rank, reason in found if rank is outcome]
    reasons += _formal_reply(question, outcome)
    return Decision(outcome, tuple(dict.fromkeys(reasons)), question.books.policy.digest)


def _findings(question: Question) -> Iterator[Finding]:
    yield from _of_kind(question)
    yield from _of_facts(question)
    yield from _of_instrument(question)
    yield from _of_other_laws(question)
    yield from _of_clauses(question)
    yield from _of_the_least(question)
    yield from _of_others(question)


def _of_others(question: Question) -> Iterator[Finding]:
    """What other laws and the policy say where another jurisdiction asks. The instrument remains the one that it is."""
    for country in question.also_as:
        other = replace(question, demand=replace(question.demand, jurisdiction=country), also_as=())
        for outcome, reason in (*_of_other_laws(other), *_of_clauses(other)):
            yield outcome, replace(reason, sentence=f"As if {country} asked: {reason.sentence}")


def _ask(code: str, sentence: str, clause: str = DESK, citation: str = "") -> Finding:
    return Outcome.ASK, Reason(code, sentence, clause, citation)


# 1. The kind of demand


def _of_kind(question: Question) -> Iterator[Finding]:
    kind = question.demand.kind
    if kind is None:
        yield _ask("kind-unknown", "It is not settled what kind of demand this is.")
    elif kind in NEVER_DONE:
        yield Outcome.REFUSE, Reason("never-done", NEVER_DONE[kind], DESK)
    elif kind in FOR_COUNSEL:
        yield _ask("for-counsel", FOR_COUNSEL[kind])


# 2. The facts


def _of_facts(question: Question) -> Iterator[Finding]:
    demand, item = question.demand, question.item
    if not demand.confirmed:
        yield _ask("not-confirmed", "Nobody has confirmed yet what was read from the papers.")
    if not demand.genuine:
        yield _ask("not-genuine", "The requester has not been found genuine.")
    essential = {
        "who asks": demand.requester,
        "the asking jurisdiction": demand.jurisdiction,
        "the agency": demand.agency,
        "whether the data is compelled or only permitted": demand.ground,
        "the service": item.service,
        "the category of data": item.category,
        "what kind of identifier is given": item.identifier_kind,
    }
    for name, value in essential.items():
        if value is None:
            yield _ask("fact-missing", f"Not known: {name}.")


# 3. The instrument


def _of_instrument(question: Question) -> Iterator[Finding]:
    code, entry = question.demand.instrument, question.entry
    if code is None:
        yield _ask("instrument-unknown", "It is not settled under which law the data is asked for.")
    elif entry is None:
        yield _ask("instrument-not-on-file", f"No law entry is on file for {code!r}.")
    elif question.in_force is None:
        state = standing(entry, question.books.adopted, question.now)
        sentence = f"{entry.instrument}: the entry is {state.value}, so it decides nothing here."
        yield _ask("law-not-in-force", sentence, entry.id, entry.citation)
    else:
        yield from _of_entry(question, entry)


def _of_entry(question: Question, entry: LawEntry) -> Iterator[Finding]:
    """What an instrument that is in force at this desk says of this demand."""
    demand, category = question.demand, question.item.category
    if demand.jurisdiction is not None and demand.jurisdiction not in entry.covers:
        sentence = f"{entry.instrument} is no instrument of {demand.jurisdiction}."
        yield _ask("instrument-of-another-jurisdiction", sentence, entry.id, entry.citation)
    if demand.requester is not None and demand.requester not in entry.requesters:
        sentence = f"{entry.instrument} is issued by {_either(entry.issuers)}; here a {demand.requester} asks."
        yield _ask("issuer-not-competent", sentence, entry.id, entry.citation)
    if demand.kind is not None and demand.kind not in entry.kinds:
        sentence = f"{entry.instrument} is no instrument for the kind of demand '{demand.kind}'."
        yield _ask("kind-not-of-instrument", sentence, entry.id, entry.citation)
    if category is not None and demand.ground is not None:
        yield from _of_category(entry, category, demand.ground)
    if entry.only_fields and (beyond := question.item.fields - entry.only_fields):
        sentence = f"{entry.instrument} does not reach: {', '.join(sorted(beyond))}."
        yield Outcome.NARROW, Reason("fields-beyond-instrument", sentence, entry.id, entry.citation)


def _of_category(entry: LawEntry, category: DataCategory, ground: Ground) -> Iterator[Finding]:
    if category not in entry.compels | entry.permits:
        sentence = f"{entry.instrument} does not reach {category}."
        yield Outcome.REFUSE, Reason("category-not-compelled", sentence, entry.id, entry.citation)
    elif ground is Ground.COMPELLED and category not in entry.compels:
        sentence = f"{entry.instrument} permits {category} and compels nothing; it would have to be chosen separately."
        yield _ask("only-permitted", sentence, entry.id, entry.citation)
    elif ground is Ground.PERMITTED and category not in entry.permits:
        sentence = f"{entry.instrument} compels {category}; it was entered as only permitted."
        yield _ask("ground-does-not-fit", sentence, entry.id, entry.citation)


# 4. Every other law that binds


def _of_other_laws(question: Question) -> Iterator[Finding]:
    for law in question.bound_by:
        if law is None:
            yield _ask("bound-by-unknown", "It is not known which law binds the entities and the place of storage.")
        elif law not in question.at_home:
            yield from _of_one_other_law(question, law)


def _of_one_other_law(question: Question, law: str) -> Iterator[Finding]:
    demand, category, entry = question.demand, question.item.category, question.in_force
    if demand.jurisdiction is None or demand.instrument is None or category is None:
        return  # already asked for above
    if category is DataCategory.CONTENT and entry is not None and entry.route is not Route.DIRECT:
        yield _reroute(demand.jurisdiction, law, entry)
    said = _unanswered(
        question,
        outbound_for(
            question.books.outbound,
            bound=law,
            recipient=demand.jurisdiction,
            instrument=demand.instrument,
            category=category,
        ),
    )
    for entry_out in said:
        yield _of_outbound(question, entry_out, law)
    if not said and category is DataCategory.CONTENT:
        yield _reroute(demand.jurisdiction, law, entry)
    elif not said:
        sentence = f"Nothing on file says that the law of {law} allows this to be given to {demand.jurisdiction}."
        yield _ask("other-law-silent", sentence)


def _unanswered(question: Question, said: Sequence[OutboundEntry]) -> tuple[OutboundEntry, ...]:
    """Without the entry that only asks and that another, which speaks of this demand, says it answers; both in force.
    What a law leaves to counsel is settled by counsel's adopting such an answer. Nothing else gives way to another."""
    in_force = [each for each in said if standing(each, question.books.adopted, question.now) is Standing.IN_FORCE]
    answered = {(each.jurisdiction, each.answers) for each in in_force if each.answers}
    return tuple(
        each
        for each in said
        if not (each in in_force and each.outcome is Outcome.ASK and (each.jurisdiction, each.id) in answered)
    )


def _of_outbound(question: Question, entry: OutboundEntry, law: str) -> Finding:
    state = standing(entry, question.books.adopted, question.now)
    if state is not Standing.IN_FORCE:
        sentence = f"The law of {law} speaks of this, but its entry is {state.value}."
        return _ask("other-law-not-in-force", sentence, entry.id, entry.citation)
    return entry.outcome, Reason("other-law", entry.sentence, entry.id, entry.citation)


def _reroute(asking: str, law: str, entry: LawEntry | None) -> Finding:
    sentence = f"{asking} asks for content that the law of {law} protects: the treaty channel to {law} is the way."
    clause, citation = (entry.id, entry.citation) if entry else (DESK, "")
    return Outcome.REROUTE, Reason("content-without-treaty", sentence, clause, citation)


# 5. The policy's clauses


def _of_clauses(question: Question) -> Iterator[Finding]:
    speaking = [clause for clause in question.books.policy.clauses if speaks_of(clause.when, question)]
    if not speaking:
        yield _ask("no-matching-clause", "No clause of the policy speaks of such a demand.")
    for clause in speaking:
        yield clause.outcome, _reason_of(clause)


def _reason_of(clause: Clause) -> Reason:
    return Reason("policy-clause", clause.sentence, clause.id)


def speaks_of(when: When, question: Question) -> bool:
    """Whether everything the clause asks for is so. A fact that is not known is not so; it is asked for elsewhere."""
    demand, item = question.demand, question.item
    among = (
        (when.kinds, demand.kind),
        (when.requesters, demand.requester),
        (when.jurisdictions, demand.jurisdiction),
        (when.agencies, demand.agency),
        (when.instruments, demand.instrument),
        (when.grounds, demand.ground),
        (when.categories, item.category),
        (when.identifiers, item.identifier_kind),
        (when.services, item.service),
        (when.stored_in, item.stored_in),
    )
    exactly = (
        (when.emergency, demand.emergency),
        (when.secrecy, demand.secrecy),
        (when.home, question.home),
    )
    return all(not wanted or fact in wanted for wanted, fact in among) and all(
        wanted is None or wanted is fact for wanted, fact in exactly
    )


# 6. The least


def _of_the_least(question: Question) -> Iterator[Finding]:
    yield from _of_period(question)
    limits = question.books.policy.limits
    many = question.identifiers is None or question.identifiers > limits.identifiers
    if many and not question.item.nexus_stated:
        yield _ask("nexus-missing", "Among so many identifiers each needs its own stated connection to the matter.")
    yield from _of_fields(question)


def _of_period(question: Question) -> Iterator[Finding]:
    period, limits = question.item.period, question.books.policy.limits
    if period.end is not None and period.end > question.now:
        sentence = "The period reaches into the future; only what exists when the demand is answered can be given."
        yield Outcome.NARROW, Reason("period-in-the-future", sentence, DESK)
    if period.start is None or period.end is None:
        if question.item.category in limits.period_needed:
            yield _ask("period-missing", "The period asked for has no beginning or no end.")
    elif period.start >= period.end:
        yield _ask("period-empty", "The period asked for ends before it begins.")
    elif period.end - period.start > limits.longest_period:
        sentence = f"The period is longer than the {limits.longest_period.days} days that the policy gives at once."
        yield Outcome.NARROW, Reason("period-too-long", sentence, "limits")


def _of_fields(question: Question) -> Iterator[Finding]:
    item, books = question.item, question.books
    if item.service is None or item.category is None:
        return  # already asked for above
    held = books.map_of(item.service)
    if held is None:
        yield _ask("no-data-map", f"No data map says what {item.service} holds.")
    elif not item.fields and question.demand.kind is DemandKind.PRESERVATION:
        return  # nothing leaves; what is preserved is everything of the category
    elif not item.fields:
        yield _ask("no-fields-named", "No field is named; without one nothing is given.")
    else:
        yield from _of_named_fields(item.fields, item.category, held, books)


def _of_named_fields(asked: frozenset[str], category: DataCategory, held: DataMap, books: Books) -> Iterator[Finding]:
    encrypted = frozenset(field.name for field in held.encrypted(category, asked))
    unknown = asked - frozenset(field.name for field in held.of(category))
    barred = asked - unknown - encrypted - books.policy.fields_allowed(category, held.service)
    left = asked - encrypted - unknown - barred
    some = Outcome.NARROW if left else Outcome.REFUSE
    if encrypted:
        sentence = f"End-to-end encrypted, so the desk cannot hand it over: {_list(encrypted)}."
        yield some, Reason("end-to-end-encrypted", sentence, f"map:{held.service}")
    if barred:
        sentence = f"The policy gives out no such field: {_list(barred)}."
        yield some, Reason("fields-beyond-policy", sentence, "fields")
    if unknown:
        # Not REFUSE even when nothing is left: a misspelt field must not become an answer to the requester.
        sentence = f"The data map of {held.service} has no such field of {category}: {_list(unknown)}."
        yield (Outcome.NARROW if left else Outcome.ASK), Reason("fields-not-held", sentence, f"map:{held.service}")


def _formal_reply(question: Question, outcome: Outcome) -> list[Reason]:
    """Where only an authority may refuse, not giving is no answer: preserve, object in form and in time."""
    entry = question.in_force
    if entry is None or entry.refuser is not Refuser.ENFORCING_AUTHORITY or outcome > Outcome.ASK:
        return []
    sentence = (
        f"Only the enforcing authority may refuse {entry.instrument}: preserve the data and send the reasoned "
        "objection in its form and in time; the clocks run on."
    )
    return [Reason("formal-reply-due", sentence, entry.id, entry.citation)]


# What may be collected


def allowed_fields(
    demand: DemandFacts,
    item: ItemFacts,
    *,
    books: Sequence[Books],
    now: datetime,
    chosen: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """asked ∩ (compelled, or permitted and separately chosen) ∩ what policy allows ∩ what is not end-to-end encrypted,
    by every one of the books. None named, none allowed. What was approved and what is held is for the gate."""
    if not books:
        return frozenset()
    return item.fields.intersection(*(_allowed_by_one(demand, item, each, now, chosen) for each in books))


def _allowed_by_one(
    demand: DemandFacts, item: ItemFacts, books: Books, now: datetime, chosen: frozenset[str]
) -> frozenset[str]:
    entry, held = books.entry(demand.instrument), books.map_of(item.service)
    if entry is None or held is None or item.category is None or demand.kind not in entry.kinds & HANDED_OVER_FOR:
        return frozenset()
    if standing(entry, books.adopted, now) is not Standing.IN_FORCE:
        return frozenset()
    lawful = _lawful_fields(entry, item.category, demand.ground, item.fields, chosen)
    return lawful & held.can_be_handed_over(item.category) & books.policy.fields_allowed(item.category, held.service)


def _lawful_fields(
    entry: LawEntry, category: DataCategory, ground: Ground | None, asked: frozenset[str], chosen: frozenset[str]
) -> frozenset[str]:
    reached = asked & entry.only_fields if entry.only_fields else asked
    if ground is Ground.COMPELLED and category in entry.compels:
        return reached
    if ground is Ground.PERMITTED and category in entry.permits:
        return reached & chosen
    return frozenset()


def _either(names: Sequence[str]) -> str:
    return " or ".join(names)


def _list(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))
