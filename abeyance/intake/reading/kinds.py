"""What a file is, by its first bytes. The name and the stated type are what the sender says, so they do not count."""

from __future__ import annotations

import re
from dataclasses import dataclass

PDF = "application/pdf"
ZIP = "application/zip"
TNEF = "application/ms-tnef"
RTF = "application/rtf"
MAIL = "message/rfc822"
MBOX = "application/mbox"
HTML = "text/html"
XML = "application/xml"
TEXT = "text/plain"
UNKNOWN = "application/octet-stream"
EMPTY = "application/x-empty"


@dataclass(frozen=True)
class Magic:
    start: bytes
    media_type: str
    mark: str = ""
    at: int = 0


IMAGE = "image, not read"
ARCHIVE = "not read: an archive of a kind that is not opened"
MEDIA = "not read: sound or film"
PROGRAM = "not read: a program"

MAGICS = (
    Magic(b"PK\x03\x04", ZIP),
    Magic(b"PK\x05\x06", ZIP),
    Magic(b"PK\x07\x08", ZIP),
    Magic(b"\x78\x9f\x3e\x22", TNEF),
    Magic(b"{\\rtf", RTF),
    Magic(b"\x89PNG", "image/png", IMAGE),
    Magic(b"\xff\xd8\xff", "image/jpeg", IMAGE),
    Magic(b"GIF8", "image/gif", IMAGE),
    Magic(b"II*\x00", "image/tiff", IMAGE),
    Magic(b"MM\x00*", "image/tiff", IMAGE),
    Magic(b"BM", "image/bmp", IMAGE),
    Magic(b"WEBP", "image/webp", IMAGE, at=8),
    Magic(b"ftyphei", "image/heic", IMAGE, at=4),
    Magic(b"ftypmif", "image/heic", IMAGE, at=4),
    Magic(b"ftypavif", "image/avif", IMAGE, at=4),
    Magic(b"\x00\x00\x00\x0cjP  ", "image/jp2", IMAGE),
    Magic(b"ftyp", "video/mp4", MEDIA, at=4),
    Magic(b"OggS", "audio/ogg", MEDIA),
    Magic(b"ID3", "audio/mpeg", MEDIA),
    Magic(b"\x1aE\xdf\xa3", "video/webm", MEDIA),
    Magic(b"\xd0\xcf\x11\xe0", "application/x-ole-storage", "not read: an old Office or Outlook file"),
    Magic(b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed", ARCHIVE),
    Magic(b"Rar!", "application/vnd.rar", ARCHIVE),
    Magic(b"\x1f\x8b", "application/gzip", ARCHIVE),
    Magic(b"BZh", "application/x-bzip2", ARCHIVE),
    Magic(b"\xfd7zXZ", "application/x-xz", ARCHIVE),
    Magic(b"ustar", "application/x-tar", ARCHIVE, at=257),
    Magic(b"\x7fELF", "application/x-executable", PROGRAM),
    Magic(b"MZ", "application/x-msdownload", PROGRAM),
    Magic(b"age-encryption.org/", "application/x-age", "encrypted"),
    Magic(b"-----BEGIN AGE", "application/x-age", "encrypted"),
    Magic(b"-----BEGIN PGP MESSAGE", "application/pgp-encrypted", "encrypted"),
)

_HEADER = re.compile(rb"^([A-Za-z][A-Za-z0-9-]{0,60}):", re.MULTILINE)
_MAIL_HEADERS = frozenset(
    b"from to subject date message-id received mime-version return-path delivered-to content-type".split()
)
_HTML = re.compile(rb"<(?:!doctype\s+html|html|head|body|div|p|table|meta)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Kind:
    media_type: str
    mark: str = ""  # why it is not read, or empty: it has a reader


def kind_of(data: bytes) -> Kind:
    if not data:
        return Kind(EMPTY, "empty")
    for magic in MAGICS:
        if data.startswith(magic.start, magic.at) and not _just_text(magic, data):
            return Kind(magic.media_type, magic.mark)
    if b"%PDF-" in data[:1024]:
        return Kind(PDF)
    return Kind(_textual(data))


def _just_text(magic: Magic, data: bytes) -> bool:
    """A letter may begin with BM, MZ or ID3; the file formats have control bytes soon after."""
    return len(magic.start) <= 3 and not any(byte < 9 for byte in data[:64])


def _textual(data: bytes) -> str:
    start = data[:8192].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"From ") and _is_mail(start.partition(b"\n")[2]):
        return MBOX
    if _is_mail(start):
        return MAIL
    if start.startswith(b"<?xml"):
        return XML
    if start.startswith(b"<") and _HTML.match(start):
        return HTML
    return TEXT if looks_like_text(data) else UNKNOWN


def _is_mail(start: bytes) -> bool:
    if not _HEADER.match(start):
        return False
    head = start.replace(b"\r\n", b"\n").partition(b"\n\n")[0]
    names = {name.lower() for name in _HEADER.findall(head)}
    return len(names & _MAIL_HEADERS) >= 2


def looks_like_text(data: bytes) -> bool:
    sample = data[:4096]
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return True
    odd = sum(byte < 9 or (13 < byte < 32 and byte != 27) for byte in sample)
    return odd * 50 <= len(sample)
