"""winmail.dat: the envelope in which Outlook hides text and attachments."""

from __future__ import annotations

from tnefparse import TNEF

from abeyance.intake.reading import markup, rtf
from abeyance.intake.reading.charsets import text_of
from abeyance.intake.reading.content import Content, Inner, Purse


def read(data: bytes, into: Content, purse: Purse) -> None:
    envelope = TNEF(data, do_checksum=False)
    _body(envelope, into)
    for number, attachment in enumerate(envelope.attachments):
        if number >= purse.parts:
            into.mark("more attachments than are read")
            break
        content = attachment.data if isinstance(attachment.data, bytes) else b""
        into.inside.append(Inner(_name(attachment), content))


def _body(envelope: TNEF, into: Content) -> None:
    plain, html = _text(envelope.body), _text(envelope.htmlbody)
    if plain.strip():
        into.pages.append(plain)
    elif html.strip():
        text, marks = markup.text_and_marks(html)
        into.pages.append(text)
        into.mark(*marks)
    elif isinstance(body := envelope.rtfbody, bytes) and body.startswith(b"{\\rtf"):
        into.pages.append(rtf.text_and_marks(body)[0])
    elif envelope.rtfbody:
        into.mark("some text not read: compressed by Outlook")


def _text(value: object) -> str:
    if isinstance(value, bytes):
        return text_of(value.rstrip(b"\0"))
    return value.rstrip("\0") if isinstance(value, str) else ""


def _name(attachment: object) -> str:
    for found in ("long_filename", "name"):
        try:
            value = getattr(attachment, found)
            text = _text(value() if callable(value) else value)
        except (UnicodeDecodeError, AttributeError, IndexError):
            continue
        if text:
            return text
    return ""
