"""Whoever takes files in is killed at any moment: every reference that had been given out is a request with its paper,
which lies on the disk whole and opens; and what was cut off is whole or is not there."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path

from abeyance import seals
from abeyance.casefile.models import Case, Document
from abeyance.casefile.retention import document_file
from abeyance.intake import taking
from abeyance.ledger.models import Entry
from tests.desk import MAIL, Desk
from tests.races.test_races import ended, in_child

ROUNDS = 5
DEADLINE = 30.0  # of each round, on a machine that is busy


def test_every_reference_that_was_given_out_before_a_kill_is_a_request_with_its_whole_paper(
    desk: Desk, tmp_path: Path
) -> None:
    papers, chance = tmp_path / "papers", random.Random(9)
    papers.mkdir()
    told: dict[str, str] = {}
    for number in range(ROUNDS):
        moment = chance.uniform(0, 0.15)
        told |= taken_until_killed(desk, papers, f"round-{number}", most=chance.randint(1, 4), and_then=moment)
    assert len(told) >= ROUNDS
    for ref, name in told.items():
        is_there(ref, (papers / name).read_bytes())
    nothing_is_half_there()


def taken_until_killed(desk: Desk, papers: Path, mark: str, *, most: int, and_then: float) -> dict[str, str]:
    """The references that it gave out, each with the name of its file. It is killed somewhere in the next one."""
    said = papers / f"said-{mark}"
    said.touch()
    child = in_child(lambda: take_in(desk, papers, mark, said))
    deadline = time.monotonic() + DEADLINE
    while len(said.read_text().splitlines()) < most:
        assert time.monotonic() < deadline, "nothing was taken in"
        time.sleep(0.005)
    time.sleep(and_then)
    os.kill(child, signal.SIGKILL)
    assert ended(child) == -signal.SIGKILL
    return dict(line.split(" ") for line in said.read_text().splitlines())


def take_in(desk: Desk, papers: Path, mark: str, said: Path) -> None:
    """One file after another, without an end. A reference is given out when it has been acknowledged."""

    def arriving() -> Iterator[Path]:
        for number in range(10_000):
            path = papers / f"{mark}-{number}.eml"
            path.write_text(MAIL.format(number=path.stem, identifier="+85291234567"))
            yield path

    with said.open("ab", buffering=0) as out:
        for taken in taking.take_each(arriving(), channel="mail", by="operator", now=desk.now()):
            assert taken.arrived is not None, taken.refused
            out.write(f"{taken.arrived.ref} {taken.name}\n".encode())


def is_there(ref: str, original: bytes) -> None:
    case = Case.objects.get(ref=ref)
    document = case.documents.get()
    assert bytes(document.sha256) == hashlib.sha256(original).digest()
    opened = seals.unseal_file(case.holder, document_file(document), place=document.place)
    assert b"".join(opened) == original
    assert case.demands.count() == Entry.objects.filter(case=ref, kind="RequestReceived").count() == 1


def nothing_is_half_there() -> None:
    for document in Document.objects.all():
        assert document_file(document).is_file()
    assert Case.objects.count() == Document.objects.count() == Entry.objects.filter(kind="RequestReceived").count()
