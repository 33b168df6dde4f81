"""The page of whoever runs the desk: the doctor, the jobs, backups; and figures for Prometheus."""

from __future__ import annotations

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from abeyance import outbox
from abeyance.people.pages import MemberRequest, act, page
from abeyance.rules.permissions import Permission
from abeyance.site import home
from abeyance.site.doctor import commands as doctor
from abeyance.site.keeping import backing_up


@page(None)
def operation(request: MemberRequest) -> HttpResponse:
    context = {
        "findings": doctor.examine(),
        "waiting": outbox.waiting(),
        "overdue": outbox.overdue(),
        "failures": outbox.failures(200),
        "options": _options(),
        "backups": sorted((each.name for each in _backups().glob("*") if each.is_dir()), reverse=True)[:20],
    }
    return render(request, "pages/operation.html", context)


@act(Permission.KEYS_ROTATE)
def retry(request: MemberRequest, job: int) -> HttpResponse:
    outbox.retry(job)
    messages.success(request, _("It will be tried again."))
    return redirect("operation")


@act(Permission.KEYS_ROTATE, step_up=True)
def back_up(request: MemberRequest) -> HttpResponse:
    made = backing_up.back_up(home.here(), _backups() / datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%SZ"))
    said = _("%(files)s files are in %(folder)s. Note the digest elsewhere: %(digest)s")
    messages.success(request, said % {"files": made.files, "folder": made.folder, "digest": made.digest})
    return redirect("operation")


def _options() -> list[tuple[str, str, str]]:
    """Name, value and meaning. They come from the environment of whoever runs the desk; what is secret is not shown."""
    return [(each.name, _shown(each.name), str(each.metadata["meaning"])) for each in fields(settings.ABEYANCE)]


def _shown(name: str) -> str:
    value = str(getattr(settings.ABEYANCE, name))
    hidden = any(word in name for word in ("password", "token", "database_url", "database_desk", "database_portal"))
    hidden = hidden or name in ("database_worker", "database_keys")
    return "•••" if hidden and value else value


def _backups() -> Path:
    return Path(settings.ABEYANCE_HOME) / "backups"
