"""Pages of whoever runs the desk: the doctor, the jobs and why they failed, backups, settings."""

from __future__ import annotations

from dataclasses import fields

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance import outbox
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission
from abeyance.site import home
from abeyance.site.doctor import commands as doctor
from abeyance.site.keeping import asked, shelf

MOST_JOBS = 200


@page(None)
def operation(request: MemberRequest) -> HttpResponse:
    context = {
        "findings": doctor.examine(request.member),
        "waiting": outbox.waiting(reader=request.member),
        "overdue": outbox.overdue(reader=request.member),
        "given_up": len(outbox.failures(MOST_JOBS, reader=request.member)),
        "backups": shelf.listed(home.here())[:1],
        "options": _options(),
    }
    return render(request, "pages/operation.html", context)


@page(None)
def jobs(request: MemberRequest) -> HttpResponse:
    """What waits, what was given up, and why."""
    context = {
        "failures": outbox.failures(MOST_JOBS, reader=request.member),
        "pending": outbox.pending(MOST_JOBS, reader=request.member),
        "waiting": outbox.waiting(reader=request.member),
    }
    return render(request, "pages/jobs.html", context)


@act(Permission.KEYS_ROTATE)
def retry(request: MemberRequest, job: int) -> HttpResponse:
    outbox.retry(job)
    messages.success(request, _("It will be tried again."))
    return redirect("jobs")


@page(Permission.KEYS_ROTATE)
def backups(request: MemberRequest) -> HttpResponse:
    context = {"backups": shelf.listed(home.here()), "waiting": asked.is_under_way(), "keys": home.here().path / "keys"}
    return render(request, "pages/backups.html", context)


@act(Permission.KEYS_ROTATE, step_up=True)
def back_up(request: MemberRequest) -> HttpResponse:
    """By the worker: a large desk takes longer than a browser waits."""
    asked.ask_for_backup(by=request.member)
    messages.success(request, _("The worker is making it; it appears here when it is whole."))
    return redirect("backups")


@page(Permission.KEYS_ROTATE, step_up=True)
def download_backup(request: MemberRequest, name: str) -> HttpResponseBase:
    """Everything in it is sealed as it lies; the keys are not in it."""
    answer = StreamingHttpResponse(shelf.as_tar(home.here(), name), content_type="application/x-tar")
    answer["Content-Disposition"] = f'attachment; filename="{name}.tar"'
    return answer


@act(Permission.KEYS_ROTATE)
def check_backup(request: MemberRequest, name: str) -> HttpResponse:
    found = shelf.differences(home.here(), name)
    if found:
        messages.error(request, " ".join(found[:10]))
    else:
        messages.success(request, _("%(name)s is as it was written.") % {"name": name})
    return redirect("backups")


def _options() -> list[tuple[str, str, str]]:
    """Name, value and meaning. They come from the environment of whoever runs the desk; what is secret is not shown."""
    return [(each.name, _shown(each.name), str(each.metadata["meaning"])) for each in fields(settings.ABEYANCE)]


def _shown(name: str) -> str:
    value = str(getattr(settings.ABEYANCE, name))
    hidden = any(word in name for word in ("password", "token", "database_url", "database_desk", "database_portal"))
    hidden = hidden or name in ("database_worker", "database_keys")
    return "•••" if hidden and value else value
