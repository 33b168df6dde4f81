"""What rules and record say, in the reader's language: found again by the pattern that it was made from."""

from __future__ import annotations

import html
import re
import runpy
from pathlib import Path
from typing import Any

import polib
import pytest
from django.utils import translation

import abeyance
from abeyance.site.pages import telling
from abeyance.site.sentences import FILLED, filled, told
from tests.casefile.packed import declare
from tests.desk import Desk
from tests.pages.people import signed_in

FOLDER = Path(abeyance.__file__).parent / "site" / "locale" / "zh_Hant" / "LC_MESSAGES"
HERE = "zh-hant"
ENTRIES = polib.pofile(str(FOLDER / "said.po"))
HAN = re.compile(r"[\u4e00-\u9fff]")


def in_language(sentence: str, language: str = HERE) -> str:
    with translation.override(language):
        return told(sentence)


def test_every_sentence_and_code_of_the_rules_is_translated_with_the_same_places() -> None:
    tool = runpy.run_path(str(FOLDER.parents[4] / "tools" / "sentences"))
    assert {*tool["sentences"](), *tool["codes"]()} == {entry.msgid for entry in ENTRIES if not entry.obsolete}
    for entry in ENTRIES:
        assert HAN.search(entry.msgstr), entry.msgid
        assert not entry.fuzzy, entry.msgid
        assert set(FILLED.findall(entry.msgstr)) == set(FILLED.findall(entry.msgid)), entry.msgid
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(FOLDER / "said.mo"))}
    assert compiled == {entry.msgid: entry.msgstr for entry in ENTRIES}


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.msgid[:40])
def test_each_is_found_again_whatever_was_filled_in(entry: polib.POEntry) -> None:
    names = list(dict.fromkeys(FILLED.findall(entry.msgid)))
    values = {name: f"x-{number}" for number, name in enumerate(names)}
    sentence = filled(entry.msgid, values)
    assert in_language(sentence) == filled(entry.msgstr, values)
    assert in_language(sentence, "en") == sentence


HELD = (
    "Held while it is not known who asks, where the account holder is: pause HK-2020-07, review stage, since "
    "6 July 2020; not refused, because only the enforcing authority may refuse eu-epoc; lifts when it is safe; "
    "to be reviewed by 31 December 2030."
)
HELD_IN_CHINESE = (
    "擱置（因未知：由誰要求、帳戶持有人身在何處）：暫停 HK-2020-07，審查階段，自2020年7月6日起；"
    "不作拒絕，因為只有執行機關才可拒絕 eu-epoc；在以下條件達成時解除：it is safe；須於2030年12月31日前檢討。"
)
BAR = (
    "The sender is not in the directory. What helps: call-back or known-key, with contact data that the directory has "
    "had for some time."
)
BAR_IN_CHINESE = "寄件人不在名錄中。可行的方法：回撥或已知金鑰、須使用名錄已存有一段時間的聯絡資料。"
HOSTILE = f"{' - ' * 100}{': severity  (' * 40}{'/' * 300}{'), likelihood ' * 20}{': pause , stage; ' * 20}"


@pytest.mark.parametrize(
    ("sentence", "said"),
    [
        (HELD, HELD_IN_CHINESE),
        (BAR, BAR_IN_CHINESE),
        ("No such sentence was ever written, or was it?", "No such sentence was ever written, or was it?"),
        ("As if US asked: It was a breach.", "視作由 US 要求：這屬資料外洩。"),
        ("", ""),
    ],
)
def test_what_is_put_together_is_taken_apart(sentence: str, said: str) -> None:
    assert in_language(sentence) == said


def test_a_text_full_of_what_patterns_look_for_is_told_in_the_end() -> None:
    assert "severity" in in_language(HOSTILE)
    assert in_language(HOSTILE * 10) == HOSTILE * 10


def test_who_acted_keeps_the_name_that_the_desk_knows() -> None:
    with translation.override(HERE):
        said = telling.for_reader("Proposal p-1 of m-aaaaaaaaaa was agreed by another.", {"m-aaaaaaaaaa": "first"})
    assert said == "first 的提議 p-1 已獲另一人同意。"


def test_a_held_request_is_told_in_language_from_reasons_to_history(desk: Desk, settings: Any) -> None:
    ref = desk.confirmed()
    declare(desk)
    page = signed_in(desk.first)
    page.cookies[settings.LANGUAGE_COOKIE_NAME] = HERE
    body = html.unescape(page.get(f"/requests/{ref}/").content.decode())
    for words in (
        "擱置：暫停 HK-2020-07，審查階段",
        "尚未有人以請求以外的方法查明請求者真實。",
        "要求的第 2 版已確認，共 1 項。",
    ):
        assert words in body
    now = desk.now()
    assert f"{now.year}年{now.month}月{now.day}日" in body
    for words in ("Held:", "Nobody has found", "was confirmed", "to verify"):
        assert words not in body
