"""One Chromium for the tests of a file; each person has a context of their own. No longer than that: while Playwright's
loop runs in this thread, nothing else that waits for a loop can run in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.pages import browser as browsers
from tests.pages.people import signed_in


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browsers.running() as running:
        yield running


@pytest.fixture
def nobody(chromium: Any, desk: Any, live_server: Any) -> Iterator[browsers.Person]:
    person = browsers.at_a_browser(chromium, live_server.url)
    yield person
    person.context.close()


@pytest.fixture
def member(chromium: Any, desk: Any, live_server: Any) -> Iterator[Callable[..., browsers.Person]]:
    """`member(code)`: that member at a browser, signed in a moment ago."""
    people: list[browsers.Person] = []

    def at(code: str, **options: Any) -> browsers.Person:
        how = {key: options.pop(key) for key in ("lately",) if key in options}
        person = browsers.at_a_browser(chromium, live_server.url, signed_in(code, **how), **options)
        people.append(person)
        return person

    yield at
    for person in people:
        person.context.close()
    assert [said for person in people for said in person.wrong if "Content Security Policy" in said] == []
