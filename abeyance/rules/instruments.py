"""Law entries: what an instrument may compel, by whom, in what time; and what the law of our own side says about giving
data to somebody else's authority. Entries are the desk's reading of the law, adopted by counsel; no statement of law.

An entry that nobody has checked, that counsel has not adopted, or whose adoption has run out decides nothing: it only
makes the desk ask (`standing`)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from typing import Any

from abeyance.rules.decision import Outcome
from abeyance.rules.terms import DataCategory, DemandKind, RequesterKind
from abeyance.rules.texts import ANY, Table, digest_of, each_once

FORMAT = 1


class Route(StrEnum):
    """How the instrument is meant to reach a provider that sits in another country."""

    DOMESTIC = "domestic"  # it does not: another State's provider is asked through a treaty
    DIRECT = "direct"
    TREATY = "treaty"


class Refuser(StrEnum):
    """Who may refuse the instrument. Of an EPOC only the enforcing authority may; a provider objects by Annex III."""

    PROVIDER = "provider"
    ENFORCING_AUTHORITY = "enforcing-authority"


class Preservation(StrEnum):
    """Whether the instrument obliges a provider to keep data as it is, apart from giving any."""

    NOT_BOUND = "not-bound"
    BINDING = "binding"


class Secrecy(StrEnum):
    NONE = "none"
    BY_SEPARATE_ORDER = "by-separate-order"
    BY_THE_INSTRUMENT = "by-the-instrument"


class Checked(StrEnum):
    CHECKED = "checked"
    UNCHECKED = "unchecked"


class ChannelState(StrEnum):
    EXISTS = "exists"
    SUSPENDED = "suspended"
    ENDED = "ended"


class Direction(StrEnum):
    DUE_BY = "due-by"
    NOT_BEFORE = "not-before"


class ClockKind(StrEnum):
    """What a clock is about. Only RELEASE with NOT_BEFORE keeps the gate shut."""

    PRODUCTION = "production"
    RELEASE = "release"
    OBJECTION = "objection"
    AUTHORITY_OBJECTION = "authority-objection"
    CLARIFICATION = "clarification"
    VALIDATION = "validation"
    PRESERVATION = "preservation"
    ACKNOWLEDGEMENT = "acknowledgement"
    NOTICE = "notice"
    STATED = "stated"


class ActKind(StrEnum):
    """Recorded acts from which clocks run."""

    ARRIVED = "arrived"
    SERVED = "served"
    CLARIFICATION_ASKED = "clarification-asked"
    CLARIFICATION_ANSWERED = "clarification-answered"
    EXTENSION_GRANTED = "extension-granted"
    AUTHORITY_NOTIFIED = "authority-notified"
    AUTHORITY_CONFIRMED = "authority-confirmed"
    NOTIFICATION_NOT_NEEDED = "notification-not-needed"
    PRODUCTION_ANNOUNCED = "production-announced"
    PRESERVED = "preserved"
    RELEASED = "released"


class StepForm(StrEnum):
    """The formal step that meets a clock while nothing may be given. Some go to the authority, some to our counsel."""

    ANNEX_III = "annex-iii"  # Regulation (EU) 2023/1543: impossible to execute, or a conflict
    REASONED_OBJECTION = "reasoned-objection"
    APPLICATION_TO_VARY = "application-to-vary"  # notice to counsel
    COMITY_MOTION = "comity-motion"  # notice to counsel
    ACKNOWLEDGEMENT = "acknowledgement"
    REFUSAL = "refusal-with-grounds"
    INTERIM_REPLY = "interim-reply"
    PRESERVATION_ENDS = "preservation-ends"  # notice to counsel


class Exposed(StrEnum):
    """Whom a penalty meets."""

    FIRM = "firm"
    STAFF = "staff"


class Unit(StrEnum):
    HOURS = "hours"
    CALENDAR_DAYS = "calendar-days"
    BUSINESS_DAYS = "business-days"


class When(StrEnum):
    ALWAYS = "always"
    ORDINARY = "ordinary"  # not an emergency
    EMERGENCY = "emergency"


@dataclass(frozen=True)
class ClockRule:
    """`length` `unit`s after `after`. `ends_with`: acts that make the clock moot. `waits`: it stands still while a
    clarification that was asked for is outstanding. `rolls`: a last day that is no working day moves to the next.
    `step` meets the clock while a pause holds the item, and is begun `lead_hours` before it is due."""

    id: str
    kind: ClockKind
    direction: Direction
    after: ActKind
    length: int
    unit: Unit
    citation: str
    sentence: str
    when: When = When.ALWAYS
    categories: frozenset[DataCategory] = frozenset()  # empty: all
    only_after: frozenset[ActKind] = frozenset()
    ends_with: frozenset[ActKind] = frozenset()
    waits: bool = False
    rolls: bool = False
    step: StepForm | None = None
    lead_hours: int | None = None


@dataclass(frozen=True)
class Penalty:
    """What is threatened to who does not comply; as unchecked as its entry. It decides nothing: it is shown to whoever
    thinks of a pause."""

    meets: Exposed
    sentence: str
    citation: str


@dataclass(frozen=True)
class LawEntry:
    """One instrument. `covers` are the jurisdictions whose authorities may use it and whose providers it reaches at
    home (one State; for Union law its members too). `only_fields` narrows what it compels to named fields."""

    id: str
    instrument: str
    citation: str
    jurisdiction: str
    issuers: tuple[str, ...]
    requesters: frozenset[RequesterKind]
    kinds: frozenset[DemandKind]
    compels: frozenset[DataCategory]
    permits: frozenset[DataCategory]
    only_fields: frozenset[str]
    secrecy: Secrecy
    refuser: Refuser
    route: Route
    clocks: tuple[ClockRule, ...]
    covers: frozenset[str]
    source: str
    date_checked: date
    checked: Checked
    checked_by: str
    note: str
    digest: str
    penalties: tuple[Penalty, ...] = ()
    preservation: Preservation = Preservation.NOT_BOUND


@dataclass(frozen=True)
class OutboundEntry:
    """What the law of `jurisdiction` says to those it binds (by seat or by place of storage) about giving `categories`
    to authorities of `recipients` that use `instruments`. "any" stands for all."""

    id: str
    jurisdiction: str
    recipients: frozenset[str]
    instruments: frozenset[str]
    categories: frozenset[DataCategory]
    outcome: Outcome
    citation: str
    sentence: str
    binds: frozenset[str]
    source: str
    date_checked: date
    checked: Checked
    checked_by: str
    digest: str
    answers: str = ""  # the id of the entry of this law that only asks, and need not any more where this one speaks


@dataclass(frozen=True)
class TreatyChannel:
    """By which treaty the authorities of `jurisdiction` ask those of `to`. `sentence` is what an officer is told."""

    id: str
    jurisdiction: str
    to: str
    state: ChannelState
    since: date
    citation: str
    sentence: str
    source: str
    date_checked: date
    checked: Checked
    checked_by: str
    digest: str


@dataclass(frozen=True)
class LawText:
    """One law file: a jurisdiction, its instruments, its rules on what may go out, its treaty channels."""

    name: str
    jurisdiction: str
    entries: tuple[LawEntry, ...]
    outbound: tuple[OutboundEntry, ...]
    digest: str
    channels: tuple[TreatyChannel, ...] = ()


@dataclass(frozen=True)
class Adoption:
    """Counsel (`by`) adopted the entry with this digest; another member agreed. `checked_against` is the source counsel
    read, needed where the entry itself is still unchecked."""

    entry: str
    entry_digest: str
    by: str
    agreed_by: str
    on: date
    expires: date
    checked_against: str = ""


class Standing(StrEnum):
    IN_FORCE = "in force"
    NOT_ADOPTED = "not adopted by counsel"
    UNCHECKED = "not checked against a source"
    EXPIRED = "adopted, but the adoption has run out"


def standing(
    entry: LawEntry | OutboundEntry | TreatyChannel, adopted: Mapping[str, Adoption], now: datetime
) -> Standing:
    """Whether the entry may decide anything today. A changed entry has another digest, so its adoption is gone."""
    adoption = adopted.get(entry.id)
    today = now.astimezone(UTC).date()
    if adoption is None or adoption.entry_digest != entry.digest or today < adoption.on:
        return Standing.NOT_ADOPTED
    if not adoption.agreed_by or adoption.agreed_by == adoption.by:
        return Standing.NOT_ADOPTED
    if today >= adoption.expires:
        return Standing.EXPIRED
    if entry.checked is not Checked.CHECKED and not adoption.checked_against.strip():
        return Standing.UNCHECKED
    return Standing.IN_FORCE


def parse_law(content: Mapping[str, Any], *, file: str = "law") -> LawText:
    """Read a law file strictly; anything unknown, empty or double is an error that names file and key."""
    top = Table(content, file)
    head = top.table("law")
    head.number("format", least=FORMAT, most=FORMAT)
    name, jurisdiction = head.code("name"), head.country("jurisdiction")
    members = head.countries("members", required=False)
    head.done()
    covers = members | {jurisdiction}
    entries = tuple(_entry(table, jurisdiction, covers) for table in top.tables("entry", required=False))
    outbound = tuple(_outbound(table, jurisdiction, covers) for table in top.tables("outbound", required=False))
    channels = tuple(_channel(table, jurisdiction) for table in top.tables("channel", required=False))
    top.done()
    asked = {entry.id for entry in outbound if entry.outcome is Outcome.ASK}
    for entry in outbound:
        if entry.answers and (entry.answers not in asked or entry.outcome is Outcome.ASK):
            sentence = (
                f"of {entry.id} names an outbound entry of this text that asks, and says itself what is to be done."
            )
            raise top.wrong("answers", sentence)
    every: tuple[LawEntry | OutboundEntry | TreatyChannel, ...] = (*entries, *outbound, *channels)
    if not every:
        raise top.wrong("entry", "is missing: a law file without a single entry says nothing.")
    each_once(every, lambda entry: entry.id, file, "law entry")
    return LawText(name, jurisdiction, entries, outbound, digest_of(content), channels)


def _entry(table: Table, jurisdiction: str, covers: frozenset[str]) -> LawEntry:
    compels = table.some_of("compels", DataCategory, may_be_empty=True)
    permits = table.some_of("permits", DataCategory, may_be_empty=True)
    entry = LawEntry(
        id=table.code("id"),
        instrument=table.text("instrument"),
        citation=table.text("citation"),
        jurisdiction=jurisdiction,
        issuers=table.texts("issuers"),
        requesters=table.some_of("requesters", RequesterKind),
        kinds=table.some_of("kinds", DemandKind),
        compels=compels,
        permits=permits,
        only_fields=table.codes("only_fields", required=False),
        secrecy=table.one_of("secrecy", Secrecy),
        refuser=table.one_of("may_refuse", Refuser),
        route=table.one_of("route", Route),
        clocks=tuple(_clock(inner) for inner in table.tables("clock", required=False)),
        covers=covers,
        **_origin(table),
        note=table.text("note", ""),
        digest=_digest(table, covers),
        penalties=tuple(_penalty(inner) for inner in table.tables("penalty", required=False)),
        preservation=table.one_of("preservation", Preservation, Preservation.NOT_BOUND),
    )
    if entry.compels & entry.permits:
        raise table.wrong("permits", "names a category that is compelled as well: it is one or the other.")
    each_once(entry.clocks, lambda clock: clock.id, table.file, f"{table.path}: clock")
    theirs_to_refuse = entry.refuser is not Refuser.PROVIDER
    if theirs_to_refuse and any(clock.step is StepForm.REFUSAL for clock in entry.clocks):
        raise table.wrong("clock", "has a refusal as its step, and a provider may not refuse this instrument.")
    table.done()
    return entry


def _penalty(table: Table) -> Penalty:
    penalty = Penalty(table.one_of("meets", Exposed), table.text("sentence"), table.text("citation"))
    table.done()
    return penalty


def _digest(table: Table, reach: frozenset[str]) -> str:
    """Of the entry and of whom it reaches: a new member in the head of the file changes every entry."""
    return digest_of([sorted(reach), table.digest()])


def _origin(table: Table) -> Any:
    """Where the entry comes from; who read the source, if anybody has."""
    checked, by = table.one_of("checked", Checked), table.text("checked_by", "")
    if (checked is Checked.CHECKED) is not bool(by):
        raise table.wrong("checked_by", "must name who checked the entry, and only then.")
    return {
        "source": table.text("source"),
        "date_checked": table.day("date_checked"),
        "checked": checked,
        "checked_by": by,
    }


def _clock(table: Table) -> ClockRule:
    rule = ClockRule(
        id=table.code("id"),
        kind=table.one_of("kind", ClockKind),
        direction=table.one_of("direction", Direction),
        after=table.one_of("after", ActKind),
        length=table.number("length", most=3_660),
        unit=table.one_of("unit", Unit),
        citation=table.text("citation"),
        sentence=table.text("sentence"),
        when=table.one_of("when", When, When.ALWAYS),
        categories=table.some_of("categories", DataCategory, required=False),
        only_after=table.some_of("only_after", ActKind, required=False),
        ends_with=table.some_of("ends_with", ActKind, required=False),
        waits=table.yes_no("waits", False),
        rolls=table.yes_no("rolls", False),
        step=table.one_of("step", StepForm) if table.has("step") else None,
        lead_hours=table.number("lead_hours", least=1, most=24 * 90) if table.has("lead_hours") else None,
    )
    if rule.lead_hours is not None and rule.step is None:
        raise table.wrong("lead_hours", "says when a step is begun, so the clock needs a step as well.")
    if rule.step is not None and rule.direction is not Direction.DUE_BY:
        raise table.wrong("step", "meets a due-by; a not-before needs none.")
    if rule.direction is Direction.NOT_BEFORE and rule.unit is Unit.BUSINESS_DAYS:
        # A calendar may lack a holiday; for a not-before that would let something out too early.
        raise table.wrong("unit", "of a not-before clock must be hours or calendar-days.")
    table.done()
    return rule


def _outbound(table: Table, jurisdiction: str, binds: frozenset[str]) -> OutboundEntry:
    entry = OutboundEntry(
        id=table.code("id"),
        jurisdiction=jurisdiction,
        recipients=_countries_or_any(table, "recipients"),
        instruments=table.codes("instruments"),
        categories=table.some_of("categories", DataCategory),
        outcome=outcome_in(table, "outcome"),
        citation=table.text("citation"),
        sentence=table.text("sentence"),
        binds=binds,
        **_origin(table),
        digest=_digest(table, binds),
        answers=table.code("answers", ""),
    )
    table.done()
    return entry


def _channel(table: Table, jurisdiction: str) -> TreatyChannel:
    channel = TreatyChannel(
        id=table.code("id"),
        jurisdiction=jurisdiction,
        to=table.country("to"),
        state=table.one_of("state", ChannelState),
        since=table.day("since"),
        citation=table.text("citation"),
        sentence=table.text("sentence"),
        **_origin(table),
        digest=_digest(table, frozenset({jurisdiction})),
    )
    table.done()
    return channel


def _countries_or_any(table: Table, key: str) -> frozenset[str]:
    values = table.texts(key)
    return frozenset({ANY}) if values == (ANY,) else table.countries(key)


class _OutcomeWord(StrEnum):
    """What a text may say. To hold is for pauses, which have a name, a reason and an end."""

    REFUSE = "refuse"
    REROUTE = "reroute"
    ASK = "ask"
    NARROW = "narrow"
    PROCEED = "proceed"


def outcome_in(table: Table, key: str) -> Outcome:
    return Outcome[table.one_of(key, _OutcomeWord).name]


def outbound_for(
    entries: Iterable[OutboundEntry], *, bound: str, recipient: str, instrument: str, category: DataCategory
) -> tuple[OutboundEntry, ...]:
    """The entries of every law that binds `bound` and speaks of this recipient, instrument and category."""
    return tuple(
        entry
        for entry in entries
        if bound in entry.binds
        and category in entry.categories
        and (ANY in entry.recipients or recipient in entry.recipients)
        and (ANY in entry.instruments or instrument in entry.instruments)
    )
