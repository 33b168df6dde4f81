"""The records that a package keeps of itself, read strictly. What is not understood is `BadInput`."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from abeyance.errors import BadInput

_LINE = re.compile(r"([0-9a-f]{64})  ([^\r\n]{1,300})")
_OXUM = re.compile(r"^Payload-Oxum: (\d{1,18})\.(\d{1,9})$", re.MULTILINE)


@dataclass(frozen=True)
class Listed:
    """One line of a manifest."""

    path: str
    sha256: str


@dataclass(frozen=True)
class Recorded:
    """One file as the custody record names it."""

    path: str
    size: int
    sha256: str
    rows: int | None


def manifest_of(text: bytes, name: str) -> tuple[Listed, ...]:
    found = [_LINE.fullmatch(line) for line in _decoded(text, name).removesuffix("\n").split("\n")]
    listed = tuple(Listed(line[2], line[1]) for line in found if line is not None)
    if len(listed) != len(found):
        raise BadInput(f"{name} has a line that is not a SHA-256 and a file name.")
    if len({one.path for one in listed}) != len(listed):
        raise BadInput(f"{name} names a file twice.")
    return listed


def octets_of(text: bytes) -> tuple[int, int] | None:
    """The number of bytes and of files in `data/`, as bag-info.txt says it."""
    found = _OXUM.findall(_decoded(text, "bag-info.txt"))
    return (int(found[0][0]), int(found[0][1])) if len(found) == 1 else None


def custody_of(text: bytes) -> tuple[Recorded, ...]:
    try:
        files = json.loads(_decoded(text, "custody.json"))["files"]
        return tuple(_recorded(file) for file in files)
    except (ValueError, KeyError, TypeError, RecursionError):
        raise BadInput("data/custody.json is not a custody record.") from None


def _recorded(file: Any) -> Recorded:
    path, size, sha256, rows = file["path"], file["size"], file["sha256"], file.get("rows")
    if not (isinstance(path, str) and isinstance(sha256, str) and isinstance(size, int)):
        raise TypeError
    return Recorded(path if path.isprintable() else repr(path), size, sha256, rows if isinstance(rows, int) else None)


def _decoded(text: bytes, name: str) -> str:
    try:
        return text.decode()
    except UnicodeDecodeError:
        raise BadInput(f"{name} is not UTF-8 text.") from None
