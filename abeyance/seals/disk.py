"""Writing small secret files whole or not at all, and destroying what they replace.

A crash may leave a `.old` or `.new` file behind; `sweep` destroys those at the next start, so that no old key stays.
Overwriting reaches the blocks of an ordinary disk; a file system that copies on write, or a snapshot, may keep them.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import BinaryIO

from abeyance.errors import Unsafe

NEW, OLD = ".new", ".old"
OF_256 = tuple(f"{number:02x}" for number in range(256))


def read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as problem:
        raise Unsafe(f"{path} cannot be read: {problem.strerror}.") from None


def write_whole(path: Path, data: bytes) -> None:
    """0600, durable before it returns; what was there is overwritten and removed."""
    fresh, old = path.with_name(path.name + NEW), path.with_name(path.name + OLD)
    try:
        shred(fresh)
        with open_new(fresh) as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        _shred_old(old, path)
        if path.exists():
            os.link(path, old)
        fresh.replace(path)
        sync_folder(path.parent)
        shred(old)
    except OSError as problem:
        raise Unsafe(f"{path} cannot be written: {problem.strerror}.") from None


def open_new(path: Path) -> BinaryIO:
    """A file that must not exist yet, readable by nobody else from its first byte."""
    return os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600), "w+b")


def shred(path: Path) -> None:
    """Overwrite, make that durable, remove."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return
    with os.fdopen(handle, "wb", buffering=0) as file:
        left = os.fstat(file.fileno()).st_size
        while left > 0:
            left -= file.write(secrets.token_bytes(min(left, 2**20)))
        os.fsync(file.fileno())
    path.unlink()
    sync_folder(path.parent)


def sweep(folder: Path) -> None:
    for path in folder.glob("*" + NEW):
        shred(path)
    for path in folder.glob("*" + OLD):
        _shred_old(path, path.with_name(path.name.removesuffix(OLD)))


def _shred_old(old: Path, living: Path) -> None:
    """After a crash between linking and replacing, the two names are one file, and it is the living one."""
    if old.exists() and living.exists() and old.samefile(living):
        old.unlink()
    shred(old)


def make_folder(folder: Path) -> None:
    """Durable where it is made: else a file in it may be gone with it after a power failure. One of 256 is made with
    all the others, so that this is paid for once."""
    if folder.is_dir():
        return
    for name in OF_256 if folder.name in OF_256 else (folder.name,):
        folder.with_name(name).mkdir(mode=0o700, parents=True, exist_ok=True)
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
