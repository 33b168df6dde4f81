"""What a member is told to do when somebody demands something of them in person, and whom to call: one text for each
country, written by counsel there, and one for everywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from abeyance.rules.instruments import Checked
from abeyance.rules.texts import Table

DEFAULT = "default"


@dataclass(frozen=True)
class Contact:
    """`telephone` is empty where nobody has filled it in."""

    who: str
    telephone: str
    note: str


@dataclass(frozen=True)
class Part:
    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Guidance:
    """`name`: the country in small letters, or "default"; with a language behind it where there are several, such as
    "hk-zh-hant"."""

    name: str
    title: str
    checked: Checked
    date_checked: date
    contacts: tuple[Contact, ...]
    parts: tuple[Part, ...]

    @property
    def country(self) -> str:
        head = self.name.partition("-")[0]
        return "" if head == DEFAULT else head.upper()

    @property
    def is_checked(self) -> bool:
        return self.checked is Checked.CHECKED

    @property
    def names_somebody(self) -> bool:
        return any(each.telephone for each in self.contacts)


def parse_guidance(content: Mapping[str, object], *, file: str = "text") -> Guidance:
    """Raises TextError."""
    top = Table(content, file)
    head = top.table("guidance")
    name = head.code("name")
    first = name.partition("-")[0]
    if first != DEFAULT and len(first) != 2:
        raise head.wrong("name", f"is a country in small letters, such as hk or hk-zh-hant, or {DEFAULT}.")
    found = Guidance(
        name=name,
        title=head.text("title"),
        checked=head.one_of("checked", Checked),
        date_checked=head.day("date_checked"),
        contacts=tuple(_contact(each) for each in top.tables("contact")),
        parts=tuple(_part(each) for each in top.tables("part")),
    )
    head.done()
    top.done()
    return found


def _contact(table: Table) -> Contact:
    found = Contact(table.text("who"), table.text("telephone", ""), table.text("note", ""))
    if found.telephone and not set(found.telephone) <= set("+0123456789 ()-/"):
        raise table.wrong("telephone", "holds digits, +, spaces and dashes only.")
    table.done()
    return found


def _part(table: Table) -> Part:
    found = Part(table.text("heading"), table.texts("lines"))
    table.done()
    return found


def names_for(country: str | None, language: str) -> tuple[str, ...]:
    """Under which names a text may stand, the nearest first."""
    heads = [country.lower()] if country else []
    return tuple(name for head in (*heads, DEFAULT) for name in (f"{head}-{language.lower()}", head))
