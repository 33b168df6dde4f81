"""Whatever leaves the desk names nobody who works there: letters, packages with all that describes them, mails, log
lines, the published folder, receipts. Looked for also inside compressed streams, archives and encoded mail; the looking
itself is tried with planted marks first."""

from __future__ import annotations

import base64
import io
import logging
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pypdf
import pytest
from pypdf.generic import DecodedStreamObject, NameObject

from abeyance.answer.letters import LANGUAGES
from abeyance.ledger.sequencer import integrate
from abeyance.pauses import actions as pauses
from abeyance.people.models import Member
from abeyance.people.proposals import agree
from abeyance.release import handing, making, posting
from abeyance.reporting import publishing
from abeyance.site import logs
from abeyance.site.requests import letters, receipts
from tests.casefile.packed import declare, hand_over
from tests.desk import Desk
from tests.pages.people import signed_in

DEEPEST = 6


def layers(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """The bytes themselves, and whatever they hold in another form."""
    yield data
    if depth == DEEPEST:
        return
    for inner in (*_of_archive(data), *_of_pdf(data), *_of_mail(data)):
        yield from layers(inner, depth + 1)


def _of_archive(data: bytes) -> Iterator[bytes]:
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        yield archive.comment
        for each in archive.infolist():
            yield each.filename.encode() + b"\0" + each.comment + b"\0" + each.extra
            yield archive.read(each)


def _of_pdf(data: bytes) -> Iterator[bytes]:
    if not data.startswith(b"%PDF"):
        return
    reader = pypdf.PdfReader(io.BytesIO(data))
    yield repr(reader.metadata).encode()
    yield "\n".join(page.extract_text() for page in reader.pages).encode()
    for number in range(1, int(reader.trailer["/Size"])):
        found = reader.get_object(number)
        yield repr(found).encode()
        if hasattr(found, "get_data"):
            yield found.get_data()


def _of_mail(data: bytes) -> Iterator[bytes]:
    if b"Message-ID:" not in data and b"MIME-Version:" not in data:
        return
    for part in message_from_bytes(data, policy=policy.default).walk():
        yield "\n".join(f"{name}: {value}" for name, value in part.items()).encode()
        if not part.is_multipart():
            yield part.get_payload(decode=True) or b""


def names_in(data: bytes, names: list[str]) -> list[str]:
    """In UTF-8, UTF-16 as PDF properties may be, and base64 at each of its three beginnings."""
    forms = {name: (name.encode(), name.encode("utf-16-be"), *_in_base64(name)) for name in names}
    found = {name for layer in layers(data) for name, each in forms.items() if any(form in layer for form in each)}
    return sorted(found)


def _in_base64(name: str) -> list[bytes]:
    plain = [base64.b64encode(b" " * shift + name.encode()) for shift in range(3)]
    return [form[2 * shift : -4] for shift, form in enumerate(plain)]


def pdf_with(mark: str, *, as_property: bool) -> bytes:
    writer = pypdf.PdfWriter()
    page = writer.add_blank_page(200, 200)
    if as_property:
        writer.add_metadata({"/Author": mark})
    else:
        stream = DecodedStreamObject()
        stream.set_data(f"% {mark}".encode())
        page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def zip_with(name: str, content: bytes, comment: bytes = b"") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content * 2)
        archive.comment = comment
    return out.getvalue()


def mail_with(content: bytes, subject: str = "An answer") -> bytes:
    message = EmailMessage()
    message["Subject"], message["Message-ID"] = subject, "<1@quill.example>"
    message.set_content("Attached.")
    message.add_attachment(content, maintype="application", subtype="octet-stream", filename="answer.bin")
    return message.as_bytes()


MARK = "rosalind-handler"
PLANTED = {
    "plain": f"a line about {MARK}".encode(),
    "property of a PDF": pdf_with(MARK, as_property=True),
    "compressed stream of a PDF": pdf_with(MARK, as_property=False),
    "compressed member": zip_with("data.txt", MARK.encode()),
    "name of a member": zip_with(f"{MARK}.txt", b"x"),
    "comment of an archive": zip_with("data.txt", b"x", MARK.encode()),
    "PDF in an archive in a mail": mail_with(zip_with("letter.pdf", pdf_with(MARK, as_property=False))),
    "subject of a mail": mail_with(b"x", f"Answer by {MARK}"),
    "base64 in a text": b"x" + base64.b64encode(f"by {MARK} today".encode()),
}


@pytest.mark.parametrize("place", PLANTED)
def test_a_planted_name_is_found(place: str) -> None:
    data = PLANTED[place]
    if place in ("compressed stream of a PDF", "compressed member"):
        assert MARK.encode() not in data
    assert names_in(data, [MARK, "somebody-else"]) == [MARK]


def test_nothing_that_leaves_names_who_handled_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, settings: Any, tmp_path: Path
) -> None:
    settings.ABEYANCE = replace(settings.ABEYANCE, mail_host="mail.quill.example", mail_from="desk@quill.example")
    for number, member in enumerate(Member.objects.order_by("pk")):
        Member.objects.filter(pk=member.pk).update(handle=f"handler-{number}-rosalind")
    names = [name for row in Member.objects.values_list("code", "handle") for name in row]
    sent: list[bytes] = []

    def send(message: EmailMessage, *, message_id: str) -> None:
        message["From"], message["Message-ID"] = "desk@quill.example", message_id
        sent.append(message.as_bytes())

    monkeypatch.setattr(posting, "send", send)
    (tmp_path / "log").mkdir(exist_ok=True)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    logs.to_file(tmp_path, "desk")
    (log,) = logging.getLogger().handlers
    left: dict[str, bytes] = {}

    package = making.gather(desk.agreed(), letter=letters.covering, by=desk.first, now=desk.now())
    left["package"] = hand_over(desk, package)
    handing.by_mail(package.key, to=desk.cast.fingerprint, address="requests@harbour-police.example", by=desk.second)
    for language in LANGUAGES:
        for kind, why_not in letters.possible(package.case, now=desk.now()):
            if not why_not:
                written = letters.write(package.case, kind, language, now=desk.now())
                left[f"{kind} {language}.pdf"] = written.pdf
                left[f"{kind} {language}"] = written.text.encode()
    integrate(desk.now(), force=True)
    left["receipt"] = receipts.of_arrival(package.case).encode()

    declare(desk)
    desk.ready_to_lift("HK-2020-07")
    lift = pauses.propose_lift("HK-2020-07", "It is done.", by=desk.first, now=desk.now())
    agree(lift.code, by=desk.second, now=desk.now())
    browser = signed_in(desk.first)
    browser.get("/requests/R-NONE-NONE-NONE/")
    browser.post("/requests/R-NONE-NONE-NONE/act/close", {"outcome": desk.first})
    logs.write_error(tmp_path, "desk", "a page", ValueError(desk.first))
    publishing.publish(desk.now())
    integrate(desk.now(), force=True)
    publishing.export(tmp_path / "published")
    assert isinstance(log, logging.StreamHandler)
    log.stream.close()
    for path in (*(tmp_path / "published").iterdir(), *(tmp_path / "log").iterdir()):
        left[path.name] = path.read_bytes()
    for number, message in enumerate(sent):
        left[f"mail {number}"] = message

    assert {"package", "receipt", "mail 0", "desk.log", "acknowledgement en.pdf"} <= set(left)
    assert len(left) > 10
    assert {place: names_in(data, names) for place, data in left.items() if names_in(data, names)} == {}
