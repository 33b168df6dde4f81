"""The backups in the home's own folder: which there are, whether they are whole, and one of them as a stream."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from abeyance.errors import BadInput, NotFound
from abeyance.site.home import Home
from abeyance.site.keeping import manifest

A_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
MOST = 100


@dataclass(frozen=True)
class Kept:
    """`digest` is that of its list: whoever noted it down elsewhere can tell a replaced backup."""

    name: str
    made_at: str
    files: int
    size: int
    digest: str


def folder(home: Home) -> Path:
    return home.path / "backups"


def listed(home: Home) -> list[Kept]:
    """Newest first. What is not whole has another name and no list, and is no backup."""
    names = sorted((each.name for each in folder(home).glob("*") if A_NAME.fullmatch(each.name)), reverse=True)
    return [kept for name in names[:MOST] if (kept := _kept(home, name)) is not None]


def _kept(home: Home, name: str) -> Kept | None:
    try:
        found, digest = manifest.read(folder(home) / name)
    except BadInput:
        return None
    size = sum(size for size, _ in found.files.values())
    return Kept(name, found.made_at, len(found.files), size, digest)


def differences(home: Home, name: str) -> list[str]:
    place = _place(home, name)
    return manifest.differences(manifest.read(place)[0], place)


def as_tar(home: Home, name: str) -> Iterator[bytes]:
    """Piece by piece; nothing of it is held in memory but the piece under way."""
    place = _place(home, name)
    files = [place / manifest.NAME, *manifest.files_in(place)]
    return _tarred(place, files)


def _tarred(place: Path, files: list[Path]) -> Iterator[bytes]:
    for path in files:
        entry = tarfile.TarInfo(f"{place.name}/{path.relative_to(place).as_posix()}")
        entry.size, entry.mode, entry.mtime = path.stat().st_size, 0o600, int(path.stat().st_mtime)
        yield entry.tobuf(tarfile.PAX_FORMAT)
        with path.open("rb") as file:
            while piece := file.read(manifest.PIECE):
                yield piece
        yield bytes(-entry.size % tarfile.BLOCKSIZE)
    yield bytes(2 * tarfile.BLOCKSIZE)


def _place(home: Home, name: str) -> Path:
    place = folder(home) / name
    if not A_NAME.fullmatch(name) or not (place / manifest.NAME).is_file():
        raise NotFound(f"There is no backup {name[:64]!r} in the home's folder.")
    return place
