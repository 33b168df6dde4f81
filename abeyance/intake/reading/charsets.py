"""Bytes to text when the stated charset is missing or wrong. Never fails."""

from __future__ import annotations

import codecs
import re

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Mail programs say gb2312 and mean its superset; ISO 8859-1 and mean Windows-1252.
_MEANT = {
    "gb2312": "gb18030", "gbk": "gb18030", "iso8859-1": "cp1252", "ascii": "utf-8", "big5": "big5hkscs",
    "utf-16-le": "utf-16-le", "utf-16-be": "utf-16-be",
}  # fmt: skip
_TEXTUAL = re.compile(
    r"(?:utf-?(?:7|8|16|32)|iso|cp|windows|latin|gb|big5|hz|koi8|mac|shift|euc|johab|ptcp|tis|us-?ascii|ascii|kz)",
    re.IGNORECASE,
)
_COMMON_HAN = frozenset(
    "的一是不在人有我他這这中大來来上國国個个到說说們们為为子和你地出道也時时年得就那要下以會会可資资料用戶户"
)


def text_of(data: bytes, stated: str | None = None) -> str:
    for bom, name in _MARKS:
        if data.startswith(bom):
            return data.decode(name, "replace")
    codec = _codec(stated)
    for likely in dict.fromkeys((codec or "utf-8", "utf-8")):
        if (text := _strictly(data, likely)) is not None:
            return text
    return _guessed(data, codec)


def _codec(stated: str | None) -> str | None:
    """The Python codec for a stated charset; codecs that are no charsets (zip, rot13, idna) do not count."""
    if not stated or not _TEXTUAL.match(stated[:40]):
        return None
    try:
        name = codecs.lookup(stated[:40]).name
    except (LookupError, ValueError):
        return None
    return _MEANT.get(name, name)


def _strictly(data: bytes, name: str) -> str | None:
    try:
        return data.decode(name)
    except (ValueError, LookupError):
        return None


def _guessed(data: bytes, codec: str | None) -> str:
    if data[:200].count(0) > len(data[:200]) // 4:
        return data.decode("utf-16-le" if data[1:2] == b"\0" else "utf-16-be", "replace")
    east = [text for name in ("big5hkscs", "gb18030", "shift_jis") if (text := _strictly(data, name)) is not None]
    likely = max(east, key=_han, default="")
    if _han(likely) * 20 > len(likely):
        return likely
    return data.decode(codec or "cp1252", "replace")


def _han(text: str) -> int:
    return sum(character in _COMMON_HAN for character in text[:20000])
