"""Desk and portal at once, each at its own address, as two sites of one installation are."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings as live
from django.http import HttpRequest
from pytest_django.live_server_helper import LiveServer

from tests.pages import browser as browsers
from tests.pages.conftest import chromium, member  # noqa: F401


def as_portal(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    def answer(request: HttpRequest) -> Any:
        request.urlconf = "abeyance.site.portal_urls"  # type: ignore[attr-defined]
        return get_response(request)

    return answer


@pytest.fixture
def guest(chromium: Any, desk: Any, live_server: Any, settings: Any) -> Iterator[Callable[[], browsers.Person]]:  # noqa: F811
    """`guest()`: somebody outside, in a browser that the portal has never seen."""
    kept = [each for each in live.MIDDLEWARE if "signin" not in each and "allauth" not in each]
    settings.MIDDLEWARE = ["tests.diligence.conftest.as_portal", *kept]
    server = LiveServer("localhost")
    people: list[browsers.Person] = []

    def at() -> browsers.Person:
        people.append(browsers.at_a_browser(chromium, server.url, accept_downloads=True))
        return people[-1]

    yield at
    for person in people:
        person.context.close()
    server.stop()
    assert [said for person in people for said in person.wrong if "Content Security Policy" in said] == []
