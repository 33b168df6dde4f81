"""Reading an adopted text strictly. A text that says something we do not understand is not read "as far as possible":
an unknown key may be a restriction that somebody relied on, so it stops the loading; the error says what is known."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

LONGEST_STRING = 4_000
LONGEST_LIST = 2_000
DEEPEST = 8
ANY = "any"

E = TypeVar("E", bound=StrEnum)
T = TypeVar("T")


class TextError(ValueError):
    """A text that cannot be adopted as it is; the sentence names file, key and what would be right."""


def digest_of(content: object) -> str:
    """SHA-256 of the canonical JSON of what was parsed: comments and spacing do not change a text's identity."""
    return hashlib.sha256(canonical(content)).hexdigest()


def canonical(content: object) -> bytes:
    return json.dumps(_plain(content, 0), sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _plain(value: object, depth: int) -> object:
    if depth > DEEPEST:
        raise TextError(f"The text is nested more than {DEEPEST} deep.")
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner, depth + 1) for inner in value]
    raise TextError(
        f"A text may hold words, whole numbers, yes/no, dates, lists and tables, not {type(value).__name__}."
    )


class Table:
    """One table of a text. Every key must be asked for; `done()` names the ones that nobody asked for."""

    def __init__(self, content: object, file: str, path: str = "") -> None:
        self.file, self.path = file, path
        if not isinstance(content, Mapping):
            raise TextError(f"{file}: {path or 'the text'} must be a table, not {_kind(content)}.")
        self._content = content
        self._known: set[str] = set()

    def where(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path else key

    def wrong(self, key: str, why: str) -> TextError:
        return TextError(f"{self.file}: {self.where(key)} {why}")

    def _take(self, key: str, kind: type[T], default: T | None) -> T:
        self._known.add(key)
        if key not in self._content:
            if default is None:
                raise self.wrong(key, "is missing. " + self._neighbours())
            return default
        value = self._content[key]
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(key, f"must be {_name(kind)}, not {_kind(value)}.")
        return value

    def _neighbours(self) -> str:
        return "Present here: " + (", ".join(sorted(map(str, self._content))) or "nothing") + "."

    def has(self, key: str) -> bool:
        self._known.add(key)
        return key in self._content

    def text(self, key: str, default: str | None = None) -> str:
        """A non-empty string, unless the default is allowed to be the empty one."""
        value = self._take(key, str, default).strip()
        if not value and default is None:
            raise self.wrong(key, "must not be empty.")
        if len(value) > LONGEST_STRING:
            raise self.wrong(key, f"is longer than {LONGEST_STRING} characters.")
        return value

    def code(self, key: str, default: str | None = None) -> str:
        """A short lower-case name, such as an id."""
        value = self.text(key, default)
        if value and not is_code(value):
            raise self.wrong(key, f"must be a short name of a-z, 0-9, '-', '.', '_', not {value!r}.")
        return value

    def country(self, key: str, default: str | None = None) -> str:
        return _country(self.text(key, default), self, key)

    def yes_no(self, key: str, default: bool | None = None) -> bool:
        return self._take(key, bool, default)

    def optional_yes_no(self, key: str) -> bool | None:
        return self.yes_no(key) if self.has(key) else None

    def number(self, key: str, default: int | None = None, *, least: int = 0, most: int = 1_000_000) -> int:
        value = self._take(key, int, default)
        if not least <= value <= most:
            raise self.wrong(key, f"must be between {least} and {most}, not {value}.")
        return value

    def day(self, key: str) -> date:
        value = self._take(key, date, None)
        if type(value) is not date:
            raise self.wrong(key, "must be a date without a time, such as 2026-08-18.")
        return value

    def one_of(self, key: str, choices: type[E], default: E | None = None) -> E:
        raw = self.text(key, default.value if default is not None else None)
        return self._choice(key, raw, choices)

    def _choice(self, key: str, raw: str, choices: type[E]) -> E:
        try:
            return choices(raw)
        except ValueError:
            known = ", ".join(member.value for member in choices)
            raise self.wrong(key, f"is {raw!r}, which is none of: {known}.") from None

    def _list(self, key: str, *, may_be_empty: bool, required: bool) -> list[Any]:
        empty: list[Any] = []
        values: list[Any] = self._take(key, list, None if required else empty)
        present = key in self._content
        if present and not values and not may_be_empty:
            raise self.wrong(key, "is an empty list: say what is meant, or leave the key out.")
        if len(values) > LONGEST_LIST:
            raise self.wrong(key, f"has more than {LONGEST_LIST} members.")
        return values

    def texts(self, key: str, *, may_be_empty: bool = False, required: bool = True) -> tuple[str, ...]:
        values = self._list(key, may_be_empty=may_be_empty, required=required)
        for value in values:
            if not isinstance(value, str) or not value.strip():
                raise self.wrong(key, f"must hold non-empty strings, not {value!r}.")
        if len(set(values)) != len(values):
            raise self.wrong(key, "says the same thing twice.")
        return tuple(values)

    def codes(self, key: str, *, may_be_empty: bool = False, required: bool = True) -> frozenset[str]:
        values = self.texts(key, may_be_empty=may_be_empty, required=required)
        for value in values:
            if not is_code(value):
                raise self.wrong(key, f"holds {value!r}, which is not a short name of a-z, 0-9, '-', '.', '_'.")
        return frozenset(values)

    def countries(self, key: str, *, may_be_empty: bool = False, required: bool = True) -> frozenset[str]:
        values = self.texts(key, may_be_empty=may_be_empty, required=required)
        return frozenset(_country(value, self, key) for value in values)

    def some_of(self, key: str, choices: type[E], *, may_be_empty: bool = False, required: bool = True) -> frozenset[E]:
        values = self.texts(key, may_be_empty=may_be_empty, required=required)
        return frozenset(self._choice(key, value, choices) for value in values)

    def table(self, key: str) -> Table:
        value: Mapping[str, Any] = self._take(key, Mapping, None)  # type: ignore[type-abstract]
        return Table(value, self.file, self.where(key))

    def optional_table(self, key: str) -> Table | None:
        return self.table(key) if self.has(key) else None

    def tables(self, key: str, *, required: bool = True) -> tuple[Table, ...]:
        values = self._list(key, may_be_empty=False, required=required)
        return tuple(Table(value, self.file, f"{self.where(key)}[{n}]") for n, value in enumerate(values, 1))

    def digest(self) -> str:
        return digest_of(self._content)

    def done(self) -> None:
        for key in self._content:
            if key not in self._known:
                raise self.wrong(str(key), "is unknown. Known here: " + ", ".join(sorted(self._known)) + ".")


def each_once(items: Iterable[T], name: Callable[[T], str], file: str, what: str) -> tuple[T, ...]:
    """The same items, when no two have the same name."""
    found = tuple(items)
    seen: set[str] = set()
    for item in found:
        if name(item) in seen:
            raise TextError(f"{file}: {what} {name(item)!r} is there twice.")
        seen.add(name(item))
    return found


def is_code(value: str) -> bool:
    return 0 < len(value) <= 80 and all(c in "abcdefghijklmnopqrstuvwxyz0123456789-._" for c in value)


def is_country(value: str) -> bool:
    """The shape of ISO 3166-1 alpha-2 (and EU for the Union)."""
    return len(value) == 2 and value.isascii() and value.isalpha() and value.isupper()


def _country(value: str, table: Table, key: str) -> str:
    if value and not is_country(value):
        raise table.wrong(key, f"is {value!r}: a jurisdiction is two capital letters (ISO 3166-1, EU for the Union).")
    return value


def _kind(value: object) -> str:
    return _name(type(value))


def _name(kind: type) -> str:
    names = {str: "a string", int: "a whole number", bool: "true or false", list: "a list", dict: "a table"}
    return names.get(kind, "a table" if kind is Mapping else f"a {kind.__name__}")
