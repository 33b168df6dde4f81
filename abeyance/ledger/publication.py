"""From a committed batch to a served checkpoint, in steps that may be cut off anywhere and done again.

    1  the batch is committed: leaves, nodes and root are fixed, and one root per size (the sequencer)
    2  its tiles are on disk, with fsync
    3  the checkpoint is signed, and this home remembers it (`origins`)
    4  the checkpoint is committed
    5  it is served

Ed25519 signatures have no chance in them and everything else follows from the batch, so that doing a step again gives
the same bytes, also when several do it at once.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from django.db import connection

from abeyance.ledger import options, origins
from abeyance.ledger.disk import write_all
from abeyance.ledger.models import Batch, Checkpoint, Origin
from abeyance.ledger.reading import Reader, tile_bytes
from abeyance.ledger.signatures import signed
from abeyance.rules.ledger import checkpoint as texts
from abeyance.rules.ledger.tiles import WIDTH, tiles_between


def _nothing(step: str) -> None:
    pass


reached: Callable[[str], None] = _nothing  # tests cut the work off here, on purpose


def finish(now: datetime) -> bool:
    """Publish the newest batch, if it is not; says whether there was something to do."""
    batch = Batch.objects.select_related("origin").order_by("-size").first()
    if batch is None or batch.size <= checkpointed(batch.origin):
        return False
    reached("batch committed")
    _write_tiles(batch)
    reached("tiles on disk")
    origins.refuse_unless_consistent(batch.origin)
    checkpoint = texts.Checkpoint(batch.origin.name, batch.size, bytes(batch.root))
    note = signed(checkpoint)
    reached("signed")
    origins.remember(note, batch.size)
    reached("remembered")
    _commit(batch, note, now)
    reached("checkpoint committed")
    return True


def newest() -> Checkpoint | None:
    """The checkpoint that is served."""
    return Checkpoint.objects.select_related("origin").order_by("-origin", "-size").first()


def published_size() -> int:
    found = newest()
    return found.size if found else 0


def checkpointed(origin: Origin) -> int:
    last = Checkpoint.objects.filter(origin=origin).order_by("-size").values_list("size", flat=True).first()
    return last or 0


def folder_of(origin: Origin) -> Path:
    """The first life has the plain place; a later one its own, so that neither writes over the other's."""
    earlier = Origin.objects.filter(pk__lt=origin.pk).count()
    return options.folder() / f"origin-{earlier + 1}" if earlier else options.folder()


def _write_tiles(batch: Batch) -> None:
    tree, folder = Reader().at(batch.size), folder_of(batch.origin)
    before = checkpointed(batch.origin)
    write_all((folder / tile.path, tile_bytes(tile, tree)) for tile in tiles_between(before, batch.size))
    for tile in tiles_between(before, batch.size):
        if tile.width == WIDTH:
            # What was partial is now contained in a full tile.
            shutil.rmtree(folder / f"{tile.path}.p", ignore_errors=True)


def _commit(batch: Batch, note: bytes, now: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_checkpoint (origin_id, size, note, at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
            [batch.origin_id, batch.size, note, now],
        )
