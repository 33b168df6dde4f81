"""The API of intake: files as a form's uploads, or a note. What arrives is sealed as it arrives."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

from django.http import HttpRequest
from ninja import Field, Router, Schema

from abeyance.errors import BadInput
from abeyance.intake import taking
from abeyance.intake.commands import arrived_document
from abeyance.people.bearer import MemberToken, caller
from abeyance.seals.uploads import SealedUpload

router = Router(tags=["intake"], auth=MemberToken())


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
