"""From the PostgreSQL that a home began with to the one that came with this Abeyance.

The data is written anew by the newer server from a dump, beside the old data, and takes its place only when it has been
read back whole. Until then, and after any failure, everything is as before. The old data and programs are kept.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from abeyance.errors import Unsafe
from abeyance.site import databases, options, upkeep
from abeyance.site.home import Home
from abeyance.site.keeping import backing_up, dumping, renumbering
from abeyance.site.postgres import Cluster, binaries_in, install_binaries, major, wheel_version


@dataclass(frozen=True)
class Step:
    """From which version to which. `rewrites` if the data must be written anew."""

    before: str
    after: str
    rewrites: bool

    @property
    def is_needed(self) -> bool:
        return self.before != self.after or self.rewrites


def planned(home: Home, *, rewrite: bool = False) -> Step:
    before, after = home.cluster.version, wheel_version()
    if major(before) > major(after):
        raise Unsafe(f"This home has PostgreSQL {before}, newer than the {after} at hand. Install the newer Abeyance.")
    return Step(before, after, rewrite or major(before) != major(after))


def upgrade(home: Home, step: Step) -> backing_up.Made:
    """The caller has entered the home, so the old server runs."""
    with upkeep.serving(home.path):
        made = backing_up.back_up(home, None)
        install_binaries(home.cluster.folder, step.after)
        if step.rewrites:
            _rewrite(home, step)
        else:
            _change_programs(home, step)
    return made


def _change_programs(home: Home, step: Step) -> None:
    """Within one major version the data stays as it is."""
    cluster = home.cluster
    cluster.stop_alone()
    _write_version(cluster.folder, step.after)
    try:
        cluster.join()
    except Unsafe:
        _write_version(cluster.folder, step.before)
        cluster.join()
        raise


def _rewrite(home: Home, step: Step) -> None:
    cluster = home.cluster
    kept = cluster.folder / f"data.{step.before}.{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    with tempfile.TemporaryDirectory(dir=cluster.folder, prefix="dump.") as folder:
        dump = Path(folder) / "database.dump"
        dumping.dump(home, dump, with_programs=binaries_in(cluster.folder / step.after))
        cluster.stop_alone()
        cluster.data.rename(kept)
        try:
            _write_version(cluster.folder, step.after)
            _load_into_new(home, dump)
        except BaseException:
            _undo(cluster, kept, step)
            raise


def _load_into_new(home: Home, dump: Path) -> None:
    chosen = options.load(os.environ)
    home.cluster.join()
    databases.prepare(home, chosen)
    dumping.load(home, dump)
    with databases.connect_as_owner(home, chosen) as connection:
        from abeyance.site import roles

        roles.apply_grants(connection, databases.role_names(chosen))
    renumbering.renumber(home)


def _undo(cluster: Cluster, kept: Path, step: Step) -> None:
    cluster.stop_alone()
    shutil.rmtree(cluster.data, ignore_errors=True)
    kept.rename(cluster.data)
    _write_version(cluster.folder, step.before)
    cluster.join()


def _write_version(folder: Path, version: str) -> None:
    fresh = folder / "version.new"
    fresh.write_text(version + "\n")
    fresh.replace(folder / "version")
