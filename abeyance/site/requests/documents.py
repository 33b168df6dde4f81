"""A request as plain JSON and as text, from the same reasons that the gate uses. What is sealed is opened only on
demand, and never while the desk is locked: then the document says so instead."""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from abeyance import seals
from abeyance.answer import documents as step_documents
from abeyance.answer import steps
from abeyance.casefile import door, recalls
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Approval, Case, Demand, Document, Item, Package, Release
from abeyance.errors import Locked
from abeyance.patterns import documents as matters
from abeyance.pauses import court_orders
from abeyance.pauses.weighing import Held, Weighed, weigh
from abeyance.release.making import ItemPreview
from abeyance.rules.clocks import Clock, next_due
from abeyance.rules.people import OPERATOR_CODE

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


def in_full(case: Case, *, now: datetime, reader: str) -> dict[str, Any]:
    """Everything but the documents themselves. What is sealed is opened for members only: a shell alone does not read
    who is targeted."""
    opened = reader != OPERATOR_CODE
    demand, weighed = weigh(case, now=now)
    finding = casefacts.newest_finding(case, demand.version)
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
        "demand": _demand(demand) | (_particulars(case, demand) if opened else {}),
        "found_genuine": None if finding is None else finding.genuine,
        "items": [_item(one, now, _identifier(case, one.item) if opened else None) for one in weighed],
        "documents": [_document(document) for document in case.documents.order_by("pk")],
        "packages": [package(found) for found in case.packages.order_by("sealed_at")],
        "court_orders": [court_orders.as_document(row, opened=opened) for row in court_orders.of_case(case)],
        "steps": [step_documents.of_step(step, now=now) for step in steps.of_case(case)],
        "same_matter": case.same_matter,
        "recall": recall(case, now=now) if recalls.is_open(case) else [],
    }


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


def _earlier(case: Case, reader: str) -> str | None:
    """Only if the reader may know of it."""
    earlier = case.possible_duplicate_of
    seen = door.visible_to(reader).filter(pk=earlier.pk if earlier else 0)
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
            for row in found.items.select_related("item").order_by("item__number")
        ],
        "hand_overs": [hand_over(row) for row in found.releases.order_by("made")],
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


def _particulars(case: Case, demand: Demand) -> dict[str, Any]:
    if not demand.particulars:
        return {}
    try:
        opened = seals.unseal(case.holder, bytes(demand.particulars), place=f"demand:{demand.version}:particulars")
    except Locked:
        return {"particulars": LOCKED}
    return {"particulars": json.loads(opened)}


def _identifier(case: Case, item: Item) -> str:
    try:
        return seals.unseal(case.holder, bytes(item.identifier), place=item.place).decode()
    except Locked:
        return LOCKED


def _item(one: Weighed, now: datetime, identifier: str | None) -> dict[str, Any]:
    item = one.item
    told: dict[str, Any] = {
        "item": item.number,
        "service": item.service,
        "category": item.category,
        "identifier_kind": item.identifier_kind,
        "period": _period(item.period_start, item.period_end),
        "asked_fields": list(item.fields),
        "allowed_fields": sorted(one.allowed),
        "verdict": one.decision.outcome.word,
        "reasons": [reason.as_dict() for reason in one.decision.reasons],
        "held": [_held(held) for held in one.held],
        "clocks": [_clock(clock, now) for clock in one.clocks],
        "answer": _answer(casefacts.standing_approval(item)),
        "notice": _notice(item),
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


def _notice(item: Item) -> dict[str, Any] | None:
    row = item.notices.order_by("-pk").first()
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
    lines += [f"  {step_documents.in_one_line(each)}" for each in told["steps"]]
    lines.append(f"  next: {next_step(told)}")
    return "\n".join(lines)


def _order_in_words(order: dict[str, Any]) -> str:
    which = f"item(s) {', '.join(map(str, order['items']))}" if order["items"] else "every item"
    state = "withdrawn" if order["withdrawn"] else "in force" if order["agreed"] else "waits for a second person"
    return f"order of {order.get('court', 'a court')} over {order['pause']}, {which}: {state} ({order['order']})"


def _item_in_words(item: dict[str, Any]) -> list[str]:
    what = " ".join(str(item[key]) for key in ("service", "category", "identifier_kind") if item[key]) or "not stated"
    lines = [f"  item {item['item']}: {what} -> {item['verdict'].upper()}"]
    for reason in item["reasons"]:
        citation = f" [{reason['citation']}]" if reason["citation"] else ""
        lines.append(f"    {reason['sentence']} ({reason['clause']}){citation}")
    lines += [
        f"    {'OVERDUE ' if clock['overdue'] else ''}{clock['direction']} {clock['at']}: {clock['sentence']}"
        for clock in item["clocks"]
        if not clock["ended"]
    ]
    return lines


NEXT = {
    "received": "abeyance request confirm REF FILE.toml (abeyance request draft REF FILE.toml writes what was read)",
    "to-verify": "abeyance request verify REF --how call-back --contact NUMBER-OF-THE-DIRECTORY",
    "in-review": "abeyance request propose REF",
    "proposed": "another member: abeyance request agree REF",
    "gathering": "abeyance request notice REF ..., then abeyance request gather REF",
    "sealed": "abeyance package release PACKAGE --to FINGERPRINT --out FILE",
    "released": "abeyance request close REF --outcome answered",
    "recalled": "abeyance request recall-step REF --step ..., and when all is settled close it",
    "closed": "nothing; abeyance request reopen REF begins again",
}


def next_step(told: dict[str, Any]) -> str:
    held = {each["reason"] for item in told["items"] for each in item["held"] if each["stage"] == "answer"}
    if held and told["state"] not in ("received", "to-verify", "closed"):
        return " ".join(sorted(held))
    return NEXT[told["state"]].replace("REF", told["ref"])
