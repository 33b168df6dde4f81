"""By keyboard alone, for a screen reader, at 200 % and 400 %, with more space between letters, and on paper."""

from __future__ import annotations

import itertools
from typing import Any

from playwright.sync_api import expect

AT_400 = {"width": 320, "height": 640}
SPACED = """() => { for (const each of document.querySelectorAll("*")) {
    each.style.lineHeight = "1.5"; each.style.letterSpacing = ".12em"; each.style.wordSpacing = ".16em"; } }"""
LEVELS = "[...document.querySelectorAll('h1,h2,h3,h4')].map(each => Number(each.tagName[1]))"
NAMELESS = """[...document.querySelectorAll("a,button,summary,input:not([type=hidden]),select,textarea")].filter(each =>
    !(each.getAttribute("aria-label") || (each.labels && each.labels.length) || each.textContent.trim()
      || each.querySelector("img[alt]"))).map(each => each.outerHTML.slice(0, 120))"""
TWICE = """(() => { const seen = new Set(), twice = [];
    for (const {id} of document.querySelectorAll("[id]")) { if (seen.has(id)) twice.push(id); seen.add(id); }
    return twice; })()"""


def press_until(page: Any, words: str, most: int = 80) -> None:
    """Tab until what has the focus says this."""
    said = []
    for _ in range(most):
        page.keyboard.press("Tab")
        said.append(page.evaluate("document.activeElement.textContent.trim()"))
        if said[-1] == words:
            return
    raise AssertionError(said)


def test_a_proposed_answer_is_found_read_and_agreed_to_by_keyboard_alone(desk: Any, member: Any) -> None:
    ref = desk.proposed()
    page = member(desk.second).go("/")
    page.keyboard.press("/")
    page.keyboard.type(ref)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/requests/{ref}/")
    press_until(page, "Agree to exactly this")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(page.locator("#messages [data-done]")).to_have_text("Done and recorded.")
    assert page.locator("#messages").get_attribute("aria-live") == "polite"
    assert desk.case(ref).state == "gathering"
    page.goto(page.url.replace(ref, "R-AAAA-AAAA-AAAA"))
    expect(page.get_by_role("alert")).to_contain_text("There is no request")
    page.goto(page.url.partition("/requests")[0] + "/yourself/")
    page.get_by_label("“/” goes to the search").uncheck()
    page.goto(page.url.partition("/yourself")[0] + "/")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") != "q"


def test_names_order_and_room_on_the_pages_of_a_day(desk: Any, member: Any) -> None:
    known = {"proposed": desk.proposed(), "gathering": desk.agreed()}
    person = member(desk.first, viewport=AT_400)
    wrong = []
    pages = ["/", "/requests/", "/requests/new/", "/members/", "/operation/", "/on-call/", "/ledger/", "/pauses/new/"]
    for path in [*pages, *(f"/requests/{ref}/" for ref in known.values())]:
        page = person.go(path)
        levels = page.evaluate(LEVELS)
        if levels[0] != 1 or any(after - before > 1 for before, after in itertools.pairwise(levels)):
            wrong.append((path, "order of headings", levels))
        wrong += [(path, "without a name", each) for each in page.evaluate(NAMELESS)]
        wrong += [(path, "an id that stands twice", each) for each in page.evaluate(TWICE)]
        for what, do in (("at 400 %", None), ("with spaced letters", SPACED)):
            if do:
                page.evaluate(do)
            across = page.evaluate("document.documentElement.scrollWidth")
            wrong += [(path, what, across)] if across > AT_400["width"] else []
    assert wrong == []
    page = person.go(f"/requests/{known['proposed']}/")
    told = page.locator("main").aria_snapshot()
    places = [
        told.index(words) for words in (known["proposed"], "Next: Agree", "What is demanded", "What has happened")
    ]
    assert places == sorted(places)
    page.emulate_media(media="print")
    assert not page.get_by_role("navigation").first.is_visible()
    assert not page.get_by_role("button").first.is_visible()
    assert page.locator(".story").is_visible()
