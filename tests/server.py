"""The suite's own home, named before Django reads its settings (`-p tests.server`); its server starts with the first
test that asks for a database. DATABASE_URL makes the suite use a server of yours instead."""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path

OURS = "ABEYANCE_"
MEMORY, ENOUGH = Path("/dev/shm"), 6 << 30
KEPT = frozenset({"ABEYANCE_CI", "ABEYANCE_TEST_SHOTS"})


def _name_home() -> None:
    """A short path, because a socket's may only have 107 letters; reachable, because root cannot run the server."""
    for name in [name for name in os.environ if name.startswith(OURS) and name not in KEPT]:
        del os.environ[name]
    # Hundreds of commands are started as processes of their own: each would compile everything anew.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if _is_roomy(MEMORY):
        os.environ["TMPDIR"] = str(MEMORY)  # of what this suite starts, too
        tempfile.tempdir = None
    folder = Path(tempfile.mkdtemp(prefix="abe-"))
    folder.chmod(0o711)
    atexit.register(_remove, folder, os.getpid())
    os.environ |= {"ABEYANCE_HOME": str(folder), "ABEYANCE_PROCESS": "owner"}
    from abeyance.site import home

    home.here().make_folders()
    home.here().make_secrets()


def _is_roomy(folder: Path) -> bool:
    """A file system in memory: the suite makes ten thousands of small files and waits for a disk at each commit."""
    try:
        about = os.statvfs(folder)
    except OSError:
        return False
    runs_programs = not about.f_flag & os.ST_NOEXEC
    return runs_programs and os.access(folder, os.W_OK) and about.f_bavail * about.f_frsize > ENOUGH


def _remove(folder: Path, process: int) -> None:
    if os.getpid() == process:
        shutil.rmtree(folder, ignore_errors=True)


@cache
def start() -> None:
    """Roles and server as on any desk; the owner may also make the suite's databases."""
    from abeyance.site import databases, home, options

    place, settings = home.here(), options.load(os.environ)
    if settings.database_url:
        databases.prepare(place, settings)
        return
    place.cluster.join()
    atexit.register(place.cluster.leave)
    databases.prepare(place, settings)
    with databases.connect_as_superuser(place) as connection:
        connection.execute("ALTER ROLE abeyance_owner CREATEDB CREATEROLE")
        connection.execute("GRANT pg_signal_backend TO abeyance_owner")


_name_home()
