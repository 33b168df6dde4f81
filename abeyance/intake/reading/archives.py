"""ZIP archives and the Office files made of them. Members are read into memory within bounds; nothing is written."""

from __future__ import annotations

import io
import zipfile
import zlib

from abeyance.intake.reading import office
from abeyance.intake.reading.content import Content, Inner, Purse
from abeyance.intake.reading.values import MEBIBYTE

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_DOCUMENT = "word/document.xml"
_OTHER_OFFICE = ("xl/workbook.xml", "ppt/presentation.xml", "content.xml")
# Other methods (LZMA, bzip2) can ask for memory without end, and no office sends them.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read(data: bytes, into: Content, purse: Purse) -> None:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
        names = {member.filename for member in members[:5000]}
        if _DOCUMENT in names:
            _word(archive, names, into, purse)
        elif any(name in names for name in _OTHER_OFFICE):
            into.mark("not read: an Office file of a kind that is not opened")
        else:
            _members(archive, members, into, purse)


def is_word(data: bytes) -> bool:
    return b"word/document.xml" in data[-65536:] or b"word/document.xml" in data[:65536]


def _word(archive: zipfile.ZipFile, names: set[str], into: Content, purse: Purse) -> None:
    document = _member(archive, archive.getinfo(_DOCUMENT), purse)
    if document.mark:
        into.mark(document.mark)
        return
    text, marks = office.word_text(document.data)
    into.pages.append(text)
    into.mark(*marks)
    if any(name.lower().endswith("vbaproject.bin") for name in names):
        into.mark("contains macros, not run")
    if any(name.startswith("word/embeddings/") for name in names):
        into.mark("contains embedded files, not read")


def _members(archive: zipfile.ZipFile, members: list[zipfile.ZipInfo], into: Content, purse: Purse) -> None:
    if not members:
        into.mark("empty archive")
    for number, member in enumerate(members):
        if number >= purse.parts:
            into.mark(f"only the first {number} of {len(members)} files were read")
            break
        into.inside.append(_member(archive, member, purse))
    if any(inner.mark == "encrypted" for inner in into.inside):
        into.mark("encrypted")


def _member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, purse: Purse) -> Inner:
    if member.flag_bits & 0x1:
        return Inner(member.filename, mark="encrypted")
    if member.compress_type not in _METHODS:
        return Inner(member.filename, mark="not read: unusual compression")
    # The stated size is a claim; what is really unpacked is what counts.
    most = min(max(member.compress_size * purse.limits.ratio, MEBIBYTE), max(purse.unpacked, 0))
    try:
        with archive.open(member) as stream:
            data = stream.read(most + 1)
    except (zipfile.BadZipFile, OSError, EOFError, ValueError, RuntimeError, zlib.error):
        return Inner(member.filename, mark="broken")
    if len(data) > most or not purse.pay_unpacked(len(data)):
        return Inner(member.filename, mark="too large when unpacked")
    return Inner(member.filename, data)
