"""Only the letter inside a package may tell of an account. Every other one reads the same whether it exists or not."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from abeyance.answer.letters import LANGUAGES, Kind, Letter, Line, Sender, pdf, text
from abeyance.answer.letters.words import words

NEUTRAL = [kind for kind in Kind if not kind.carries_data]
EXISTING = Letter(
    Kind.ACKNOWLEDGEMENT, Sender("Quill Messaging Ltd"), "R-AAAA-AAAA-AAAA", datetime(2026, 11, 24, tzinfo=UTC)
)
ABSENT = replace(EXISTING, reference="R-BBBB-BBBB-BBBB")
TELLING = (
    "nothing held", "no record", "not our user", "no such account", "does not exist", "already deleted", "we preserved",
    "並無持有", "沒有此", "並無此帳戶", "已刪除的帳戶",
)  # fmt: skip


def test_only_the_letter_in_a_package_carries_data() -> None:
    assert [kind for kind in Kind if kind.carries_data] == [Kind.ANSWER]
    assert replace(EXISTING, kind=Kind.ANSWER).carries_data and not EXISTING.carries_data


@pytest.mark.parametrize("kind", NEUTRAL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_about_an_account_that_exists_differs_from_another_only_in_the_reference(
    kind: Kind, language: str
) -> None:
    asked = (Line("Which period?"),)
    existing, absent = (replace(each, kind=kind, language=language, reasons=asked) for each in (EXISTING, ABSENT))
    assert text(existing) != text(absent)
    assert text(existing).replace("R-AAAA-AAAA-AAAA", "R-BBBB-BBBB-BBBB") == text(absent)
    assert pdf(existing) == pdf(replace(absent, reference="R-AAAA-AAAA-AAAA"))


@pytest.mark.parametrize("kind", NEUTRAL)
@pytest.mark.parametrize("language", LANGUAGES)
def test_no_fixed_sentence_of_a_neutral_letter_tells_of_an_account(kind: Kind, language: str) -> None:
    said = words(language).kinds[kind.value]
    whole = re.sub(r"\s+", " ", " ".join((said.subject, *said.opening, said.reasons, said.about, *said.closing)))
    assert not [telling for telling in TELLING if telling in whole.casefold()]


@pytest.mark.parametrize("language", LANGUAGES)
def test_encryption_is_told_of_the_service_and_not_of_the_account(language: str) -> None:
    sentence = "End-to-end encrypted, so the desk cannot hand it over: body."
    line = Line(sentence, "map:chat", code="end-to-end-encrypted")
    said = text(replace(EXISTING, kind=Kind.REFUSED, language=language, reasons=(line,)))
    assert sentence not in said and "map:chat" in said
