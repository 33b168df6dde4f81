"""A real Chromium for tests of pages. It hears each violation of the content security policy and each script error."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"  # Playwright's loop runs in the thread of the test
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
expect.set_options(timeout=20_000)  # a busy machine is no failure
PHONE, DESKTOP = {"width": 390, "height": 844}, {"width": 1280, "height": 900}


def chromium() -> str:
    found = next((path for name in CHROMIUM if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("Chromium is not installed, so no page was looked at")
    return found


@contextmanager
def running() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Person:
    """Somebody at a browser of their own."""

    context: BrowserContext
    page: Page
    site: str
    wrong: list[str] = field(default_factory=list)

    def go(self, path: str) -> Page:
        self.page.goto(self.site + path)
        return self.page

    def press(self, words: str) -> None:
        """The button of this name, and wait for what it leads to."""
        with self.page.expect_navigation():
            self.page.get_by_role("button", name=words, exact=True).first.click()

    def follow(self, words: str) -> None:
        with self.page.expect_navigation():
            self.page.get_by_role("link", name=words).first.click()

    def sees(self, words: str) -> bool:
        return words in self.page.locator("body").inner_text()


def at_a_browser(browser: Browser, site: str, client: Client | None = None, **options: Any) -> Person:
    """With the session of `client`, or as nobody."""
    context = browser.new_context(viewport=options.pop("viewport", DESKTOP), **options)
    if client is not None:
        cookies = [{"name": name, "value": morsel.value, "url": site} for name, morsel in client.cookies.items()]
        context.add_cookies(cookies)  # type: ignore[arg-type]
    person = Person(context, context.new_page(), site)
    person.page.on("console", lambda said: person.wrong.append(said.text) if said.type == "error" else None)
    person.page.on("pageerror", lambda error: person.wrong.append(str(error)))
    person.page.set_default_timeout(20_000)  # a busy machine is no failure
    return person
