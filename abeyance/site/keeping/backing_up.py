"""A backup: the database, the log's tiles, the sealed documents and packages. Never the key ring,
and never the settings, which may hold passwords: only the names of those that the file sets are in the list.

The database is written out first and the folders are copied after it: a file is on disk before the row that names it is
committed, so that every file the rows name is there, unless it was erased meanwhile, which is as it should be.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from abeyance import __version__
from abeyance.errors import BadInput, Unsafe
from abeyance.site import databases, options
from abeyance.site.home import Home
from abeyance.site.keeping import dumping, manifest

DATABASE = "database.dump"
FOLDERS = ("ledger", "documents", "packages")
LEFT_OUT = frozenset({"newest", ".lock", "arriving"})  # what one home has signed; what has not arrived yet


@dataclass(frozen=True)
class Made:
    folder: Path
    digest: str
    files: int
    size: int


def back_up(home: Home, target: Path | None, now: datetime | None = None) -> Made:
    """Into a new folder; one that was cut off has another name and no list, and is no backup."""
    moment = now or datetime.now(UTC)
    final = (target or home.path / "backups" / f"backup-{moment:%Y%m%dT%H%M%SZ}").absolute()
    if final.exists():
        raise BadInput(f"{final} is there already; a backup goes into a new folder.")
    if home.path in final.parents and final.parent != home.path / "backups":
        raise BadInput("A backup inside the home goes into its folder backups; better is another disk.")
    fresh = final.with_name(final.name + ".unfinished")
    try:
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700, parents=True)
        made = _fill(home, fresh, moment)
        fresh.rename(final)
    except OSError as problem:
        raise Unsafe(f"The backup could not be written to {final}: {problem.strerror or problem}.") from None
    return Made(final, made.digest, made.files, made.size)


def _fill(home: Home, folder: Path, moment: datetime) -> Made:
    dumping.dump(home, folder / DATABASE)
    for name in FOLDERS:
        if (home.path / name).is_dir():
            shutil.copytree(home.path / name, folder / name, ignore=_left_out, copy_function=_copy)
    found = manifest.listed(folder)
    digest = manifest.Manifest(
        made_at=moment.isoformat(),
        abeyance=__version__,
        schema=home.secret("schema") or "",
        server=_server_version(home),
        log=_newest_checkpoint(home),
        files=found,
        settings=", ".join(options.names_in_file(os.environ)),
    ).write(folder)
    return Made(folder, digest, len(found), sum(size for size, _ in found.values()))


def _left_out(folder: str, names: list[str]) -> set[str]:
    return {name for name in names if name in LEFT_OUT or name.endswith((".part", ".new"))}


def _copy(source: str | Path, target: str | Path) -> None:
    """A file that was erased while we copied is not an error."""
    try:
        shutil.copyfile(source, target, follow_symlinks=False)
        Path(target).chmod(0o600)
    except FileNotFoundError:
        return


def _server_version(home: Home) -> str:
    with databases.connect_as_owner(home, options.load(os.environ)) as connection:
        return str(connection.info.server_version)


def _newest_checkpoint(home: Home) -> str:
    try:
        return (home.path / "ledger" / "newest").read_text()
    except FileNotFoundError:
        return ""
