"""Putting jobs into the outbox, and looking at those that wait or were given up."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from abeyance.errors import NotFound
from abeyance.ledger import sight
from abeyance.outbox import troubles
from abeyance.outbox.registry import TASK_NAME, arguments
from abeyance.rules.people import OPERATOR_CODE

if TYPE_CHECKING:
    from abeyance.ledger.models import Entry

# An id, and nothing that could be a sentence, an address or a name: the table of jobs is not sealed.
SAFE = re.compile(r"[A-Za-z0-9._:-]{1,64}")
MOST_IDS = 10
MOST_LISTED = 1000


@dataclass(frozen=True)
class Failure:
    """A job that will not be tried again unless a person says so."""

    job: int
    task: str
    ids: Mapping[str, int | str]
    attempts: int
    at: datetime
    why: str


@dataclass(frozen=True)
class Pending:
    """A job that waits; `again` is when it is tried next, None: as soon as somebody has a hand free."""

    job: int
    task: str
    attempts: int
    again: datetime | None
    why: str | None


def queue(task_name: str, *, because_of: Entry | None, **ids: int | str) -> None:
    """Commits with the act that is under way, or not at all."""
    if not connection.in_atomic_block:
        raise RuntimeError("a job is queued in the transaction of its act")
    if TASK_NAME.fullmatch(task_name) is None or len(ids) > MOST_IDS or "because_of" in ids:
        raise ValueError(f"{task_name!r} with {len(ids)} ids is not a job")
    for name, value in ids.items():
        _refuse_content(name, value)
    from procrastinate.contrib.django import app

    cause: dict[str, Any] = {} if because_of is None else {"because_of": because_of.pk}
    app.configure_task(task_name).defer(**ids, **cause)


def _refuse_content(name: str, value: object) -> None:
    number = isinstance(value, int) and not isinstance(value, bool)
    if not number and not (isinstance(value, str) and SAFE.fullmatch(value)):
        # Not repeated: it may be what must not be written anywhere.
        raise ValueError(f"a job carries ids only; {name} is none")


# The request that a job is about, by the entry because of which it was queued; a job without one is about none.
ITS_CASE = """(SELECT x."case" FROM ledger_entry x WHERE x.id = (j.args->>'because_of')::bigint)"""
FAILED = f"""SELECT j.id, j.task_name, j.args, j.attempts, max(e.at), {ITS_CASE} FROM procrastinate_jobs j
    JOIN procrastinate_events e ON e.job_id = j.id
    WHERE j.status = 'failed' GROUP BY j.id ORDER BY j.id DESC LIMIT %s"""  # noqa: S608


def failures(most: int = MOST_LISTED, *, reader: str = OPERATOR_CODE) -> list[Failure]:
    """Newest first; without those about requests of which the reader may not know."""
    rows = _seen(FAILED, [most], reader)
    kinds = troubles.kinds_of(row[0] for row in rows)
    return [
        Failure(job, task, arguments(args), attempts, at, troubles.sentence(kinds.get(job)))
        for job, task, args, attempts, at in rows
    ]


PENDING = f"""SELECT j.id, j.task_name, j.attempts, j.scheduled_at, {ITS_CASE} FROM procrastinate_jobs j
    WHERE j.status IN ('todo', 'doing') ORDER BY j.attempts DESC, j.id LIMIT %s"""  # noqa: S608


def pending(most: int = MOST_LISTED, *, reader: str = OPERATOR_CODE) -> list[Pending]:
    """Those that have failed before come first, each with why."""
    rows = _seen(PENDING, [most], reader)
    kinds = troubles.kinds_of(row[0] for row in rows if row[2])
    return [
        Pending(job, task, attempts, again, troubles.sentence(kinds.get(job)) if attempts else None)
        for job, task, attempts, again in rows
    ]


WAITING = f"SELECT count(*), {ITS_CASE} FROM procrastinate_jobs j WHERE j.status IN ('todo', 'doing')"  # noqa: S608
BY_CASE = " GROUP BY 2"
OVERDUE = (
    " AND %s > coalesce(j.scheduled_at, (SELECT min(at) FROM procrastinate_events e WHERE e.job_id = j.id), now())"
)


def waiting(*, reader: str = OPERATOR_CODE) -> int:
    """How many jobs have still to be done, now or later, of those that the reader may know of."""
    return sum(int(row[0]) for row in _seen(WAITING + BY_CASE, [], reader))


def overdue(minutes: int = 60, *, reader: str = OPERATOR_CODE) -> int:
    """How many jobs should have been done so long ago."""
    since = timezone.now() - timedelta(minutes=minutes)
    return sum(int(row[0]) for row in _seen(WAITING + OVERDUE + BY_CASE, [since], reader))


def _seen(statement: str, arguments: Sequence[int | datetime], reader: str) -> list[tuple[Any, ...]]:
    """The rows, whose last column is a request, without those that the reader may not know of, and without it."""
    with connection.cursor() as cursor:
        cursor.execute(statement, arguments)
        rows = cursor.fetchall()
    known = sight.known(reader, {row[-1] for row in rows if row[-1]})
    return [row[:-1] for row in rows if row[-1] is None or row[-1] in known]


def retry(job: int) -> None:
    """Try a given-up job again, from the beginning of its patience."""
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'todo', attempts = 0, scheduled_at = NULL"
            " WHERE id = %s AND status = 'failed'",
            [job],
        )
        if cursor.rowcount != 1:
            raise NotFound(f"There is no failed job {job}.")
