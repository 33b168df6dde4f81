"""Transaction numbers are a server's own. A log that came by a dump carries another server's, and its sequencer would
pass over entries whose numbers look as if they had been taken long ago. So what waits is given numbers of this server.

No number is part of what the log has signed: leaves and entries stay as they are.
"""

from __future__ import annotations

import os

from abeyance.site import databases, options
from abeyance.site.home import Home

WRITTEN_ONCE = ("ledger_entry", "ledger_batch")
WAITING = (
    "UPDATE ledger_entry e SET transaction = pg_current_xact_id()"
    " WHERE NOT EXISTS (SELECT FROM ledger_place p WHERE p.entry_id = e.id)"
)
BEFORE = "UPDATE ledger_batch SET horizon = 0"


def renumber(home: Home) -> None:
    """As the owner of the tables, since nobody else may change what is written once."""
    with databases.connect_as_owner(home, options.load(os.environ)) as connection, connection.transaction():
        for table in WRITTEN_ONCE:
            connection.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        connection.execute(WAITING)
        connection.execute(BEFORE)
        for table in WRITTEN_ONCE:
            connection.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
