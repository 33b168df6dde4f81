"""Which operating-system user runs the embedded server. PostgreSQL refuses root, so root hands it to another user."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from abeyance.errors import Unsafe

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class ServerUser:
    """`other` is false when the server runs as ourselves; then nothing is handed over."""

    name: str
    uid: int
    gid: int
    other: bool

    def own(self, *paths: Path) -> None:
        if self.other:
            for path in paths:
                os.chown(path, self.uid, self.gid)

    def run(
        self, command: Sequence[str | Path], *, timeout: float, stdout: int | IO[Any] = subprocess.PIPE
    ) -> subprocess.CompletedProcess[str]:
        """From `/`, because this user may not be able to read the folder that we stand in; with a bare environment."""
        became: dict[str, Any] = {"user": self.uid, "group": self.gid, "extra_groups": []} if self.other else {}
        return subprocess.run(
            [str(part) for part in command],
            cwd="/",
            env=bare_environment(),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            **became,
        )


def bare_environment() -> Mapping[str, str]:
    return {"PATH": os.environ.get("PATH", "/usr/bin:/bin"), "LC_ALL": "C", "TZ": "UTC"}


def choose(data: Path) -> ServerUser:
    """Ourselves, unless we are root: then whoever owns the data already, else the first candidate that exists."""
    if os.geteuid() != 0:
        return _named(_name_of(os.geteuid()), os.geteuid(), os.getegid(), other=False)
    if data.exists() and (owner := data.stat().st_uid) != 0:
        return _from_passwd(_name_of(owner))
    for name in CANDIDATES:
        try:
            return _from_passwd(name)
        except KeyError:
            continue
    raise Unsafe(
        "PostgreSQL does not run as root, and neither of the users postgres and nobody exists: "
        "make one of them, or start Abeyance as an ordinary user."
    )


def _from_passwd(name: str) -> ServerUser:
    entry = pwd.getpwnam(name)
    return _named(name, entry.pw_uid, entry.pw_gid, other=True)


def _named(name: str, uid: int, gid: int, *, other: bool) -> ServerUser:
    return ServerUser(name, uid, gid, other)


def _name_of(uid: int) -> str:
    """PostgreSQL's own programs refuse a uid without a name, and their sentence does not say what to do."""
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        raise Unsafe(
            f"The user id {uid} has no name on this machine, and PostgreSQL needs one: add it to /etc/passwd, "
            "or set DATABASE_URL to an outside server."
        ) from None


def refuse_unreachable(user: ServerUser, folder: Path) -> None:
    """The server's user must be able to pass through every folder above its data."""
    if not user.other:
        return
    if user.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder], timeout=10).returncode == 0:
        return
    raise Unsafe(
        f"The database server runs as the user {user.name}, who cannot enter {_closed(user, folder)}: "
        "set ABEYANCE_HOME to a folder that everybody may pass through (as /var/lib/abeyance), "
        "or set DATABASE_URL to an outside server."
    )


def _closed(user: ServerUser, folder: Path) -> Path:
    for place in [*reversed(folder.parents), folder]:
        found = place.stat()
        bit = 0o100 if found.st_uid == user.uid else 0o010 if found.st_gid == user.gid else 0o001
        if not found.st_mode & bit:
            return place
    return folder
