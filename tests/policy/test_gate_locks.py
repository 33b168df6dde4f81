"""What the gate has read stays as it is until its commit, and it never goes by a text of yesterday."""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

from django.db import OperationalError, connection, transaction

from abeyance import fence
from abeyance.asking import Asked
from abeyance.people import proposals
from abeyance.policy import queries
from abeyance.rules.policy import Books

CHANGES = (
    "UPDATE policy_current SET since = now()",
    "DELETE FROM policy_current WHERE kind = 'law'",
    "UPDATE policy_adoptedentry SET ended_at = now()",
)


def locked_books() -> tuple[Books, ...]:
    asked = Asked()
    found = queries.books_of(asked, lock=True)
    asked.now()
    return found()


def refused(statement: str) -> bool:
    """Tried on a connection of its own, which does not wait."""
    found: list[bool] = []

    def run() -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = 200")
                cursor.execute(statement)
                transaction.set_rollback(True)
            found.append(False)
        except OperationalError:
            found.append(True)
        finally:
            connection.close()

    other = threading.Thread(target=run)
    other.start()
    other.join()
    return found[0]


def test_rows_that_were_read_with_lock_do_not_change_before_the_commit(desk: Any) -> None:
    desk.agree(desk.adopt("hk-nsl43-s7"))
    with transaction.atomic():
        locked_books()
        assert [refused(statement) for statement in CHANGES] == [True, True, True]
    with transaction.atomic():
        queries.books()
        assert [refused(statement) for statement in CHANGES] == [False, False, False]


def test_an_agreement_waits_for_a_release_and_the_next_release_goes_by_it(desk: Any) -> None:
    proposal = desk.propose(desk.policy().replace("longest_period_days = 92", "longest_period_days = 7"))
    done = threading.Event()

    def agree() -> None:
        proposals.agree(proposal.code, by=desk.second, now=desk.now())
        done.set()
        connection.close()

    other = threading.Thread(target=agree)
    with fence.together(uuid4()):
        before = locked_books()
        other.start()
        assert not done.wait(0.3)
        assert locked_books() == before
    other.join()
    with fence.together(uuid4()):
        [after] = locked_books()
    assert after.policy.limits.longest_period.days == 7


def test_books_of_the_same_digests_are_made_once(desk: Any) -> None:
    assert queries.books()[0] is queries.books()[0]
    before = queries.books()[0]
    desk.agree(desk.adopt("hk-nsl43-s7"))
    assert queries.books()[0] is not before
    assert set(queries.books()[0].adopted) == {"hk-nsl43-s7"}
