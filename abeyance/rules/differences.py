"""What changed between two versions of the same thing, so that a person reads a sentence and not two lists."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Change:
    """`name` of what changed; a plain value went from `before` to `after`, a list lost and gained members.

    `before` or `after` None: there was nothing, or there is nothing any more.
    """

    name: str
    before: str | None = None
    after: str | None = None
    gone: tuple[str, ...] = ()
    new: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        if self.gone or self.new:
            parts = [f"now also {', '.join(self.new)}"] if self.new else []
            parts += [f"no longer {', '.join(self.gone)}"] if self.gone else []
            return f"{self.name}: {'; '.join(parts)}"
        return f"{self.name}: {self.before or 'not stated'}, now {self.after or 'not stated'}"


def between(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[Change, ...]:
    """In the order of `after`; names that only `before` has come last. Equal values, and nothing beside an empty text,
    are no change."""
    names = dict.fromkeys((*after, *before))
    found = (_change(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in found if change is not None)


def _change(name: str, before: Any, after: Any) -> Change | None:
    if _is_list(before) or _is_list(after):
        old, new = _texts(before), _texts(after)
        gone, added = (tuple(each for each in one if each not in other) for one, other in ((old, new), (new, old)))
        return Change(name, gone=gone, new=added) if gone or added else None
    old_text, new_text = _text(before), _text(after)
    return Change(name, old_text, new_text) if old_text != new_text else None


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple | set | frozenset)


def _texts(value: Any) -> list[str]:
    many: Iterable[Any] = value if _is_list(value) else [] if value is None else [value]
    return sorted({str(each) for each in many})


def _text(value: Any) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) if value not in (None, "") else None
