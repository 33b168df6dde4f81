"""What changed from one version of a demand to the next, and from one proposed answer to the next."""

from __future__ import annotations

import itertools
import json
from contextlib import suppress
from typing import Any

from abeyance import seals
from abeyance.casefile.models import Approval, Case, Demand, Item
from abeyance.errors import Locked
from abeyance.rules.differences import Change, between
from abeyance.rules.people import OPERATOR_CODE
from abeyance.site.requests import documents

LABELS = ("kind", "requester", "jurisdiction", "agency", "instrument", "ground", "entity", "emergency", "secrecy")
FOUND = ("related_to", "issuer", "offence", "needs")
OF_ITEMS = ("service", "category", "identifier_kind", "controller", "stored_in", "subject_country")


def listed(case: Case, *, reader: str) -> list[dict[str, Any]]:
    """Every version, the newest first, each with what it changed. What is sealed is compared for members alone, and
    not while the desk is locked."""
    opened = reader != OPERATOR_CODE
    versions = list(case.demands.order_by("version").prefetch_related("items"))
    said = [_said(case, demand, opened=opened) for demand in versions]
    told = [_version(versions[0], ())] if versions else []
    told += [
        _version(newer, between(before, after))
        for newer, (before, after) in zip(versions[1:], itertools.pairwise(said), strict=True)
    ]
    return told[::-1]


def of_answer(row: Approval) -> dict[str, Any] | None:
    """What this answer to an item changed in the one before, which was taken back; None where there was none."""
    older = Approval.objects.filter(item__case=row.item.case_id, item__number=row.item.number, pk__lt=row.pk)
    before = older.order_by("-pk").first()
    if before is None:
        return None
    changes = between(_answer(before), _answer(row))
    return {"at": documents.moment(before.proposed_at), "by": before.proposed_by, "changes": documents_of(changes)}


def documents_of(changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    return [
        {
            "name": each.name,
            "before": each.before,
            "after": each.after,
            "gone": list(each.gone),
            "new": list(each.new),
            "sentence": each.sentence,
        }
        for each in changes
    ]


def in_words(told: list[dict[str, Any]]) -> str:
    lines = []
    for each in told:
        lines.append(f"version {each['version']}, {each['at']}, by {each['by'] or 'the reader of the papers'}")
        lines += [f"  {change['sentence']}" for change in each["changes"]]
        lines += [] if each["changes"] else ["  nothing changed" if each["version"] > 1 else "  as it was read"]
    return "\n".join(lines)


def _version(demand: Demand, changes: tuple[Change, ...]) -> dict[str, Any]:
    at = demand.confirmed_at or demand.arrived_at
    told = {"version": demand.version, "at": documents.moment(at), "by": demand.confirmed_by}
    return told | {"changes": documents_of(changes)}


def _said(case: Case, demand: Demand, *, opened: bool) -> dict[str, Any]:
    told: dict[str, Any] = {name: getattr(demand, name) for name in (*LABELS, *FOUND)}
    told |= {"served": documents.moment(demand.served_at), "deadline": documents.moment(demand.deadline)}
    items = sorted(demand.items.all(), key=lambda item: item.number)
    told["items"] = [f"item {item.number}" for item in items]
    for item in items:
        told |= _item(item)
    with suppress(Locked):
        told |= _sealed(case, demand, items) if opened else {}
    return told


def _item(item: Item) -> dict[str, Any]:
    told = {name: getattr(item, name) for name in OF_ITEMS}
    told |= {"from": documents.moment(item.period_start), "to": documents.moment(item.period_end)}
    told["fields"] = list(item.fields)
    return {f"item {item.number}, {name}": value for name, value in told.items()}


def _sealed(case: Case, demand: Demand, items: list[Item]) -> dict[str, Any]:
    found = seals.unseal_many(case.holder, [(bytes(item.identifier), item.place) for item in items])
    told: dict[str, Any] = {
        f"item {item.number}, account": text.decode() for item, text in zip(items, found, strict=True)
    }
    if demand.particulars:
        text = seals.unseal(case.holder, bytes(demand.particulars), place=f"demand:{demand.version}:particulars")
        told |= {f"particulars, {name}": value for name, value in json.loads(text).items()}
    return told


def _answer(row: Approval) -> dict[str, Any]:
    return {
        "answer": row.outcome,
        "given": list(row.fields),
        "from": documents.moment(row.period_start),
        "to": documents.moment(row.period_end),
    }
