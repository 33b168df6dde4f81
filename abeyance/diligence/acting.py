"""What the page of a conversation sends and shows, the same on the desk and on the portal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from abeyance.diligence import talking
from abeyance.diligence.models import Seat
from abeyance.errors import BadInput


def act(seat: Seat, request: HttpRequest) -> None:
    """One act of whoever sits there, by its word."""
    said, way, now = request.POST, request.POST.get("way", ""), datetime.now(UTC)
    if way == "say":
        talking.say(seat, said.get("envelope", ""), now=now)
    elif way in ("key", "age"):
        talking.leave_key(seat, way, said.get("key", "").strip(), now=now)
    elif way in ("yes", "no"):
        talking.consent(seat, said.get("digest", "").strip().lower(), given=way == "yes", now=now)
    elif way == "file" and (sent := request.FILES.get("file")) is not None:
        talking.send_file(seat, sent.read(talking.LARGEST_FILE + 1), now=now)
    else:
        raise BadInput(_("Choose a file, or what to do."))


def told(seat: Seat) -> dict[str, Any]:
    """For the template."""
    shown = talking.shown(seat)
    mine = next(each for each in shown["seats"] if each["name"] == seat.name)
    return {"consultation": seat.consultation, "seat": seat, "shown": shown, "mine": mine}


def download(content: bytes, number: int) -> HttpResponse:
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="consultation-{number}.age"'
    return answer
