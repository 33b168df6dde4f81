"""Entries as people read them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from abeyance.errors import NotFound
from abeyance.ledger import sight
from abeyance.ledger.models import Entry, Origin, Place
from abeyance.ledger.signatures import key_of
from abeyance.rules.events import BadEvent, RequestReceived, from_dict, spell_moment
from abeyance.rules.ledger.opening import BadOpening, read_content

AT_ONCE = 1000
NO_ENTRY = "There is no entry {number}, or it belongs to a request: look for it there."


def listed(*, case: str, last: int = 50) -> list[dict[str, Any]]:
    """The newest entries of a request, oldest first. Whoever calls has made sure that they may be seen."""
    entries = Entry.objects.filter(case=case).order_by("-pk")
    return _all_described(list(entries[:last])[::-1])


def received_by(bringer: str, refs: Iterable[str]) -> frozenset[str]:
    """Of these requests, those that arrived by the hand of this member, or of the shell."""
    entries = Entry.objects.filter(case__in=list(refs), kind=RequestReceived.__name__, by=bringer)
    return frozenset(str(ref) for ref in entries.values_list("case", flat=True))


def seen_by(reader: str, last: int) -> list[dict[str, Any]]:
    """The newest entries, oldest first, without those of requests that the reader may not know of."""
    found: list[Entry] = []
    before = None
    while len(found) < last:
        older = Entry.objects.all() if before is None else Entry.objects.filter(pk__lt=before)
        rows = list(older.order_by("-pk")[:AT_ONCE])
        if not rows:
            break
        known, before = sight.known(reader, {row.case for row in rows if row.case}), rows[-1].pk
        found += [row for row in rows if row.case is None or row.case in known]
    return _all_described(found[:last][::-1])


def without_a_case(before: int | None, most: int) -> list[dict[str, Any]]:
    """Entries about no request, the newest first; with `before`, those older than that one."""
    entries = Entry.objects.filter(case=None).order_by("-pk")
    if before is not None:
        entries = entries.filter(pk__lt=before)
    return _all_described(list(entries[:most]))


def _all_described(found: list[Entry]) -> list[dict[str, Any]]:
    places = dict(Place.objects.filter(entry__in=[entry.pk for entry in found]).values_list("entry_id", "index"))
    return [described(entry, places.get(entry.pk)) for entry in found]


def entry(number: int) -> Entry:
    found = Entry.objects.filter(pk=number).first() if 0 < number < 1 << 63 else None
    if found is None:
        raise NotFound(NO_ENTRY.format(number=number))
    return found


def entry_without_a_case(number: int) -> Entry:
    """One that belongs to a request is told apart from none by nobody here."""
    found = entry(number)
    if found.case is not None:
        raise NotFound(NO_ENTRY.format(number=number))
    return found


def sentence(entry: Entry) -> str:
    try:
        return from_dict(entry.kind, read_content(bytes(entry.content))["event"]).sentence()
    except (BadEvent, BadOpening, KeyError, TypeError, ValueError, AttributeError):
        return f"{entry.kind} (this cannot be read; see abeyance ledger check)"


def verifier_keys() -> list[str]:
    """The verifier key under each name that the log has had, newest last."""
    return [str(key_of(origin.name)) for origin in Origin.objects.order_by("pk")]


def described(entry: Entry, leaf: int | None) -> dict[str, Any]:
    return {
        "entry": entry.pk,
        "at": spell_moment(entry.at),
        "kind": entry.kind,
        "sentence": sentence(entry),
        "case": entry.case,
        "by": entry.by,
        "act": str(entry.act) if entry.act else None,
        "leaf": leaf,
        "public": entry.public,
    }
