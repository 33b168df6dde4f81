"""What the desk answers to: the API of every room that has one, for members with their token."""

from __future__ import annotations

from importlib import import_module

from django.urls import path
from ninja import NinjaAPI

from abeyance import __version__
from abeyance.people.bearer import MemberToken
from abeyance.site import answers, guard
from abeyance.site.home import PACKAGE

ROOMS = (
    "people",
    "verification",
    "policy",
    "pauses",
    "services",
    "intake",
    "site.requests",
    "review",
    "answer",
    "release",
    "notice",
    "reporting",
    "ledger",
)


def _build() -> NinjaAPI:
    api = NinjaAPI(title="Abeyance", version=__version__, docs_url=None, urls_namespace="desk", auth=MemberToken())
    answers.install(api)
    for room in ROOMS:
        if (PACKAGE / room.replace(".", "/") / "api.py").is_file():
            api.add_router("", import_module(f"abeyance.{room}.api").router)
    return api


urlpatterns = [path("health", guard.health), path("api/", _build().urls)]

handler400 = answers.bad_request
handler403 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.failed
