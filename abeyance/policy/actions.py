"""Texts come into force by two people. A proposed text counts at once where it is stricter, and alone when agreed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from abeyance import fence, ledger
from abeyance.errors import BadInput, NotFound, SomeoneElseWasFirst
from abeyance.people import actions as people_actions
from abeyance.people import proposals
from abeyance.people import queries as people
from abeyance.people.models import Proposal
from abeyance.people.proposals import Proposed, on_agreement
from abeyance.policy import queries
from abeyance.policy.models import AdoptedEntry, Current, Text
from abeyance.policy.queries import PROPOSED_TEXT
from abeyance.policy.reading import Parsed, kind_of, name_of, read, stored
from abeyance.rules.events import AdminAct, AdoptionEnded, TextAdopted
from abeyance.rules.instruments import LawEntry, LawText, OutboundEntry, TreatyChannel
from abeyance.rules.people import OPERATOR_CODE, Permission
from abeyance.rules.policy import Policy
from abeyance.rules.texts import is_code

SHIPPED = Path(__file__).parent / "data"
LONGEST_ADOPTION_DAYS = 3 * 366
LONGEST_SOURCE = 400
MOST_WAITING = 16  # each is weighed beside the present texts whenever anything is decided


def install_defaults(*, by: str = OPERATOR_CODE, now: datetime | None = None) -> None:
    """The shipped texts, on a desk that has none. They let nothing through: no law entry is adopted."""
    act = uuid4()
    with fence.alone(act) as entered:
        if Current.objects.exists():
            return
        moment, epoch = now or entered.now, entered.epoch
        for path in sorted(SHIPPED.rglob("*.toml")):
            text = _keep(path.read_text(encoding="utf-8"), path.name, moment)
            _bring_into_force(text, "", moment)
        installed = AdminAct(act="texts-installed")
        ledger.append(installed, by=by, now=moment, epoch=epoch, act=act)


def propose_text(body: str, *, file: str = "text", by: str, now: datetime) -> Proposal:
    """Propose a policy, a law or a data map; its head says which. From now on the stricter of old and new counts."""
    people.require(by, Permission.POLICY_PROPOSE, now)
    parsed, _ = read(kind_of(body, file=file), body, file=file)
    act = uuid4()
    with fence.alone(act) as entered:
        _refuse_a_second_reading(parsed)
        _refuse_too_many()
        moment, epoch = entered.now, entered.epoch
        text = _keep(body, file, moment)
        payload = {"kind": text.kind, "name": text.name, "digest": text.digest}
        proposal = proposals.propose(PROPOSED_TEXT, f"{text.kind} {text.name}", payload, by=by, now=moment)
        ledger.append(AdminAct(act="text-proposed", digest=text.digest), by=by, now=moment, epoch=epoch, act=act)
    return proposal


@on_agreement(PROPOSED_TEXT, propose=Permission.POLICY_PROPOSE, agree=Permission.POLICY_AGREE, alone=True)
def adopt_text(proposal: Proposed, *, by: str, now: datetime) -> None:
    text = Text.objects.get(pk=proposal.payload["digest"])
    _refuse_a_second_reading(stored(text.digest))
    _bring_into_force(text, proposal.code, now)
    adopted = TextAdopted(text=text.kind, name=text.name, digest=text.digest, proposal=proposal.code)
    ledger.append(adopted, by=by, now=now, epoch=proposal.epoch)


def propose_adoption(entry: str, until: date, *, checked_against: str = "", by: str, now: datetime) -> Proposal:
    """Counsel adopts a law entry as it stands, until a date. An unchecked one needs the source that counsel read."""
    people.require(by, Permission.LAW_ADOPT, now)
    source = checked_against.strip()
    if len(source) > LONGEST_SOURCE or not source.isprintable():
        raise BadInput(f"The source that counsel read is one line of at most {LONGEST_SOURCE} characters.")
    days = (until - now.astimezone(UTC).date()).days
    if not 0 < days <= LONGEST_ADOPTION_DAYS:
        raise BadInput(f"An adoption ends on a day within the next {LONGEST_ADOPTION_DAYS // 366} years.")
    payload = {
        "entry": entry,
        "digest": queries.law_entry(entry),
        "until": until.isoformat(),
        "checked_against": source,
    }
    return proposals.propose("law-adopt", entry, payload, by=by, now=now)


@on_agreement("law-adopt", propose=Permission.LAW_ADOPT, agree=Permission.POLICY_AGREE, alone=True)
def adopt_entry(proposal: Proposed, *, by: str, now: datetime) -> None:
    payload: Mapping[str, Any] = proposal.payload
    if queries.law_entry(payload["entry"]) != payload["digest"]:
        raise SomeoneElseWasFirst(f"The text of {payload['entry']} has changed since counsel read it. Propose it anew.")
    AdoptedEntry.objects.filter(entry=payload["entry"], ended_at=None).update(ended_at=now)
    AdoptedEntry.objects.create(
        entry=payload["entry"],
        entry_digest=payload["digest"],
        by=proposal.proposed_by,
        agreed_by=by,
        on=proposal.proposed_at.astimezone(UTC).date(),
        expires=date.fromisoformat(payload["until"]),
        checked_against=payload["checked_against"],
    )
    adopted = TextAdopted(text="law-entry", name=payload["entry"], digest=payload["digest"], proposal=proposal.code)
    ledger.append(adopted, by=by, now=now, epoch=proposal.epoch)


def end_adoption(entry: str, *, by: str, now: datetime) -> None:
    """At once, by one person: the entry decides nothing any more, so what rests on it is asked."""
    people.require(by, Permission.LAW_ADOPT, now)
    act = uuid4()
    with fence.alone(act) as entered:
        moment, epoch = entered.now, entered.epoch
        standing = AdoptedEntry.objects.filter(entry=entry, ended_at=None) if is_code(entry) else None
        if standing is None or not standing.update(ended_at=moment):
            raise NotFound(f"The law entry {entry[:64]!r} is not adopted.")
        ledger.append(AdoptionEnded(entry=entry), by=by, now=moment, epoch=epoch, act=act)


def _refuse_a_second_reading(text: Parsed) -> None:
    """Two law texts with an entry of the same id would leave open which of them counsel adopted."""
    if not isinstance(text, LawText) or not Current.objects.exists():
        return
    for other in queries.books()[0].law:
        twice = _entries(text) & _entries(other)
        if other.name != text.name and twice:
            raise BadInput(f"The law text {other.name} has already an entry {min(twice)!r}. Give it another id.")


def _entries(text: LawText) -> frozenset[str]:
    every: tuple[LawEntry | OutboundEntry | TreatyChannel, ...] = (*text.entries, *text.outbound, *text.channels)
    return frozenset(entry.id for entry in every)


def _refuse_too_many() -> None:
    if len(queries.waiting()) >= MOST_WAITING:
        raise BadInput(f"{MOST_WAITING} texts wait for a second person. Agree to some or withdraw them first.")


def _keep(body: str, file: str, now: datetime) -> Text:
    kind = kind_of(body, file=file)
    parsed, digest = read(kind, body, file=file)
    found = {"kind": kind, "name": name_of(parsed), "body": body, "added_at": now}
    return Text.objects.get_or_create(digest=digest, defaults=found)[0]


def _bring_into_force(text: Text, proposal: str, now: datetime) -> None:
    """There is one policy: a new one replaces the old, whatever it is called."""
    parsed: Parsed = stored(text.digest)
    if isinstance(parsed, Policy):
        Current.objects.filter(kind=text.kind).exclude(name=text.name).delete()
        people_actions.set_house_rules(parsed.guarded, parsed.people.approver_waiting, parsed.people.small_team)
    Current.objects.update_or_create(
        kind=text.kind, name=text.name, defaults={"text": text, "since": now, "proposal": proposal}
    )
