"""How most acts on a request begin: inside the fence, its row locked, the key of its entries at hand; one journey."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from abeyance import fence, seals
from abeyance.asking import Asked
from abeyance.casefile.models import Case
from abeyance.errors import NotFound

MOST_KNOWN = 10_000


@dataclass(frozen=True)
class Inside:
    """`case` as it is now, unchangeable until the commit; `sealing` is its key, for what is recorded about it."""

    case: Case
    sealing: seals.HolderKey
    now: datetime
    epoch: int


@contextmanager
def locked(case: Case, act: UUID, also: Asked | None = None) -> Iterator[Inside]:
    """One durable transaction, like `fence.together`. `also` is asked on the way."""
    asked = also or Asked()
    rows = asked.rows(Case, "WHERE t.id = %s FOR UPDATE", case.pk)
    key = _asking_key(asked, case.holder)
    with fence.together(act, asked) as entered:
        if not rows or rows[0].erased_at is not None:
            raise NotFound(f"There is no request {case.ref} any more.")
        yield Inside(rows[0], key(), entered.now, entered.epoch)


_known: dict[str, seals.HolderKey] = {}


def _asking_key(asked: Asked, holder: str) -> Callable[[], seals.HolderKey]:
    """A case keeps its key until it is erased, which its locked row tells; so the key is asked for once."""
    if holder in _known:
        known = _known[holder]
        return lambda: known
    found = seals.asking_key(asked, holder)

    def key() -> seals.HolderKey:
        if len(_known) >= MOST_KNOWN:
            _known.clear()
        return _known.setdefault(holder, found())

    return key
