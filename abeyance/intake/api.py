"""The API of intake: files as a form's uploads, or a note. What arrives is sealed as it arrives."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.errors import BadInput
from abeyance.intake import serving, taking
from abeyance.intake.commands import arrived_document
from abeyance.people import queries as people
from abeyance.people.bearer import MemberToken, caller
from abeyance.rules.served import LONGEST, Place, Served, Wanted
from abeyance.seals.uploads import SealedUpload

router = Router(tags=["intake"], auth=MemberToken())


class ServedIn(Schema):
    """Served on a member in person; what is left out is not known. `on`: a colleague, by handle or code."""

    on: str = Field(default="", max_length=64)
    place: Place | None = None
    country: str | None = Field(default=None, pattern="^[A-Z]{2}$")
    wanted: Wanted | None = None
    by_whom: str = Field(default="", max_length=LONGEST)
    said: str = Field(default="", max_length=LONGEST)
    papers: str = Field(default="", max_length=LONGEST)
    devices: str = Field(default="", max_length=LONGEST)
    secrecy: bool | None = None
    custody: bool | None = None
    reach: str = Field(default="", max_length=LONGEST)
    shut_out: bool = False


class Note(Schema):
    text: str = Field(max_length=200_000)
    channel: str = Field(default="telephone", pattern="^(post|telephone)$")


@router.post("/intake", response={201: dict[str, Any]})
def intake(request: HttpRequest) -> dict[str, Any]:
    """Multipart form; every file of it belongs to one request."""
    uploads = [file for _, files in request.FILES.lists() for file in files]
    if not uploads:
        raise BadInput("Send at least one file, as multipart/form-data.")
    for file in uploads:
        if isinstance(file, SealedUpload) and file.too_large:
            raise BadInput(f"{file.name} is larger than intake takes.")
    with ExitStack() as open_files:
        paths = [open_files.enter_context(taking.in_memory(cast(BinaryIO, file))) for file in uploads]
        names = [(file.name or "file")[:400] for file in uploads]
        arrived = taking.take_together(paths, channel="api", by=caller(request), now=datetime.now(UTC), names=names)
    return arrived_document(arrived)


@router.post("/intake/note", response={201: dict[str, Any]})
def note(request: HttpRequest, body: Note) -> dict[str, Any]:
    arrived = taking.take_note(body.text, channel=body.channel, by=caller(request), now=datetime.now(UTC))
    return arrived_document(arrived)


@router.post("/served", response={201: dict[str, Any]})
def served(request: HttpRequest, body: ServedIn) -> dict[str, Any]:
    by, said = caller(request), body.dict()
    shut = said.pop("shut_out")
    said["on"] = people.code_of(body.on) if body.on else by
    arrived = serving.report(Served(**said), by=by, now=datetime.now(UTC), shut_out=shut)
    return {"ref": arrived.ref, "shut_out": shut}
