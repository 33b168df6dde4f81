"""The receipt of a request's arrival: it proves that exactly these bytes were recorded, and says nothing else."""

from __future__ import annotations

from abeyance.casefile.models import Case
from abeyance.errors import Refused
from abeyance.ledger.models import Entry
from abeyance.ledger.receipts import receipt
from abeyance.rules.decision import Reason
from abeyance.rules.events import RequestReceived


def of_arrival(case: Case) -> str:
    """Raises Refused for a restricted request, NotYetPublished until the next batch of the log."""
    refuse_restricted(case)
    return receipt(Entry.objects.filter(case=case.ref, kind=RequestReceived.__name__).earliest("pk"))


def refuse_restricted(case: Case) -> None:
    if case.restricted:
        sentence = "No receipt is written for a restricted request: its existence must not be proven by paper."
        raise Refused([Reason("restricted", sentence, "receipts:restricted")])
