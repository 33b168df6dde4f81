"""Who asks: agency, kind of requester, country, officer, reference; and which service is meant."""

from __future__ import annotations

import re
from dataclasses import dataclass

from abeyance.intake.reading.suggest.collected import Found
from abeyance.intake.reading.suggest.lines import Among, Line
from abeyance.intake.reading.suggest.words import alternatives, words
from abeyance.rules.terms import RequesterKind

_PLACE = r"[A-ZÄÖÜ][\wäöüßéèçâ.-]{1,30}(?: (?:am|an der|im|of|the|Co\.)? ?[A-ZÄÖÜ][\wäöüßéèçâ-]{1,30}){0,2}"
_WORDS = words("parties.toml")


@dataclass(frozen=True)
class Agency:
    """A body by its names; without `name` the words found are the suggestion."""

    kind: RequesterKind
    jurisdiction: str
    pattern: re.Pattern[str]
    name: str
    exact: bool


def _agencies_known() -> tuple[Agency, ...]:
    return tuple(
        Agency(
            kind=RequesterKind(entry["kind"]),
            jurisdiction=entry.get("jurisdiction", ""),
            pattern=re.compile(
                alternatives(entry["words"]).replace("PLACE", _PLACE), re.NOFLAG if "exact" in entry else re.IGNORECASE
            ),
            name=entry.get("name", ""),
            exact="exact" in entry,
        )
        for entry in _WORDS["agency"]
    )


AGENCIES = _agencies_known()
LABELLED = tuple(
    (
        entry["field"],
        re.compile(
            rf"(?:^|[|,;(] ?|• ?|- ){alternatives(entry['words'])}"
            r"\s?(?:\([^)]{0,40}\))?\s?[:#]\s?(?P<value>.{2,200})",
            re.IGNORECASE,
        ),
    )
    for entry in _WORDS["label"]
)
_REFERENCE = (
    re.compile(r"\b\d{1,2}:\d{2}-(?:mj|mc|cr|gj|sc|sw|cv|ml|pr)-\d{2,6}(?:-[A-Z]{2,4}){0,2}\b"),
    re.compile(r"(?<![\w.])\d{1,4} (?:Js|Gs|Ls|Ds|Ks|UJs|AR|BJs|OJs) \d{1,6}/\d{2,4}\b"),
)
_NAME = r"[A-ZÄÖÜ][\wäöüßéè'.-]{0,30}(?: (?:von |van |de )?[A-ZÄÖÜ][\wäöüßéè'.-]{0,30}){0,2}"
RANK = re.compile(
    rf"\b(?P<value>{alternatives(_WORDS['rank']['before'])}\.? {_NAME})"
    rf"|(?P<han>[\u4e00-\u9fff]{{2,4}}?{alternatives(_WORDS['rank']['after_han'])})"
)
_STATES = {name: code for code, names in _WORDS["states"].items() for name in names}
_ISSUING_STATE = re.compile(
    r"(?:issuing state|member state of issue|ausstellungs(?:mitglied)?staat|anordnungsstaat|état d'émission)"
    r"\s?(?:\([^)]{0,40}\))?\s?:?\s?(?P<value>[A-Za-zÀ-ž]{2,20})",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"(?: {2,}|[;|]|, (?=[A-ZÄÖÜ][a-zäöü]+ ?:)|\. (?=[A-Z])|[。，；])")
_YOURS = re.compile(r"(?:your|ihr|votre|貴)\s?(?:ref|zeichen|référence|檔)", re.IGNORECASE)
_SOMEBODY = re.compile(r"[^\W\d_]")


def named_in(text: str) -> list[Agency]:
    return [agency for agency in AGENCIES if agency.pattern.search(text)]


def search(line: Line, found: Found, named: list[Agency]) -> None:
    _agencies(line, found, named)
    _labelled(line, found)
    for pattern in _REFERENCE:
        for match in pattern.finditer(line.text):
            found.add("reference", match[0], line.where)
    for match in RANK.finditer(line.text):
        found.add("officer", match[0].strip(), line.where)
    state = _ISSUING_STATE.search(line.text)
    if state:
        stated = str(state["value"])
        code = str(_STATES.get(stated.lower(), stated if stated in _STATES.values() else ""))
        found.add("jurisdiction", code, line.where)


def _agencies(line: Line, found: Found, named: list[Agency]) -> None:
    for agency in named:
        # A name in exact spelling may run on; it must not run into the next line.
        match = agency.pattern.search(line.text if agency.exact else line.joined)
        if match is None or not line.begins_here(match):
            continue
        found.add("requester", agency.kind, line.where)
        found.add("jurisdiction", agency.jurisdiction, line.where)
        if agency.kind is not RequesterKind.LAWYER:
            found.add("agency", agency.name or _titled(match[0]), line.where)


def _titled(words: str) -> str:
    """A heading in capitals as a name; short words stay small."""
    if not (words.isupper() and words.isascii()):
        return words
    return " ".join(word.lower() if word in ("OF", "THE", "FOR") else word.capitalize() for word in words.split())


def _labelled(line: Line, found: Found) -> None:
    for field, pattern in LABELLED:
        match = pattern.search(line.text)
        if match is None or _YOURS.search(line.text[: match.start("value")]):
            continue
        value = _CLOSED.split(match["value"].strip(), maxsplit=1)[0].strip(" .,")
        if _fits(field, value, line):
            found.add(field, value[:120], line.where)


def _fits(field: str, value: str, line: Line) -> bool:
    if field == "reference":
        return len(value) <= 60 and any(map(str.isdigit, value))
    if field == "officer":
        return "@" not in value and bool(_SOMEBODY.search(value)) and len(value) <= 80
    return field == "agency" or line.among is not Among.CONTACT
