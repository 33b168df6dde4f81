"""The key of a package is given out once, and only for a release that is committed: the key holder looks for itself."""

from __future__ import annotations

from uuid import UUID

from abeyance.errors import Refused
from abeyance.rules.decision import Reason
from abeyance.seals.binding import PACKAGE, TO
from abeyance.seals.database import refuse_forgetful
from abeyance.seals.rows import Cursor

# Both the look and the note are in one statement of a transaction of our own: what is not committed is not seen.
NOTE = """INSERT INTO seals_handover (act, at)
    SELECT act, clock_timestamp() FROM release_release
    WHERE act = %s AND package_id::text = %s AND (%s = '' OR agency_key = %s)
      AND made > clock_timestamp() - interval '10 minutes' AND made <= clock_timestamp() + interval '10 seconds'
    ON CONFLICT DO NOTHING"""


def note(cursor: Cursor, act: UUID, place: str) -> None:
    """`place` names the package; of one that is encrypted already, also the key of its only recipient."""
    refuse_forgetful(cursor)
    package, _, to = place.removeprefix(PACKAGE).partition(TO)
    cursor.execute(NOTE, [act, package, to, to])
    if cursor.rowcount == 1:
        return
    cursor.execute("SELECT 1 FROM seals_handover WHERE act = %s", [act])
    raise Refused([_used() if cursor.fetchone() else _no_release()])


def _used() -> Reason:
    said = "This release has already handed its package over; every further attempt needs a release of its own."
    return Reason("release-used", said, "the key holder")


def _no_release() -> Reason:
    said = "There is no committed release of this package from the last ten minutes."
    return Reason("no-release", said, "the key holder")
