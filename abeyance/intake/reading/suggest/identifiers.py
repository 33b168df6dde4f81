"""Account identifiers, kept apart from the requester's own addresses and numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address

import phonenumbers

from abeyance.intake.reading.suggest.collected import Found
from abeyance.intake.reading.suggest.dates import Stated, dates_in
from abeyance.intake.reading.suggest.lines import TARGET_WORD, Among, Line
from abeyance.intake.reading.suggest.parties import RANK

EMAIL = re.compile(
    r"(?<![\w@.+/-])[A-Za-z0-9!#$%&*+/=?^_{|}~-][A-Za-z0-9!#$%&'*+/=?^_{|}~.-]{0,63}"
    r"@(?:[A-Za-z0-9À-žа-яё](?:[A-Za-z0-9À-žа-яё-]{0,62})\.){1,8}(?:[A-Za-z]{2,24}|xn--[A-Za-z0-9-]{2,59})(?![A-Za-z0-9@])"
)
MATRIX = re.compile(
    r"(?<![\w@.])@[A-Za-z0-9._=/+-]{1,200}:(?:(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}|localhost|(?:\d{1,3}\.){3}\d{1,3})"
    r"(?::\d{1,5})?(?![A-Za-z0-9])"
)
_HANDLE = re.compile(r"(?<![\w@./:=+-])@([A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9_]))(?![\w:@])")
_USER_NAME = re.compile(
    r"(?:\b(?:user ?-?names?|screen names?|handles?|login(?: name)?|account name|nicknames?|alias|benutzernamen?|"
    r"nutzernamen?|nutzerkennung|benutzerkennung|anmeldename|nom d'utilisateur|identifiant)"
    r"|(?:用戶|使用者|用户)(?:名稱|名称|名)|帳戶名稱|账户名)"
    r"(?:\s?\([^)]{0,30}\))?\s?(?::|=|\bis\b|\blautet\b|為|为|\s(?=[\"'“„「@]))\s?[\"'“„「]?@?(?P<value>[^\s\"'“”„「」,;()<>:]{2,64})",
    re.IGNORECASE,
)
_ACCOUNT_ID = re.compile(
    r"(?:\b(?:account|user|customer|subscriber|member|profile|konto|nutzer|kunden|benutzer)[ -]?"
    r"(?:id|no\.?|number|nummer|identifier|uid)\b|\buid\b|(?:帳戶|用戶|賬戶|账户|用户|客戶|客户)(?:編號|號碼|编号|号码|id))"
    r"(?:\s?\([^)]{0,30}\))?\s?(?::|=|#|\bis\b|為|为|\s(?=\d))\s?#?(?P<value>[A-Za-z0-9][A-Za-z0-9_.-]{2,63})",
    re.IGNORECASE,
)
_IP = re.compile(
    r"(?<![\w.:])(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:]{1,39}(?:(?:\d{1,3}\.){3}\d{1,3})?)(?![\w])"
)
_ALL_IN_UTC = re.compile(
    r"times?(?: are| is)?(?: all)? in UTC|\((?:all )?(?:times? )?(?:in )?UTC\)|zeit\w* in UTC", re.IGNORECASE
)
_ALL_IN_HONG_KONG = re.compile(r"(?:時間|times?)[^.。]{0,20}(?:香港時間|Hong Kong time|HKT)", re.IGNORECASE)
_SEND_TO = re.compile(
    r"\b(?:send|return|submit|deliver|reply|respond|answers?|forward|transmit|e-?mailed|serve)\b.{0,120}?\b(?:to|at|via)\b"
    r"|\b(?:contact|rückfragen|erreichbar|kontakt)\b|\b(?:an|unter)\s(?:die adresse\s|folgende adresse\s)?:?\s?$"
    r"|(?:電郵至|傳送至|寄往|回覆至|回覆予|交至|發送至|發送到|发送至|聯絡|联系|查詢)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.;!?] |[。；]")
_CONTACT_LABEL = re.compile(
    r"(?:\b(?:tele?(?:phone|fon|fax)?|ph(?:one)?|fax|mobile|cell|office|direct|durchwahl|handy|mobil|t|f|m)|電話|传真|傳真|电话|手提)"
    r"(?:\s?(?:no|number|nr)\.?)?\s?[.:]{0,2}\s?\(?$",
    re.IGNORECASE,
)
OFFICIAL = re.compile(
    r"(?:^|\.)(?:gov|mil|police|polizei|justiz|bund|gouv|gob|govt|gc|admin|judiciary|europa|interpol|bka|fbi)(?:\.[a-z]{2,3}){0,2}$"
    r"|(?:^|[.-])(?:polizei|police|justiz|staatsanwaltschaft|bka)[.-]",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Requester:
    """What is the requester's, or ours: never a target."""

    own: frozenset[str] = frozenset()  # addresses of From and Reply-To
    domains: frozenset[str] = frozenset()
    ours: frozenset[str] = frozenset()  # whom the mail was addressed to
    region: str | None = None  # for telephone numbers without a country code


def default_zone(text: str) -> timedelta | None:
    if _ALL_IN_UTC.search(text):
        return timedelta(0)
    return timedelta(hours=8) if _ALL_IN_HONG_KONG.search(text) else None


def search(line: Line, found: Found, requester: Requester, zone: timedelta | None) -> None:
    text = line.text
    if "@" in text:
        _addresses(line, found, requester)
    if sum(map(str.isdigit, text)) >= 7:
        _telephones(line, found, requester.region)
    _addresses_with_time(line, found, zone)
    if line.among is not Among.CONTACT:
        for field, pattern in (("user-name", _USER_NAME), ("account-id", _ACCOUNT_ID)):
            for match in pattern.finditer(text):
                _labelled(field, match["value"].rstrip(".。、，"), line, found)


def _labelled(field: str, value: str, line: Line, found: Found) -> None:
    if "@" in value or value.lower() in ("and", "or", "the", "of", "und", "id", "name", "unknown", "unbekannt"):
        return
    found.add(field, value, line.where)


def _addresses(line: Line, found: Found, requester: Requester) -> None:
    for match in MATRIX.finditer(line.text):
        found.add("matrix-id", match[0], line.where)
    for match in EMAIL.finditer(line.text):
        address = match[0].lower() if match[0].isascii() else match[0]
        if address in requester.ours and address not in requester.own:
            continue
        theirs = _is_the_requesters(address, line, match.start(), requester)
        found.add("officer_email" if theirs else "email", address, line.where)
    if line.among is not Among.CONTACT:
        for match in _HANDLE.finditer(line.text):
            found.add("user-name", match[1], line.where)


def _is_the_requesters(address: str, line: Line, start: int, requester: Requester) -> bool:
    if address in requester.own:
        return True
    if _leads_to_the_requester(line.text, start):
        return True
    if line.among is Among.TARGETS or TARGET_WORD.search(line.text[max(0, start - 200) : start]):
        return False
    domain = address.rpartition("@")[2]
    return line.among is Among.CONTACT or domain in requester.domains or bool(OFFICIAL.search(domain))


def _leads_to_the_requester(text: str, start: int) -> bool:
    """Whether the words of the sentence before this place say "send it to", or name an officer last."""
    before = _SENTENCE_END.split(text[max(0, start - 200) : start])[-1]
    targets = [match.end() for match in TARGET_WORD.finditer(before)]
    ours = [match.end() for pattern in (_SEND_TO, RANK) for match in pattern.finditer(before)]
    return bool(ours) and max(ours) > max(targets, default=-1)


def _telephones(line: Line, found: Found, region: str | None) -> None:
    for match in phonenumbers.PhoneNumberMatcher(line.text, region, max_tries=50):
        before = line.text[max(0, match.start - 200) : match.start]
        if _overlaps_other(line.text, match.start, match.end) or _leads_to_the_requester(line.text, match.start):
            continue
        of_target = line.among is Among.TARGETS or bool(TARGET_WORD.search(before))
        if line.among is Among.CONTACT or (_CONTACT_LABEL.search(before) and not of_target):
            continue
        found.add(
            "telephone", phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164), line.where
        )


def _overlaps_other(text: str, start: int, end: int) -> bool:
    """Digits of a date, an address or a Matrix id are no telephone number."""
    spans = [(one.start, one.end) for one in dates_in(text)]
    spans += [match.span() for pattern in (_IP, EMAIL, MATRIX) for match in pattern.finditer(text)]
    return any(first < end and start < last for first, last in spans)


def _addresses_with_time(line: Line, found: Found, zone: timedelta | None) -> None:
    here = list(_ips(line.text))
    if not here:
        return
    moments = [one for one in dates_in(line.joined) if one.time is not None]
    next_is_own = any(True for _ in _ips(line.after))
    for start, address in here:
        usable = [one for one in moments if one.start < len(line.text) or not next_is_own]
        moment = _nearest(usable, start)
        value = address if moment is None else f"{address} {moment.moment(zone)}"
        found.add("ip-and-time", value, line.where)


def _nearest(moments: list[Stated], place: int) -> Stated | None:
    following = [one for one in moments if one.start > place]
    return following[0] if following else (moments[-1] if moments else None)


def _ips(text: str) -> Iterator[tuple[int, str]]:
    for match in _IP.finditer(text):
        stated = match[0].rstrip(":")
        if stated.count(":") == 1 or ("." not in stated and stated.count(":") < 2):
            continue  # a time of day, or an address with a port
        try:
            address = ip_address(stated)
        except ValueError:
            continue
        if not address.is_unspecified and len(stated) > 4:
            yield match.start(), str(address)
