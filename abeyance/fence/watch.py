"""A pause does not wait for a release that hangs: after a second its server process is ended."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DEFAULT_DB_ALIAS, connections

GRACE_SECONDS = 1.0


@contextmanager
def ending_holders(lock: int, *, waiting_pid: int) -> Iterator[None]:
    """While the body waits for `lock`, end those who have held it for longer than the grace."""
    got_it = threading.Event()
    watcher = threading.Thread(target=_watch, args=(lock, waiting_pid, got_it), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        got_it.set()
        watcher.join()


def _watch(lock: int, waiting_pid: int, got_it: threading.Event) -> None:
    while not got_it.wait(GRACE_SECONDS):
        _end_holders(lock, waiting_pid)


def _end_holders(lock: int, waiting_pid: int) -> None:
    """On a connection of its own, outside the pool: the pool may be full of the very holders that hang."""
    own = connections[DEFAULT_DB_ALIAS].copy()
    own.settings_dict["OPTIONS"] = {k: v for k, v in own.settings_dict["OPTIONS"].items() if k != "pool"}
    try:
        with own.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted"
                " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
                " AND classid = 0 AND objid = %s AND objsubid = 1 AND pid <> %s",
                [lock, waiting_pid],
            )
    finally:
        own.close()
