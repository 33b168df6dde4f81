"""Every sentence of a page has its translation, and what is compiled is what is written."""

from __future__ import annotations

import gettext
import re
from pathlib import Path
from typing import Any

import polib
from django.test import Client

import abeyance

PACKAGE = Path(abeyance.__file__).parent
FOLDER = PACKAGE / "site" / "locale" / "zh_Hant" / "LC_MESSAGES"
PLACE = re.compile(r"%\(\w+\)[0-9]*[sd]")
SAID = re.compile(r"{%\s*translate\s+\"([^\"]+)\"|{%\s*translate\s+'([^']+)'|[^\w]_\(\"([^\"]+)\"\)")


def entries() -> list[polib.POEntry]:
    return [entry for entry in polib.pofile(str(FOLDER / "django.po")) if not entry.obsolete]


def test_every_entry_is_translated_with_the_same_places() -> None:
    for entry in entries():
        said = [entry.msgstr, *entry.msgstr_plural.values()]
        assert any(said) and not entry.fuzzy, entry.msgid
        for text in filter(None, said):
            assert sorted(PLACE.findall(text)) == sorted(PLACE.findall(entry.msgid)), entry.msgid


def test_every_sentence_of_a_template_is_an_entry() -> None:
    known = {entry.msgid for entry in entries()}
    missing = [
        sentence
        for path in (PACKAGE / "site" / "templates").rglob("*.*")
        for found in SAID.findall(path.read_text())
        for sentence in found
        if sentence and sentence not in known
    ]
    assert missing == []


def test_what_is_compiled_is_what_is_written() -> None:
    with (FOLDER / "django.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for entry in entries():
        written = entry.msgstr_plural[0] if entry.msgid_plural else entry.msgstr
        found = (
            compiled.ngettext(entry.msgid, entry.msgid_plural, 2)
            if entry.msgid_plural
            else compiled.gettext(entry.msgid)
        )
        assert found == written


def test_a_reader_chooses_and_keeps_a_language(desk: Any) -> None:
    browser = Client(HTTP_ACCEPT="text/html")
    assert "Sign in with a passkey" in browser.get("/sign-in/").content.decode()
    browser.post("/sign-in/language/", {"language": "zh-hant", "back": "/sign-in/"})
    page = browser.get("/sign-in/").content.decode()
    assert "以通行金鑰登入" in page
    assert '<html lang="zh-hant">' in page
    browser.post("/sign-in/language/", {"language": "xx", "back": "//elsewhere.example"})
    assert "以通行金鑰登入" in browser.get("/sign-in/").content.decode()
