from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.test.utils import CaptureQueriesContext

from abeyance import ledger
from abeyance.asking import AGAIN
from abeyance.ledger.models import Entry
from abeyance.ledger.receipts import salts_of
from abeyance.rules.events import KeyRotated, RequestReceived
from abeyance.rules.ledger.opening import actor_mark, read_content

Act = Callable[..., Entry]
NOON = datetime(2020, 7, 6, 12, 0, tzinfo=UTC)
NAMED = ["BEGIN", "EXECUTE", "COMMIT"]  # once the server was told to keep the INSERT


def test_an_entry_belongs_to_a_transaction_and_disappears_with_it(act: Act) -> None:
    event = KeyRotated(key="log", version=2)
    with pytest.raises(transaction.TransactionManagementError):
        ledger.append(event, by="operator", now=NOON)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        ledger.append(event, by="operator", now=NOON)
        raise ZeroDivisionError
    assert not Entry.objects.exists()
    act(event)
    assert Entry.objects.count() == 1


def test_an_entry_is_one_insert(act: Act) -> None:
    for _ in range(2 * AGAIN):
        with CaptureQueriesContext(connection) as queries:
            act()
        said = [query["sql"][:7] for query in queries if "SAVEPOINT" not in query["sql"]]
        assert said in (["BEGIN", "INSERT ", "COMMIT"], ["BEGIN", "INSERT ", "PREPARE", "COMMIT"], NAMED)
    assert said == NAMED


def test_an_act_is_recorded_once(act: Act) -> None:
    number = uuid4()
    act(act=number)
    with pytest.raises(IntegrityError):
        act(act=number)
    assert Entry.objects.get(act=number).by == "m-7k2q"


def test_the_commitment_opens_to_content_without_the_name_of_the_actor(act: Act) -> None:
    made = act(RequestReceived(channel="mail", documents=1, digest="ab" * 32), epoch=4)
    entry = Entry.objects.get(pk=made.pk)
    salts = salts_of(entry)
    assert hashlib.sha256(salts[:32] + bytes(entry.content)).digest() == bytes(entry.commitment)
    content = read_content(bytes(entry.content))
    assert b"m-7k2q" not in bytes(entry.content)
    assert content["actor"] == actor_mark(salts[32:], "m-7k2q")
    assert content["epoch"] == 4


def test_only_a_public_entry_keeps_its_salt_in_plain(act: Act) -> None:
    opened = act(KeyRotated(key="log", version=2))
    closed = act()
    assert hashlib.sha256(bytes(opened.salt)[:32] + bytes(opened.content)).digest() == bytes(opened.commitment)
    assert salts_of(closed) not in bytes(closed.salt)


@pytest.mark.parametrize("statement", ["UPDATE ledger_entry SET by = 'm-other'", "DELETE FROM ledger_entry"])
def test_the_database_refuses_to_edit_entries(act: Act, statement: str) -> None:
    act()
    with pytest.raises(ProgrammingError, match="never edited"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.get().by == "m-7k2q"
