"""Files that are whole or absent, and there after a power cut when the call has returned."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from abeyance.errors import Unsafe


def write_durably(path: Path, data: bytes) -> None:
    write_all([(path, data)])


def write_all(files: Iterable[tuple[Path, bytes]]) -> None:
    """Each through a file beside it and a rename; then the folders, each once."""
    folders: set[Path] = set()
    try:
        for path, data in files:
            folders |= _make_folders(path.parent)
            _write(path, data)
            folders.add(path.parent)
        for folder in folders:
            _sync(folder)
    except OSError as error:
        raise Unsafe(f"{error.filename or 'The ledger folder'} cannot be written: {error.strerror}.") from error


def _write(path: Path, data: bytes) -> None:
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.replace(fresh, path)
    except BaseException:
        fresh.unlink(missing_ok=True)
        raise


def _make_folders(folder: Path) -> set[Path]:
    """The folders in which a new folder appeared."""
    changed: set[Path] = set()
    missing = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    for each in reversed(missing):
        if not each.is_dir():
            each.mkdir(mode=0o755, exist_ok=True)
            changed.add(each.parent)
    return changed


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
