"""Suggestions out of text: fixed patterns, no learning, each with the place it was found in. A person confirms them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import groupby

import phonenumbers

from abeyance.intake.reading.suggest import categories, identifiers, instruments, language, parties, spans
from abeyance.intake.reading.suggest.collected import Found
from abeyance.intake.reading.suggest.identifiers import OFFICIAL, Requester
from abeyance.intake.reading.suggest.lines import Among, Line, flat, lines_of, plain
from abeyance.intake.reading.values import Head, Part, Where

__all__ = ["Found", "steps", "warm_up"]

_SHARED_DOMAINS = frozenset(
    [
        "gmail.com",
        "googlemail.com",
        "outlook.com",
        "hotmail.com",
        "yahoo.com",
        "icloud.com",
        "gmx.de",
        "gmx.net",
        "web.de",
        "proton.me",
        "protonmail.com",
        "aol.com",
        "mail.ru",
        "qq.com",
        "163.com",
        "t-online.de",
        "live.com",
    ]
)
_TWO_LETTER = {
    "uk": "GB",
    "hk": "HK",
    "de": "DE",
    "fr": "FR",
    "us": "US",
    "in": "IN",
    "br": "BR",
    "au": "AU",
    "ca": "CA",
}
_MONTH_FIRST = ("US",)


def steps(parts: list[Part], heads: list[tuple[str, Head]], found: Found) -> Iterator[Callable[[], None]]:
    """The search in steps, each of which may be cut short: what `found` holds then is still good."""
    lines = _subjects(heads) + lines_of(parts)
    yield lambda: _from_heads(heads, found)
    yield lambda: _stated_once(lines, found)
    yield lambda: instruments.conclude(found)
    yield lambda: _stated_often(lines, heads, found)
    yield lambda: _languages(parts, found)


def warm_up() -> None:
    """Loads what the first file would otherwise pay for."""
    line = Line(Where("x", 1, 1), "+1 202 555 0143 on 2020-07-06 at 203.0.113.7", "", Among.NEUTRAL)
    identifiers.search(line, Found(10), Requester(), None)
    for region in ("US", "HK", "DE", "GB", "FR"):
        phonenumbers.PhoneMetadata.metadata_for_region(region)


def _stated_once(lines: list[Line], found: Found) -> None:
    for _, group in groupby(lines, key=lambda line: line.where.part):
        own = list(group)
        text = flat(own)
        instruments.search(own, text, found)
        asked, bodies, before = categories.named_in(text), parties.named_in(text), ""
        for line in own:
            parties.search(line, found, bodies)
            categories.search(line, found, before, asked)
            before = line.text


def _stated_often(lines: list[Line], heads: list[tuple[str, Head]], found: Found) -> None:
    requester = _requester(heads, _region(found))
    country = requester.region
    for _, group in groupby(lines, key=lambda line: line.where.part):
        own = list(group)
        zone = identifiers.default_zone(flat(own))
        for line in own:
            spans.search(line, found, day_first=None if country is None else country not in _MONTH_FIRST)
            identifiers.search(line, found, requester, zone)


def _from_heads(heads: list[tuple[str, Head]], found: Found) -> None:
    for path, head in heads:
        sender = Where(f"{path} (From)", 1, 1)
        found.add("officer_email", head.sender or "", sender)
        found.add("officer_email", head.reply_to or "", Where(f"{path} (Reply-To)", 1, 1))
        if head.sender_name and "@" not in head.sender_name:
            found.add("officer", head.sender_name, sender)
        domain = (head.sender or "").rpartition("@")[2]
        if OFFICIAL.search(domain):
            found.add("jurisdiction", _country(domain), sender)


def _country(domain: str) -> str:
    if domain.endswith((".gov", ".mil")):
        return "US"
    return _TWO_LETTER.get(domain.rpartition(".")[2], "")


def _subjects(heads: list[tuple[str, Head]]) -> list[Line]:
    return [
        Line(Where(f"{path} (Subject)", 1, 1), plain(head.subject), "", Among.NEUTRAL)
        for path, head in heads
        if head.subject
    ]


def _region(found: Found) -> str | None:
    countries = [one.value for one in found.suggestions if one.field == "jurisdiction" and one.value != "EU"]
    return countries[0] if countries else None


def _requester(heads: list[tuple[str, Head]], region: str | None) -> Requester:
    own = {address for _, head in heads for address in (head.sender, head.reply_to) if address}
    domains = {address.rpartition("@")[2] for address in own} - _SHARED_DOMAINS
    ours = {address for _, head in heads for address in head.addressed}
    return Requester(frozenset(own), frozenset(domains), frozenset(ours), region)


def _languages(parts: list[Part], found: Found) -> None:
    for part in parts:
        for page, text in enumerate(part.text, start=1):
            if text.strip():
                line = next(number for number, row in enumerate(text.split("\n"), start=1) if row.strip())
                for name in language.languages_of("\n".join(part.text)):
                    found.add("language", name, Where(part.path, page, line))
                break
