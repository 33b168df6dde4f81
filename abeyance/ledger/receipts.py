"""Receipts: an entry, opened, with the proof that it is in the log. Whoever holds one needs us no more."""

from __future__ import annotations

from abeyance import seals
from abeyance.errors import AbeyanceError
from abeyance.ledger.entries import salt_place
from abeyance.ledger.models import Checkpoint, Entry, Origin, Place
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
    origin = Origin.objects.order_by("-pk").first()
    if place is None or origin is None:
        raise NotYetPublished(_not_yet(entry))
    covering = Checkpoint.objects.filter(origin=origin, size__gt=place.index).order_by("size").first()
    if covering is None:
        raise NotYetPublished(_not_yet(entry))
    proof = reader_of(origin.name).at(covering.size).proof(place.index)
    extra = opening_of(entry).print(str(key_of(origin.name)))
    return Receipt(extra, place.index, tuple(proof), bytes(covering.note)).print()


def _not_yet(entry: Entry) -> str:
    return f"Entry {entry.pk} is recorded and waits for the next batch of the log: abeyance ledger integrate --now."
