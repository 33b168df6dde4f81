"""What rules and record say, in the reader's language.

Rules know no languages: a sentence of theirs is English, and the same for page, command, API and record. For a page in
another language the pattern that it was made from is found again among those that `make words` gathers from the rules
themselves (`said.po`), and filled with the same values. What fits no pattern stays as it was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from django.utils.dates import MONTHS_3
from django.utils.translation import get_language, gettext, gettext_noop, to_locale

LOCALE = Path(__file__).parent / "locale"
FILLED = re.compile(r"\{(\w+)\}")
OWN = "en"
LONGEST = 2_000  # letters; what is longer was written by somebody
# Words that stand in sentences where a rule puts one of a few.
WORDS = (
    *(gettext_noop("Held"), gettext_noop("Refused"), gettext_noop("Rerouted"), gettext_noop("none")),
    *(gettext_noop("file"), gettext_noop("link"), gettext_noop("data"), gettext_noop("words")),
    *(gettext_noop("started"), gettext_noop("gone"), gettext_noop("failed"), gettext_noop("cut")),
    *(gettext_noop("abandoned"), gettext_noop("overtaken")),
    *(gettext_noop("the same account"), gettext_noop("the same group"), gettext_noop("the same reference")),
    *(gettext_noop("the same name of an account"), gettext_noop("accounts that the papers name")),
)
PART = re.compile(r"([ ,;]*)(.*?)( *)", re.DOTALL)
DAY = re.compile(r"(\d{1,2}) ([A-Z][a-z]+) (\d{4})")
MONTHS = ["", *(f"{date(2000, month, 1):%B}" for month in range(1, 13))]
SENTENCES = re.compile(r"(?<=[.!?]) (?=[A-Z“`'])")


@dataclass(frozen=True)
class Pattern:
    fits: re.Pattern[str]
    names: tuple[str, ...]
    said: str


@dataclass(frozen=True)
class Patterns:
    """`sentences` end like one; `pieces` stand in one, between others."""

    exact: dict[str, str]
    sentences: tuple[Pattern, ...]
    pieces: tuple[Pattern, ...]


def spoken(code: str) -> str:
    """A code as words of this page's language: "in-review" is "in review"."""
    words = code.replace("-", " ").replace("_", " ")
    language = get_language() or OWN
    return words if language == OWN or not words else _as_words(words, language) or words


def day(here: date) -> str:
    """6 Jul 2020, as this page's language writes it."""
    if (get_language() or OWN) == OWN:
        return f"{here.day} {MONTHS_3[here.month].title()} {here.year}"
    return _written(here.year, here.month, here.day)


def told(sentence: str) -> str:
    """The sentence in the language of this page."""
    language = get_language() or OWN
    return sentence if language == OWN or not 0 < len(sentence) <= LONGEST else _told(sentence, language)


@lru_cache(maxsize=8192)
def _told(text: str, language: str) -> str:
    found = PART.fullmatch(text)
    before, core, after = found.groups() if found else ("", text, "")
    said = _core(core, language) if core else core
    return text if said == core else f"{_joined(before)}{said}{after}"


def _core(text: str, language: str) -> str:
    for way in (_as_a_sentence, _as_several, _as_a_piece, _as_a_day, _as_words, _as_a_list):
        if (said := way(text, language)) is not None:
            return said
    return text


def _as_a_sentence(text: str, language: str) -> str | None:
    known = _patterns(language)
    return known.exact[text] if text in known.exact else _by_pattern(text, language, known.sentences)


def _as_a_piece(text: str, language: str) -> str | None:
    return _by_pattern(text, language, _patterns(language).pieces)


def _by_pattern(text: str, language: str, patterns: Sequence[Pattern]) -> str | None:
    for each in patterns:
        if found := each.fits.fullmatch(text):
            values = {name: _told(value, language) for name, value in zip(each.names, found.groups(), strict=True)}
            return filled(each.said, values)
    return None


def filled(pattern: str, values: Mapping[str, str]) -> str:
    return FILLED.sub(lambda place: values[place[1]], pattern)


def _as_several(text: str, language: str) -> str | None:
    """Several sentences, or the pieces of one, of which at least one is known."""
    for parts, between in ((SENTENCES.split(text), ""), (text.split("; "), "；")):
        if len(parts) > 1 and (said := [_told(part, language) for part in parts]) != parts:
            return between.join(said)
    return None


def _as_a_day(text: str, _language: str) -> str | None:
    found = DAY.fullmatch(text)
    if found is None or found[2] not in MONTHS:
        return None
    return _written(int(found[3]), MONTHS.index(found[2]), int(found[1]))


def _written(year: int, month: int, day: int) -> str:
    return f"{year}年{month}月{day}日"


def _as_words(text: str, language: str) -> str | None:
    words = text.replace("-", " ").replace("_", " ")
    said = _patterns(language).exact.get(words) or gettext(words)
    return said if said != words else None


def _as_a_list(text: str, language: str) -> str | None:
    """Values with a comma or a word between them, if every one of them is known."""
    for mark, between in ((", ", "、"), (" or ", "或"), (" and ", "及")):
        parts = text.split(mark)
        if len(parts) > 1:
            said = [_told(part, language) for part in parts]
            if all(new != old for new, old in zip(said, parts, strict=True)):
                return between.join(said)
    return None


def _joined(before: str) -> str:
    return {", ": "，", "; ": "；", " ": ""}.get(before, before)


@lru_cache(maxsize=4)
def _patterns(language: str) -> Patterns:
    """Those that say the most come first."""
    entries = dict(_entries(language))
    said = sorted((each for each in entries if FILLED.search(each)), key=_fixed, reverse=True)
    made = [
        Pattern(re.compile(_expression(each), re.DOTALL), tuple(FILLED.findall(each)), entries[each]) for each in said
    ]
    whole = [pattern for pattern, each in zip(made, said, strict=True) if each.endswith(".")]
    return Patterns(entries, tuple(whole), tuple(each for each in made if each not in whole))


def _entries(language: str) -> Iterator[tuple[str, str]]:
    import polib  # which only pages in another language need

    compiled = LOCALE / to_locale(language) / "LC_MESSAGES" / "said.mo"
    if compiled.is_file():
        yield from ((entry.msgid, entry.msgstr) for entry in polib.mofile(str(compiled)) if entry.msgid)


def _fixed(pattern: str) -> int:
    return len(FILLED.sub("", pattern))


def _expression(pattern: str) -> str:
    """Each value ends where the text that follows it first stands, so that no hostile value is tried in many ways."""
    begins, *rest = FILLED.split(pattern)
    fixed = [re.escape(text) for text in rest[1::2]]
    return re.escape(begins) + "".join(f"(?>(.*?){text})" for text in fixed[:-1]) + f"(.*){fixed[-1]}"
