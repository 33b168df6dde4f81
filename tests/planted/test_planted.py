"""Marks planted in a request, looked for wherever a thief or an onlooker could find them. Each place has a control: an
unsealed mark put there is found by the same search, so that finding nothing means something."""

from __future__ import annotations

import base64
import mmap
import os
import secrets
import tempfile
import threading
import time
import tomllib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from pathlib import Path

import psycopg
import pyrage
import pytest
from django.db import IntegrityError, connection, transaction

from abeyance.answer import actions as answers
from abeyance.casefile.models import Case, Document, LegalHold
from abeyance.diligence import actions as assessing
from abeyance.diligence import queries as assessments
from abeyance.intake import confirming, taking
from abeyance.ledger.sequencer import integrate
from abeyance.release import handing, making
from abeyance.site import databases, home, options
from abeyance.site.demo.story import ASSESSMENT
from abeyance.site.requests import letters
from abeyance.verification import actions as verification
from tests.desk import Desk, demand, item

OUTSIDE = bool(os.environ.get("DATABASE_URL"))
pytestmark = pytest.mark.skipif(OUTSIDE, reason="the files of an outside server are not ours to read")

PLACES = ("document", "officer", "identifier", "reference", "note", "remark")


def marks() -> dict[str, str]:
    """Random, so that compression cannot hide them, and one for each place."""
    return {place: f"mk{secrets.token_hex(12)}" for place in PLACES}


def spellings(mark: str) -> list[bytes]:
    """As it is, and as programs write things: UTF-16, hexadecimal, base64 at each of its three offsets."""
    plain = mark.encode()
    found = [plain, mark.encode("utf-16-le"), plain.hex().encode(), plain.hex().upper().encode()]
    for shift in range(3):
        coded = base64.b64encode(b"\0" * shift + plain)
        found.append(coded[4 if shift else 0 : len(coded) - 4])
    return found


def places_of(wanted: Iterable[str], folders: Iterable[Path]) -> list[str]:
    patterns = [each for mark in wanted for each in spellings(mark)]
    return [str(path) for folder in folders for path in sorted(folder.rglob("*")) if _holds(path, patterns)]


def _holds(path: Path, patterns: list[bytes]) -> bool:
    try:
        if not path.is_file() or path.stat().st_size == 0:
            return False
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(pattern) >= 0 for pattern in patterns)
    except (OSError, ValueError):
        return False  # it went away while we looked


def server_files() -> list[Path]:
    """Heap, write-ahead log and the server's own log."""
    return [home.here().cluster.data]


def written_by_the_server() -> list[Path]:
    """Its files with all that was in memory; none where the server is not ours to read."""
    if OUTSIDE:
        return []
    checkpoint()
    return server_files()


def checkpoint() -> None:
    """What is only in memory goes to the files."""
    with databases.connect_as_superuser(home.here()) as administrator:
        administrator.execute("CHECKPOINT")


@contextmanager
def watching() -> Iterator[set[str]]:
    """Whatever the server shows of running statements, and every name that appears in the folders for temporary files,
    with what is in them at that moment."""
    seen: set[str] = set()
    over = threading.Event()
    folder = Path(tempfile.gettempdir())
    before = {path.name for path in folder.iterdir()}

    def look() -> None:
        with databases.connect_as_superuser(home.here()) as onlooker:
            while not over.is_set():
                rows = onlooker.execute("SELECT query FROM pg_stat_activity WHERE pid <> pg_backend_pid()").fetchall()
                seen.update(row[0] or "" for row in rows)
                for path in folder.iterdir():
                    if path.name not in before and path.is_file():
                        with suppress(FileNotFoundError):  # a server has given it back meanwhile
                            seen.add(path.read_bytes().decode("latin-1"))
                time.sleep(0.005)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def whole_way(desk: Desk, mark: dict[str, str]) -> bytes:
    """A request with a mark in every place where people or papers say something, from arrival to an opened package."""
    mail = (
        f"From: {mark['officer']} <requests@harbour-police.example>\r\nTo: legal@quill.example\r\n"
        f"Subject: Request\r\nMessage-ID: <{mark['reference']}@harbour-police.example>\r\n\r\n"
        f"We ask about {mark['identifier']}@post.example. {mark['document']}\r\n"
    )
    with taking.in_memory(mail.encode()) as path:
        ref = taking.take_together([path], channel="mail", by=desk.first, now=desk.now(), names=["order.eml"]).ref
    asked = item(identifier_kind="email", identifier=f"{mark['identifier']}@post.example")
    said = {"officer": mark["officer"], "reference": mark["reference"], "notes": mark["note"]}
    confirming.confirm(ref, demand(items=[asked], particulars=said), by=desk.first, now=desk.now())
    desk.verify(ref)
    answers.propose(ref, by=desk.first, now=desk.now())
    answers.withdraw(ref, f"{mark['remark']} is not sure", by=desk.first, now=desk.now())
    answers.propose(ref, by=desk.first, now=desk.now())
    answers.agree(ref, by=desk.second, now=desk.now())
    desk.bar_notice(ref)
    package = making.gather(ref, letter=letters.covering, by=desk.first, now=desk.now())
    out = desk.home / "out.age"
    handing.to_file(package.key, to=desk.cast.fingerprint, path=out, by=desk.second)
    provoke_errors(ref)
    integrate(desk.now(), force=True)
    key = (desk.home / "demo" / "harbour-police.agekey").read_text().strip()
    return pyrage.decrypt(out.read_bytes(), [pyrage.x25519.Identity.from_str(key)])


def provoke_errors(ref: str) -> None:
    """A broken constraint, whose details PostgreSQL would write into its log."""
    document = Document.objects.filter(case__ref=ref).first()
    assert document is not None
    document.pk = None
    with pytest.raises(IntegrityError), transaction.atomic():
        document.save(force_insert=True)


def test_no_mark_of_a_request_is_found_anywhere(desk: Desk) -> None:
    mark = marks()
    with watching() as seen:
        opened = whole_way(desk, mark)
    assert opened.startswith(b"PK")
    (desk.home / "out.age").unlink()
    checkpoint()
    for place, planted in mark.items():
        assert places_of([planted], [*server_files(), desk.home]) == [], place
        assert [text for text in seen if any(each.decode("latin-1") in text for each in spellings(planted))] == [], (
            place
        )
    assert seen


def test_the_search_finds_what_is_not_sealed_in_each_place(desk: Desk) -> None:
    """The control: heap, write-ahead log, server log, running statements, temporary files, the home."""
    in_row, in_log, running, in_file, temporary = (f"mk{secrets.token_hex(12)}" for _ in range(5))
    case = Case.objects.get(ref=desk.arrive())
    LegalHold.objects.create(case=case, basis=in_row.encode(), by="operator", at=desk.now())
    checkpoint()
    found = places_of([in_row], server_files())
    assert any("/base/" in path for path in found)
    assert any("/pg_wal/" in path for path in found)

    with databases.connect_as_superuser(home.here()) as administrator:
        administrator.execute(f"DO $$ BEGIN RAISE LOG '{in_log}'; END $$")
    assert any("/log/" in path for path in places_of([in_log], server_files()))

    with watching() as seen:
        _run_for_a_moment(running)
        path = Path(tempfile.gettempdir()) / f"planted-{temporary}"
        path.write_text(temporary)
        time.sleep(0.2)
        path.unlink()
    assert any(running in text for text in seen)
    assert any(temporary in text for text in seen)

    for spelling in spellings(in_file):
        (desk.home / "documents" / "unsealed").write_bytes(b"before " + spelling + b" after")
        assert places_of([in_file], [desk.home]) == [str(desk.home / "documents" / "unsealed")]


def _run_for_a_moment(mark: str) -> None:
    address = databases.address("owner", home.here(), options.load(os.environ))
    with psycopg.connect(**{**address.for_psycopg(), "dbname": connection.settings_dict["NAME"]}) as other:
        other.execute(f"SELECT '{mark}', pg_sleep(0.3)")


def test_a_verifiers_note_is_sealed(desk: Desk) -> None:
    mark, ref = f"mk{secrets.token_hex(12)}", desk.confirmed()
    verification.find_false(ref, "agency-denies", note=mark, by=desk.first, now=desk.now())
    checkpoint()
    assert places_of([mark], [*server_files(), desk.home]) == []


def test_what_an_assessment_says_and_what_is_said_about_it_is_sealed(desk: Desk) -> None:
    said, advice, comment = (f"mk{secrets.token_hex(12)}" for _ in range(3))
    review_by = (desk.now() + timedelta(days=90)).date()
    made = assessing.begin("HK-2020-07", "new-law", review_by=review_by, by=desk.first, now=desk.now())
    stated = tomllib.loads(ASSESSMENT.read_text(encoding="utf-8"))
    document = stated | {"parts": stated["parts"] | {"decision": said, "advice": advice}, "privileged": ["advice"]}
    assessing.write(made.code, document, onto=1, by=desk.first, now=desk.now())
    assessing.comment(made.code, "decision", comment, by=desk.second, now=desk.now())
    checkpoint()
    for mark in (said, advice, comment):
        assert places_of([mark], [*server_files(), desk.home]) == []
    assert said in str(assessments.with_text(made, assessments.newest(made), now=desk.now()))
