"""A request as plain JSON and as text, from the same reasons that the gate uses. What is sealed is opened only on
demand, and never while the desk is locked: then the document says so instead."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from abeyance import seals
from abeyance.answer import actions as answers
from abeyance.answer import documents as step_documents
from abeyance.answer import preserving, rerouting, steps
from abeyance.answer.models import FollowUp, FormalStep
from abeyance.asking import Asked, Plain
from abeyance.casefile import door, recalls
from abeyance.casefile import facts as casefacts
from abeyance.casefile.court_orders import CourtOrder
from abeyance.casefile.models import (
    Approval,
    Case,
    Demand,
    Document,
    Finding,
    IncidentStep,
    Item,
    NoticeFact,
    Package,
    PackageItem,
    Release,
)
from abeyance.errors import Locked
from abeyance.intake import serving
from abeyance.notice import deferrals
from abeyance.patterns import documents as matters
from abeyance.pauses import court_orders
from abeyance.pauses.weighing import Held, Weighed, weigh
from abeyance.release.making import ItemPreview
from abeyance.rules import subjects
from abeyance.rules.clocks import Clock, next_due
from abeyance.rules.notice import NoticeState
from abeyance.rules.people import OPERATOR_CODE
from abeyance.site.requests.next_steps import next_step

LOCKED = "sealed; the desk is locked"


def listed(cases: Sequence[Case], *, now: datetime) -> list[dict[str, Any]]:
    return [_line(case, now) for case in cases]


def _line(case: Case, now: datetime) -> dict[str, Any]:
    demand, weighed = weigh(case, now=now)
    due = next_due([clock for one in weighed for clock in one.clocks])
    return {
        "ref": case.ref,
        "state": case.state,
        "arrived": moment(case.arrived_at),
        "jurisdiction": demand.jurisdiction,
        "agency": demand.agency,
        "instrument": demand.instrument,
        "held_by": sorted({held.pause or "not announced" for one in weighed for held in one.held}),
        "due": moment(due.at) if due else None,
    }


def in_full(
    case: Case, *, now: datetime, reader: str, weighed: tuple[Demand, list[Weighed]] | None = None
) -> dict[str, Any]:
    """Everything but the documents themselves. What is sealed is opened for members only: a shell alone does not read
    who is targeted. `weighed`: by whoever has weighed it just now."""
    demand, items = weighed or weigh(case, now=now)
    beside, opened = _beside(case, demand), _Opened({}, {})
    if reader != OPERATOR_CODE:
        opened = _opened(case, demand, [one.item for one in items])
    return {
        "ref": case.ref,
        "state": case.state,
        "version": demand.version,
        "channel": case.channel,
        "restricted": case.restricted,
        "arrived": moment(case.arrived_at),
        "closing": case.closing or None,
        "erased": moment(case.erased_at),
        "possible_duplicate_of": _earlier(case, reader),
        "matter": matters.of_matter(case, reader),
        "demand": _demand(demand) | opened.particulars,
        "found_genuine": beside.findings[0].genuine if beside.findings else None,
        "items": [_item(one, now, beside, opened.identifiers.get(one.item.number)) for one in items],
        "documents": [_document(document) for document in beside.documents],
        "packages": [beside.package(found) for found in beside.packages],
        "court_orders": _court_orders(case, reader) if beside.has("court_orders") else [],
        "proposed_answer": _proposed_answer(items, beside),
        "deferral": _deferral(case, beside, opened=reader != OPERATOR_CODE),
        "preservation": preserving.as_document(case, demand, items, now=now),
        "rerouted": rerouting.of_case(case, reader, now=now) if beside.has("follow_ups") else rerouting.NOTHING,
        "steps": [step_documents.of_step(each, now=now) for each in steps.of_case(case)] if beside.has("steps") else [],
        "same_matter": case.same_matter,
        "incident": serving.steps_of(case) if beside.has("incident") else [],
        "recall": recall(case, now=now) if recalls.is_open(case) else [],
    }


def _court_orders(case: Case, reader: str) -> list[dict[str, Any]]:
    return [court_orders.as_document(row, opened=reader != OPERATOR_CODE) for row in court_orders.of_case(case)]


def recall(case: Case, *, now: datetime) -> list[dict[str, Any]]:
    """What a recall has to settle, and what of it is settled."""
    return [
        {
            "question": each.name,
            "sentence": each.sentence,
            "settled": each.settled,
            "steps": [step.value for step in each.answers],
            "due": moment(each.due),
            "overdue": each.is_overdue(now),
            "citation": each.citation,
        }
        for each in recalls.questions_of(case)
    ]


@dataclass(frozen=True)
class _Beside:
    """What is on file beside demand and items. `approvals` standing, `notices` and `findings` newest first."""

    findings: list[Finding]
    documents: list[Document]
    packages: list[Package]
    packed: list[PackageItem]
    releases: list[Release]
    approvals: list[Approval]
    notices: list[NoticeFact]
    rare: list[Plain]

    def has(self, what: str) -> bool:
        """Whether there is any at all of what few requests have."""
        return bool(self.rare[0][tuple(RARE).index(what)])

    def package(self, found: Package) -> dict[str, Any]:
        packed = [row for row in self.packed if row.package_id == found.pk]
        return _package(found, packed, [row for row in self.releases if row.package_id == found.pk])


def _beside(case: Case, demand: Demand) -> _Beside:
    """In one journey."""
    of_case, asked = "WHERE t.case_id = %s", Asked()
    of_package, of_item = f"WHERE t.package_id IN ({PACKAGES})", f"WHERE t.item_id IN ({ITEMS})"
    items = asked.rows(Item, of_case, case.pk)
    beside = _Beside(
        findings=asked.rows(
            Finding, f"{of_case} AND t.demand_version = %s ORDER BY t.id DESC LIMIT 1", case.pk, demand.version
        ),
        documents=asked.of(Document.objects.filter(case=case).defer("reading", "name").order_by("pk")),
        packages=asked.rows(Package, f"{of_case} ORDER BY t.sealed_at", case.pk),
        packed=asked.rows(PackageItem, of_package, case.pk),
        releases=asked.rows(Release, f"{of_package} ORDER BY t.made", case.pk),
        approvals=asked.rows(Approval, f"{of_item} AND t.withdrawn_at IS NULL", case.pk),
        notices=asked.rows(NoticeFact, f"{of_item} ORDER BY t.id DESC", case.pk),
        rare=asked.plain(IS_THERE, *[case.pk] * IS_THERE.count("%s")),
    )
    asked.now()
    by_key = {item.pk: item for item in items}
    for found in beside.packages:
        found.case = case
    for row in beside.packed:
        row.item = by_key[row.item_id]
    return beside


PACKAGES = "SELECT key FROM release_package WHERE case_id = %s"
ITEMS = "SELECT id FROM casefile_item WHERE case_id = %s"
RARE = {
    "court_orders": f"{CourtOrder._meta.db_table} WHERE case_id = %s",
    "follow_ups": f"{FollowUp._meta.db_table} WHERE case_id = %s OR arrived_as_id = %s",
    "steps": f"{FormalStep._meta.db_table} WHERE case_id = %s",
    "incident": f"{IncidentStep._meta.db_table} WHERE case_id = %s",
}
IS_THERE = "SELECT " + ", ".join(f"EXISTS (SELECT 1 FROM {rows})" for rows in RARE.values())  # noqa: S608


@dataclass(frozen=True)
class _Opened:
    """What is sealed of a demand, in the clear; `identifiers` by number of the item."""

    particulars: dict[str, Any]
    identifiers: dict[int, str]


def _opened(case: Case, demand: Demand, items: Sequence[Item]) -> _Opened:
    """The key holder is asked once for all of it."""
    sealed = [(bytes(item.identifier), item.place) for item in items]
    if demand.particulars:
        sealed.append((bytes(demand.particulars), f"demand:{demand.version}:particulars"))
    try:
        said = [each.decode() for each in seals.unseal_many(case.holder, sealed)] if sealed else []
    except Locked:
        particulars = {"particulars": LOCKED} if demand.particulars else {}
        return _Opened(particulars, {item.number: LOCKED for item in items})
    particulars = {"particulars": json.loads(said.pop())} if demand.particulars else {}
    return _Opened(particulars, {item.number: text for item, text in zip(items, said, strict=True)})


def _earlier(case: Case, reader: str) -> str | None:
    """Only if the reader may know of it."""
    if case.possible_duplicate_of_id is None:
        return None
    seen = door.visible_to(reader).filter(pk=case.possible_duplicate_of_id)
    return seen.values_list("ref", flat=True).first()


def suggestions(case: Case) -> list[dict[str, str]]:
    """What was read from the papers, with the places; needs the key holder."""
    found = []
    for document in case.documents.order_by("pk"):
        found += reading_of(case, document).get("suggestions", [])
    return list(found)


def reading_of(case: Case, document: Document) -> dict[str, Any]:
    if not document.reading:
        return {}
    opened = seals.unseal(case.holder, bytes(document.reading), place=f"document:{document.key}:reading")
    return dict(json.loads(zlib.decompress(opened)))


def package(found: Package) -> dict[str, Any]:
    return _package(found, list(found.items.select_related("item")), list(found.releases.order_by("made")))


def _package(found: Package, packed: Sequence[PackageItem], releases: Sequence[Release]) -> dict[str, Any]:
    return {
        "package": str(found.key),
        "ref": found.case.ref,
        "kind": found.kind,
        "version": found.demand_version,
        "size": found.size,
        "sha256": bytes(found.sha256).hex(),
        "sealed": moment(found.sealed_at),
        "expires": moment(found.expires_at),
        "destroyed": moment(found.destroyed_at),
        "items": [
            {"item": row.item.number, "fields": list(row.fields), "period": _period(row.period_start, row.period_end)}
            for row in sorted(packed, key=lambda row: row.item.number)
        ],
        "hand_overs": [hand_over(row) for row in releases],
    }


def hand_over(row: Release) -> dict[str, Any]:
    return {
        "act": str(row.act),
        "at": moment(row.made),
        "epoch": row.epoch,
        "channel": row.channel,
        "to": row.agency_key,
        "state": row.state,
        "exception": row.exception or None,
    }


def item_preview(found: ItemPreview) -> dict[str, Any]:
    """Fields and counts, and what cannot be there."""
    seen = found.preview
    return {
        "item": found.item,
        "service": found.service,
        "found": seen.found.value,
        "tables": [
            {"table": count.table, "fields": list(count.fields), "rows": count.rows, "at_least": count.at_least}
            for count in seen.counts
        ],
        "statements": [statement.sentence for statement in seen.statements],
    }


def preview_in_words(told: dict[str, Any]) -> str:
    lines = [f"item {told['item']} at {told['service']}: {told['found']}"]
    lines += [f"  {each['table']}: {each['rows']} row(s) of {', '.join(each['fields'])}" for each in told["tables"]]
    return "\n".join(lines + [f"  {sentence}" for sentence in told["statements"]])


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _demand(demand: Demand) -> dict[str, Any]:
    return {
        "kind": demand.kind,
        "requester": demand.requester,
        "jurisdiction": demand.jurisdiction,
        "agency": demand.agency,
        "instrument": demand.instrument,
        "ground": demand.ground,
        "emergency": demand.emergency,
        "secrecy": demand.secrecy,
        "entity": demand.entity,
        "served": moment(demand.served_at),
        "deadline": moment(demand.deadline),
        "confirmed": demand.confirmed_at is not None,
        "labels_agreed": demand.version == 1 or demand.labels_agreed_by is not None,
    }


def _item(one: Weighed, now: datetime, beside: _Beside, identifier: str | None) -> dict[str, Any]:
    item = one.item
    approval = next((row for row in beside.approvals if row.item_id == item.pk), None)
    notice = next((row for row in beside.notices if row.item_id == item.pk), None)
    told: dict[str, Any] = {
        "item": item.number,
        "service": item.service,
        "category": item.category,
        "identifier_kind": item.identifier_kind,
        "account_holder_in": sorted(subjects.countries(casefacts.item_facts(item))),
        "period": _period(item.period_start, item.period_end),
        "asked_fields": list(item.fields),
        "allowed_fields": sorted(one.allowed),
        "verdict": one.decision.outcome.word,
        "reasons": [reason.as_dict() for reason in one.decision.reasons],
        "held": [_held(held) for held in one.held],
        "questions": [reason.sentence for reason in one.questions],
        "clocks": [_clock(clock, now) for clock in one.clocks],
        "answer": _answer(approval),
        "notice": _notice(notice),
    }
    if identifier is not None:
        told["identifier"] = identifier
    return told


def _held(held: Held) -> dict[str, Any]:
    return {"pause": held.pause or None, "stage": held.stage.value, "reason": held.reason.sentence}


def _clock(clock: Clock, now: datetime) -> dict[str, Any]:
    return {
        "clock": clock.clause,
        "kind": clock.kind.value,
        "direction": clock.direction.value,
        "at": moment(clock.at),
        "ended": clock.ended,
        "overdue": clock.is_overdue(now),
        "sentence": clock.sentence,
        "citation": clock.citation,
    }


def _answer(row: Approval | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {"outcome": row.outcome, "fields": list(row.fields), "agreed": row.agreed_by is not None}


def _proposed_answer(items: Sequence[Weighed], beside: _Beside) -> str | None:
    """The digest by which a second person agrees to exactly the answers that stand beside the items."""
    by_item = {row.item_id: row for row in beside.approvals}
    standing = [by_item[one.item.pk] for one in items if one.item.pk in by_item]
    for row, one in zip(standing, items, strict=False):
        row.item = one.item
    whole = bool(standing) and len(standing) == len(items)
    return answers.digest_of(standing) if whole and not any(row.agreed_by for row in standing) else None


def _deferral(case: Case, beside: _Beside, *, opened: bool) -> dict[str, Any] | None:
    """What a second person would approve; asked for only where there may be any."""
    if not any(row.kind == NoticeState.DEFERRED.value and row.approved_by is None for row in beside.notices):
        return None
    found = deferrals.as_document(case, opened=opened)
    if found is None:
        return None
    items = [each | {"until": moment(each["until"]), "reason": each["reason"] or LOCKED} for each in found["items"]]
    return found | {"items": items}


def _notice(row: NoticeFact | None) -> dict[str, Any] | None:
    return None if row is None else {"fact": row.kind, "until": moment(row.until), "order": row.order or None}


def _document(document: Document) -> dict[str, Any]:
    return {
        "document": str(document.key),
        "size": document.size,
        "sha256": bytes(document.sha256).hex(),
        "mark": document.mark or None,
    }


def _period(start: datetime | None, end: datetime | None) -> list[str | None]:
    return [moment(start), moment(end)]


def in_words(told: dict[str, Any]) -> str:
    """The same for a person at the terminal: what it is, what holds it, what is due, and what can be done next."""
    demand = told["demand"]
    who = " ".join(str(demand[key]) for key in ("agency", "jurisdiction", "instrument") if demand[key])
    lines = [f"{told['ref']}  {told['state']}  version {told['version']}, arrived {told['arrived']}"]
    lines.append(f"  asked by: {who or 'not known'}{'; EMERGENCY' if demand['emergency'] else ''}")
    for item in told["items"]:
        lines += _item_in_words(item)
    lines += [
        f"  package {each['package']}: {each['size']} bytes, {len(each['hand_overs'])} hand-over(s)"
        for each in told["packages"]
    ]
    lines += [f"  {_order_in_words(each)}" for each in told["court_orders"]]
    lines += [f"  {rerouting.in_one_line(each)}" for each in told["rerouted"]["follow_ups"]]
    lines += [f"  {line}" for line in _preservation_in_words(told["preservation"])]
    lines += [f"  {line}" for line in _deferral_in_words(told["deferral"], told["ref"])]
    lines += [f"  {step_documents.in_one_line(each)}" for each in told["steps"]]
    lines.append(f"  next: {next_step(told)}")
    return "\n".join(lines)


def _order_in_words(order: dict[str, Any]) -> str:
    which = f"item(s) {', '.join(map(str, order['items']))}" if order["items"] else "every item"
    state = "withdrawn" if order["withdrawn"] else "in force" if order["agreed"] else "waits for a second person"
    return f"order of {order.get('court', 'a court')} over {order['pause']}, {which}: {state} ({order['order']})"


def _deferral_in_words(said: dict[str, Any] | None, ref: str) -> list[str]:
    if said is None:
        return []
    lines = [
        f"notice of item {each['item']} deferred until {each['until']}: {each['reason']}" for each in said["items"]
    ]
    how = f"abeyance request notice {ref} --approve {said['digest'][:16]}"
    return [*lines, f"waits for a second person, who approves exactly this with: {how}"]


def _preservation_in_words(said: dict[str, Any] | None) -> list[str]:
    if said is None:
        return []
    lines = [
        f"preservation of item(s) {', '.join(map(str, row['items']))}: "
        f"{'made ' + row['made'] if row['made'] else 'waits for a second person'} ({row['preservation']})"
        for row in said["rows"]
    ]
    if not said["binds"]:
        reasons = dict.fromkeys(reason["sentence"] for item in said["items"] for reason in item["reasons"])
        lines += [f"not to be preserved: {sentence}" for sentence in reasons]
    return lines


def _item_in_words(item: dict[str, Any]) -> list[str]:
    what = " ".join(str(item[key]) for key in ("service", "category", "identifier_kind") if item[key]) or "not stated"
    where = f", account holder in {', '.join(item['account_holder_in'])}" if item["account_holder_in"] else ""
    lines = [f"  item {item['item']}: {what}{where} -> {item['verdict'].upper()}"]
    for reason in item["reasons"]:
        citation = f" [{reason['citation']}]" if reason["citation"] else ""
        lines.append(f"    {reason['sentence']} ({reason['clause']}){citation}")
    lines += [f"    Not known: {question}" for question in item["questions"]]
    lines += [
        f"    {'OVERDUE ' if clock['overdue'] else ''}{clock['direction']} {clock['at']}: {clock['sentence']}"
        for clock in item["clocks"]
        if not clock["ended"]
    ]
    return lines
