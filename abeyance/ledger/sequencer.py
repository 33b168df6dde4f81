"""Entries become leaves. One sequencer at a time, under a lock of the database, whoever runs it.

Entries are taken whose transaction is below the oldest that still runs: everything below has ended, so nothing can
appear behind what was taken. Real leaves keep their order and are spread by chance among padding, so that a leaf's
place says nothing about how many others are real. When more entries wait than a batch holds, it is doubled until they
fit: an onlooker then learns that it was a busy quarter of an hour, and no more.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import OperationalError, connection, transaction

from abeyance.errors import Locked
from abeyance.ledger import options, publication
from abeyance.ledger.models import Batch, Origin
from abeyance.ledger.origins import current_origin, refuse_if_contradicted
from abeyance.ledger.reading import stored_pages
from abeyance.rules.ledger.merkle import root_at
from abeyance.rules.ledger.pages import Growth

LOCK = 0x1ED6E5
MOST_AT_ONCE = 1 << 17
SETTLED = (
    "SELECT id, commitment FROM ledger_entry e WHERE NOT EXISTS (SELECT FROM ledger_place p WHERE p.entry_id = e.id)"
)


@dataclass(frozen=True)
class Progress:
    """What `integrate` did. `waits` says in a sentence why a batch could not be published, if so."""

    entries: int
    size: int
    published: bool
    waits: str = ""


def integrate(now: datetime, *, force: bool = False) -> Progress:
    """Publish what is due. `force`: publish at once what waits, without regard to the cadence."""
    try:
        published = publication.finish(now)
        entries = _take_batch(now, force)
        published = publication.finish(now) or published
    except Locked as error:
        return Progress(0, publication.published_size(), False, f"The log waits to be signed. {error}")
    except OperationalError:
        return Progress(0, publication.published_size(), False, "An act is still being written; try again.")
    return Progress(entries, publication.published_size(), published)


def padding(seed: bytes, index: int) -> bytes:
    return hashlib.sha256(seed + index.to_bytes(8, "big")).digest()


def _take_batch(now: datetime, force: bool) -> int:
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
        last = Batch.objects.order_by("-size").first()
        is_due = last is None or now - last.at >= options.cadence()
        if not (is_due or force):
            return 0
        origin = current_origin(now)
        refuse_if_contradicted(origin)
        horizon, entries = _settled_entries(last, origin)
        if entries or is_due:
            _add_batch(origin, last.size if last else 0, entries, horizon, now)
        return len(entries)


def _settled_entries(last: Batch | None, origin: Origin) -> tuple[int, list[tuple[int, bytes]]]:
    """The horizon first, in a statement of its own: the next one then sees everything that ended below it."""
    horizon, since = _oldest_running(), last.horizon if last else 0
    begins = last is None or last.origin_id != origin.pk
    with connection.cursor() as cursor:
        if begins or since > horizon:
            # The numbers in the rows may be another server's, so wait for the writers instead of asking the numbers;
            # not for long, since whoever writes next waits behind us.
            cursor.execute("SET LOCAL lock_timeout = 1000")
            cursor.execute("LOCK TABLE ledger_entry IN SHARE MODE")
            cursor.execute(f"{SETTLED} ORDER BY id LIMIT %s", [MOST_AT_ONCE])
        else:
            bounds = "transaction >= %s::text::xid8 AND transaction < %s::text::xid8"
            cursor.execute(f"{SETTLED} AND {bounds} ORDER BY id LIMIT %s", [since, horizon, MOST_AT_ONCE])
        rows = [(int(pk), bytes(commitment)) for pk, commitment in cursor]
    return (horizon if len(rows) < MOST_AT_ONCE else since), rows


def _oldest_running() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text")
        return int(cursor.fetchone()[0])


def _add_batch(origin: Origin, first: int, entries: Sequence[tuple[int, bytes]], horizon: int, now: datetime) -> None:
    count = options.batch_size()
    while count < len(entries):
        count *= 2
    seed = secrets.token_bytes(32)
    chosen = sorted(secrets.SystemRandom().sample(range(count), len(entries)))
    leaves = [padding(seed, first + place) for place in range(count)]
    for place, (_, commitment) in zip(chosen, entries, strict=True):
        leaves[place] = commitment
    root = _grow(first, leaves)
    Batch.objects.create(
        origin=origin, first=first, size=first + count, leaves=b"".join(leaves), seed=seed, root=root,
        horizon=horizon, at=now,
    )  # fmt: skip
    rows = [(pk, first + place) for place, (pk, _) in zip(chosen, entries, strict=True)]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO ledger_place (entry_id, index) VALUES (%s, %s)", rows)


def _grow(first: int, leaves: Sequence[bytes]) -> bytes:
    growth = Growth(first, lambda level, index: stored_pages([(level, index)])[level, index])
    growth.add(leaves)
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO ledger_nodes (level, index, hashes) VALUES (%s, %s, %s)"
            " ON CONFLICT (level, index) DO UPDATE SET hashes = excluded.hashes",
            [(level, index, bytes(page)) for (level, index), page in growth.changed.items()],
        )
    return root_at(growth.size, growth.node)
