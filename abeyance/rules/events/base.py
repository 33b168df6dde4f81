"""What an event is: one small typed record of something that was done.

To add one, write a frozen dataclass of codes, numbers, times and digests in the file of its room:

    @dataclass(frozen=True, kw_only=True)
    class ReaderAdded(Event, public=False, personal=("member",), says="Member {member} may now read the case."):
        member: str

`public` says whether the entry may be opened to everybody, `personal` names the fields that may not be shown outside
the desk, `says` is its sentence (or define `sentence`). Forgetting one of them is an error when the class is made.
The case, the actor and the time belong to the entry, not to the event. Names and free text have no place here: a
string must be a code, except in the fields that `texts` names, which only a public event may have.
"""

from __future__ import annotations

import inspect
import json
import re
import string
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from functools import cache
from types import UnionType
from typing import Any, ClassVar, get_args, get_origin, get_type_hints

CODE = re.compile(r"[A-Za-z0-9._:/+=#()*,~-]{0,256}")
LONGEST_TEXT = 20_000
REGISTRY: dict[str, type[Event]] = {}


class BadEvent(ValueError):
    """An event that is declared wrongly, or holds what no event may hold."""


@dataclass(frozen=True)
class Event:
    """The base of all events; never made itself."""

    public: ClassVar[bool]
    personal: ClassVar[frozenset[str]]
    texts: ClassVar[frozenset[str]]
    says: ClassVar[str]

    def __init_subclass__(
        cls, *, public: bool, personal: Iterable[str], says: str = "", texts: Iterable[str] = (), **rest: Any
    ) -> None:
        super().__init_subclass__(**rest)
        cls.public, cls.personal, cls.texts, cls.says = public, frozenset(personal), frozenset(texts), says
        _check_declaration(cls)
        REGISTRY[cls.__name__] = cls

    def __post_init__(self) -> None:
        for field in fields(self):
            _check_value(field.name, getattr(self, field.name), is_text=field.name in self.texts)

    @property
    def kind(self) -> str:
        return type(self).__name__

    def sentence(self) -> str:
        return self.says.format_map({field.name: _spoken(getattr(self, field.name)) for field in fields(self)})

    def as_dict(self) -> dict[str, Any]:
        return {field.name: _plain(getattr(self, field.name)) for field in fields(self)}


def canonical(document: Any) -> bytes:
    """The one spelling of a document, so that one digest belongs to it. No floats: they have several spellings."""
    _refuse_floats(document)
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def from_dict(kind: str, values: Mapping[str, Any]) -> Event:
    """The event that `as_dict` described; BadEvent if it is none."""
    found = REGISTRY.get(kind)
    if found is None:
        raise BadEvent(f"there is no event of the kind {kind!r}")
    hints = _hints(kind)
    if not values.keys() <= hints.keys():
        raise BadEvent(f"{kind} has no field {min(values.keys() - hints.keys())!r}")
    try:
        return found(**{name: _typed(value, hints[name]) for name, value in values.items()})
    except TypeError as error:
        raise BadEvent(f"{kind} is incomplete") from error


def spell_moment(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise BadEvent("a time without a zone")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def read_moment(text: str) -> datetime:
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=UTC)


def _check_declaration(cls: type[Event]) -> None:
    declared = {name for name, hint in inspect.get_annotations(cls).items() if "ClassVar" not in str(hint)}
    if cls.__name__ in REGISTRY and REGISTRY[cls.__name__].__module__ != cls.__module__:
        raise BadEvent(f"two events are called {cls.__name__}")
    if not cls.says and "sentence" not in cls.__dict__:
        raise BadEvent(f"{cls.__name__} has no sentence")
    spoken = {name for _, name, _, _ in string.Formatter().parse(cls.says) if name is not None}
    for name in sorted((spoken | cls.personal | cls.texts) - declared):
        raise BadEvent(f"{cls.__name__} names a field {name!r} that it does not have")
    if cls.texts and not cls.public:
        raise BadEvent(f"{cls.__name__} holds text, which only a public event may")


def _check_value(name: str, value: Any, *, is_text: bool) -> None:
    if isinstance(value, tuple):
        for part in value:
            _check_value(name, part, is_text=is_text)
    elif isinstance(value, str):
        if len(value) > LONGEST_TEXT or not (is_text or CODE.fullmatch(value)):
            raise BadEvent(f"{name} must be a code, not text: {value[:40]!r}")
    elif isinstance(value, datetime):
        spell_moment(value)
    elif not (value is None or isinstance(value, int)):
        raise BadEvent(f"{name} holds a {type(value).__name__}, which no event may")


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, datetime):
        return spell_moment(value)
    return str(value) if isinstance(value, str) else value


def _typed(value: Any, hint: Any) -> Any:
    options = get_args(hint) if isinstance(hint, UnionType) else (hint,)
    if value is None and type(None) in options:
        return None
    wanted = next(option for option in options if option is not type(None))
    if get_origin(wanted) is tuple and isinstance(value, list):
        return tuple(_typed(part, get_args(wanted)[0]) for part in value)
    if wanted is datetime and isinstance(value, str):
        return read_moment(value)
    if not isinstance(wanted, type) or not isinstance(value, wanted):
        raise BadEvent(f"{value!r} is not a {wanted}")
    return value


@cache
def _hints(kind: str) -> dict[str, Any]:
    cls = REGISTRY[kind]
    hints = get_type_hints(cls)
    return {field.name: hints[field.name] for field in fields(cls)}


def _spoken(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(_spoken(part) for part in value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "none" if value is None else str(_plain(value))


def _refuse_floats(document: Any) -> None:
    if isinstance(document, float):
        raise BadEvent("a number with a point has several spellings")
    if isinstance(document, dict):
        for value in document.values():
            _refuse_floats(value)
    elif isinstance(document, list | tuple):
        for value in document:
            _refuse_floats(value)
