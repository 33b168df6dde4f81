"""The receipt of a request's arrival: it proves that exactly these bytes were recorded, and says nothing else."""

from __future__ import annotations

from abeyance.casefile.models import Case
from abeyance.errors import NotFound, Refused
from abeyance.ledger import listing
from abeyance.ledger.models import Entry
from abeyance.ledger.receipts import receipt
from abeyance.rules.decision import Reason
from abeyance.rules.events import RequestReceived


def of_arrival(case: Case) -> str:
    """Raises Refused for a restricted request, NotYetPublished until the next batch of the log."""
    refuse_restricted(case)
    return receipt(Entry.objects.filter(case=case.ref, kind=RequestReceived.__name__).earliest("pk"))


def of_entry(case: Case, number: int) -> str:
    """Of one entry of this request's own, for whoever has to show that it was recorded: a hand-over, say."""
    entry = listing.entry(number)
    if entry.case != case.ref:
        raise NotFound("This request has no such entry.")
    refuse_restricted(case)
    return receipt(entry)


def refuse_restricted(case: Case) -> None:
    if case.restricted:
        sentence = "No receipt is written for a restricted request: its existence must not be proven by paper."
        raise Refused([Reason("restricted", sentence, "receipts:restricted")])
