"""Receipts: an entry, opened, with the proof that it is in the log. Whoever holds one needs us no more."""

from __future__ import annotations

from abeyance import seals
from abeyance.errors import AbeyanceError, NotFound
from abeyance.ledger.entries import salt_place
from abeyance.ledger.models import Checkpoint, Entry, Opened, Origin, Place
from abeyance.ledger.options import cadence
from abeyance.ledger.reading import reader_of
from abeyance.ledger.signatures import key_of
from abeyance.rules.ledger.opening import SALT, Opening
from abeyance.rules.ledger.receipts import Receipt


class NotYetPublished(AbeyanceError):
    """The entry is recorded, but no published checkpoint covers it yet."""


def opening_of(entry: Entry) -> Opening:
    """Salt and content. Public entries open without a key; the others raise Locked while the desk is locked."""
    return Opening(salts_of(entry)[:SALT], bytes(entry.content))


def salts_of(entry: Entry) -> bytes:
    """The entry's salt and the actor's; only the first of them ever leaves."""
    if entry.public:
        return bytes(entry.salt)
    return seals.unseal(entry.holder, bytes(entry.salt), place=salt_place(bytes(entry.commitment)))


def receipt(entry: Entry) -> str:
    """A C2SP tlog-proof of the entry, against the first checkpoint that covers it."""
    place = Place.objects.filter(entry=entry).first()
    if place is None or (covering := _covering(place.index)) is None:
        raise NotYetPublished(_not_yet(entry))
    return _printed(opening_of(entry), place.index, covering)


def opened(number: int) -> str:
    """The receipt of a public entry, for everybody. Any other entry, or one not published yet, does not exist here."""
    found = Opened.objects.filter(pk=number).first() if 0 < number < 1 << 63 else None
    covering = _covering(found.leaf) if found else None
    if found is None or covering is None:
        raise NotFound(f"There is no entry {number}.")
    return _printed(Opening(bytes(found.salt), bytes(found.content)), found.leaf, covering)


def _covering(leaf: int) -> Checkpoint | None:
    """The first checkpoint of the log's present life that covers this leaf."""
    origin = Origin.objects.order_by("-pk").first()
    covering = Checkpoint.objects.select_related("origin").filter(origin=origin, size__gt=leaf)
    return covering.order_by("size").first() if origin else None


def _printed(opening: Opening, leaf: int, covering: Checkpoint) -> str:
    name = covering.origin.name
    proof = reader_of(name).at(covering.size).proof(leaf)
    return Receipt(opening.print(str(key_of(name))), leaf, tuple(proof), bytes(covering.note)).print()


def _not_yet(entry: Entry) -> str:
    minutes = max(1, round(cadence().total_seconds() / 60))
    return f"Entry {entry.pk} is recorded; its receipt can be written with the log's next batch, within {minutes} min."
