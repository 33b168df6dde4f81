"""The ledger: every act is an entry; entries become leaves of a public log that says nothing by its shape.

append   in the transaction of the act          (entries)
sequence into padded batches on a fixed cadence  (sequencer, publication)
prove    by receipts that anybody checks offline (receipts, reading)
check    the log against what is stored          (checking)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from abeyance.ledger.entries import append as append
    from abeyance.ledger.entries import append_all as append_all
    from abeyance.ledger.entries import appending as appending
    from abeyance.ledger.models import Entry as Entry

__all__ = ["Entry", "append", "append_all", "appending"]


def __getattr__(name: str) -> Any:
    # Django imports this package before its models may be imported.
    if name in ("append", "append_all", "appending"):
        from abeyance.ledger import entries

        return getattr(entries, name)
    if name == "Entry":
        from abeyance.ledger.models import Entry

        return Entry
    raise AttributeError(name)
