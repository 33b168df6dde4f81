"""What was read from the papers as a TOML file to correct and confirm: each suggestion with its place."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from abeyance import seals
from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case, Demand, Item
from abeyance.site.requests import documents

HEAD = """\
# {ref}: correct this, then `abeyance request confirm {ref} FILE.toml`. Delete what the papers do not say.
# Lines that begin with # are what was read in the papers, and where.
"""
DEMAND_KEYS = ("kind", "requester", "jurisdiction", "agency", "instrument", "ground", "entity")
ITEM_KEYS = ("service", "category", "identifier_kind", "controller", "stored_in", "subject_country")


def draft(case: Case) -> str:
    """Needs the key holder. What is not known is left as an empty text, which means: not stated."""
    demand = casefacts.newest_demand(case)
    lines = [HEAD.format(ref=case.ref)]
    lines += [f"# {found['field']}: {_plain(found['value'])}   [{_plain(found['where'])}]" for found in _found(case)]
    lines += ["", *(f"{key} = {_text(getattr(demand, key) or '')}" for key in DEMAND_KEYS)]
    lines += [f"emergency = {_flag(demand.emergency)}", f"secrecy = {_flag(demand.secrecy)}"]
    lines += _moments(demand, ("served_at", "deadline"))
    lines += _axes(demand)
    lines += ["", "[particulars]", *_particulars(case, demand)]
    for item in casefacts.items_of(demand):
        lines += ["", *_item(case, item)]
    return "\n".join(lines) + "\n"


def _axes(demand: Demand) -> list[str]:
    """What the axes of a pause and of its exceptions ask for."""
    related = demand.related_to
    return [
        "# related_to = []  # places that the matter has to do with; [] when you looked and there is none"
        if related is None
        else f"related_to = {json.dumps(related)}",
        f"issuer = {_text(demand.issuer or '')}  # who signed",
        f"offence = {_text(demand.offence or '')}  # its class",
        f"needs = {json.dumps(demand.needs)}  # confirmed by calling back",
    ]


def _found(case: Case) -> Sequence[Mapping[str, str]]:
    return documents.suggestions(case)


def _item(case: Case, item: Item) -> list[str]:
    identifier = seals.unseal(case.holder, bytes(item.identifier), place=item.place).decode() if item.identifier else ""
    lines = ["[[items]]", *(f"{key} = {_text(getattr(item, key) or '')}" for key in ITEM_KEYS)]
    lines += [f"identifier = {_text(identifier)}", f"fields = {json.dumps(list(item.fields), ensure_ascii=False)}"]
    lines.append('nexus = ""  # why this account, when there are many')
    return lines + _moments(item, ("period_start", "period_end"))


def _particulars(case: Case, demand: Demand) -> list[str]:
    if not demand.particulars:
        return []
    place = f"demand:{demand.version}:particulars"
    read: dict[str, Any] = json.loads(seals.unseal(case.holder, bytes(demand.particulars), place=place))
    return [f"{_key(key)} = {_text(_joined(value))}" for key, value in read.items()]


def _joined(value: object) -> str:
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)


def _moments(row: Demand | Item, names: Sequence[str]) -> list[str]:
    found: list[tuple[str, datetime | None]] = [(name, getattr(row, name)) for name in names]
    return [f"{name} = {documents.moment(at)}" if at else f"# {name} = 2020-07-06T00:00:00Z" for name, at in found]


def _text(value: str) -> str:
    """A TOML basic string: JSON escapes the same characters, but for DEL."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() and name.isascii() else _text(name)


def _plain(text: str) -> str:
    """On one line, whatever the papers hold."""
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())[:300]


def _flag(value: bool) -> str:
    return "true" if value else "false"
