"""PDF to text by page. What a PDF could do (scripts, attachments, forms) is named, never done."""

from __future__ import annotations

import io

from pypdf import PdfReader
from pypdf.errors import DependencyError, PyPdfError

from abeyance.intake.reading.content import Content, Inner, Purse

LONGEST_PAGE = 200_000
_ACTIONS = ((b"/JavaScript", "contains JavaScript, not run"), (b"/Launch", "contains a launch action, not run"))


def read(data: bytes, into: Content, purse: Purse) -> None:
    into.mark(*(mark for sign, mark in _ACTIONS if sign in data))
    reader = PdfReader(io.BytesIO(data), strict=False, root_object_recovery_limit=2000)
    if reader.is_encrypted and not _opens_without_password(reader):
        into.mark("encrypted")
        return
    _pages(reader, into, purse)
    _catalogue(reader, into)
    _attachments(reader, into, purse)


def _opens_without_password(reader: PdfReader) -> bool:
    try:
        return bool(reader.decrypt(""))
    except (PyPdfError, DependencyError, NotImplementedError, ValueError, KeyError):
        return False


def _pages(reader: PdfReader, into: Content, purse: Purse) -> None:
    pictures = False
    for number, page in enumerate(reader.pages):
        if number == purse.limits.pages:
            into.mark(f"only the first {number} pages were read")
            break
        try:
            into.pages.append(page.extract_text()[:LONGEST_PAGE])
        except MemoryError:
            raise
        except Exception:  # any page may be broken in any way; the others still count
            into.pages.append("")
            into.mark("broken: some pages could not be read")
        pictures = pictures or b"/XObject" in repr(page.get("/Resources", "")).encode()
    if into.pages and not any(page.strip() for page in into.pages):
        into.mark("no text: looks scanned" if pictures else "no text")


def _catalogue(reader: PdfReader, into: Content) -> None:
    root = reader.root_object
    names = root.get("/Names")
    seen = repr(names.get_object() if names is not None else "") + repr(root.get("/OpenAction", "")) + repr(root)
    if "/JavaScript" in seen or "'/JS'" in seen:
        into.mark("contains JavaScript, not run")
    if "/XFA" in repr(root.get("/AcroForm", "")):
        into.mark("contains an interactive form, not run")


def _attachments(reader: PdfReader, into: Content, purse: Purse) -> None:
    try:
        for number, attachment in enumerate(reader.attachment_list):
            if number >= purse.parts:
                into.mark("more attachments than are read")
                break
            into.mark("contains embedded files")
            into.inside.append(Inner(attachment.name, attachment.content))
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, IndexError):
        into.mark("broken: embedded files could not be read")
