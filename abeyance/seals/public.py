"""The public half of the ring, read from the home if it is here; never anything secret."""

from __future__ import annotations

import threading
from pathlib import Path

from abeyance.seals.ring import RING, PublicRing, decoded
from abeyance.seals.rows import IntakeRow

_lock = threading.Lock()
_read: dict[Path, tuple[tuple[int, int], PublicRing]] = {}


def ring_path(home: Path) -> Path:
    return home / "keys" / RING


def public_ring(home: Path) -> PublicRing | None:
    """None where there is no key ring, as on a machine that only runs the portal, or none that we may read."""
    path = ring_path(home)
    try:
        seen = path.stat()
        mark = (seen.st_mtime_ns, seen.st_ino)
        with _lock:
            if (known := _read.get(path)) and known[0] == mark:
                return known[1]
        found = decoded(path.read_bytes(), path).public
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return None
    with _lock:
        _read[path] = (mark, found)
    return found


def as_row(ring: PublicRing) -> IntakeRow:
    return IntakeRow(ring.id, ring.current.number, ring.current.intake_public, ring.log_public)
