"""Requests arrive while nobody is there: sealed, once each, also while the desk is locked."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from abeyance import seals
from abeyance.casefile.models import Case, Document
from abeyance.errors import BadInput, Locked
from abeyance.intake import confirming, taking
from abeyance.intake.actions import Arrived
from abeyance.ledger.models import Entry
from abeyance.seals import client
from tests.casefile.packed import declare
from tests.desk import MAIL, Desk, demand


def mail(desk: Desk, number: int = 7, name: str = "order.eml") -> Path:
    path = desk.home / name
    path.write_text(MAIL.format(number=number, identifier="+85291234567"))
    return path


def take(path: Path) -> Arrived:
    return taking.take_together([path], channel="mail", by="operator", now=datetime.now(UTC))


def at_once(work: list[Callable[[], object]]) -> None:
    def run(one: Callable[[], object]) -> None:
        try:
            one()
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(one,)) for one in work]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_the_very_same_bytes_are_one_request_and_one_letter_more_is_another(desk: Desk) -> None:
    first = take(mail(desk))
    again = take(mail(desk, name="forwarded.eml"))
    assert (again.ref, again.duplicate, first.duplicate) == (first.ref, True, False)
    changed = mail(desk, name="changed.eml")
    changed.write_text(changed.read_text() + "\n")
    other = take(changed)
    assert not other.duplicate
    assert other.ref != first.ref
    assert Case.objects.count() == Entry.objects.filter(kind="RequestReceived").count() == 2


def test_two_who_bring_the_same_bytes_at_once_get_one_request(desk: Desk) -> None:
    path, found = mail(desk), []
    at_once([lambda: found.append(take(path))] * 4)
    assert len({arrived.ref for arrived in found}) == 1
    assert sorted(arrived.duplicate for arrived in found) == [False, True, True, True]
    assert Case.objects.count() == Document.objects.count() == 1


def test_an_order_and_its_annex_are_the_same_request_in_any_order(desk: Desk) -> None:
    paths = [mail(desk, 1, "a.eml"), mail(desk, 2, "b.eml")]
    first = taking.take_together(paths, channel="mail", by="operator", now=desk.now())
    again = taking.take_together(paths[::-1], channel="mail", by="operator", now=desk.now())
    part = take(paths[0])
    assert (again.ref, again.duplicate) == (first.ref, True)
    assert not part.duplicate


def test_it_works_while_the_desk_is_locked_and_opens_afterwards(desk: Desk) -> None:
    client.lock()
    with pytest.raises(Locked):
        seals.digest("identifier", "x")
    ref = take(mail(desk)).ref
    with pytest.raises(Locked):
        confirming.confirm(ref, demand(), by=desk.first, now=desk.now())
    assert desk.case(ref).state == "received"


def test_nothing_of_a_mail_lies_on_the_disk_in_the_clear(desk: Desk) -> None:
    path = mail(desk)
    document = Document.objects.get(case__ref=take(path).ref)
    stored = desk.home / "documents" / document.path
    words = (b"+85291234567", b"Inspector", b"order.eml")
    assert any(word in path.read_bytes() for word in words)  # the control: it would be found
    for place in (stored.read_bytes(), bytes(document.name), bytes(document.reading)):
        assert not any(word in place for word in words)
    opened = b"".join(seals.unseal_file(document.case.holder, stored, place=document.place))
    assert opened == path.read_bytes()


def test_what_cannot_be_taken_is_refused_with_a_sentence_and_stops_nothing_else(desk: Desk) -> None:
    paths = [desk.home / "missing.eml", mail(desk)]
    missing, taken = taking.take_each(paths, channel="mail", by="operator", now=desk.now())
    assert missing.arrived is None
    assert missing.refused.endswith(".")
    assert taken.arrived is not None
    with pytest.raises(BadInput, match="empty"):
        taking.take_note("  \n", channel="telephone", by="operator", now=desk.now())
    with pytest.raises(BadInput, match="1 to 100 files"):
        taking.take_together([], channel="mail", by="operator", now=desk.now())


def test_a_pause_stops_no_arrival_and_new_is_judged_by_the_epoch_of_arrival(desk: Desk) -> None:
    before = desk.case(take(mail(desk, 1, "a.eml")).ref)
    bound = declare(desk)
    after = desk.case(take(mail(desk, 2, "b.eml")).ref)
    assert before.arrived_epoch < bound.pause.declared_epoch <= after.arrived_epoch
