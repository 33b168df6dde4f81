"""The head of a mail, decoded and bounded. All of it is what the sender wrote, true or not."""

from __future__ import annotations

import re
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import getaddresses

from abeyance.intake.reading.charsets import text_of
from abeyance.intake.reading.names import one_line
from abeyance.intake.reading.values import Authentication, Head

LONGEST = 4000
MOST = 500
_ADDRESS = re.compile(r"[^\s@<>\"(),;:]{1,128}@[^\s@<>\"(),;:]{1,253}")
_DKIM_DOMAIN = re.compile(r"\bd\s*=\s*([A-Za-z0-9.-]{1,253})")


def head_of(message: Message) -> Head:
    lines = _lines(message)
    senders = _people(lines.get("from", []))
    replies = _people(lines.get("reply-to", []))
    addressed = _people([value for name in ("to", "cc", "delivered-to") for value in lines.get(name, [])])
    return Head(
        sender=senders[0][1] if senders else None,
        sender_name=senders[0][0] if senders else "",
        reply_to=replies[0][1] if replies else None,
        addressed=tuple(dict.fromkeys(address for _, address in addressed[:50])),
        subject=_first(lines, "subject", 500),
        message_id=_first(lines, "message-id", 250) or None,
        date=_first(lines, "date", 100),
        authentication=_authentication(lines),
    )


def _authentication(lines: dict[str, list[str]]) -> Authentication:
    domains = [found[1].lower() for value in lines.get("dkim-signature", []) if (found := _DKIM_DOMAIN.search(value))]
    paths = _people(lines.get("return-path", []))
    return Authentication(
        results=tuple(one_line(value, 1000) for value in lines.get("authentication-results", [])[:10]),
        spf=tuple(one_line(value, 500) for value in lines.get("received-spf", [])[:10]),
        dkim_domains=tuple(dict.fromkeys(domains[:10])),
        return_path=paths[0][1] if paths else None,
    )


def _lines(message: Message) -> dict[str, list[str]]:
    """The first 500 lines by lower-case name, unfolded; bytes outside ASCII kept until they are decoded."""
    lines: dict[str, list[str]] = {}
    for name, value in list(message.raw_items())[:MOST]:
        lines.setdefault(name.lower(), []).append(str(value)[:LONGEST])
    return lines


def _first(lines: dict[str, list[str]], name: str, longest: int) -> str:
    return one_line(decoded(lines.get(name, [""])[0]), longest)


def decoded(value: str) -> str:
    """RFC 2047 words and raw bytes to text."""
    raw = value[:LONGEST].encode("utf-8", "surrogateescape")
    text = text_of(raw)
    if "=?" not in text:
        return text
    try:
        pieces = decode_header(text)
    except (MessageError, ValueError, LookupError, AssertionError):
        return text
    return "".join(piece if isinstance(piece, str) else _piece(piece, charset) for piece, charset in pieces)


def _piece(piece: bytes, charset: str | None) -> str:
    return piece.decode("raw-unicode-escape", "replace") if charset is None else text_of(piece, charset)


def _people(values: list[str]) -> list[tuple[str, str]]:
    """Names and addresses. When the line is no proper list, the first thing that looks like an address."""
    found: list[tuple[str, str]] = []
    for value in values[:20]:
        pairs = _pairs(value)
        found.extend(pairs or [("", match[0].lower()) for match in [_ADDRESS.search(decoded(value))] if match])
    return found


def _pairs(value: str) -> list[tuple[str, str]]:
    try:
        pairs = getaddresses([value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")])
    except (ValueError, IndexError, TypeError, RecursionError):
        return []
    return [
        (one_line(decoded(name), 120), address.lower()) for name, address in pairs[:100] if _ADDRESS.fullmatch(address)
    ]
