"""The lives of the log. After a restore it goes on under the old name only if that is proven to be honest.

What a home has signed, it remembers in the file `ledger/newest`. A database that does not know that checkpoint, or
contradicts it, is an older copy or another one: nothing is signed from it until a new origin is begun. A home without
that file, beside a database that has signed, is refused too, until it is shown the newest checkpoint known outside.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from django.db import transaction

from abeyance.errors import BadInput, Unsafe
from abeyance.ledger import options
from abeyance.ledger.disk import write_durably
from abeyance.ledger.models import Batch, Checkpoint, Origin
from abeyance.ledger.reading import Reader
from abeyance.ledger.signatures import check, key_of
from abeyance.rules.events import Restored
from abeyance.rules.ledger import checkpoint as texts
from abeyance.rules.ledger.merkle import root_at
from abeyance.rules.ledger.notes import KEY_NAME, BadNote, read_note

ADVICE = "Nothing is signed. If this desk was restored, begin a new origin: abeyance ledger begin-origin NAME."


def current_origin(now: datetime) -> Origin:
    """The newest; the first is made when there is none, in the caller's transaction."""
    found = Origin.objects.order_by("-pk").first()
    return found or Origin.objects.create(name=options.first_origin(), first_size=0, began_at=now)


def begin_new_origin(name: str, *, by: str, now: datetime, newest: bytes | None = None) -> Origin:
    """Go on under another name, with the leaves known here; `newest` is the newest checkpoint known outside."""
    from abeyance import ledger  # entries need seals, which reading does not

    if KEY_NAME.fullmatch(name) is None:
        raise BadInput("The name of a log has no spaces and no plus sign, such as example.org/log-2.")
    known = texts.read_text(read_note(newest).text) if newest else None
    with transaction.atomic(durable=True):
        before = Origin.objects.order_by("-pk").first()
        if before is None:
            raise BadInput("The log has not begun yet, so there is nothing to go on from.")
        if Origin.objects.filter(name=name).exists() or (known and known.origin == name):
            raise BadInput(f"The name {name} was used before; a new origin needs a new one.")
        size = tree_size()
        event = Restored(
            origin=name,
            before=before.name,
            size=size,
            newest_size=known.size if known else None,
            newest_root=known.root.hex() if known else None,
        )
        ledger.append(event, by=by, now=now)
        return Origin.objects.create(name=name, first_size=size, began_at=now)


def recognise(note: bytes) -> None:
    """Take a checkpoint held elsewhere as the newest known, if this log extends it."""
    found = read_ours(note)
    problem = contradiction(found)
    if problem:
        raise Unsafe(f"{problem} {ADVICE}")
    remember(note, found.size)


def refuse_unless_consistent(origin: Origin) -> None:
    """Before anything is signed."""
    if newest_known() is None and Checkpoint.objects.exists():
        raise Unsafe(
            "This home has not seen the log before, but the database has checkpoints."
            " Show it the newest one known outside: abeyance ledger recognise FILE."
        )
    refuse_if_contradicted(origin)


def refuse_if_contradicted(origin: Origin) -> None:
    """Before a batch is made: one on top of an older copy could never be signed."""
    note = newest_known()
    if note is None:
        return
    try:
        found = texts.read_text(read_note(note).text)
    except BadNote as error:
        raise Unsafe(f"{marker()} cannot be read ({error}). {ADVICE}") from None
    if found.origin != origin.name and Origin.objects.filter(name=found.origin).exists():
        return  # of a life that ended on purpose
    problem = contradiction(found)
    if problem:
        raise Unsafe(f"{problem} {ADVICE}")


def contradiction(known: texts.Checkpoint) -> str:
    """Why the stored log does not extend that checkpoint; empty if it does."""
    origins = list(Origin.objects.order_by("pk"))
    place = next((number for number, origin in enumerate(origins) if origin.name == known.origin), None)
    if place is None:
        return f"The checkpoint is of the log {known.origin}, which this database does not know."
    size = origins[place + 1].first_size if place + 1 < len(origins) else tree_size()
    if known.size > size:
        return f"The log had {known.size} leaves, of which this database has {size}: it is an older copy."
    tree = Reader().at(tree_size())
    if known.size and root_at(known.size, tree.node) != known.root:
        return f"At {known.size} leaves the log had another root: leaves were changed, or the log was forked."
    return ""


def tree_size() -> int:
    last = Batch.objects.order_by("-size").values_list("size", flat=True).first()
    return last or 0


def read_ours(note: bytes) -> texts.Checkpoint:
    """A checkpoint that our key signed, under any of our names."""
    try:
        name = texts.read_text(read_note(note).text).origin
        return texts.read_signed(note, key_of(name), check)
    except BadNote as error:
        raise BadInput(f"This is not a checkpoint of this desk: {error}.") from None


def marker() -> Path:
    return options.folder() / "newest"


def newest_known() -> bytes | None:
    try:
        return marker().read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unsafe(f"{marker()} cannot be read: {error.strerror}.") from None


def remember(note: bytes, size: int) -> None:
    """Written before the checkpoint is shown to anybody; never replaced by a smaller one of the same life."""
    with _alone():
        before = newest_known()
        found = texts.read_text(read_note(before).text) if before else None
        mine = texts.read_text(read_note(note).text)
        if found is None or found.origin != mine.origin or found.size < size:
            write_durably(marker(), note)


@contextmanager
def _alone() -> Iterator[None]:
    options.folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    handle = os.open(options.folder() / ".lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
