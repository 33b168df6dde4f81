"""What came with a request, looked at: one page or picture at a time, drawn by a confined process on request."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any
from uuid import UUID

from abeyance import seals
from abeyance.casefile import door, retention
from abeyance.casefile.models import Case
from abeyance.console import Answer
from abeyance.errors import NotFound
from abeyance.intake import drawing
from abeyance.intake.drawing import Drawn
from abeyance.people import commands as people
from abeyance.rules.people import Permission
from abeyance.site.requests import documents, verbs


def register(sub: Any) -> None:
    draw = verbs.verb(sub, "draw", draw_page, "one page or picture of its papers, drawn anew as a PNG file")
    draw.add_argument("document", type=UUID, help="as `request show` names it")
    draw.add_argument("--part", type=int, default=0, metavar="N", help="which part of it, from 0, as it was read")
    draw.add_argument("--page", type=int, default=1, metavar="N")
    draw.add_argument("--out", type=Path, required=True, metavar="FILE")


def draw_page(args: argparse.Namespace) -> Answer:
    by = people.acting(args, needs_credential=True)
    found = door.open_for(by, args.ref, Permission.CASE_READ, now=verbs.now())
    seen = drawn(found, args.document, args.part, args.page)
    verbs.write_new(args.out, seen.png)
    told = {"file": str(args.out), "page": args.page, "pages": seen.pages}
    return Answer(told, f"{args.out}: page {args.page} of {seen.pages}.")


def drawn(found: Case, key: UUID, part: int, number: int) -> Drawn:
    """`part` counts from 0, as the reading lists them; `number` from 1. Raises NotFound and BadInput."""
    document = found.documents.filter(key=key).first()
    if document is None:
        raise NotFound("This request has no such document.")
    parts = documents.reading_of(found, document).get("parts", [])
    if not 0 <= part < len(parts):
        raise NotFound("This document has no such part.")
    pieces = seals.unseal_file(found.holder, retention.document_file(document), place=document.place)
    return drawing.page(pieces, parts[0]["path"], parts[part]["path"], number)
