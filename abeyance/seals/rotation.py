"""The erasure run: a new generation, the survivors wrapped with it, the old generation destroyed.

Each step is durable before the next begins, and a run that was cut off goes on where it stopped:

1. the ring file holds old and new                       (cut off here: both open)
2. the database names the new intake key, after waiting for every transaction that still seals to the old one
3. survivors are wrapped anew, a few hundred at a time   (cut off here: each row says which generation opens it)
4. the file of survivors is written                      (for a database restored from before this run)
5. nothing in the database needs the old generation, looked at once more
6. the ring file holds the new one only; the old file, the old survivors and the trial copies are overwritten

While a run is unfinished nothing is lost and the old keys still exist; the key holder goes on by itself when unlocked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

from abeyance.errors import SomeoneElseWasFirst, Unsafe
from abeyance.seals import casekeys, keyring, rows, survivors
from abeyance.seals.database import Database, refuse_forgetful
from abeyance.seals.keyring import OpenRing
from abeyance.seals.public import as_row
from abeyance.seals.ring import DigestKey, Generation, Ring
from abeyance.seals.rows import CaseRow, Cursor

BATCH = 500
NEW_DIGEST_KEY_AFTER = timedelta(days=90)
RECORDS = """SELECT sha256(convert_to(holder, 'UTF8')), wrapped
    FROM seals_casekey WHERE generation = %s AND NOT fresh ORDER BY 1"""


@dataclass(frozen=True)
class Run:
    """What an erasure run did. `erased_before`: rows of a restored database whose keys an earlier run destroyed."""

    generation: int
    wrapped: int
    survivors: int
    erased_before: int
    given_up: int
    digest_keys: int


@dataclass(frozen=True)
class Wanted:
    """`keep_digests`: how long digests are found. `give_up`: destroy the old keys though some rows are broken."""

    today: date
    keep_digests: timedelta
    give_up: bool = False


@dataclass(frozen=True)
class Sweep:
    wrapped: int = 0
    erased_before: int = 0
    broken: tuple[str, ...] = ()


def is_unfinished(ring: Ring) -> bool:
    return len(ring.generations) > 1


def rotate(home: Path, opened: OpenRing, database: Database, wanted: Wanted, keep: Callable[[OpenRing], None]) -> Run:
    """`keep` is told of every ring that is now on disk. The numbers are those above."""
    with database.transaction() as cursor:
        refuse_forgetful(cursor)
    if not is_unfinished(opened.ring):
        opened = _with_new_generation(home, opened)  # 1
        keep(opened)
    publish(database, opened.ring, wait=True)  # 2
    done = _wrap_all(home, opened, database)  # 3
    if done.broken and not wanted.give_up:
        raise Unsafe(_broken_sentence(done.broken))
    count = _write_survivors(home, opened, database)  # 4
    _look_again(opened.ring, database, done.broken)  # 5
    opened = _without_old_generations(home, opened, wanted)  # 6
    keep(opened)
    survivors.destroy_all_but(keyring.folder(home), opened.ring)
    _forget_old_handovers(database)
    number, digests = opened.ring.current.number, len(opened.ring.digest_keys)
    return Run(number, done.wrapped, count, done.erased_before, len(done.broken), digests)


def publish(database: Database, ring: Ring, *, wait: bool) -> None:
    """Name the ring's current intake key in the database. With `wait`, no transaction still uses an older one."""
    row = as_row(ring.public())
    with database.transaction() as cursor:
        if wait:
            cursor.execute(rows.ALONE, [rows.LOCK])
        there = rows.intake_row(cursor)
        if there == row:
            return
        if there and there.ring != row.ring:
            raise Unsafe("The database was used with another key ring than the one in this home.")
        if there and there.generation > row.generation:
            raise Unsafe("The key ring is older than the database. Put back the newest copy of it that you keep.")
        rows.write_intake_row(cursor, row)


def _with_new_generation(home: Path, opened: OpenRing) -> OpenRing:
    ring = opened.ring
    grown = replace(ring, generations=(*ring.generations, Generation.make(ring.current.number + 1)))
    after = replace(opened, ring=grown)
    keyring.write(home, after)
    return after


def _without_old_generations(home: Path, opened: OpenRing, wanted: Wanted) -> OpenRing:
    ring = opened.ring
    digests = _kept_digest_keys(ring.digest_keys, wanted)
    after = replace(opened, ring=replace(ring, generations=(ring.current,), digest_keys=digests))
    keyring.write(home, after)
    return after


def _kept_digest_keys(keys: tuple[DigestKey, ...], wanted: Wanted) -> tuple[DigestKey, ...]:
    """A key is used from when it was made until the next one was; it dies when all of that is past retention."""
    ends = [later.made for later in keys[1:]] + [wanted.today]
    kept = tuple(key for key, end in zip(keys, ends, strict=True) if end >= wanted.today - wanted.keep_digests)
    young = wanted.today - kept[-1].made < NEW_DIGEST_KEY_AFTER
    return kept if young else (*kept, DigestKey.make(wanted.today))


def _wrap_all(home: Path, opened: OpenRing, database: Database) -> Sweep:
    done, last = Sweep(), ""
    while True:
        with database.transaction() as cursor:
            batch = _old_rows(cursor, opened.ring.current.number, last)
            done = _wrap_batch(home, opened.ring, cursor, batch, done)
        if len(batch) < BATCH:
            return done
        last = batch[-1].holder


def _old_rows(cursor: Cursor, generation: int, after: str) -> list[CaseRow]:
    cursor.execute(
        f"SELECT {rows.CASE_COLUMNS} FROM seals_casekey WHERE generation <> %s AND holder > %s "  # noqa: S608
        f"ORDER BY holder LIMIT {BATCH} FOR UPDATE",
        [generation, after],
    )
    return [rows.as_case(row) for row in cursor.fetchall()]


def _wrap_batch(home: Path, ring: Ring, cursor: Cursor, batch: list[CaseRow], done: Sweep) -> Sweep:
    for row in batch:
        private = casekeys.of_ring(ring, row) or survivors.private_key(keyring.folder(home), ring, row)
        if private is not None:
            _update(cursor, casekeys.wrapped_by(ring.current, row, private))
            done = replace(done, wrapped=done.wrapped + 1)
        elif ring.generation(row.generation):
            done = replace(done, broken=(*done.broken, row.holder))
        else:
            done = replace(done, erased_before=done.erased_before + 1)
    return done


def _update(cursor: Cursor, row: CaseRow) -> None:
    cursor.execute(
        "UPDATE seals_casekey SET wrapped = %s, generation = %s, fresh = false WHERE holder = %s",
        [row.wrapped, row.generation, row.holder],
    )


def _write_survivors(home: Path, opened: OpenRing, database: Database) -> int:
    number = opened.ring.current.number
    with database.stream(RECORDS, [number]) as found:
        return survivors.write(keyring.folder(home), number, _records(found))


def _records(found: Iterator[tuple[object, ...]]) -> Iterator[tuple[bytes, bytes]]:
    for mark, wrapped in found:
        if isinstance(mark, bytes | memoryview) and isinstance(wrapped, bytes | memoryview):
            yield bytes(mark), bytes(wrapped)


def _look_again(ring: Ring, database: Database, given_up: tuple[str, ...]) -> None:
    old = [one.number for one in ring.generations[:-1]]
    with database.transaction() as cursor:
        refuse_forgetful(cursor)
        cursor.execute(
            "SELECT count(*) FROM seals_casekey WHERE generation = ANY(%s) AND NOT holder = ANY(%s)",
            [old, list(given_up)],
        )
        if cursor.fetchone()[0]:
            raise SomeoneElseWasFirst("Keys of the old generation appeared during the run; run it again.")


def _forget_old_handovers(database: Database) -> None:
    with database.transaction() as cursor:
        cursor.execute("DELETE FROM seals_handover WHERE at < clock_timestamp() - interval '1 day'")


def _broken_sentence(broken: tuple[str, ...]) -> str:
    shown = ", ".join(broken[:5]) + (" and more" if len(broken) > 5 else "")
    return (
        f"{len(broken)} keys do not open ({shown}): their rows were changed. The old keys are kept. Put the rows back, "
        "or run it again with --give-up, which loses what those keys opened."
    )
