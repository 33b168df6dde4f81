"""The page of the ledger: the newest entries, the checkpoint, the keys; checking a receipt is the portal's and the
command's, which ask nobody."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from abeyance.ledger import listing, publication
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission

SHOWN = 200


@page(Permission.LEDGER_READ)
def ledger(request: MemberRequest) -> HttpResponse:
    newest = publication.newest()
    context = {
        # Entries about requests are read with the request, by those who may read it.
        "entries": [each for each in listing.listed(last=5 * SHOWN) if each["case"] is None][-SHOWN:][::-1],
        "checkpoint": bytes(newest.note).decode() if newest else "",
        "keys": listing.verifier_keys(),
    }
    return render(request, "ledger/ledger.html", context)


@act(Permission.LEDGER_READ)
def check(request: MemberRequest) -> HttpResponse:
    """Replays the log against what is stored, as `abeyance ledger check` does."""
    from abeyance.ledger import checking

    return render(request, "ledger/checked.html", {"found": checking.check()})
