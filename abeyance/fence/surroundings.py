"""What PostgreSQL must be set to for the promises to hold; checked inside the fence, each time."""

from __future__ import annotations

from django.db import connection

from abeyance.errors import Unsafe

STATEMENT = (
    "SELECT current_setting('transaction_isolation'), pg_is_in_recovery(),"
    " current_setting('synchronous_commit'), current_setting('fsync')"
)


def check() -> None:
    """Refuse where a commit could be lost, or a pause that committed while we waited would not be seen."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT)
        row = cursor.fetchone()
    assert row is not None
    refuse_unless_safe(*row)


def refuse_unless_safe(isolation: str, in_recovery: bool, synchronous_commit: str, fsync: str) -> None:
    """Raise Unsafe, naming the setting and its mend."""
    if isolation != "read committed":
        raise Unsafe(f"This session runs under {isolation.upper()}, which would not see a pause; use READ COMMITTED.")
    if in_recovery:
        raise Unsafe("This database is a stand-by in recovery; acts need the primary.")
    if synchronous_commit not in ("on", "remote_apply"):
        raise Unsafe(f"synchronous_commit is '{synchronous_commit}', so a commit could be lost; set it to 'on'.")
    if fsync != "on":
        raise Unsafe("fsync is off, so a commit could be lost with the power; set fsync = on.")
