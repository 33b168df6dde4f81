"""Writing an entry: one INSERT in the transaction of the act, no file, no network, no key holder."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from abeyance import seals
from abeyance.ledger.models import Entry
from abeyance.rules.events import Event
from abeyance.rules.ledger.opening import SALT, actor_mark, spell

INSERT = (
    'INSERT INTO ledger_entry (kind, content, salt, holder, public, commitment, "case", epoch, at, act, by)'
    " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id"
)


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
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an entry is written in the transaction of its act")
    salt = secrets.token_bytes(2 * SALT)
    mark = actor_mark(salt[SALT:], by)
    content = spell(event, mark=mark, at=now, case=case, epoch=epoch, act=act)
    commitment = hashlib.sha256(salt[:SALT] + content).digest()
    entry = Entry(
        kind=event.kind,
        content=content,
        salt=salt if event.public else seals.seal(holder or seals.LEDGER, salt, place=salt_place(commitment)),
        holder=holder or seals.LEDGER,
        public=event.public,
        commitment=commitment,
        case=case,
        epoch=epoch,
        at=now,
        act=act,
        by=by,
    )
    entry.pk = _insert(entry)
    return entry


def salt_place(commitment: bytes) -> str:
    """A salt is bound to its own entry."""
    return f"ledger:{commitment.hex()}"


def _insert(entry: Entry) -> int:
    row: tuple[Any, ...] = (
        entry.kind, entry.content, entry.salt, entry.holder, entry.public, entry.commitment,
        entry.case, entry.epoch, entry.at, entry.act, entry.by,
    )  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(INSERT, row)
        found = cursor.fetchone()
    assert found is not None
    entry._state.adding, entry._state.db = False, connection.alias
    return int(found[0])
