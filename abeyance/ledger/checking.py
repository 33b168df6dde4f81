"""`abeyance ledger check`: replay the log against everything that is stored, and name each difference.

What it can find depends on what is held elsewhere. Somebody who may rewrite the whole database and has the signing key
can make a log that agrees with itself; whoever then shows one earlier checkpoint finds it out. Without the key they
cannot even agree with the checkpoints in the database.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from abeyance import seals
from abeyance.errors import BadInput, Locked, NotFound, Unsafe
from abeyance.ledger import origins, publication
from abeyance.ledger.entries import salt_place
from abeyance.ledger.models import Batch, Checkpoint, Entry, Place
from abeyance.ledger.reading import Reader, stored_pages, tile_bytes
from abeyance.ledger.sequencer import padding
from abeyance.ledger.signatures import check as check_signature
from abeyance.ledger.signatures import key_of
from abeyance.rules.events import BadEvent, from_dict, spell_moment
from abeyance.rules.ledger import checkpoint as texts
from abeyance.rules.ledger.merkle import HASH, root_at
from abeyance.rules.ledger.notes import BadNote, read_note
from abeyance.rules.ledger.opening import SALT, BadOpening, Opening, actor_mark, read_content
from abeyance.rules.ledger.pages import Growth
from abeyance.rules.ledger.tiles import tiles_between

MOST_NAMED = 1000
AT_ONCE = 2000

Replayer = Callable[[Iterator[Entry]], Iterable[str]]
REPLAYERS: dict[str, Replayer] = {}
"""Rooms register here what computes their state from the entries and names where the stored state differs."""


@dataclass
class Findings:
    """`differences` is empty when all is well; `unopened` entries could not be looked into, and say why."""

    differences: list[str] = field(default_factory=list)
    entries: int = 0
    size: int = 0
    waiting: int = 0
    unopened: int = 0
    erased: int = 0

    def add(self, sentence: str) -> None:
        if len(self.differences) < MOST_NAMED:
            self.differences.append(sentence)


def check(against: bytes | None = None) -> Findings:
    """Everything; `against` is a checkpoint that was held elsewhere."""
    found = Findings()
    _check_tree(found)
    _check_entries(found)
    _check_checkpoints(found)
    _check_tiles(found)
    _check_known(found, against)
    for room, replay in sorted(REPLAYERS.items()):
        for sentence in replay(Entry.objects.order_by("pk").iterator(AT_ONCE)):
            found.add(f"{room}: {sentence}")
    return found


# --- leaves, nodes and roots


def _check_tree(found: Findings) -> None:
    growth = Growth(0, lambda level, index: stored_pages([(level, index)])[level, index])
    for batch in Batch.objects.order_by("first").iterator(64):
        leaves = bytes(batch.leaves)
        if batch.first != growth.size:
            found.add(f"Batches are missing: leaf {growth.size} should be next, but leaf {batch.first} is.")
            return
        growth.add(leaves[place : place + HASH] for place in range(0, len(leaves), HASH))
        if root_at(growth.size, growth.node) != bytes(batch.root):
            found.add(f"The leaves {batch.first} to {batch.size - 1} do not give the root that was committed.")
        _check_leaves(batch, leaves, found)
        _compare_pages(growth, found, everything=False)
    _compare_pages(growth, found, everything=True)
    found.size = growth.size


def _check_leaves(batch: Batch, leaves: bytes, found: Findings) -> None:
    """Each leaf is an entry's commitment or padding; a leaf that is neither was an entry once."""
    placed = dict(
        Place.objects.filter(index__gte=batch.first, index__lt=batch.size)
        .order_by("index")
        .values_list("index", "entry_id")
    )
    if list(placed.values()) != sorted(placed.values()):
        found.add(f"The entries of the leaves {batch.first} to {batch.size - 1} are not in their order.")
    commitments = {
        pk: bytes(commitment)
        for pk, commitment in Entry.objects.filter(pk__in=placed.values()).values_list("pk", "commitment")
    }
    seed = bytes(batch.seed)
    for number in range(batch.first, batch.size):
        leaf = leaves[(number - batch.first) * HASH :][:HASH]
        entry = placed.get(number)
        if entry is None and leaf != padding(seed, number):
            found.add(f"Leaf {number} was an entry, which has been deleted.")
        elif entry is not None and entry not in commitments:
            found.add(f"Entry {entry}, which is leaf {number}, has been deleted.")
        elif entry is not None and commitments[entry] != leaf:
            found.add(f"Entry {entry} has been altered: its commitment is not leaf {number}.")


def _compare_pages(growth: Growth, found: Findings, *, everything: bool) -> None:
    """A page is compared when it is full, and forgotten; what is not full yet, at the end."""
    ready = [
        (level, index)
        for level, index in growth.changed
        if everything or (index + 1) << (level + 4) <= growth.size - (1 << (level + 4))
    ]
    stored = stored_pages(ready)
    for level, index in ready:
        if stored[level, index] != bytes(growth.changed.pop((level, index))):
            found.add(f"The stored nodes {level}/{index} are not those of the leaves; proofs from them would not hold.")


# --- entries


def _check_entries(found: Findings) -> None:
    horizon = Batch.objects.order_by("-size").values_list("horizon", flat=True).first() or 0
    entries = Entry.objects.order_by("pk").iterator(AT_ONCE)
    while part := list(islice(entries, AT_ONCE)):
        found.entries += len(part)
        placed = set(Place.objects.filter(entry__in=[entry.pk for entry in part]).values_list("pk", flat=True))
        for entry in part:
            _check_columns(entry, found)
            if entry.pk not in placed:
                _check_waiting(entry, horizon, found)
        _check_openings(part, found)


def _check_waiting(entry: Entry, horizon: int, found: Findings) -> None:
    found.waiting += 1
    if entry.transaction < horizon:
        found.add(f"Entry {entry.pk} claims to be older than the last batch and is not in the log: it was inserted.")


def _check_columns(entry: Entry, found: Findings) -> None:
    """The columns say again what the content says; the content is what was committed to."""
    try:
        content = read_content(bytes(entry.content))
        from_dict(entry.kind, content["event"])
    except (BadOpening, BadEvent, KeyError, TypeError, AttributeError) as error:
        found.add(f"Entry {entry.pk} has been altered: {error}.")
        return
    stored = {
        "act": str(entry.act) if entry.act else None,
        "at": spell_moment(entry.at),
        "case": entry.case,
        "epoch": entry.epoch,
        "kind": entry.kind,
    }
    for name, value in stored.items():
        if content.get(name) != value:
            found.add(f"Entry {entry.pk} has been altered: its {name} is not what was committed to.")


def _check_openings(entries: list[Entry], found: Findings) -> None:
    for entry, salts in _salts(entries, found):
        opening = Opening(salts[:SALT], bytes(entry.content))
        if opening.commitment != bytes(entry.commitment):
            found.add(f"Entry {entry.pk} has been altered: its content is not what was committed to.")
        elif read_content(opening.content)["actor"] != actor_mark(salts[SALT:], entry.by):
            found.add(f"Entry {entry.pk} has been altered: it was not made by {entry.by}.")


def _salts(entries: list[Entry], found: Findings) -> Iterator[tuple[Entry, bytes]]:
    sealed: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.public:
            yield entry, bytes(entry.salt)
        else:
            sealed.setdefault(entry.holder, []).append(entry)
    for holder, mine in sealed.items():
        try:
            yield from zip(mine, _unsealed(holder, mine), strict=True)
        except Locked:
            found.unopened += len(mine)
        except NotFound:
            found.erased += len(mine)
        except (BadInput, Unsafe) as error:
            found.add(f"The salts of entries {mine[0].pk} to {mine[-1].pk} do not open: {error}")


def _unsealed(holder: str, entries: list[Entry]) -> list[bytes]:
    return seals.unseal_many(holder, [(bytes(e.salt), salt_place(bytes(e.commitment))) for e in entries])


# --- what was published


def _check_checkpoints(found: Findings) -> None:
    roots = dict(Batch.objects.values_list("size", "root"))
    for stored in Checkpoint.objects.select_related("origin").order_by("pk").iterator(AT_ONCE):
        try:
            signed = texts.read_signed(bytes(stored.note), key_of(stored.origin.name), check_signature)
        except BadNote as error:
            found.add(f"The checkpoint of {stored.size} leaves has been altered: {error}.")
            continue
        if signed.size != stored.size or signed.root != bytes(roots.get(stored.size, b"")):
            found.add(f"The checkpoint of {stored.size} leaves is not that of the stored log.")


def _check_tiles(found: Findings) -> None:
    newest = publication.newest()
    if newest is None:
        return
    folder, tree = publication.folder_of(newest.origin), Reader().at(newest.size)
    for tile in tiles_between(0, newest.size):
        try:
            stored = (folder / tile.path).read_bytes()
        except OSError:
            found.add(f"{tile.path} is missing.")
            continue
        if stored != tile_bytes(tile, tree):
            found.add(f"{tile.path} has been altered.")


def _check_known(found: Findings, against: bytes | None) -> None:
    for note, where in ((origins.newest_known(), "This home's newest"), (against, "The given")):
        if note is None:
            continue
        try:
            known = texts.read_text(read_note(note).text)
            texts.read_signed(note, key_of(known.origin), check_signature)
        except BadNote as error:
            found.add(f"{where} checkpoint cannot be used: {error}.")
            continue
        if problem := origins.contradiction(known):
            found.add(f"{where} checkpoint is contradicted: {problem}")
