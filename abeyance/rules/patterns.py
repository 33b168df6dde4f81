"""What only shows over many requests: possibly the same matter asked for again, and an exception used ever more.

Whoever is held under one law may ask again under another, through another agency or country, as an emergency or as a
civil claim. So each demand leaves marks: the account, what an account is called, the group, the reference of the
matter, and other accounts that the papers name. Two demands that share enough of them are shown to a person, who
decides. What is shared by very many demands says nothing and is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from abeyance.rules.demandfile import StatedDemand
from abeyance.rules.terms import IdentifierKind

MOST_MARKS = 2000  # of one demand
COMMON = 40  # a name that more requests share, or an account that more agencies ask about, says nothing
SHORTEST_HANDLE = 4
SHORTEST_REFERENCE = 5
WINDOW = timedelta(days=28)
RISE = 3  # times the uses of the window before
FEWEST = 3  # uses below which nothing is called a rise

GROUP = re.compile(r"[!#][A-Za-z0-9._=/+-]{2,255}:[A-Za-z0-9.-]{3,255}")
# Names of offices, not of people: every server has them.
OFFICES = frozenset(
    {"abuse", "admin", "administrator", "contact", "help", "hello", "hostmaster", "info", "legal", "mail", "office"}
    | {"postmaster", "press", "privacy", "root", "security", "support", "team", "test", "user", "webmaster"}
)


class MarkKind(StrEnum):
    ACCOUNT = "account"  # the identifier itself
    GROUP = "group"  # a room or channel that the demand names
    REFERENCE = "reference"  # the requester's own number of the matter
    HANDLE = "handle"  # what an account is called, whatever the service
    NAMED = "named"  # another account that the papers name, and do not ask about


CERTAIN = frozenset({MarkKind.ACCOUNT, MarkKind.GROUP, MarkKind.REFERENCE})  # one of these is enough
# What tells most comes first, so that no long list of others pushes it out of what is kept.
TELLING = (MarkKind.ACCOUNT, MarkKind.REFERENCE, MarkKind.GROUP, MarkKind.HANDLE, MarkKind.NAMED)
ENOUGH_TOGETHER = 2  # of the others


@dataclass(frozen=True, order=True)
class Mark:
    kind: MarkKind
    value: str


def marks_of(stated: StatedDemand, named: Iterable[tuple[str, str]] = ()) -> tuple[Mark, ...]:
    """The marks of a demand. `named`: kind and value of accounts that were read in the papers."""
    found: set[Mark] = set()
    for item in stated.items:
        if item.identifier and item.identifier_kind is not None:
            found |= set(_of_account(item.identifier_kind, item.identifier))
        found |= _groups(item.identifier, item.nexus)
    found |= _groups(*stated.particulars.values())
    found |= {Mark(MarkKind.REFERENCE, value) for value in _references(stated.particulars)}
    found |= _named(named, {mark.value for mark in found})
    return tuple(sorted(found, key=lambda mark: (TELLING.index(mark.kind), mark.value))[:MOST_MARKS])


def alike(shared: Mapping[MarkKind, int]) -> bool:
    """Whether two demands that share so many marks of each kind are possibly the same matter."""
    if any(shared.get(kind, 0) for kind in CERTAIN):
        return True
    return sum(shared.values()) >= ENOUGH_TOGETHER


@dataclass(frozen=True)
class Rise:
    """An exception of a pause that is used more and more: how often in this window, and in the one before."""

    pause: str
    exception: str
    now: int
    before: int

    @property
    def sentence(self) -> str:
        days = WINDOW.days
        return (
            f"Exception {self.exception} of pause {self.pause} was asked for {self.now} times in {days} days, "
            f"after {self.before} times in the {days} days before: look whether it has become a way round."
        )


def rises(uses: Sequence[tuple[str, str, datetime]], *, now: datetime) -> tuple[Rise, ...]:
    """Exceptions whose use has risen. `uses`: pause, exception and time of each proposal to use one."""
    counts: dict[tuple[str, str], list[int]] = {}
    for pause, exception, at in uses:
        age = now - at
        if timedelta() <= age < 2 * WINDOW:
            counts.setdefault((pause, exception), [0, 0])[age >= WINDOW] += 1
    found = [Rise(pause, exception, *count) for (pause, exception), count in sorted(counts.items())]
    return tuple(rise for rise in found if rise.now >= FEWEST and rise.now >= RISE * rise.before)


def _of_account(kind: IdentifierKind, identifier: str) -> Iterable[Mark]:
    value = _spelled(kind, identifier)
    yield Mark(MarkKind.ACCOUNT, f"{kind.value}:{value}")
    if (handle := _handle(kind, value)) is not None:
        yield Mark(MarkKind.HANDLE, handle)


def _spelled(kind: IdentifierKind, identifier: str) -> str:
    """One spelling of an identifier."""
    value = identifier.strip().casefold()
    if kind is IdentifierKind.TELEPHONE:
        return "+" + re.sub(r"\D", "", value)
    if kind is IdentifierKind.IP_AND_TIME:  # the same address on another day may be another person's
        address, _, moment = value.partition(" ")
        return f"{address} {moment[:10]}"
    if kind is IdentifierKind.EMAIL:
        local, _, domain = value.rpartition("@")
        return f"{local.partition('+')[0]}@{domain}"
    return value


def _handle(kind: IdentifierKind, value: str) -> str | None:
    if kind is IdentifierKind.EMAIL:
        name = value.rpartition("@")[0]
    elif kind is IdentifierKind.MATRIX_ID:
        name = value.removeprefix("@").partition(":")[0]
    elif kind is IdentifierKind.USER_NAME:
        name = value.removeprefix("@")
    else:
        return None
    name = re.sub(r"[._-]", "", name)
    return name if len(name) >= SHORTEST_HANDLE and name not in OFFICES else None


def _groups(*texts: str) -> set[Mark]:
    return {Mark(MarkKind.GROUP, found.casefold()) for text in texts for found in GROUP.findall(text)}


def _references(particulars: Mapping[str, str]) -> Iterable[str]:
    """A reference is told apart by its digits, whatever stands between them."""
    for key, value in particulars.items():
        spelled = re.sub(r"[^0-9a-z]", "", value.casefold())
        if "reference" in key and SHORTEST_REFERENCE <= len(spelled) <= 80 and re.search(r"\d", spelled):
            yield spelled


def _named(named: Iterable[tuple[str, str]], asked: set[str]) -> set[Mark]:
    found = set()
    for kind, value in named:
        try:
            spelled = f"{kind}:{_spelled(IdentifierKind(kind), value)}"
        except ValueError:
            continue
        if spelled not in asked:
            found.add(Mark(MarkKind.NAMED, spelled))
    return found
