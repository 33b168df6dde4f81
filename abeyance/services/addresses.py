"""How to reach a service's database: one line in a file beside the keys, which no backup of the desk contains."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from abeyance.errors import BadInput, Unsafe

FOLDER = "keys"
LONGEST = 4_096
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,90}")


def usual_file(service: str) -> str:
    return f"service-{service}.dsn"


def checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise BadInput(f"{name!r} is not the plain name of a file in the folder {FOLDER}.")
    return name


def read(home: Path, name: str) -> str:
    """A connection string of PostgreSQL. Refused if anybody but its owner could read it."""
    path = home / FOLDER / checked_name(name)
    try:
        # Without NONBLOCK a named pipe would wait for ever.
        with open(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            found = os.fstat(file.fileno()).st_mode
            mode, regular = stat.S_IMODE(found), stat.S_ISREG(found)
            raw = file.read(LONGEST + 1)
    except OSError as problem:
        raise Unsafe(f"The address of the service's database is to stand in {path}: {problem.strerror}.") from None
    if not regular:
        raise BadInput(f"{path} is to be a file with one line, postgresql://role:password@host/database.")
    if mode & 0o077:
        raise Unsafe(f"{path} can be read by others: chmod 600 {path}.")
    return _one_line(raw, path)


def _one_line(raw: bytes, path: Path) -> str:
    try:
        text = raw.decode().strip()
    except UnicodeDecodeError:
        text = ""
    if not text or len(raw) > LONGEST or not text.isprintable():
        raise BadInput(f"{path} is to hold one line: postgresql://role:password@host/database.")
    return text
