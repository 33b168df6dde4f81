"""The PDF says what the text says, the same bytes every time, and treats foreign text as nothing but text."""

from __future__ import annotations

import io
import json
import re
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typst
from pypdf import PdfReader

from abeyance.answer.letters import LANGUAGES, Kind, Letter, Line, Sender, pdf, text
from abeyance.answer.letters.foreign import LONGEST, MOST_LINES, plain
from abeyance.answer.letters.page import TEMPLATE, png
from abeyance.answer.letters.words import words

LETTER = Letter(
    Kind.REFUSED,
    Sender("Quill Messaging Ltd", "12 Harbour Road, Dublin · requests@quill.example"),
    "R-7K2Q-9XWM-4TTA",
    datetime(2026, 11, 24, 3, 5, tzinfo=UTC),
    addressee="Hong Kong Police Force 香港警務處",
    reasons=(Line("The order does not reach stored content.", "us-2703d", "18 USC 2703(d)", "category-not-compelled"),),
)
HOSTILE = {
    "reads a file": '#read("/etc/passwd")',
    "reads its neighbour": '#read("letter.typ") #include "letter.typ"',
    "loads a package": '#import "@preview/cetz:0.3.0"',
    "markup": "$x^2$ *bold* _slanted_ `code` = Heading <label> @reference // comment /* more */",
    "ends the string": '"); #panic("out") \\ \\u{41}',
    "json": '{"sender": ["x"]} \\" ]}',
    "arabic": "مرحبا بالعالم",
    "chinese": "香港警務處，網絡安全及科技罪案調查科",
    "emoji and a rare sign": "🙂 𠮷",
}


def words_of(made: bytes) -> str:
    pages = PdfReader(io.BytesIO(made)).pages
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pages))


def bare(said: str) -> str:
    return re.sub(r"\s", "", said)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pdf_has_every_sentence_of_the_letter(kind: Kind, language: str) -> None:
    made = replace(LETTER, kind=kind, language=language, reasons=(Line("Which period?", "desk"),), about=("A fact.",))
    found, said = words_of(pdf(made)), words(language).kinds[kind.value]
    sentences = (said.subject, *said.opening, *said.closing, "Which period?", "A fact.", made.addressee, made.reference)
    assert [sentence for sentence in sentences if bare(sentence) not in found] == []


def test_the_grounds_stand_in_the_pdf_with_clause_and_citation_and_every_page_is_numbered() -> None:
    long = replace(LETTER, reasons=LETTER.reasons + tuple(Line(f"Ground number {n}.", f"c-{n}") for n in range(60)))
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf(long))).pages]
    assert "18 USC 2703(d)" in pages[0] and "us-2703d" in pages[0] and len(pages) > 2
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page and LETTER.reference in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_letter_gives_the_same_bytes_and_another_does_not(language: str) -> None:
    made = replace(LETTER, language=language)
    assert pdf(made) == pdf(made)
    assert pdf(made) != pdf(replace(made, reference="R-0000-0000-0000"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_only_the_characters_that_are_used_are_embedded(language: str) -> None:
    assert len(pdf(replace(LETTER, language=language))) < 100_000


@pytest.mark.parametrize("foreign", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("place", ["addressee", "their_reference", "about", "sentence", "citation", "sender"])
def test_foreign_text_is_printed_as_it_is_and_does_nothing(foreign: str, place: str) -> None:
    made = with_foreign(foreign, place)
    assert bare(foreign) in bare(text(made))
    found = words_of(pdf(made))
    assert "root:" not in found and "sys.inputs" not in found
    if foreign.isascii():
        assert bare(foreign) in found


def with_foreign(foreign: str, place: str) -> Letter:
    if place == "about":
        return replace(LETTER, kind=Kind.HELD, about=(foreign,))
    if place in ("sentence", "citation"):
        line = Line("A ground.", "clause")
        return replace(LETTER, reasons=(replace(line, **{place: foreign}),))
    if place == "sender":
        return replace(LETTER, sender=Sender(foreign, foreign))
    return replace(LETTER, **{place: foreign})  # type: ignore[arg-type]


def test_the_template_neither_reads_a_file_nor_names_a_package() -> None:
    """What could read is what we wrote ourselves; and what we wrote gets its facts as one JSON string."""
    source = TEMPLATE.read_text(encoding="utf-8")
    reading = ("read(", "include ", "import ", "image(", "plugin(", "eval(", "csv(", "yaml(", "toml(", "xml(", "cbor(")
    assert [word for word in reading if word in source] == []
    assert source.count("json(") == 1 and "json(bytes(sys.inputs.letter))" in source


def test_even_a_template_could_not_read_outside_its_own_folder(tmp_path: Path) -> None:
    (tmp_path / "inside.txt").write_text("in", encoding="utf-8")
    trying = tmp_path / "trying.typ"
    for path, allowed in (("inside.txt", True), ("/etc/passwd", False), ("../../../../../etc/passwd", False)):
        trying.write_text(f"#read({json.dumps(path)})", encoding="utf-8")
        if allowed:
            assert typst.compile(trying, root=tmp_path, format="pdf")
        else:
            with pytest.raises(RuntimeError):
                typst.compile(trying, root=tmp_path, format="pdf")


def test_marks_that_rearrange_or_hide_text_are_gone_and_ordinary_text_stays() -> None:
    assert plain("R-1\u202e1-R \u2066x\u2069\u200b\ufeff\x00\x1b[31m\nnext\u2028line") == "R-11-R x [31m next line"
    assert plain("Ünïcödé 香港 مرحبا") == "Ünïcödé 香港 مرحبا"
    assert len(plain("e" + "\u0301" * 500)) <= 5
    assert plain("\ud800x") == "x"


def test_a_word_longer_than_the_line_is_broken_instead_of_running_off() -> None:
    made = replace(LETTER, their_reference="W" * 300, about=("x" * 5000,), kind=Kind.HELD)
    assert max(map(len, text(made).splitlines())) <= 80
    for page in PdfReader(io.BytesIO(pdf(made))).pages:
        assert max(map(len, page.extract_text().splitlines())) < 120
    assert bare("W" * 300) in words_of(pdf(made))


def test_size_is_bounded_in_number_and_in_length_and_what_is_left_out_is_said() -> None:
    many = replace(LETTER, kind=Kind.ANSWER, reasons=tuple(Line(f"Ground {n}.") for n in range(MOST_LINES + 7)))
    assert "… and 7 more." in text(many)
    long = replace(LETTER, kind=Kind.HELD, about=("a" * (LONGEST + 50),))
    assert "a…" in text(long) and len(text(long)) < LONGEST + 2000
    vast = replace(
        LETTER, reasons=tuple(Line("字 Ab " * 400 + str(n)) for n in range(240)), about=("W" * LONGEST,) * 25
    )
    began = time.monotonic()
    assert len(pdf(vast)) < 4_000_000 and len(text(vast)) < 200_000
    assert time.monotonic() - began < 20


def test_a_letter_can_be_looked_at_as_a_picture() -> None:
    pictures = png(LETTER)
    assert len(pictures) == 1 and pictures[0].startswith(b"\x89PNG")
