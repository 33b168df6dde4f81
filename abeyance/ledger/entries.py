"""Writing an entry: one INSERT in the transaction of the act, no file, no network, no key holder."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from abeyance import seals
from abeyance.ledger.models import Entry
from abeyance.rules.events import Event
from abeyance.rules.ledger.opening import SALT, actor_mark, spell

COLUMNS = 'kind, content, salt, holder, public, commitment, "case", epoch, at, act, by'
VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def append(
    event: Event,
    *,
    by: str,
    now: datetime,
    holder: str | None = None,
    case: str | None = None,
    epoch: int | None = None,
    act: UUID | None = None,
) -> Entry:
    """Record an act in its own transaction. `holder` is whose key seals the salt; without it, the ledger's own."""
    return append_all([event], by=by, now=now, holder=holder, case=case, epoch=epoch, act=act)[-1]


def append_all(
    events: Sequence[Event],
    *,
    by: str,
    now: datetime,
    holder: str | None = None,
    case: str | None = None,
    epoch: int | None = None,
    act: UUID | None = None,
) -> list[Entry]:
    """Several entries of one act, in this order, by one INSERT; `epoch` and `act` are the last one's."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an entry is written in the transaction of its act")
    whose = holder or seals.LEDGER
    entries = [_entry(event, by, now, whose, case) for event in events[:-1]]
    entries.append(_entry(events[-1], by, now, whose, case, epoch, act))
    _seal_salts(whose, [entry for entry in entries if not entry.public])
    _insert(entries)
    return entries


def _seal_salts(holder: str, entries: Sequence[Entry]) -> None:
    if entries:
        places = [(bytes(entry.salt), salt_place(bytes(entry.commitment))) for entry in entries]
        for entry, sealed in zip(entries, seals.seal_many(holder, places), strict=True):
            entry.salt = sealed


def _entry(
    event: Event,
    by: str,
    now: datetime,
    holder: str,
    case: str | None,
    epoch: int | None = None,
    act: UUID | None = None,
) -> Entry:
    salt = secrets.token_bytes(2 * SALT)
    mark = actor_mark(salt[SALT:], by)
    content = spell(event, mark=mark, at=now, case=case, epoch=epoch, act=act)
    return Entry(
        kind=event.kind,
        content=content,
        salt=salt,
        holder=holder,
        public=event.public,
        commitment=hashlib.sha256(salt[:SALT] + content).digest(),
        case=case,
        epoch=epoch,
        at=now,
        act=act,
        by=by,
    )


def salt_place(commitment: bytes) -> str:
    """A salt is bound to its own entry."""
    return f"ledger:{commitment.hex()}"


def _insert(entries: Sequence[Entry]) -> None:
    rows: list[Any] = []
    for entry in entries:
        rows += (
            entry.kind, entry.content, entry.salt, entry.holder, entry.public, entry.commitment,
            entry.case, entry.epoch, entry.at, entry.act, entry.by,
        )  # fmt: skip
    values = ", ".join([VALUES] * len(entries))
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO ledger_entry ({COLUMNS}) VALUES {values} RETURNING id", rows)  # noqa: S608
        for entry, found in zip(entries, cursor.fetchall(), strict=True):
            entry.pk = int(found[0])
            entry._state.adding, entry._state.db = False, connection.alias
