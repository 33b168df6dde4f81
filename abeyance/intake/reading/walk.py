"""From one file to all its parts: decides who reads what, and spends the purse. Runs only in the reading process."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from xml.parsers.expat import ExpatError

from abeyance.intake.reading import archives, kinds, mail, markup, names, office, outlook, pdf, rtf
from abeyance.intake.reading.charsets import text_of
from abeyance.intake.reading.content import Content, Inner, OutOfTime, Purse, at_most
from abeyance.intake.reading.values import Head, Limits, Part

Reader = Callable[[bytes, Content, Purse], None]
DIED = "not read: reading it ended the reading process"
TOO_LONG = "took too long: not all was read"
_INVISIBLE = dict.fromkeys((*range(9), 11, *range(14, 32), 127, 0xAD, 0x200B, 0x2060, 0xFEFF, 0x200E, 0x200F, 0x061C,
                            *range(0x202A, 0x202F), *range(0x2066, 0x206A), *range(0xFFF9, 0xFFFC)))  # fmt: skip
_INVISIBLE_AND_BREAKS = _INVISIBLE | {12: "\n", 13: "\n", 0x85: "\n", 0x2028: "\n", 0x2029: "\n"}
_ENVELOPED, _SIGNED = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03", b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"


def readable(text: str) -> str:
    """Text without what cannot be seen, so that nobody reads one thing where the patterns read another."""
    whole = text.replace("\r\n", "\n").translate(_INVISIBLE_AND_BREAKS)
    return whole.encode("utf-8", "replace").decode("utf-8")


class Walk:
    def __init__(self, limits: Limits, skip: frozenset[str], begun: Callable[[str], None]) -> None:
        self.purse = Purse(limits)
        self.skip = skip  # parts on which an earlier attempt died
        self.begun = begun
        self.parts: list[Part] = []
        self.heads: list[tuple[str, Head]] = []
        self.marks: list[str] = []
        self.paths: set[str] = set()

    def read(self, inner: Inner, above: str = "", depth: int = 0) -> None:
        if self.purse.parts <= 0:
            self.mark("more parts than are read")
            return
        self.purse.parts -= 1
        path = self._path(inner.name, above)
        self.begun(path)
        place = len(self.parts)
        self.parts.append(_part(path, inner, kinds.UNKNOWN, Content(marks=[inner.mark])))
        content = Content(marks=[inner.mark] if inner.mark else [])
        kind = self._content(inner, path, content)
        self.parts[place] = _part(path, inner, kind, self._affordable(content))
        if content.head is not None:
            self.heads.append((path, content.head))
        self._inside(content, place, path, depth)

    def mark(self, mark: str) -> None:
        if mark not in self.marks:
            self.marks.append(mark)

    def _content(self, inner: Inner, path: str, content: Content) -> str:
        if inner.mark:
            return kinds.UNKNOWN
        kind, reader = _reader_for(inner, content)
        seconds = self.purse.seconds()
        if path in self.skip:
            content.mark(DIED)
        elif reader is not None and seconds <= 0:
            content.mark(TOO_LONG)
        elif reader is not None:
            _guarded(reader, inner.data, content, self.purse, seconds)
        return kind

    def _inside(self, content: Content, place: int, path: str, depth: int) -> None:
        if content.inside and depth >= self.purse.limits.depth:
            before = self.parts[place]
            mark = "; ".join(filter(None, (before.mark, "too deep: what is inside was not read")))
            self.parts[place] = Part(before.path, before.media_type, before.size, before.sha256, before.text, mark)
            return
        for inner in content.inside:
            self.read(inner, path, depth + 1)

    def _affordable(self, content: Content) -> Content:
        pages: list[str] = []
        for page in map(readable, content.pages):
            if len(page) > self.purse.text:
                content.mark("too large: only the beginning was read")
            pages.append(page[: max(self.purse.text, 0)])
            self.purse.text -= len(pages[-1])
        content.pages = pages
        return content

    def _path(self, name: str, above: str) -> str:
        plain = names.shown(name, f"part {len(self.parts) + 1}" if above else "file")
        path = f"{above}{names.WITHIN}{plain}" if above else plain
        for number in range(2, 1000):
            if path not in self.paths:
                break
            path = f"{above}{names.WITHIN}{plain} ({number})"
        self.paths.add(path)
        return path


def _part(path: str, inner: Inner, kind: str, content: Content) -> Part:
    digest = hashlib.sha256(inner.data).digest()
    return Part(path, kind, len(inner.data), digest, tuple(content.pages), "; ".join(content.marks))


def _guarded(reader: Reader, data: bytes, content: Content, purse: Purse, seconds: float) -> None:
    """Runs a reader on a hostile file. Whatever goes wrong in it becomes a mark; what it found is kept."""
    try:
        with at_most(seconds):
            reader(data, content, purse)
    except OutOfTime:
        content.mark(TOO_LONG)
    except MemoryError:
        content.mark("too large: needs too much memory")
    except office.RefusedXmlError as refusing:
        content.mark(f"not read: {refusing}")
    except (Exception, ExpatError):  # the libraries fail in ways of their own; none may stop the batch
        content.mark("broken")


def _reader_for(inner: Inner, content: Content) -> tuple[str, Reader | None]:
    kind = kinds.kind_of(inner.data)
    if kind.mark:
        content.mark(kind.mark)
        return kind.media_type, None
    if inner.stated_type == kinds.MAIL and kind.media_type in (kinds.TEXT, kinds.UNKNOWN):
        return kinds.MAIL, mail.read
    if kind.media_type == kinds.ZIP and archives.is_word(inner.data):
        return archives.WORD, archives.read
    if kind.media_type == kinds.UNKNOWN:
        content.mark(_unknown(inner.data))
    return kind.media_type, _READERS.get(kind.media_type)


def _unknown(data: bytes) -> str:
    if _ENVELOPED in data[:64]:
        return "encrypted"
    return "not read: signed data" if _SIGNED in data[:64] else "not read: unknown kind of file"


def _text(data: bytes, into: Content, purse: Purse) -> None:
    into.pages.append(text_of(data))
    if not into.pages[0].strip():
        into.mark("no text")


def _html(data: bytes, into: Content, purse: Purse) -> None:
    text, marks = markup.text_and_marks(text_of(data))
    into.pages.append(text)
    into.mark(*marks)


def _rtf(data: bytes, into: Content, purse: Purse) -> None:
    text, marks = rtf.text_and_marks(data)
    into.pages.append(text)
    into.mark(*marks)


def _xml(data: bytes, into: Content, purse: Purse) -> None:
    into.pages.append(office.form_text(data))


_READERS: dict[str, Reader] = {
    kinds.PDF: pdf.read, kinds.ZIP: archives.read, kinds.TNEF: outlook.read, kinds.MAIL: mail.read,
    kinds.MBOX: mail.read_mailbox, kinds.RTF: _rtf, kinds.HTML: _html, kinds.XML: _xml, kinds.TEXT: _text,
}  # fmt: skip
