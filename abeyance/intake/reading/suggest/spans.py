"""The period that data is asked for, and the day or time until which an answer is expected."""

from __future__ import annotations

import re
from itertools import pairwise

from abeyance.intake.reading.suggest.collected import Found
from abeyance.intake.reading.suggest.dates import Stated, dates_in
from abeyance.intake.reading.suggest.lines import Line

_BETWEEN = re.compile(
    r"\s?(?:\([^)]{0,30}\))?,?\s?(?:to|until|through|thru|and|bis(?: zum| einschließlich)?|und|au|et|"
    r"-|–|—|~|/|至|到|起至|及)"
    r"(?: and including)?\s?(?:the )?",
    re.IGNORECASE,
)
_OPEN_END = re.compile(
    r"\s?,?\s?(?:to|until|through|bis|-|–|至)\s?(?:the )?(?:present|date of this|today|heute|now|今|現在|本令)",
    re.IGNORECASE,
)
_DUE = re.compile(
    r"(?:\b(?:by|before|no later than|not later than|on or before|until|due(?: on| by)?|deadline\s?:?|"
    r"response due\s?:?|"
    r"spätestens(?: bis)?(?: zum| am)?|bis(?: zum| spätestens(?: zum)?)?|frist\s?:?|avant le|au plus tard le)"
    r"|不遲於|不迟于|最遲於?|期限\s?:?|限期\s?:?|須?於|請於|截止(?:日期)?\s?:?)"
    r"\s?(?:close of business (?:on )?|the )?$",
    re.IGNORECASE,
)
_DUE_AFTER = re.compile(r"\s?(?:或)?(?:之)?(?:前|以前|或之前)")
_NUMBERS = {"one": 1, "two": 2, "three": 3, "five": 5, "seven": 7, "eight": 8, "ten": 10, "fourteen": 14, "twenty": 20,
            "twenty-one": 21, "thirty": 30, "zwei": 2, "drei": 3, "fünf": 5, "sieben": 7, "zehn": 10,
            "一": 1, "兩": 2, "两": 2, "三": 3, "五": 5, "七": 7, "八": 8,
            "十": 10, "十四": 14, "三十": 30}  # fmt: skip
_UNITS = {"minute": "minutes", "minuten": "minutes", "分鐘": "minutes", "hour": "hours", "stunde": "hours",
          "小時": "hours", "小时": "hours", "heure": "hours", "day": "days", "tag": "days", "日": "days", "天": "days",
          "jour": "days", "week": "weeks", "woche": "weeks", "星期": "weeks", "周": "weeks"}  # fmt: skip
_NUMBER = r"(?P<n>\d{1,3}|" + "|".join(sorted(_NUMBERS, key=len, reverse=True)) + r")"
_WITHIN = re.compile(
    r"(?:\b(?:within|in no more than|innerhalb(?: von)?|binnen|innert|dans(?: un délai de| les)?|sous)\s|"
    r"\b(?:deadline|time limit|frist|délai)\s?:\s?)"
    r"(?:einer frist von\s)?" + _NUMBER + r"(?:\s?\(\d{1,3}\))?\s?(?P<kind>calendar |business |working |court )?"
    r"(?P<unit>minuten?|hour|stunden?|heure|day|tag|jour|week|woche)(?:s|en|n)?\b",
    re.IGNORECASE,
)
_WITHIN_HAN = re.compile(
    _NUMBER + r"\s?(?:個|个)?\s?(?P<kind>工作)?(?P<unit>分鐘|小時|小时|日|天|星期|周)(?:之)?(?:內|内)"
)
_NO_ANSWER = re.compile(
    r"preserv|retain|sicher|保存|保留|appeal|object|einspruch|widerspruch|last|past|letzten", re.IGNORECASE
)


def search(line: Line, found: Found, *, day_first: bool | None) -> None:
    stated = [one for one in dates_in(line.joined, day_first=day_first) if one.start < len(line.text) + 40]
    used = _periods(line, stated, found)
    for one in stated:
        if one.start < len(line.text) and one not in used:
            _due(line, one, found)
    _durations(line, found)


def _periods(line: Line, stated: list[Stated], found: Found) -> set[Stated]:
    used: set[Stated] = set()
    for first, second in pairwise(stated):
        between = line.joined[first.end : second.start]
        if first in used or first.start >= len(line.text) or not _BETWEEN.fullmatch(between):
            continue
        if first.day <= second.day:
            found.add("period", f"{first.day.isoformat()}/{second.day.isoformat()}", line.where)
            used |= {first, second}
    for one in stated:
        if one not in used and one.start < len(line.text) and _OPEN_END.match(line.joined, one.end):
            found.add("period", f"{one.day.isoformat()}/..", line.where)
            used.add(one)
    return used


def _due(line: Line, one: Stated, found: Found) -> None:
    before, after = line.joined[max(0, one.start - 60) : one.start], line.joined[one.end : one.end + 6]
    named_after = _DUE_AFTER.match(after)
    # 於 alone only says "on"; it needs 前 behind the date.
    if named_after or (_DUE.search(before) and not before.rstrip().endswith("於")):
        found.add("deadline", one.moment(), line.where)


def _durations(line: Line, found: Found) -> None:
    for pattern in (_WITHIN, _WITHIN_HAN):
        for match in pattern.finditer(line.joined):
            if line.begins_here(match) and not _NO_ANSWER.search(
                line.joined[max(0, match.start() - 40) : match.start()]
            ):
                found.add("deadline", _duration(match), line.where)


def _duration(match: re.Match[str]) -> str:
    stated = match["n"].lower()
    count = int(stated) if stated.isascii() and stated.isdigit() else _NUMBERS[stated]
    unit = match["unit"].lower()
    plural = next(word for name, word in _UNITS.items() if unit.startswith(name))
    kind = "working " if (match["kind"] or "").strip().lower() in ("business", "working", "court", "工作") else ""
    return f"{count} {kind}{plural if count != 1 else plural[:-1]}"
