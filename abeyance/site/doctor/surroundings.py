"""The machine: disk, clock, folders, and the database server's settings."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection

from abeyance.errors import Unsafe
from abeyance.fence import surroundings as fence
from abeyance.site import databases
from abeyance.site.doctor.finding import Finding, attention, good, wrong
from abeyance.site.roles import TABLES, grant_for

LITTLE_ROOM = 2 * 2**30
NO_ROOM = 256 * 2**20
CLOCKS_APART_SECONDS = 2.0
SECRET_FOLDERS = ("secrets", "keys", "ledger", "documents", "packages", "backups", "credentials")


def server_settings(reader: str) -> Iterator[Finding]:
    """What the gate asks each time, asked once for the person who could mend it."""
    try:
        fence.check()
    except Unsafe as problem:
        yield wrong("database", str(problem))
    else:
        yield good("database", "Its settings keep what was committed.")
    if _said("full_page_writes") != "on":
        yield wrong("database", "full_page_writes is off: a crash can tear pages. Set it on.")
    if int(_said("server_version_num")) // 10000 < databases.OLDEST_SERVER:
        yield wrong("database", f"The server is older than PostgreSQL {databases.OLDEST_SERVER}.")
    if not _one("SELECT pg_has_role(current_user, 'pg_signal_backend', 'MEMBER')"):
        role = connection.settings_dict["USER"]
        yield attention("database", f"{role} cannot end what keeps a pause waiting: GRANT pg_signal_backend TO {role}.")


def stand_bys(reader: str) -> Iterator[Finding]:
    """Promises 1, 2 and 6 survive a fail-over only where a commit waits for a stand-by."""
    attached = int(_one("SELECT count(*) FROM pg_stat_replication") or 0)
    named = _said("synchronous_standby_names")
    if attached and not named:
        yield wrong(
            "stand-by",
            f"{attached} stand-by(s) follow asynchronously: after a fail-over a pause could be forgotten. "
            "Set synchronous_standby_names, or do not fail over to them.",
        )
    elif named:
        yield good("stand-by", f"Commits wait for {named}.")


def clocks(reader: str) -> Iterator[Finding]:
    before = datetime.now(UTC)
    there = _one("SELECT clock_timestamp()")
    apart = abs((there - before).total_seconds())
    if apart > CLOCKS_APART_SECONDS:
        yield wrong("clock", f"The database's clock and this machine's are {apart:.0f} s apart: set both by NTP.")
    else:
        yield good("clock", "The clocks agree.")


def disk(reader: str) -> Iterator[Finding]:
    home = Path(settings.ABEYANCE_HOME)
    free = shutil.disk_usage(home).free
    sentence = f"{free // 2**20} MiB are free on the disk of {home}."
    if free < NO_ROOM:
        yield wrong("disk", sentence + " Intake is about to fail: make room.")
    elif free < LITTLE_ROOM:
        yield attention("disk", sentence)
    else:
        yield good("disk", sentence)


def folders(reader: str) -> Iterator[Finding]:
    home = Path(settings.ABEYANCE_HOME)
    for name in SECRET_FOLDERS:
        path = home / name
        if path.is_dir() and stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield wrong("home", f"{path} can be entered by others: chmod 700 {path}.")
    if stat.S_IMODE(home.stat().st_mode) & 0o022:
        yield wrong("home", f"{home} can be written by others: chmod go-w {home}.")


def grants(reader: str) -> Iterator[Finding]:
    """A table that no line of the grants names is closed to every process, which is a fault of ours."""
    with connection.cursor() as cursor:
        cursor.execute(TABLES)
        strange = [row[0] for row in cursor.fetchall() if grant_for(row[0]) is None]
    if strange:
        yield attention("database", f"No process may read the tables {', '.join(strange)}.")


def _said(setting: str) -> str:
    return str(_one("SELECT current_setting(%s)", setting))


def _one(query: str, *parameters: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        row = cursor.fetchone()
    return row[0] if row else None
