"""Letters say what the rules said, to whom they may say it, in both languages."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path

import pytest

from abeyance.answer.letters import LANGUAGES, Kind, Letter, Line, Sender, answered, text
from abeyance.answer.letters.audience import DESK_ONLY, QUESTIONS
from abeyance.answer.letters.words import words
from abeyance.errors import BadInput, Refused
from abeyance.rules import pauses, review
from abeyance.rules.decision import Decision, Outcome, Reason
from abeyance.rules.facts import DemandFacts, ItemFacts
from abeyance.rules.pauses import Pause
from abeyance.rules.terms import DataCategory, Stage

NOW = datetime(2026, 11, 24, 3, 5, tzinfo=UTC)
DECISION = Decision(
    Outcome.REFUSE,
    (
        Reason("category-not-compelled", "The order does not reach stored content.", "us-2703d", "18 USC 2703(d)"),
        Reason("policy-clause", "What the law only permits is not given.", "nothing-voluntary"),
    ),
    "0" * 64,
)


def letter(kind: Kind, language: str = "en", **more: object) -> Letter:
    sender = Sender("Quill Messaging Ltd", "12 Harbour Road, Dublin · requests@quill.example")
    made = Letter(kind, sender, "R-7K2Q-9XWM-4TTA", NOW, language, "Garda Bureau", "GB/7/2026")
    return replace(made, **more)  # type: ignore[arg-type]


def flat(said: str) -> str:
    """Without the breaks between lines, which in Chinese stand where no space was."""
    return re.sub(r"\s", "", said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_ground_is_told_with_its_clause_and_citation(language: str) -> None:
    reasons = tuple(Line.of(reason) for reason in DECISION.reasons)
    said = flat(text(letter(Kind.REFUSED, language, reasons=reasons)))
    for reason in DECISION.reasons:
        for part in (reason.sentence, reason.clause, reason.citation):
            assert flat(part) in said


def test_a_chinese_letter_has_a_chinese_sentence_for_each_ground_and_the_rules_own_words_below() -> None:
    reasons = tuple(Line.of(reason) for reason in DECISION.reasons)
    said = text(letter(Kind.REFUSED, "zh-Hant", reasons=reasons))
    assert "1. 所依據的法律並不涵蓋所要求的資料類別。\n   原文：The order does not reach stored content." in said
    assert "2. 此決定依據本處規則的條款。" in said


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_has_all_its_parts_in_every_language(kind: Kind, language: str) -> None:
    about, asked = ("A fact.",), (Line("Which period?"),)
    said = text(letter(kind, language, reasons=asked, about=about))
    labels = words(language).labels
    for part in (labels["salutation"], labels["signature"], "R-7K2Q-9XWM-4TTA", "GB/7/2026", "Garda Bureau", "(UTC)"):
        assert part in said
    assert flat(words(language).kinds[kind.value].closing[-1]) in flat(said)
    assert "{" not in said


def test_both_languages_have_the_same_sentences() -> None:
    english, chinese = (words(language) for language in LANGUAGES)
    assert english.kinds.keys() == chinese.kinds.keys() == {kind.value for kind in Kind}
    for table in ("labels", "outcomes", "categories"):
        assert getattr(english, table).keys() == getattr(chinese, table).keys()
    assert english.reasons.keys() <= chinese.reasons.keys()
    for name, kind in english.kinds.items():
        assert bool(kind.reasons) == bool(chinese.kinds[name].reasons)
        assert bool(kind.about) == bool(chinese.kinds[name].about)


def test_every_reason_of_the_rules_has_chinese_words_or_stays_at_the_desk() -> None:
    source = "".join(Path(str(module.__file__)).read_text() for module in (review, pauses))
    codes = set(re.findall(r'(?:_ask|Reason)\(\s*(?:code=)?"([a-z]+(?:-[a-z]+)+)"', source))
    assert len(codes) > 30
    assert codes - words("zh-Hant").reasons.keys() - DESK_ONLY == set()


def test_a_language_that_is_not_spoken_here_is_refused() -> None:
    assert text(letter(Kind.ACKNOWLEDGEMENT, "en"))
    with pytest.raises(BadInput, match="en, zh-Hant"):
        text(letter(Kind.ACKNOWLEDGEMENT, "../en"))


def test_only_what_the_requester_can_answer_is_asked() -> None:
    """The desk's homework, such as a law entry that nobody has adopted, is not the requester's business."""
    homework = Line("No data map says what chat holds.", "desk", code="no-data-map")
    question = Line("Not known: the agency.", "desk", code="fact-missing")
    said = text(letter(Kind.QUESTION, reasons=(homework, question)))
    assert question.sentence in said and "data map" not in said
    with pytest.raises(Refused, match="nothing to ask"):
        text(letter(Kind.QUESTION, reasons=(homework,)))
    assert not QUESTIONS & DESK_ONLY


def test_a_refusal_whose_grounds_stay_at_the_desk_still_has_one() -> None:
    secret = Line("Nothing on file says that the law of IE allows this.", "desk", code="other-law-silent")
    for language in LANGUAGES:
        said = text(letter(Kind.REFUSED, language, reasons=(secret,)))
        assert "IE" not in said
        assert flat(words(language).reasons["law-and-rules"]) in flat(said)


def test_a_held_letter_names_the_pause_once_and_says_when_it_is_reviewed() -> None:
    pause = Pause(
        "HK-2020-07", 1, "For the desk alone.", "We pause.", date(2026, 12, 31), jurisdictions=frozenset({"HK"})
    )
    demand, item = DemandFacts(jurisdiction="HK"), ItemFacts(1)
    held = [pauses.held_by(pause, demand, item, stage, now=NOW) for stage in Stage]
    reasons = tuple(Line.of(reason) for reason in held if reason)
    said = text(letter(Kind.HELD, reasons=reasons, about=(pause.statement,), review_by=pause.review_by))
    assert len(reasons) == len(Stage) and said.count("pause:HK-2020-07/1") == 1
    assert "We pause." in said and "31 December 2026" in said
    assert pause.reason not in said


def test_a_held_letter_is_the_same_whether_or_not_it_is_known_where_the_account_holder_is() -> None:
    pause = Pause("HK-2020-07", 1, "Why.", "We pause.", date(2026, 12, 31), subjects=frozenset({"HK"}))
    known, unknown = ItemFacts(1, subject_country="HK"), ItemFacts(1)
    sentences, letters = set(), set()
    for item in (known, unknown):
        held = pauses.held_by(pause, DemandFacts(jurisdiction="HK"), item, Stage.ANSWER, now=NOW)
        assert held is not None
        sentences.add(held.sentence)
        letters |= {text(letter(Kind.HELD, language, reasons=(Line.of(held),))) for language in LANGUAGES}
    assert len(sentences) == 2 and len(letters) == len(LANGUAGES)


def test_the_date_has_its_zone_and_one_without_is_no_date() -> None:
    hong_kong = timezone(timedelta(hours=8))
    assert "24 November 2026 (UTC)" in text(letter(Kind.ACKNOWLEDGEMENT))
    assert "2026年11月25日 (UTC+08:00)" in text(
        letter(Kind.ACKNOWLEDGEMENT, "zh-Hant", date=datetime(2026, 11, 25, 1, 0, tzinfo=hong_kong))
    )
    with pytest.raises(ValueError, match="zone"):
        letter(Kind.ACKNOWLEDGEMENT, date=datetime(2026, 11, 24))


def test_what_became_of_an_item_is_said_in_words() -> None:
    given = answered("en", item=1, category=DataCategory.TRAFFIC, outcome="release", fields=("seen_at", "address"))
    nothing = answered("zh-Hant", item=2, category=None, outcome="nothing-held")
    assert given == "Item 1, traffic data: given in this package (address, seen_at)."
    assert nothing == "第 2 項，未指明類別：本處並無持有任何資料。"
