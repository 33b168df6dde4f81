"""Writing an entry: one INSERT in the transaction of the act, no file, no network, no key holder.

An act that writes much takes its entry along in the same journey (`appending`).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from abeyance import seals
from abeyance.asking import Asked, Plain, stored
from abeyance.ledger.models import Entry
from abeyance.rules.events import Event
from abeyance.rules.ledger.opening import SALT, actor_mark, spell

COLUMNS = 'kind, content, salt, holder, public, commitment, "case", epoch, at, act, by'
Holder = str | seals.HolderKey
VALUES = "(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"


def append(
    event: Event,
    *,
    by: str,
    now: datetime,
    holder: Holder | None = None,
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
    holder: Holder | None = None,
    case: str | None = None,
    epoch: int | None = None,
    act: UUID | None = None,
) -> list[Entry]:
    """Several entries of one act, in this order, by one INSERT; `epoch` and `act` are the last one's."""
    asked = Asked()
    entries = appending(asked, events, by=by, now=now, holder=holder, case=case, epoch=epoch, act=act)
    asked.now()
    return entries


def appending(
    asked: Asked,
    events: Sequence[Event],
    *,
    by: str,
    now: datetime,
    holder: Holder | None = None,
    case: str | None = None,
    epoch: int | None = None,
    act: UUID | None = None,
) -> list[Entry]:
    """Like `append_all`, in one journey with what else the act writes; `asked.now()` writes them."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("an entry is written in the transaction of its act")
    whose = holder or seals.LEDGER
    name = whose.holder if isinstance(whose, seals.HolderKey) else whose
    entries = [_entry(event, by, now, name, case) for event in events[:-1]]
    entries.append(_entry(events[-1], by, now, name, case, epoch, act))
    _seal_salts(whose, [entry for entry in entries if not entry.public])
    _insert(asked, entries)
    return entries


def _seal_salts(holder: Holder, entries: Sequence[Entry]) -> None:
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


def _insert(asked: Asked, entries: Sequence[Entry]) -> None:
    row: list[Any] = []
    for entry in entries:
        row += (
            entry.kind, entry.content, entry.salt, entry.holder, entry.public, entry.commitment,
            entry.case, entry.epoch, entry.at, entry.act, entry.by,
        )  # fmt: skip
    values = ", ".join([VALUES] * len(entries))
    keys = f"INSERT INTO ledger_entry ({COLUMNS}) VALUES {values} RETURNING id"  # noqa: S608

    def written(found: list[Plain]) -> None:
        for entry, key in zip(entries, found, strict=True):
            stored(entry, key[0])

    asked.heard(written, keys, *row)
