"""One agency as a text says it, read strictly: in a file that a person brings and in a proposal alike."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Any

from abeyance import givenfile
from abeyance.errors import BadInput
from abeyance.rules.terms import RequesterKind
from abeyance.rules.texts import Table, TextError

LARGEST_FILE = 2**20
MOST_ENTRIES = 1000
DOMAIN = re.compile(r"(?=.{4,253}\Z)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
A_NUMBER = re.compile(r"\+?[0-9 ()./-]{3,40}(?: ?(?:ext\.?|x) ?[0-9]{1,8})?")


class ContactKind(StrEnum):
    TELEPHONE = "telephone"
    EMAIL = "email"
    PORTAL = "portal"
    ADDRESS = "address"


@dataclass(frozen=True)
class ContactEntry:
    kind: ContactKind
    value: str
    source: str  # where it was found, which is not a request
    source_date: str


@dataclass(frozen=True)
class AgencyEntry:
    code: str
    name: str
    jurisdiction: str
    kind: RequesterKind
    domains: tuple[str, ...]
    acts_for: tuple[str, ...]  # codes of agencies whose requests it may bring
    source: str
    source_date: str
    contacts: tuple[ContactEntry, ...]

    def as_payload(self) -> dict[str, Any]:
        return asdict(self)


def comparable(kind: str, value: str, country: str) -> str:
    """Equal for two spellings of one contact: spaces in a number and capitals in a mail address make no other one.
    Only what is a number as a whole is read as one; the library would take one out of any text."""
    said = " ".join(value.split())
    if kind == ContactKind.EMAIL:
        return said.lower()
    if kind != ContactKind.TELEPHONE or not A_NUMBER.fullmatch(said):
        return said
    import phonenumbers  # loads the numbering plans, which most of the directory does without

    try:
        number = phonenumbers.parse(said, country)
    except phonenumbers.NumberParseException:
        return said
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.RFC3966))


def entries_of(path: Path) -> tuple[AgencyEntry, ...]:
    """A TOML file of [[agency]] tables."""
    try:
        raw = givenfile.content(path, LARGEST_FILE)
        if len(raw) > LARGEST_FILE:
            raise BadInput(f"{path.name} is larger than a directory needs to be.")
        content = tomllib.loads(raw.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as problem:
        raise BadInput(f"{path.name} is not TOML: {problem}.") from None
    return read_entries(content, path.name)


def read_entries(content: Mapping[str, Any], file: str) -> tuple[AgencyEntry, ...]:
    try:
        top = Table(content, file)
        found = tuple(_entry(table) for table in top.tables("agency"))
        top.done()
    except TextError as problem:
        raise BadInput(str(problem)) from None
    if not 0 < len(found) <= MOST_ENTRIES:
        raise BadInput(f"{file} must name 1 to {MOST_ENTRIES} agencies.")
    return found


def read_entry(payload: Mapping[str, Any]) -> AgencyEntry:
    """What `as_payload` wrote."""
    try:
        return _entry(Table(_with_dates(payload), "proposal"))
    except (TextError, ValueError) as problem:
        raise BadInput(str(problem)) from None


def _entry(table: Table) -> AgencyEntry:
    entry = AgencyEntry(
        code=table.code("code"),
        name=table.text("name"),
        jurisdiction=table.country("jurisdiction"),
        kind=table.one_of("kind", RequesterKind),
        domains=tuple(_domain(table, value) for value in table.texts("domains", may_be_empty=True)),
        acts_for=tuple(sorted(table.codes("acts_for", may_be_empty=True, required=False))),
        source=table.text("source"),
        source_date=table.day("source_date").isoformat(),
        contacts=tuple(_contact(contact) for contact in table.tables("contacts")),
    )
    table.done()
    if not entry.code.startswith(f"{entry.jurisdiction.lower()}-") or len(entry.code) > 64:
        raise table.wrong("code", f"must begin with {entry.jurisdiction.lower()}- and have at most 64 characters.")
    return entry


def _contact(table: Table) -> ContactEntry:
    kind = table.one_of("kind", ContactKind)
    entry = ContactEntry(kind, table.text("value"), table.text("source"), table.day("source_date").isoformat())
    table.done()
    return entry


def _domain(table: Table, value: str) -> str:
    if not DOMAIN.fullmatch(value):
        raise table.wrong("domains", f"holds {value!r}, which is not a domain in small letters.")
    return value


def _with_dates(payload: Mapping[str, Any]) -> dict[str, Any]:
    document = dict(payload)
    document["source_date"] = date.fromisoformat(document["source_date"])
    document["contacts"] = [
        dict(contact) | {"source_date": date.fromisoformat(contact["source_date"])} for contact in document["contacts"]
    ]
    return document
