"""How a request comes in, and how a person makes facts of what its papers say."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from abeyance import countries, seals
from abeyance.casefile import door
from abeyance.casefile.models import Case
from abeyance.errors import BadInput
from abeyance.intake import confirming, drawing, taking
from abeyance.people.directory import queries as directory
from abeyance.people.pages import MemberRequest, page
from abeyance.policy import queries as policy
from abeyance.rules.permissions import Permission
from abeyance.rules.terms import (
    DataCategory,
    DemandKind,
    Ground,
    IdentifierKind,
    Issuer,
    Need,
    Offence,
    RequesterKind,
)
from abeyance.seals.uploads import SealedUpload
from abeyance.site.requests import commands, documents, drafting, papers

BLANK_ITEMS = 2
PDF = "application/pdf"
ITEM_TEXTS: tuple[str, ...] = ("service", "category", "identifier_kind", "identifier", "nexus")
ITEM_TEXTS += ("controller", "stored_in", "subject_country")
DEMAND_TEXTS = ("kind", "requester", "jurisdiction", "agency", "instrument", "ground", "entity", "issuer", "offence")
PARTICULARS = ("officer", "contact", "reference", "offence", "notes")
P = Permission

# --- arriving


@page(P.INTAKE_RECEIVE, methods=("GET", "POST"))
def new(request: MemberRequest) -> HttpResponse:
    """Files by drag and drop, or a note of what came by post or telephone."""
    if request.method == "GET":
        return render(request, "pages/new.html", {})
    if request.POST.get("text", "").strip():
        channel = "post" if request.POST.get("channel") == "post" else "telephone"
        arrived = [taking.take_note(request.POST["text"], channel=channel, by=request.member, now=_now())]
    else:
        arrived = _uploaded(request)
    for each in arrived:
        said = (
            _("%(ref)s was here already: the very same bytes.")
            if each.duplicate
            else _("%(ref)s has arrived and is sealed.")
        )
        messages.success(request, said % {"ref": each.ref})
    if empty := sum(not file.size for _key, files in request.FILES.lists() for file in files):
        # No name: a message waits in the session, where nothing is sealed.
        said = ngettext(
            "%(n)s file is empty (0 B): ask the sender for it again.",
            "%(n)s files are empty (0 B): ask the sender for them again.",
            empty,
        )
        messages.warning(request, said % {"n": empty})
    there = redirect("case", ref=arrived[0].ref) if len(arrived) == 1 else redirect("requests")
    if "X-Abeyance-Upload" in request.headers:  # a script goes there itself, so that the message is not used up
        return HttpResponse(status=201, headers={"Location": there["Location"]})
    return there


def _uploaded(request: MemberRequest) -> list[Any]:
    uploads = [file for _name, files in request.FILES.lists() for file in files]
    if not uploads:
        raise BadInput("Choose at least one file, or write down what came by post or telephone.")
    for file in uploads:
        if isinstance(file, SealedUpload) and file.too_large:
            raise BadInput(f"{file.name} is larger than intake takes; nothing of this upload was kept.")
    groups = [uploads] if request.POST.get("together") else [[file] for file in uploads]
    arrived = []
    for group in groups:
        with ExitStack() as held:
            paths = [held.enter_context(taking.in_memory(cast(BinaryIO, file))) for file in group]
            names = [(file.name or "file")[:400] for file in group]
            arrived.append(taking.take_together(paths, channel="file", by=request.member, now=_now(), names=names))
    return arrived


# --- stating what is demanded


@page(P.DEMAND_CONFIRM, methods=("GET", "POST"))
def confirm(request: MemberRequest, ref: str) -> HttpResponse:
    """Documents beside suggestions: a person makes facts of them."""
    found = _case(ref, request.member)
    problem, draft = "", {}
    if request.method == "POST":
        draft = _stated(request)
        try:
            confirming.confirm(ref, commands.stated_demand(draft), by=request.member, now=_now())
        except BadInput as wrong:
            problem = str(wrong)
        else:
            messages.success(request, _("What is demanded is recorded."))
            return redirect("case", ref=ref)
    else:
        draft = tomllib.loads(drafting.draft(found))
    context = _choices() | {
        "case": found,
        "problem": problem,
        "draft": draft,
        "items": [*draft.get("items", []), *({} for _blank in range(BLANK_ITEMS))],
        "suggestions": documents.suggestions(found),
        "documents": [_readable_document(found, document) for document in found.documents.order_by("pk")],
        "related_to": _related_shown(draft.get("related_to")),
        "particulars": [(name, draft.get("particulars", {}).get(name, "")) for name in _particular_names(draft)],
    }
    return render(request, "pages/confirm.html", context, status=422 if problem else 200)


@page(P.CASE_READ)
def drawn(request: MemberRequest, ref: str, key: UUID, part: int, number: int) -> HttpResponse:
    """One page of a PDF or of a picture, as colours in a file of ours."""
    seen = papers.drawn(_case(ref, request.member), key, part, number)
    answer = HttpResponse(seen.png, content_type="image/png")
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@page(P.CASE_READ)
def picture(request: MemberRequest, ref: str, key: UUID, part: int, number: int) -> HttpResponse:
    """A picture that came with the papers, for a reader who asks for this one: it is shown nowhere else."""
    found = _case(ref, request.member)
    context = {"case": found, "key": key, "part": part, "number": number}
    try:
        pages = papers.drawn(found, key, part, number).pages
    except BadInput as problem:
        return render(request, "pages/picture.html", context | {"problem": str(problem)}, status=422)
    return render(request, "pages/picture.html", context | {"pages": pages})


def _particular_names(draft: Mapping[str, Any]) -> list[str]:
    return list(dict.fromkeys([*PARTICULARS, *draft.get("particulars", {})]))


def _stated(request: MemberRequest) -> dict[str, Any]:
    """The form as the document that `request confirm` reads, so that one reader judges both."""
    said: Any = request.POST
    stated: dict[str, Any] = {key: said.get(key, "").strip() for key in DEMAND_TEXTS}
    stated["jurisdiction"] = countries.code_or_text(stated["jurisdiction"])
    stated |= {"emergency": "emergency" in said, "secrecy": "secrecy" in said}
    stated |= {key: local_moment(said.get(key, "")) for key in ("served_at", "deadline")}
    stated["related_to"] = _related(said.get("related_to", ""))
    stated["needs"] = said.getlist("needs")
    stated["particulars"] = {
        name.removeprefix("about-"): value.strip()
        for name, value in said.items()
        if name.startswith("about-") and value.strip()
    }
    parts = [name.split("-") for name in said if name.startswith("item-")]
    numbers = sorted({int(part[1]) for part in parts if len(part) == 3 and part[1].isdecimal()})
    items = [_stated_item(said, number) for number in numbers[:1000]]
    stated["items"] = [item for item in items if item["identifier"] or item["fields"]]
    return stated


def _related(text: str) -> list[str] | None:
    """Empty: nobody has looked. "none": somebody has, and there is no such place."""
    words = text.replace(",", " ").upper().split()
    return None if not words else [] if words == ["NONE"] else words


def _stated_item(said: Any, number: int) -> dict[str, Any]:
    item: dict[str, Any] = {key: said.get(f"item-{number}-{key}", "").strip() for key in ITEM_TEXTS}
    item |= {key: countries.code_or_text(item[key]) for key in ("stored_in", "subject_country")}
    item |= {key: local_moment(said.get(f"item-{number}-{key}", "")) for key in ("period_start", "period_end")}
    item["fields"] = [word for word in said.get(f"item-{number}-fields", "").replace(",", " ").split() if word]
    return item


def local_moment(text: str) -> Any:
    """A date and time field of a browser is in the reader's zone and says none."""
    text = text.strip()
    if not text:
        return ""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    return found if found.tzinfo else found.replace(tzinfo=timezone.get_current_timezone())


def _related_shown(places: list[str] | None) -> str:
    return "" if places is None else " ".join(places) or "none"


def _choices() -> dict[str, Any]:
    books = policy.books()[0]
    return {
        "kinds": [each.value for each in DemandKind],
        "requesters": [each.value for each in RequesterKind],
        "grounds": [each.value for each in Ground],
        "issuers": [each.value for each in Issuer],
        "offences": [each.value for each in Offence],
        "needs": [each.value for each in Need],
        "categories": [each.value for each in DataCategory],
        "identifier_kinds": [each.value for each in IdentifierKind],
        "agencies": [(code, name) for code, name, _country in directory.names()],
        "instruments": [(code, books.entries[code].instrument) for code in sorted(books.entries)],
        "services": sorted((each.service, each.title) for each in books.maps),
        "entities": [(each.code, each.name) for each in books.policy.entities],
        "countries": countries.names(),
    }


def _readable_document(found: Case, document: Any) -> dict[str, Any]:
    read = documents.reading_of(found, document)
    name = seals.unseal(found.holder, bytes(document.name), place=f"document:{document.key}:name").decode()
    pages = [
        {"of": part["path"], "part": place, "number": number, "text": text, "drawn": part["type"] == PDF}
        for place, part in enumerate(read.get("parts", []))
        for number, text in enumerate(part["text"], 1)
    ]
    pictures = [
        {"of": part["path"], "part": place}
        for place, part in enumerate(read.get("parts", []))
        if part["type"] in drawing.PICTURES
    ]
    told = {"key": str(document.key), "name": name, "size": document.size, "mark": document.mark}
    return told | {"pages": pages, "pictures": pictures}


def _case(ref: str, by: str) -> Case:
    return door.open_for(by, ref, P.CASE_READ, now=_now())


def _now() -> datetime:
    return datetime.now(UTC)
