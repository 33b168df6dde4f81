"""Text as numbered lines, each with what it stands among: the accounts asked for, or how to reach the requester."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from abeyance.intake.reading.values import Part, Where

LONGEST = 1000  # characters; longer lines are cut into pieces, so that no pattern meets a long one
MOST = 20_000
SWOLLEN = 200
_CJK = re.compile(r"[\u3000-\u9fff\uf900-\ufaff]$")


class Among(Enum):
    NEUTRAL = "neutral"
    TARGETS = "targets"
    CONTACT = "contact"


@dataclass(frozen=True)
class Line:
    where: Where
    text: str
    after: str  # the next line, for what a line break cuts in two
    among: Among

    @property
    def joined(self) -> str:
        """This line and the next. A find counts only when it begins in this line."""
        return f"{self.text}{self.gap}{self.after[:200]}"

    @property
    def gap(self) -> str:
        return "" if _CJK.search(self.text) else " "

    def begins_here(self, match: re.Match[str]) -> bool:
        return match.start() < len(self.text)


def flat(lines: list[Line]) -> str:
    """All lines as one. A pattern that is not found in it need not be tried line by line."""
    return "".join(f"{line.text}{line.gap}" for line in lines)


def lines_of(parts: list[Part]) -> list[Line]:
    lines: list[Line] = []
    for part in parts:
        for number, page in enumerate(part.text, start=1):
            lines.extend(_page(part.path, number, page, MOST - len(lines)))
    return lines


def plain(text: str) -> str:
    """Full-width digits and colons, ligatures and odd spaces in their ordinary form; but for what has no shorter one
    than many times its length, of which a small file would become a large one."""
    ordinary = unicodedata.normalize("NFKC", text)
    return " ".join((ordinary if len(ordinary) <= SWOLLEN + 2 * len(text) else text).split())


def _page(path: str, page: int, text: str, most: int) -> Iterator[Line]:
    rows = list(_rows(text, most))
    mood = _Mood()
    for place, (number, row) in enumerate(rows):
        after = rows[place + 1][1] if place + 1 < len(rows) else ""
        among = mood.after(row)
        if row:
            yield Line(Where(path, page, number), row, after, among)


def _rows(text: str, most: int) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(text.split("\n")[: max(most, 0)], start=1):
        row, at = plain(line), 0
        while len(row) - at > LONGEST:
            cut = row.rfind(" ", at + 1, at + LONGEST)
            end = cut if cut > 0 else at + LONGEST
            yield number, row[at:end]
            at = end + (cut > 0)  # there is never more than one space
        yield number, row[at:]


TARGET_WORD = re.compile(
    r"\b(?:accounts?|subscribers?|targets?|user ?names?|identifiers?|selectors?|suspects?|registered (?:to|with|under)|"
    r"belonging to|associated with|linked to|used by|account holder|kennung(?:en)?|benutzer\w*|nutzer\w*|konto|konten|"
    r"postfach|anschluss\w*|beschuldigt\w*|teilnehmer\w*|rufnummern?|zielperson|compte|abonné|utilisateur)\b"
    r"|目標|帳戶|帳號|賬戶|賬號|涉案|用戶|用户|账号|账户|帐号|疑犯|嫌疑人|登記人",
    re.IGNORECASE,
)
_TARGET_HEADING = re.compile(r"(?:attachment|annex|schedule|anlage|附件)\s*[a-z0-9]?\s*[:.]?$", re.IGNORECASE)
_CLOSING = re.compile(
    r"(?:sincerely|yours (?:faithfully|truly|sincerely)|(?:kind |best )?regards|respectfully|mit freundlichen|"
    r"hochachtungsvoll|im auftrag|i\. ?a\.|signed\b|gez\.|--$|cordialement|此致|敬啟|谨启|謹啟|順頌)",
    re.IGNORECASE,
)
_CONTACT_LABEL = re.compile(
    r"(?:(?:point of )?contact\b[^:]{0,30}|(?:investigating |issuing |case |requesting |responsible )?officer|"
    r"issued by|"
    r"(?:special )?agent|ansprechpartner\w*|(?:sach)?bearbeiter\w*|kontakt|rückfragen|dienststelle|reply to|"
    r"聯絡(?:人|資料|方法)?|承辦人員?|經辦人|負責人員?|联系人|负责人|查詢)\s?:",
    re.IGNORECASE,
)


class _Mood:
    """Carries from line to line what a heading said."""

    def __init__(self) -> None:
        self.now = Among.NEUTRAL
        self.closing = False

    def after(self, row: str) -> Among:
        if not row:
            # A list of accounts under a heading may begin after an empty line; a contact block ends with one.
            if not self.closing and not self.heading:
                self.now = Among.NEUTRAL
            self.heading = False
            return self.now
        heading = (row.endswith(":") and bool(TARGET_WORD.search(row[-200:]))) or bool(_TARGET_HEADING.fullmatch(row))
        self._turn(row, heading)
        self.heading = heading
        return self.now

    heading = False

    def _turn(self, row: str, heading: bool) -> None:
        if _CLOSING.match(row):
            self.now, self.closing = Among.CONTACT, True
        elif heading:
            self.now, self.closing = Among.TARGETS, False
        elif _CONTACT_LABEL.match(row):
            self.now = Among.CONTACT
        elif not self.closing and TARGET_WORD.search(row):
            self.now = Among.TARGETS
