"""Pages of the ledger: the newest entries, one entry with its receipt, the checkpoint, the keys, and a check of what
somebody shows. Entries about requests are read with the request, by those who may read it."""

from __future__ import annotations

import json

from django.http import HttpResponse
from django.shortcuts import redirect, render

from abeyance.ledger import listing, publication, receipts, verifying
from abeyance.ledger.models import Place
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.ledger.opening import read_content
from abeyance.rules.ledger.receipts import LARGEST_RECEIPT
from abeyance.rules.permissions import Permission

SHOWN = 40


@page(Permission.LEDGER_READ)
def ledger(request: MemberRequest) -> HttpResponse:
    looked_for = request.GET.get("entry", "").strip()
    if looked_for.isdecimal():
        return redirect("ledger-entry", number=int(looked_for[:18]))
    before = request.GET.get("before", "")
    newest = publication.newest()
    entries = listing.without_a_case(int(before[:18]) if before.isdecimal() else None, SHOWN)
    context = {
        "entries": entries,
        "older": entries[-1]["entry"] if len(entries) == SHOWN else None,
        "checkpoint": bytes(newest.note).decode() if newest else "",
        "keys": listing.verifier_keys(),
        "before": before,
    }
    return render(request, "ledger/ledger.html", context)


@page(Permission.LEDGER_READ)
def entry(request: MemberRequest, number: int) -> HttpResponse:
    found = listing.entry_without_a_case(number)
    told = listing.described(found, Place.objects.filter(entry=found).values_list("index", flat=True).first())
    content = json.dumps(read_content(bytes(found.content)), indent=2, ensure_ascii=False)
    return render(request, "ledger/entry.html", {"entry": told, "content": content})


@page(Permission.LEDGER_READ)
def receipt(request: MemberRequest, number: int) -> HttpResponse:
    answer = HttpResponse(
        receipts.receipt(listing.entry_without_a_case(number)), content_type="text/plain; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="entry-{number}.receipt.txt"'
    return answer


@act(Permission.LEDGER_READ)
def check(request: MemberRequest) -> HttpResponse:
    """Replays the log against what is stored, as `abeyance ledger check` does."""
    from abeyance.ledger import checking

    return render(request, "ledger/checked.html", {"found": checking.check()})


@act(Permission.LEDGER_READ)
def check_shown(request: MemberRequest) -> HttpResponse:
    """A receipt or a checkpoint that somebody shows, with our own key, as `abeyance verify` does."""
    data = request.POST.get("text", "").replace("\r\n", "\n").encode()[: LARGEST_RECEIPT + 1]
    keys = listing.verifier_keys()
    found = verifying.verify(data, verifying.given_key(keys[-1] if keys else None))
    return render(request, "ledger/shown.html", {"found": found, "sentence": verifying.printable(found.sentence)})
