"""What the public is told, for members: what stands there, what would stand there now, and who else has paused."""

from __future__ import annotations

from datetime import UTC, datetime

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance.people.pages import MemberRequest, act, page
from abeyance.reporting import pages, publishing, saying
from abeyance.reporting import register as stances
from abeyance.rules.permissions import Permission
from abeyance.rules.publication import StanceKind

TYPES = {"html": "text/html", "css": "text/css", "json": "application/json", "xml": "application/atom+xml"}


@page(None)
def published(request: MemberRequest) -> HttpResponse:
    newest = publishing.newest()
    said = saying.document(newest.said if newest else None, _now())
    context = {
        "newest": newest,
        "waits": newest is None or newest.said != said,
        "names": ["index", *(pause["name"] for pause in said["pauses"])],
        "lines": stances.lines(),
        "kinds": [kind.value for kind in StanceKind],
    }
    return render(request, "reporting/published.html", context)


@page(None)
def preview(request: MemberRequest, name: str) -> HttpResponse:
    """A file as it would be published at this moment. Nothing is written."""
    newest = publishing.newest()
    found = pages.files(saying.document(newest.said if newest else None, _now())).get(name)
    if found is None:
        raise Http404
    return answer(name, found.decode())


@act(Permission.PAUSE_DRAFT)
def publish(request: MemberRequest) -> HttpResponse:
    made = publishing.publish(_now(), by=request.member)
    said = _("Published.") if made else _("Nothing has changed since the last publication.")
    messages.success(request, said)
    return redirect("published")


@act(Permission.PAUSE_DRAFT)
def add(request: MemberRequest) -> HttpResponse:
    stances.record(stances.read(request.POST.dict()), by=request.member, now=_now())
    messages.success(request, _("The register has a new line. It is published within a minute."))
    return redirect("published")


@act(Permission.PAUSE_DRAFT)
def drop(request: MemberRequest, line: int) -> HttpResponse:
    stances.withdraw(line, by=request.member, now=_now())
    messages.success(request, _("The line is off the register."))
    return redirect("published")


def answer(name: str, content: str) -> HttpResponse:
    return HttpResponse(content, content_type=f"{TYPES.get(name.rpartition('.')[2], 'text/plain')}; charset=utf-8")


def _now() -> datetime:
    return datetime.now(UTC)
