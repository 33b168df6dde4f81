"""What a backup holds: a list of its files with their digests, so that a changed, missing or added one is found."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from abeyance import givenfile
from abeyance.errors import BadInput

FORMAT = 1
NAME = "manifest.json"
LARGEST = 512 * 2**20
PIECE = 2**20


@dataclass(frozen=True)
class Manifest:
    """`abeyance` and `schema` say which program made it; `server` which PostgreSQL; `log` the newest checkpoint;
    `settings` the names of what the desk's file of settings set, and no value."""

    made_at: str
    abeyance: str
    schema: str
    server: str
    log: str
    files: dict[str, tuple[int, str]]
    settings: str = ""

    def write(self, folder: Path) -> str:
        """Returns its own digest: whoever notes that down elsewhere can tell a replaced backup."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, sort_keys=True, indent=1).encode() + b"\n"
        path = folder / NAME
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        return hashlib.sha256(text).hexdigest()


def read(folder: Path) -> tuple[Manifest, str]:
    path = folder / NAME
    try:
        text = givenfile.content(path, LARGEST) if path.is_file() else b""
        if len(text) > LARGEST:
            raise BadInput(f"{path} is too large to be the list of a backup.")
        said = json.loads(text)
    except (OSError, ValueError, RecursionError):
        raise BadInput(f"{folder} is not a backup: its {NAME} cannot be read.") from None
    return _checked(said, path), hashlib.sha256(text).hexdigest()


def _checked(said: Any, path: Path) -> Manifest:
    if not isinstance(said, dict) or said.pop("format", None) != FORMAT:
        raise BadInput(f"{path} is of another format than this Abeyance reads.")
    try:
        files = {_inside(name): (int(size), str(digest)) for name, (size, digest) in said.pop("files").items()}
        return Manifest(files=files, **{name: str(value) for name, value in said.items()})
    except (TypeError, ValueError, KeyError, AttributeError):
        raise BadInput(f"{path} is not spelled as the list of a backup.") from None


def _inside(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise ValueError(name)
    return str(path)


def files_in(folder: Path) -> Iterator[Path]:
    """Plain files only: a link could lead out of the backup."""
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            raise BadInput(f"{path} is a link; a backup holds plain files.")
        if path.is_file() and path != folder / NAME:
            yield path


def listed(folder: Path) -> dict[str, tuple[int, str]]:
    return {path.relative_to(folder).as_posix(): (path.stat().st_size, digest_of(path)) for path in files_in(folder)}


def digest_of(path: Path) -> str:
    mark = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(PIECE):
            mark.update(piece)
    return mark.hexdigest()


def differences(manifest: Manifest, folder: Path) -> list[str]:
    """In sentences; empty if the backup is what was written."""
    found = listed(folder)
    missing = [f"{name} is missing." for name in sorted(set(manifest.files) - set(found))]
    added = [f"{name} was added." for name in sorted(set(found) - set(manifest.files))]
    changed = [f"{name} was changed." for name, seen in sorted(found.items()) if manifest.files.get(name, seen) != seen]
    return missing + added + changed
