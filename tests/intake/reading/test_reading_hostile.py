"""Files that mean harm: each is accepted and marked within its time, and none stops the batch."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from abeyance.errors import BadInput
from abeyance.intake.reading import Limits, Reading, ReadingProcess, read_file, read_many
from tests.fuzz import corpus
from tests.intake.reading import papers

# Little text, so that two hundred thousand brackets do not make the suite slow.
QUICK = Limits(seconds=5, part_seconds=1, text=100_000)
DEATH = re.compile("^could not be read|ended the reading process")


@pytest.fixture(scope="module")
def process():
    with ReadingProcess(QUICK) as running:
        yield running


@pytest.fixture
def read(process, tmp_path: Path):
    def reads(data: bytes, name: str) -> Reading:
        path = tmp_path / "file"
        path.write_bytes(data)
        return process.read(path, name)

    return reads


def marks_of(reading: Reading) -> list[str]:
    return [mark for mark in (*reading.marks, *(part.mark for part in reading.parts)) if mark]


def test_no_hostile_file_kills_the_reader_or_takes_it_long(process, tmp_path: Path):
    path = tmp_path / "file"
    everything = corpus.everything()
    assert len(everything) >= 90
    for name, data in everything.items():
        path.write_bytes(data)
        started = time.monotonic()
        reading = process.read(path, name)
        assert time.monotonic() - started < 12, name
        assert reading.parts[0].size == len(data), name
        assert not [mark for mark in marks_of(reading) if DEATH.search(mark)], name
        assert len(reading.suggestions) <= 500, name
        assert not any(ord(sign) < 32 or sign in "\u202e\u2066" for part in reading.parts for sign in part.path), name


@pytest.mark.parametrize(
    ("name", "mark"),
    [
        ("empty.txt", "empty"),
        ("encrypted.pdf", "encrypted"),
        ("encrypted.eml", "encrypted"),
        ("encrypted.zip", "encrypted"),
        ("bomb.zip", "too large when unpacked"),
        ("zip in zip, 30 deep.zip", "too deep: what is inside was not read"),
        ("mail in mail, 60 deep.eml", "too deep: what is inside was not read"),
        ("five thousand members.zip", "only the first 299 of 5000 files were read"),
        ("ten thousand parts.eml", "more parts than are read"),
        ("multiparts, 1500 deep.eml", "broken: nested too deep|took too long: not all was read"),  # on a slow machine
        ("cut off.pdf", "broken"),
        ("cut off.zip", "broken"),
        ("billion laughs.xml", "not read: entity or document type declared"),
        ("word with outside entity.docx", "not read: entity or document type declared"),
        ("javascript.pdf", "contains JavaScript, not run"),
        ("picture.pdf", "image, not read"),
        ("program.eml", "not read: a program"),
        ("endless operators.pdf", "took too long: not all was read"),
    ],
)
def test_what_is_wrong_is_said(read, name, mark):
    assert set(mark.split("|")) & set(marks_of(read(corpus.everything()[name], name)))


def test_a_pdf_behind_an_empty_password_and_one_in_a_pdf_are_read(read):
    assert "EPOC" in read(corpus.encrypted_pdf(""), "a.pdf").parts[0].text[0]
    reading = read(corpus.pdf_with_attachment(), "a.pdf")
    assert [part.path for part in reading.parts] == ["a.pdf", "a.pdf > list.txt"]
    assert reading.parts[0].mark == "contains embedded files"
    assert read(corpus.scanned_pdf(), "scan.pdf").parts[0].mark == "no text: looks scanned"
    assert read(corpus.smime(), "s.eml").parts[1].mark == "encrypted"


def test_attachments_are_found_at_any_depth_with_their_way(read):
    inner = papers.attached(
        papers.mail("See annex."), papers.archive_of({"x/order.pdf": papers.pdf(papers.EPOC)}), "annex.zip"
    )
    outer = papers.mail("Forwarded.", sender="Clerk <clerk@host.example>")
    outer.add_attachment(inner)
    reading = read(outer.as_bytes(), "letter.eml")
    assert reading.parts[-1].path == "letter.eml > mail.eml > annex.zip > x/order.pdf"
    found = next(one for one in reading.suggestions if one.field == "email" and one.value == "user.epoc@mail.example")
    assert str(found.where) == "letter.eml > mail.eml > annex.zip > x/order.pdf, page 1, line 10"
    assert reading.sender == "clerk@host.example"


@pytest.mark.parametrize(
    "name", ["winmail.dat", "order.rtf", "order.docx", "form.xml", "mails.mbox", "big5.txt", "html.eml"]
)
def test_every_kind_that_is_opened_gives_its_text_and_accounts(read, name):
    reading = read(corpus.good()[name], name)
    assert any(page.strip() for part in reading.parts for page in part.text)
    assert [one for one in reading.suggestions if one.field == "email"]


def test_the_plain_text_of_a_mail_is_preferred_and_the_annex_is_read_too(read):
    reading = read(corpus.good()["html.eml"], "m.eml")
    emails = [one.value for one in reading.suggestions if one.field == "email"]
    assert emails == ["plain@mail.example", "zip@mail.example"]


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("name climbs.eml", "m.eml > etc/passwd"),
        ("name turns round.eml", "m.eml > orderfdp.exe"),
        ("name pretends to be inside.eml", "m.eml > a _ b _ c.pdf"),
        ("name with control characters.eml", "m.eml > a [2Jb .pdf"),
    ],
)
def test_names_are_harmless_to_show(read, name, shown):
    assert read(corpus.everything()[name], "m.eml").parts[1].path == shown


def test_the_head_of_a_mail_is_reported_as_stated(read):
    message = papers.mail("Hello", subject="=?utf-8?q?Dringend=3A_Anfrage?=")
    message["Reply-To"] = "elsewhere@mail.example"
    message["Authentication-Results"] = "mx.host.example; spf=pass; dkim=fail"
    message["DKIM-Signature"] = "v=1; d=police.example; s=x"
    reading = read(message.as_bytes(), "m.eml")
    assert (reading.sender, reading.reply_to) == ("ada.poe@police.example", "elsewhere@mail.example")
    assert reading.message_id == "<1@police.example>"
    assert reading.authentication.results == ("mx.host.example; spf=pass; dkim=fail",)
    assert reading.authentication.dkim_domains == ("police.example",)


def test_what_is_no_file_is_refused_by_name_and_does_not_stop_the_others(tmp_path: Path):
    good, link = tmp_path / "good.eml", tmp_path / "link.eml"
    good.write_bytes(corpus.SMALL_MAIL)
    link.symlink_to(good)
    with pytest.raises(BadInput, match="symbolic link"):
        read_file(link)
    with pytest.raises(BadInput, match="not a file"):
        read_file(tmp_path)
    with pytest.raises(BadInput, match="no such file"):
        read_file(tmp_path / "absent")
    with pytest.raises(BadInput, match="not a file"):
        read_file(Path("/dev/null"))
    refused, read = read_many([link, good])
    assert "symbolic link" in refused.refused
    assert not refused.parts
    assert read.suggestions


def test_a_file_over_the_limit_is_kept_and_marked(tmp_path: Path):
    path = tmp_path / "big"
    path.write_bytes(b"x" * 5000)
    reading = read_file(path, limits=Limits(file_bytes=4999))
    assert reading.parts[0].size == 5000
    assert reading.marks == ("too large: not read",)
    assert read_file(path, limits=Limits(file_bytes=5000)).marks == ()
