"""What the desk answers to: the pages of every room that has some, and its API for members with their token."""

from __future__ import annotations

from importlib import import_module

from django.urls import URLPattern, URLResolver, include, path
from ninja import NinjaAPI

from abeyance import __version__
from abeyance.people.bearer import MemberToken
from abeyance.site import answers, guard, metrics
from abeyance.site.home import PACKAGE

ROOMS = (
    "people",
    "verification",
    "policy",
    "diligence",
    "pauses",
    "patterns",
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
    for room in (*ROOMS, "site.pages"):
        if (PACKAGE / room.replace(".", "/") / "api.py").is_file():
            api.add_router("", import_module(f"abeyance.{room}.api").router)
    return api


def _pages() -> list[URLPattern | URLResolver]:
    rooms = [
        room
        for room in (*ROOMS, "site.pages", "site.oncall")
        if (PACKAGE / room.replace(".", "/") / "urls.py").is_file()
    ]
    return [path("", include(f"abeyance.{room}.urls")) for room in rooms]


urlpatterns: list[URLPattern | URLResolver] = [
    path("health", guard.health, name="health"),
    path("metrics", metrics.metrics, name="metrics"),
]
urlpatterns += [path("api/", _build().urls)]
urlpatterns += [path("sign-in/", include("abeyance.site.signin.urls")), *_pages()]

handler400 = answers.bad_request
handler403 = answers.bad_request
handler404 = answers.not_found
handler500 = answers.failed
