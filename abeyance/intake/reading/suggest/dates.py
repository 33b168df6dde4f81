"""Dates and times as people write them, in English, German, French and Chinese. What is ambiguous is left alone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

_MONTHS = (
    "january|jan|januar|jänner|janvier", "february|feb|februar|février", "march|mar|märz|mars",
    "april|apr|avril", "may|mai", "june|jun|juni|juin", "july|jul|juli|juillet", "august|aug|août",
    "september|sept|sep|septembre", "october|oct|oktober|okt|octobre", "november|nov|novembre",
    "december|dec|dezember|dez|décembre",
)  # fmt: skip
_MONTH = {name: number for number, names in enumerate(_MONTHS, start=1) for name in names.split("|")}
_NAMES = "|".join(sorted(_MONTH, key=len, reverse=True))
_DIGITS = {sign: value for value, signs in enumerate(("〇零", "一", "二", "三", "四", "五", "六", "七", "八", "九"))
           for sign in signs}  # fmt: skip
_HAN = "〇零一二三四五六七八九十"
_DATE = re.compile(
    r"(?<![\d.])(?P<y>\d{4})[-/](?P<m>\d{1,2})[-/](?P<d>\d{1,2})(?!\d)"
    r"|(?<![\d.])(?P<gd>\d{1,2})\. ?(?P<gm>\d{1,2})\. ?(?P<gy>\d{4})(?!\d)"
    r"|(?<![\d/])(?P<s1>\d{1,2})/(?P<s2>\d{1,2})/(?P<sy>\d{4})(?!\d)"
    rf"|(?<!\d)(?P<nd>\d{{1,2}})(?:st|nd|rd|th|\.|er)? (?:of |day of )?(?P<nm>{_NAMES})\b\.?,? (?P<ny>\d{{4}})(?!\d)"
    rf"|\b(?P<am>{_NAMES})\.? (?P<ad>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<ay>\d{{4}})(?!\d)"
    r"|(?<!\d)(?P<cy>\d{4}) ?年 ?(?P<cm>\d{1,2}) ?月 ?(?P<cd>\d{1,2}) ?[日號号]"
    rf"|(?P<hy>[〇零一二三四五六七八九]{{4}})年(?P<hm>[{_HAN}]{{1,3}})月(?P<hd>[{_HAN}]{{1,3}})[日號号]",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?:T|,? (?:at |um |à |gegen )?|,?\s*)(?P<half>上午|下午|晚上)?\s?"
    r"(?P<h>\d{1,2})(?::| ?[時时點点h] ?)(?P<min>\d{2})?"
    r"(?:(?::|分)(?P<s>\d{2})(?:[.,]\d{1,9})?秒?)?分?\s?(?P<ampm>[ap]\.?m\b\.?)?\s?(?:Uhr)?\s?\(?"
    r"(?P<zone>Z\b|UTC|GMT|MESZ|CEST|MEZ|CET|HKT|BST|EST|EDT|PST|PDT|MST|MDT|JST|香港時間|北京時間|北京时间|協調世界時)?"
    r"(?P<offset>[+-]\d{1,2}(?::?\d{2})?(?!\d))?",
    re.IGNORECASE,
)
_ZONES = {"z": 0, "utc": 0, "gmt": 0, "協調世界時": 0, "mesz": 2, "cest": 2, "mez": 1, "cet": 1, "hkt": 8,
          "香港時間": 8,
          "北京時間": 8, "北京时间": 8, "bst": 1, "est": -5, "edt": -4, "pst": -8, "pdt": -7, "mst": -7, "mdt": -6,
          "jst": 9}  # fmt: skip


@dataclass(frozen=True)
class Stated:
    """A date as found; the time where one follows, and its offset from UTC where that is stated."""

    start: int
    end: int
    day: date
    time: time | None = None
    zone: timedelta | None = None

    def moment(self, otherwise: timedelta | None = None) -> str:
        """ISO 8601: in UTC with Z where the zone is known, without a zone where it is not."""
        zone = otherwise if self.zone is None else self.zone
        if self.time is None:
            return self.day.isoformat()
        local = datetime.combine(self.day, self.time)
        if zone is None or not 1900 < self.day.year < 2200:
            return local.isoformat()
        return local.replace(tzinfo=timezone(zone)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def dates_in(text: str, *, day_first: bool | None = None) -> Iterator[Stated]:
    """`day_first` says how to read 7/6/2020; None leaves it out."""
    for match in _DATE.finditer(text):
        day = _day(match, day_first)
        if day is not None:
            yield _with_time(match, day, text)


def _day(match: re.Match[str], day_first: bool | None) -> date | None:
    part = match.groupdict()
    if part["y"]:
        return _date(part["y"], part["m"], part["d"])
    if part["gy"]:
        return _date(part["gy"], part["gm"], part["gd"])
    if part["sy"]:
        return _slashed(int(part["s1"]), int(part["s2"]), part["sy"], day_first)
    if part["ny"]:
        return _date(part["ny"], _MONTH[part["nm"].lower()], part["nd"])
    if part["ay"]:
        return _date(part["ay"], _MONTH[part["am"].lower()], part["ad"])
    if part["cy"]:
        return _date(part["cy"], part["cm"], part["cd"])
    year = int("".join(str(_DIGITS[sign]) for sign in part["hy"]))
    return _date(year, _han_number(part["hm"]), _han_number(part["hd"]))


def _slashed(first: int, second: int, year: str, day_first: bool | None) -> date | None:
    if first > 12 or second > 12:
        day_first = first > 12
    if day_first is None:
        return None
    return _date(year, second, first) if day_first else _date(year, first, second)


def _date(year: str | int, month: str | int, day: str | int) -> date | None:
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def _han_number(signs: str) -> int:
    tens, ten, ones = signs.partition("十")
    if not ten:
        return int("".join(str(_DIGITS[sign]) for sign in signs))
    return (_DIGITS.get(tens, 1) * 10) + _DIGITS.get(ones, 0)


def _with_time(match: re.Match[str], day: date, text: str) -> Stated:
    found = _TIME.match(text, match.end())
    clock = _clock(found) if found else None
    if found is None or clock is None:
        return Stated(match.start(), match.end(), day)
    return Stated(match.start(), found.end(), day, clock, _zone(found))


def _clock(found: re.Match[str]) -> time | None:
    hour = int(found["h"])
    afternoon = (found["ampm"] or "").lower().startswith("p") or found["half"] in ("下午", "晚上")
    if afternoon and hour < 12:
        hour += 12
    elif (found["ampm"] or "").lower().startswith("a") and hour == 12:
        hour = 0
    try:
        return time(hour, int(found["min"] or 0), int(found["s"] or 0))
    except ValueError:
        return None


def _zone(found: re.Match[str]) -> timedelta | None:
    named, offset = found["zone"], found["offset"]
    if offset:
        digits = offset[1:].replace(":", "")
        hours, minutes = (int(digits[:-2]), int(digits[-2:])) if len(digits) > 2 else (int(digits), 0)
        moved = timedelta(hours=hours, minutes=minutes)
        if moved < timedelta(hours=15) and minutes < 60:
            return -moved if offset[0] == "-" else moved
        return None
    return timedelta(hours=_ZONES[named.lower()]) if named else None
