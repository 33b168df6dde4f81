"""Files that mean harm, or are merely broken; made when asked for. Names say what is wrong with them."""

from __future__ import annotations

import base64
import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from email.message import EmailMessage
from functools import cache

from pypdf import PdfWriter

from tests.intake.reading import papers

SMALL_MAIL = papers.mail("Account: target@mail.example").as_bytes()


@cache
def everything() -> dict[str, bytes]:
    return dict([*mails(), *archives(), *documents(), *odd_bytes()])


@cache
def good() -> dict[str, bytes]:
    """What the mutations start from."""
    return {
        "mail.eml": SMALL_MAIL,
        "emergency.eml": papers.mail(papers.EMERGENCY).as_bytes(),
        "html.eml": _html_mail().as_bytes(),
        "order.pdf": papers.pdf(papers.HONG_KONG),
        "order.docx": papers.word(papers.GERMAN),
        "order.zip": papers.archive_of({"a/mail.eml": SMALL_MAIL, "b.txt": papers.UNITED_STATES.encode()}),
        "winmail.dat": tnef(),
        "order.rtf": RTF,
        "form.xml": b"<?xml version='1.0'?><form><identifier>x@mail.example</identifier></form>",
        "big5.txt": papers.HONG_KONG.encode("big5", "replace"),
        "mails.mbox": b"From a\n" + SMALL_MAIL + b"\nFrom b\n" + SMALL_MAIL,
    }


RTF = (
    rb"{\rtf1\ansi\ansicpg1252{\fonttbl{\f0 Arial;}}\f0 Account: \'e9t\'e9 real@mail.example {\v hidden@x.example}\par}"
)


def mails() -> Iterator[tuple[str, bytes]]:
    yield "mail in mail, 60 deep.eml", _nested(60)
    yield "mail in mail, 900 deep.eml", _nested(900)
    yield "multiparts, 1500 deep.eml", _deep_multiparts(1500)
    yield "ten thousand parts.eml", _many_parts(10_000)
    yield "no boundary.eml", b"From: a@b.example\nTo: c@d.example\nContent-Type: multipart/mixed\n\n--x\n\nhello\n"
    yield (
        "boundary never closed.eml",
        b'From: a@b.example\nTo: c@d.example\nContent-Type: multipart/mixed; boundary="x"\n\n--x\n\nhi',
    )
    yield (
        "boundary is empty.eml",
        b'From: a@b.example\nTo: c@d.example\nContent-Type: multipart/mixed; boundary=""\n\n--\n\nhi\n',
    )
    yield (
        "header of two megabytes.eml",
        b"From: a@b.example\nTo: c@d.example\nSubject: " + b"=?utf-8?q?a?= " * 150_000 + b"\n\nhi",
    )
    yield "thousands of headers.eml", b"From: a@b.example\nTo: c@d.example\n" + b"X-A: b\n" * 200_000 + b"\nhi"
    yield "addresses without end.eml", b"From: " + b"<" * 100_000 + b"\nTo: " + b"a@b.example," * 50_000 + b"\n\nhi"
    yield "comments in addresses.eml", b"From: " + b"(" * 3000 + b"a@b.example\nTo: c@d.example\n\nhi"
    yield (
        "wrong charset.eml",
        b"From: a@b.example\nTo: c@d.example\nContent-Type: text/plain; charset=no-such\n\n\xff\xfe\xfa",
    )
    yield (
        "codec that is no charset.eml",
        b"From: a@b.example\nTo: c@d.example\nContent-Type: text/plain; charset=zlib_codec\n\n\x78\x9c",
    )
    yield "charset idna.eml", b"From: =?idna?q?" + b"a" * 3000 + b"?= <a@b.example>\nTo: c@d.example\n\nhi"
    yield (
        "charset with zero byte.eml",
        b'From: a@b.example\nTo: c@d.example\nContent-Type: text/plain; charset="u\0tf"\n\nhi',
    )
    yield "base64 garbage.eml", _encoded(b"base64", b"%%%not base64%%%" * 100)
    yield "base64 of odd length.eml", _encoded(b"base64", b"QUJDR")
    yield "quoted-printable garbage.eml", _encoded(b"quoted-printable", b"=ZZ=4=\n=\xff=" * 1000)
    yield "uuencode garbage.eml", _encoded(b"x-uuencode", b"begin 666 x\n" + b"M" * 5000 + b"\n\0\0\nend")
    yield (
        "words that lie.eml",
        b"From: =?utf-8?b?////?= =?x?y?z?= <a@b.example>\nSubject: =?utf-16?b?QQ==?=\nTo: c@d.example\n\nhi",
    )
    yield "name broken by RFC 2231.eml", _named(b"filename*1*=utf-8''%FF; filename*0*=x; filename*9999999999=y")
    yield "name climbs.eml", _named(b'filename="../../../../etc/passwd"')
    yield "name turns round.eml", _named(b"filename*=utf-8''order%E2%80%AEfdp.exe")
    yield "name pretends to be inside.eml", _named(b'filename="a > b > c.pdf"')
    yield "name of a hundred thousand.eml", _named(b'filename="' + b"n" * 100_000 + b'.pdf"')
    yield "name with control characters.eml", _named(b'filename="a\x1b[2Jb\x07\x00.pdf"')
    yield "message/rfc822 without a mail.eml", b"From: a@b.example\nTo: c@d.example\nContent-Type: message/rfc822\n\n"
    yield (
        "external body.eml",
        b'From: a@b.example\nTo: c@d.example\nContent-Type: message/external-body; access-type=URL; URL="http://x.example"\n\n',
    )
    yield (
        "delivery status.eml",
        b"From: a@b.example\nTo: c@d.example\nContent-Type: message/delivery-status\n\n:\n\n:::\n",
    )
    encrypted = b"Content-Type: multipart/encrypted; boundary=x\n\n--x\n\n-----BEGIN PGP MESSAGE-----\n--x--"
    yield "encrypted.eml", b"From: a@b.example\nTo: c@d.example\n" + encrypted
    yield (
        "html bomb.eml",
        papers.mail("x").as_bytes().replace(b"text/plain", b"text/html") + b"<div style='display:none'>" * 100_000,
    )
    yield (
        "html never closed.eml",
        papers.mail("x").as_bytes().replace(b"text/plain", b"text/html") + b"<!--" * 100_000 + b"<a " * 100_000,
    )
    yield "a line of five megabytes.eml", papers.mail("x").as_bytes() + b"a@" * 2_500_000
    yield "many mailboxes.mbox", b"From a\nFrom: a@b.example\nTo: c@d.example\n\nhi\n\n" * 20_000


def archives() -> Iterator[tuple[str, bytes]]:
    yield "zip in zip, 30 deep.zip", _zips(30)
    yield "bomb.zip", papers.archive(bomb=b"\0" * 200_000_000)
    yield "bomb of bombs.zip", papers.archive(**{f"b{n}": papers.archive(x=b"\0" * 20_000_000) for n in range(40)})
    yield "five thousand members.zip", papers.archive_of({f"{n}.txt": b"x" for n in range(5000)})
    yield (
        "climbing names.zip",
        papers.archive_of({"../../../tmp/evil": b"x", "/etc/passwd": b"x", "C:\\x\\y.txt": b"x", "..": b"x"}),
    )
    yield "encrypted.zip", _flagged(papers.archive(secret=b"hidden"))
    yield "cut off.zip", papers.archive(a=b"hello" * 1000)[:60]
    yield (
        "wrong size.zip",
        papers.archive(a=b"x" * 5000).replace(struct.pack("<I", 5000), struct.pack("<I", 0xFFFFFFF0)),
    )
    yield "wrong sum.zip", papers.archive(a=b"hello").replace(struct.pack("<I", zlib.crc32(b"hello")), b"\1\2\3\4")
    yield (
        "unknown method.zip",
        papers.archive(a=b"hello" * 100).replace(struct.pack("<HH", 8, 0), struct.pack("<HH", 99, 0)),
    )
    yield "method lzma.zip", _lzma()
    yield "empty.zip", papers.archive()
    yield "same name twice.zip", papers.archive(a=b"1") + papers.archive(a=b"2")
    yield (
        "word with entities.docx",
        _word_with(b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><x>&b;</x>'),
    )
    yield (
        "word with outside entity.docx",
        _word_with(b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>'),
    )
    yield "word without end.docx", _word_with(b"<a>" * 100_000)
    yield "word that is no XML.docx", _word_with(b"\xff\xfe<broken")
    laughs = b"".join(b'<!ENTITY %c "&%c;&%c;">' % (98 + n, 97 + n, 97 + n) for n in range(20))
    yield "billion laughs.xml", b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + laughs + b"]><l>&u;</l>"


def documents() -> Iterator[tuple[str, bytes]]:
    order = papers.pdf(papers.EPOC)
    yield "cut off.pdf", order[: len(order) // 2]
    yield "first kilobyte.pdf", order[:1024]
    yield "header alone.pdf", b"%PDF-1.7\n"
    yield "no header.pdf", order[9:]
    yield "scrambled.pdf", order.replace(b"obj", b"jbo")
    yield "zeroes inside.pdf", order[:2000] + b"\0" * 500 + order[2500:]
    yield "encrypted.pdf", encrypted_pdf("secret")
    yield "encrypted with no password.pdf", encrypted_pdf("")
    yield "javascript.pdf", _pdf_with_script()
    yield "embedded.pdf", pdf_with_attachment()
    yield "pages that point at themselves.pdf", _pdf(b"<< /Type /Pages /Kids [2 0 R 2 0 R] /Count 2 >>")
    yield "a billion pages.pdf", _pdf(b"<< /Type /Pages /Kids [] /Count 1000000000 >>")
    yield "deep arrays.pdf", _pdf(b"[" * 100_000 + b"]" * 100_000)
    yield "stream bomb.pdf", _pdf_stream(zlib.compress(b"(a) Tj " * 20_000_000))
    yield "endless operators.pdf", _pdf_stream(zlib.compress(b"BT (a) Tj ET q " * 300_000))
    yield "nested forms.pdf", _pdf_stream(zlib.compress(b"/X Do " * 10_000))
    yield "no end of file.pdf", order.replace(b"%%EOF", b"")
    yield (
        "xref to itself.pdf",
        b"%PDF-1.4\nxref\n0 1\n0000000000 65535 f \ntrailer << /Size 1 /Prev 9 /Root 1 0 R >>\nstartxref\n9\n%%EOF",
    )
    yield "groups.rtf", b"{\\rtf1 " + b"{" * 500_000
    yield "words.rtf", b"{\\rtf1 " + b"\\u-1 \\uc99999 \\'zz \\bin9999999999 " * 20_000
    yield "cut off.rtf", RTF[:30]


def odd_bytes() -> Iterator[tuple[str, bytes]]:
    yield "empty.txt", b""
    yield "one zero byte", b"\0"
    yield "zeroes", b"\0" * 1_000_000
    yield "all bytes", bytes(range(256)) * 1000
    yield "picture.pdf", b"\x89PNG\r\n\x1a\n" + b"\0" * 100
    yield "program.eml", b"MZ\x90\0\3\0\0\0" + b"\0" * 1000
    yield "winmail cut off.dat", tnef()[:40]
    yield "winmail lies.dat", tnef()[:6] + b"\x02\x90\x06\x00\xff\xff\xff\xff" + b"\xff" * 100
    yield "winmail scrambled.dat", tnef().replace(b"\x00\x00", b"\xff\xff")
    yield "half a character.txt", "國家".encode()[:-1] * 1000
    yield "lone surrogates.txt", b"\xed\xa0\x80" * 1000
    yield "utf-16 odd.txt", b"\xff\xfea\0b"
    yield "turned round.txt", ("\u202e" * 1000 + "moc.elpmaxe@live").encode()
    yield "combining.txt", ("a" + "\u0301" * 100_000).encode()
    yield "one endless word.txt", b"x" * 3_000_000
    yield "colons.txt", b":" * 1_000_000
    yield "at signs.txt", b"@" * 1_000_000
    yield "digits.txt", b"1" * 1_000_000
    yield "digits and dots.txt", b"1.2.3." * 200_000
    yield "plus signs.txt", b"+1 " * 300_000
    yield "brackets.txt", b"(" * 500_000 + b"reference: (" * 10_000
    yield "send to.txt", b"send to at via " * 50_000
    yield "dates.txt", b"2020-07-06 12:30:00 to " * 30_000
    yield "expanding.txt", ("\ufdfa" * 200_000).encode()


def _html_mail() -> EmailMessage:
    message = papers.mail("Account: plain@mail.example")
    message.add_alternative("<p>Account: <b>html@mail.example</b></p>", subtype="html")
    return papers.attached(message, papers.archive(note=b"Account: zip@mail.example"), "annex.zip", "application/zip")


def _nested(depth: int) -> bytes:
    head = b"From: a@b.example\nTo: c@d.example\nContent-Type: message/rfc822\n\n"
    return head * depth + SMALL_MAIL


def _deep_multiparts(depth: int) -> bytes:
    lines = [b"From: a@b.example\nTo: c@d.example"]
    for number in range(depth):
        lines.append(b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d' % (number, number))
    return b"\n".join([*lines, b"\nAccount: deep@mail.example\n"])


def _many_parts(count: int) -> bytes:
    head = b"From: a@b.example\nTo: c@d.example\nContent-Type: multipart/mixed; boundary=x\n\n"
    return (
        head
        + b"--x\nContent-Type: text/plain\nContent-Disposition: attachment; filename=a.txt\n\nhello\n" * count
        + b"--x--"
    )


def _encoded(encoding: bytes, body: bytes) -> bytes:
    return b"From: a@b.example\nTo: c@d.example\nContent-Transfer-Encoding: " + encoding + b"\n\n" + body


def _named(disposition: bytes) -> bytes:
    return (
        b"From: a@b.example\nTo: c@d.example\nContent-Type: multipart/mixed; boundary=x\n\n--x\n"
        b"Content-Type: application/octet-stream\nContent-Disposition: attachment; "
        + disposition
        + b"\n\nhello\n--x--\n"
    )


def _zips(depth: int) -> bytes:
    inner = SMALL_MAIL
    for _ in range(depth):
        inner = papers.archive(inner=inner)
    return inner


def _flagged(data: bytes) -> bytes:
    """The flag that says "encrypted" set in both headers of the only member."""
    changed = bytearray(data)
    changed[6] |= 1
    changed[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(changed)


def _lzma() -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_LZMA) as file:
        file.writestr("a", b"hello" * 1000)
    return written.getvalue()


def _word_with(document: bytes) -> bytes:
    return papers.archive_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": document})


def encrypted_pdf(password: str) -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(papers.pdf(papers.EPOC)))
    writer.encrypt(password, owner_password="owner", algorithm="AES-256")
    return _written(writer)


def _pdf_with_script() -> bytes:
    script = b"<< /Type /Action /S /JavaScript /JS (app.alert\\(1\\)) >>"
    body = _pdf(b"<< /Type /Pages /Kids [] /Count 0 >>", script)
    return body.replace(b"/Pages 2 0 R", b"/Pages 2 0 R /OpenAction 3 0 R")


def pdf_with_attachment() -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(papers.pdf(papers.EPOC)))
    writer.add_attachment("list.txt", b"Account: embedded@mail.example")
    return _written(writer)


def scanned_pdf() -> bytes:
    picture = b"/XObject << /I 5 0 R >>"
    return _pdf_stream(zlib.compress(b"/I Do"), picture)


def _written(writer: PdfWriter) -> bytes:
    written = io.BytesIO()
    writer.write(written)
    return written.getvalue()


def _pdf(pages: bytes, *more: bytes) -> bytes:
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", pages, *more]
    body = b"%PDF-1.4\n" + b"".join(b"%d 0 obj\n%s\nendobj\n" % (n, text) for n, text in enumerate(objects, start=1))
    return body + b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n0\n%%%%EOF" % (len(objects) + 1)


def _pdf_stream(data: bytes, resources: bytes = b"/Font << >>") -> bytes:
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 9 9] /Contents 4 0 R /Resources << " + resources + b" >> >>"
    stream = b"<< /Length %d /Filter /FlateDecode >>\nstream\n%s\nendstream" % (len(data), data)
    image = b"<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /Length 0 >>\nstream\n\nendstream"
    return _pdf(b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, stream, image)


def tnef() -> bytes:
    """winmail.dat with a text and one attachment."""
    attributes = [
        (1, 0x00089006, struct.pack("<I", 0x00010000)),
        (1, 0x0002800C, b"Account: outlook@mail.example\0"),
        (2, 0x00069002, b"\1\0" + b"\0" * 12),
        (2, 0x00018010, b"note.txt\0"),
        (2, 0x0006800F, b"Account: attached@mail.example"),
    ]
    body = b"".join(
        struct.pack("<BII", level, name, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)
        for level, name, data in attributes
    )
    return struct.pack("<IH", 0x223E9F78, 1) + body


def smime() -> bytes:
    der = b"\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03\xa0\x80" + bytes(range(256)) * 4
    head = b"From: a@b.example\nTo: c@d.example\nContent-Type: application/pkcs7-mime; name=smime.p7m\n"
    return head + b"Content-Transfer-Encoding: base64\n\n" + base64.encodebytes(der)
