"""The log over HTTP. `public` is C2SP tlog-tiles and for everybody; `router` is the desk's and needs a member.

The site decides where they are hung and who is let in.
"""

from __future__ import annotations

from datetime import UTC, datetime

from django.http import HttpRequest, HttpResponse
from ninja import Router, Schema

from abeyance.errors import NotFound
from abeyance.ledger import listing, publication, receipts
from abeyance.people import queries as people
from abeyance.people.bearer import caller
from abeyance.rules.ledger.tiles import BadTileName, read_path
from abeyance.rules.permissions import Permission

public = Router(tags=["log"], auth=None)
router = Router(tags=["log"])

FOREVER = "public, max-age=31536000, immutable"


class ReceiptOut(Schema):
    entry: int
    receipt: str


@public.get("/ledger/checkpoint")
def checkpoint(request: HttpRequest) -> HttpResponse:
    """The newest signed checkpoint."""
    found = publication.newest()
    if found is None:
        raise NotFound("Nothing has been published yet.")
    answer = HttpResponse(bytes(found.note), content_type="text/plain; charset=utf-8")
    answer["Cache-Control"] = "no-cache"
    return answer


@public.get("/ledger/tile/{path:name}")
def tile(request: HttpRequest, name: str) -> HttpResponse:
    """Hashes and leaves, in tiles of 256."""
    found = publication.newest()
    try:
        wanted = read_path(f"tile/{name}")
        data = (publication.folder_of(found.origin) / wanted.path).read_bytes() if found else None
    except (BadTileName, OSError):
        data = None
    if data is None:
        raise NotFound("There is no such tile.")
    answer = HttpResponse(data, content_type="application/octet-stream")
    answer["Cache-Control"] = FOREVER
    return answer


@public.get("/ledger/key")
def key(request: HttpRequest) -> HttpResponse:
    """The verifier keys. Take them from here once, and compare them with what the operator prints elsewhere."""
    return HttpResponse(
        "".join(f"{each}\n" for each in listing.verifier_keys()), content_type="text/plain; charset=utf-8"
    )


@public.get("/ledger/opened/{int:number}")
def opened(request: HttpRequest, number: int) -> HttpResponse:
    """The receipt of a public entry, which opens it to everybody. Any other entry does not exist here."""
    return HttpResponse(receipts.opened(number), content_type="text/plain; charset=utf-8")


@router.get("/ledger/entries/{int:number}/receipt", response=ReceiptOut)
def receipt_of(request: HttpRequest, number: int) -> ReceiptOut:
    """A receipt of one entry that is about no request. Those about one are had from the request, by its readers."""
    people.require(caller(request), Permission.LEDGER_READ, datetime.now(UTC))
    return ReceiptOut(entry=number, receipt=receipts.receipt(listing.entry_without_a_case(number)))
