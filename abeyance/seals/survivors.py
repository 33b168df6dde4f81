"""The keys of all cases that lived at the last erasure run, in a file beside the ring.

A database restored from before that run holds keys wrapped under a generation that is gone. For the cases that were
still there, this file has the same keys under the present generation; for the erased ones nothing has. It also makes
good what a fail-over to a late stand-by may lose. Records have one size, sorted by the SHA-256 of the holder.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from abeyance.seals import casekeys, disk
from abeyance.seals.ring import Ring
from abeyance.seals.rows import CaseRow

MARK = 32
RECORD = MARK + casekeys.WRAPPED
NAME = "survivors."


def path_of(folder: Path, generation: int) -> Path:
    return folder / f"{NAME}{generation}"


def write(folder: Path, generation: int, records: Iterable[tuple[bytes, bytes]]) -> int:
    """Durable before it returns; `records` come sorted."""
    path, count = path_of(folder, generation), 0
    fresh = path.with_name(path.name + disk.NEW)
    disk.shred(fresh)
    with disk.open_new(fresh) as out:
        for mark, wrapped in records:
            if len(mark) + len(wrapped) != RECORD:
                raise ValueError("a record has one size")
            out.write(mark + wrapped)
            count += 1
        out.flush()
        os.fsync(out.fileno())
    disk.shred(path)
    fresh.replace(path)
    disk.sync_folder(folder)
    return count


def private_key(folder: Path, ring: Ring, row: CaseRow) -> bytes | None:
    """For a row of a generation that is gone: its key, if it survived."""
    for generation in reversed(ring.generations):
        if wrapped := find(path_of(folder, generation.number), row.holder):
            found = replace(row, wrapped=wrapped, generation=generation.number, fresh=False)
            if private := casekeys.private_key(generation, found):
                return private
    return None


def find(path: Path, holder: str) -> bytes | None:
    mark = hashlib.sha256(holder.encode()).digest()
    try:
        handle = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        return _search(handle, mark)
    finally:
        os.close(handle)


def _search(handle: int, mark: bytes) -> bytes | None:
    low, high = 0, os.fstat(handle).st_size // RECORD
    while low < high:
        middle = (low + high) // 2
        record = os.pread(handle, RECORD, middle * RECORD)
        if record[:MARK] == mark:
            return record[MARK:]
        low, high = (middle + 1, high) if record[:MARK] < mark else (low, middle)
    return None


def destroy_all_but(folder: Path, ring: Ring) -> None:
    kept = {path_of(folder, generation.number) for generation in ring.generations}
    for path in folder.glob(NAME + "*"):
        if path not in kept:
            disk.shred(path)
