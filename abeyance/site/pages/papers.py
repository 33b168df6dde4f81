"""What is written about a request: its letters as they will be printed, its receipt, its papers as they came, and what
changed from version to version."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from uuid import UUID

from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from abeyance import seals
from abeyance.casefile import door, retention
from abeyance.casefile.models import Case
from abeyance.errors import BadInput
from abeyance.intake import drawing
from abeyance.people.pages import MemberRequest, page
from abeyance.rules.permissions import Permission
from abeyance.site.pages import saying_who
from abeyance.site.requests import letters, receipts, versions
from abeyance.site.requests.letters import Written

P = Permission
LETTER = "letter.pdf"


@page(P.CASE_READ)
def listed(request: MemberRequest, ref: str) -> HttpResponse:
    """The letters that would be true at this moment, and why the others would not be."""
    found = _case(ref, request.member)
    kinds = letters.possible(found, now=_now())
    return render(request, "pages/letters.html", {"case": found, "kinds": kinds, "languages": letters.LANGUAGES})


@page(P.CASE_READ)
def letter(request: MemberRequest, ref: str, kind: str, language: str) -> HttpResponse:
    """As it will be printed: pages as pictures, and the same words as text."""
    written = _written(ref, kind, language, request.member)
    context = {
        "case": _case(ref, request.member),
        "kind": kind,
        "language": language,
        "text": written.text,
        "pages": range(1, _pages(written) + 1),
    }
    return render(request, "pages/letter.html", context)


@page(P.CASE_READ)
def letter_file(request: MemberRequest, ref: str, kind: str, language: str) -> HttpResponse:
    written = _written(ref, kind, language, request.member)
    return _file(written.pdf, f"{ref.upper()}-{kind}-{language}.pdf", "application/pdf")


@page(P.CASE_READ)
def letter_picture(request: MemberRequest, ref: str, kind: str, language: str, number: int) -> HttpResponse:
    """Drawn from the very file that is printed, by the same confined process as foreign papers."""
    written = _written(ref, kind, language, request.member)
    answer = HttpResponse(drawing.page([written.pdf], LETTER, LETTER, number).png, content_type="image/png")
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@page(P.CASE_READ)
def changes(request: MemberRequest, ref: str) -> HttpResponse:
    found = _case(ref, request.member)
    told = versions.listed(found, reader=request.member)
    names = saying_who.names_of([each["by"] or "" for each in told])
    told = [each | {"who": names.get(each["by"] or "")} for each in told]
    return render(request, "pages/versions.html", {"case": found, "versions": told})


@page(P.CASE_READ)
def receipt(request: MemberRequest, ref: str) -> HttpResponse:
    text = receipts.of_arrival(_case(ref, request.member))
    return _file(text.encode(), f"{ref.upper()}.receipt.txt", "text/plain; charset=utf-8")


@page(P.CASE_READ)
def entry_receipt(request: MemberRequest, ref: str, number: int) -> HttpResponse:
    found = _case(ref, request.member)
    text = receipts.of_entry(found, number)
    return _file(text.encode(), f"{found.ref}-{number}.receipt.txt", "text/plain; charset=utf-8")


@page(P.CASE_READ)
def original(request: MemberRequest, ref: str, key: UUID) -> HttpResponseBase:
    """The bytes as they came, to be saved: a browser must not open what a stranger has sent."""
    found = _case(ref, request.member)
    document = found.documents.filter(key=key).first()
    if document is None:
        raise BadInput("This request has no such document.")
    pieces = seals.unseal_file(found.holder, retention.document_file(document), place=document.place)
    answer = StreamingHttpResponse(pieces, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{found.ref}-{str(key)[:8]}.original"'
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _written(ref: str, kind: str, language: str, by: str) -> Written:
    if kind not in letters.KINDS or language not in letters.LANGUAGES:
        raise BadInput("There is no such letter.")
    return letters.write(_case(ref, by), kind, language, now=_now())


def _pages(written: Written) -> int:
    import pypdf  # only here, and slow to load

    return len(pypdf.PdfReader(io.BytesIO(written.pdf)).pages)


def _file(content: bytes, name: str, kind: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _case(ref: str, by: str) -> Case:
    return door.open_for(by, ref, P.CASE_READ, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)
