"""A mail into its text and its attachments. The tree is walked with a bound on width and depth, without recursion."""

from __future__ import annotations

import re
from collections.abc import Iterator
from email import message_from_bytes
from email.message import Message
from email.policy import compat32

from abeyance.intake.reading import heads, kinds, markup
from abeyance.intake.reading.charsets import text_of
from abeyance.intake.reading.content import Content, Inner, Purse

MOST_NODES = 3000
DEEPEST = 30
_ENVELOPE = re.compile(rb"^From .{0,300}\r?\n", re.MULTILINE)


def read(data: bytes, into: Content, purse: Purse) -> None:
    try:
        # The old policy on purpose: the new one parses headers at once, and fails on some that attackers can write.
        message = message_from_bytes(data.lstrip(b"\r\n"), policy=compat32)
    except (RecursionError, ValueError, IndexError, TypeError, LookupError):
        into.mark("broken: nested too deep")
        into.pages.append(text_of(data[:200_000]))
        return
    into.head = heads.head_of(message)
    if message.get_content_type() == "multipart/encrypted":
        into.mark("encrypted")
    for number, leaf in enumerate(_leaves(message, into)):
        if number >= purse.parts:
            into.mark("more parts than are read")
            break
        _take(leaf, into)
    if not into.inside and not any(page.strip() for page in into.pages):
        into.mark("no text")


def read_mailbox(data: bytes, into: Content, purse: Purse) -> None:
    starts = [match.start() for match in _ENVELOPE.finditer(data)]
    for number, (start, end) in enumerate(zip(starts, [*starts[1:], len(data)], strict=True), start=1):
        if number > purse.parts:
            into.mark(f"only the first {purse.parts} mails were read")
            break
        mail = data[start:end].partition(b"\n")[2]
        into.inside.append(Inner(f"mail {number}.eml", mail, stated_type=kinds.MAIL))


def _leaves(message: Message, into: Content) -> Iterator[Message]:
    """The leaves in reading order; of alternatives, the plain text alone where there is one."""
    waiting: list[tuple[Message, int]] = [(message, 0)]
    seen = 0
    while waiting:
        node, depth = waiting.pop()
        seen += 1
        if seen > MOST_NODES or depth > DEEPEST:
            into.mark("more parts than are read")
            return
        below = node.get_payload() if node.get_content_maintype() == "multipart" else None
        if not isinstance(below, list):
            yield node
            continue
        children = [child for child in below if isinstance(child, Message)]
        if node.get_content_subtype() == "alternative":
            children = _preferred(children)
        waiting.extend((child, depth + 1) for child in reversed(children))


def _preferred(children: list[Message]) -> list[Message]:
    plain = [child for child in children if child.get_content_type() == "text/plain" and _bytes(child).strip()]
    if not plain:
        return children[-1:] if all(child.get_content_maintype() == "text" for child in children) else children
    return plain[:1] + [child for child in children if child.get_content_maintype() not in ("text", "multipart")]


def _take(leaf: Message, into: Content) -> None:
    name = _filename(leaf)
    content_type = leaf.get_content_type()
    if content_type == "message/rfc822":
        into.inside.append(_inner_mail(leaf, name or "mail.eml"))
        return
    data = _bytes(leaf)
    attached = "attachment" in str(leaf.get("Content-Disposition", ""))[:40].lower()
    if content_type.startswith("text/") and not name and not attached and kinds.looks_like_text(data):
        _say(data, leaf, into, is_html=content_type == "text/html")
    elif data or name:
        into.inside.append(Inner(name, data, stated_type=content_type))


def _say(data: bytes, leaf: Message, into: Content, *, is_html: bool) -> None:
    text = text_of(data, _charset(leaf))
    if is_html:
        text, marks = markup.text_and_marks(text)
        into.mark(*marks)
    if "-----BEGIN PGP MESSAGE" in text:
        into.mark("encrypted")
    into.pages.append(text)


def _charset(leaf: Message) -> str | None:
    try:
        stated = leaf.get_content_charset()
    except (ValueError, LookupError, TypeError, IndexError):
        return None
    return str(stated) if stated else None


def _filename(leaf: Message) -> str:
    try:
        return heads.decoded(str(leaf.get_filename("") or ""))
    except (ValueError, LookupError, TypeError, IndexError):
        return "unnamed"


def _bytes(leaf: Message) -> bytes:
    try:
        payload = leaf.get_payload(decode=True)
    except (ValueError, LookupError, TypeError, AssertionError):
        payload = leaf.get_payload()
    if isinstance(payload, bytes):
        return payload
    return payload.encode("utf-8", "surrogateescape") if isinstance(payload, str) else b""


def _inner_mail(leaf: Message, name: str) -> Inner:
    inner = leaf.get_payload()
    if not isinstance(inner, list) or not inner or not isinstance(inner[0], Message):
        return Inner(name, _bytes(leaf), stated_type=kinds.MAIL)
    try:
        return Inner(name, inner[0].as_bytes(policy=compat32), stated_type=kinds.MAIL)
    except RecursionError:
        return Inner(name, mark="broken: nested too deep")
    except (ValueError, LookupError, TypeError, KeyError):
        return Inner(name, mark="broken")
