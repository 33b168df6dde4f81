"""Making, using and erasing the key of a holder, without any secret: all of this works while the desk is locked."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.db.utils import ProgrammingError

from abeyance.asking import Asked, Plain
from abeyance.errors import BadInput, NotFound, SomeoneElseWasFirst, Unsafe
from abeyance.seals import hpke, rows
from abeyance.seals.binding import Kind, bound_to, case_key_binding, checked, is_package
from abeyance.seals.public import as_row, public_ring
from abeyance.seals.rows import CaseRow, IntakeRow

MAX_FIELD = 4 * 2**20
LEDGER = "ledger"  # the holder of salts that belong to no case; never erased
NO_KEY = "There is no key for this: it was erased, or it never was."


@dataclass(frozen=True)
class HolderKey:
    """The public key of `holder`, for whoever has read it in the same transaction already."""

    holder: str
    public: bytes


def home() -> Path:
    return Path(settings.ABEYANCE_HOME)


def new_case_key(holder: str, jurisdiction: str | None) -> None:
    """Make the key pair of `holder`, in the caller's transaction."""
    if not _made(holder, jurisdiction):
        raise SomeoneElseWasFirst(f"{holder} has a key already.")


def _made(holder: str, jurisdiction: str | None) -> bool:
    _inside()
    new, before, writing = NewKey(holder, jurisdiction), Asked(), Asked()
    new.prepare(before)
    before.now()
    written = new.write(writing)
    writing.now()
    return bool(written)


class NewKey:
    """A key pair on its way: sealed to from the beginning, and written together with what it belongs to. Until then its
    private half is in this process only, beside the plain text."""

    def __init__(self, holder: str, jurisdiction: str | None) -> None:
        self._private, self._jurisdiction = hpke.new_private(), jurisdiction
        self.key = HolderKey(checked(holder), hpke.public_of(self._private))
        self._intake: list[Plain] = []

    def prepare(self, asked: Asked) -> None:
        """In the transaction that is to write it. The lock first, then the read: an erasure run waits for us, or we see
        the key that it made."""
        asked.plain(*rows.HOLD_ROTATION_OFF)
        self._intake = asked.plain(rows.INTAKE)

    def write(self, asked: Asked) -> list[Plain]:
        """After what `prepare` asked was answered. No row comes back where the holder has a key already."""
        intake = intake_key(rows.as_intake(self._intake[0]) if self._intake else None, home())
        binding = case_key_binding(self.key.holder, self._jurisdiction)
        sealed = hpke.seal_to(intake.public_key, self._private, binding)
        made = CaseRow(self.key.holder, self._jurisdiction, self.key.public, sealed, intake.generation, True)
        return asked.plain(*rows.insert_case(made))


def intake_key(row: IntakeRow | None, home: Path) -> IntakeRow:
    """The row; but where the home shows that the row is older than the ring (a restored database), the ring's key."""
    here = public_ring(home)
    if here is None:
        if row is None:
            raise Unsafe("No intake key is published yet: start the key holder once (abeyance keys unlock).")
        return row
    if row is None:
        _publish_first(as_row(here))
        return as_row(here)
    if row.ring != here.id:
        raise Unsafe("The database was used with another key ring than the one in this home.")
    stale = row.generation < here.current.number and not here.holds(row.generation)
    return as_row(here) if stale else row


def _publish_first(row: IntakeRow) -> None:
    try:
        with connection.cursor() as cursor:
            rows.insert_first_intake_row(cursor, row)
    except ProgrammingError:
        raise Unsafe("No intake key is published yet: start the key holder once (abeyance keys unlock).") from None


def seal(holder: str | HolderKey, plaintext: bytes, *, place: str) -> bytes:
    return seal_many(holder, [(plaintext, place)])[0]


def seal_many(holder: str | HolderKey, plain: Iterable[tuple[bytes, str]]) -> list[bytes]:
    """Like `seal`, with one look at the holder's key, or none."""
    key = key_of(holder)
    return [_sealed(key.public, key.holder, plaintext, place) for plaintext, place in plain]


def _sealed(public: bytes, holder: str, plaintext: bytes, place: str) -> bytes:
    if is_package(place):
        raise BadInput("A package is a file, and only a release opens it.")
    if len(plaintext) > MAX_FIELD:
        raise BadInput(f"A sealed field has at most {MAX_FIELD // 2**20} MiB; larger things are sealed as files.")
    return hpke.seal_to(public, plaintext, bound_to(Kind.FIELD, holder, place))


def key_of(holder: str | HolderKey) -> HolderKey:
    return holder if isinstance(holder, HolderKey) else HolderKey(holder, public_key(holder))


def public_key(holder: str) -> bytes:
    with connection.cursor() as cursor:
        found = rows.public_key(cursor, checked(holder))
    if found is None and holder == LEDGER:
        return _ledger_key()
    if found is None:
        raise NotFound(NO_KEY)
    return found


def asking_key(asked: Asked, holder: str) -> Callable[[], HolderKey]:
    """The key read in a journey with other questions; to be called after `asked.now()`."""
    found = asked.plain(rows.PUBLIC_KEY, checked(holder))

    def key() -> HolderKey:
        if not found:
            raise NotFound(NO_KEY)
        return HolderKey(holder, bytes(found[0][0]))

    return key


def _ledger_key() -> bytes:
    """Made when first needed; of two that make it at once, the second takes what the first made."""
    _made(LEDGER, None)
    with connection.cursor() as cursor:
        found = rows.public_key(cursor, LEDGER)
    if found is None:
        raise NotFound(NO_KEY)
    return found


def erase(holder: str) -> None:
    """Delete the key: from now on nobody opens what it sealed, and after the next erasure run no backup does either."""
    if holder == LEDGER:
        raise BadInput("The ledger's key is not erased: salts of entries without a case are under it.")
    _inside()
    with connection.cursor() as cursor:
        rows.delete_case(cursor, checked(holder))


def _inside() -> None:
    if not connection.in_atomic_block:
        raise Unsafe("Keys are made and erased inside a transaction, together with what they belong to.")
