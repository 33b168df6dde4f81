"""Putting jobs into the outbox, and looking at those that wait or were given up."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.db import connection
from django.utils import timezone

from abeyance.errors import NotFound
from abeyance.outbox import troubles
from abeyance.outbox.registry import TASK_NAME, arguments

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


FAILED = """SELECT j.id, j.task_name, j.args, j.attempts, max(e.at) FROM procrastinate_jobs j
    JOIN procrastinate_events e ON e.job_id = j.id
    WHERE j.status = 'failed' GROUP BY j.id ORDER BY j.id DESC LIMIT %s"""


def failures(most: int = MOST_LISTED) -> list[Failure]:
    """Newest first."""
    with connection.cursor() as cursor:
        cursor.execute(FAILED, [most])
        rows = cursor.fetchall()
    kinds = troubles.kinds_of(row[0] for row in rows)
    return [
        Failure(job, task, arguments(args), attempts, at, troubles.sentence(kinds.get(job)))
        for job, task, args, attempts, at in rows
    ]


PENDING = """SELECT id, task_name, attempts, scheduled_at FROM procrastinate_jobs
    WHERE status IN ('todo', 'doing') ORDER BY attempts DESC, id LIMIT %s"""


def pending(most: int = MOST_LISTED) -> list[Pending]:
    """Those that have failed before come first, each with why."""
    with connection.cursor() as cursor:
        cursor.execute(PENDING, [most])
        rows = cursor.fetchall()
    kinds = troubles.kinds_of(row[0] for row in rows if row[2])
    return [
        Pending(job, task, attempts, again, troubles.sentence(kinds.get(job)) if attempts else None)
        for job, task, attempts, again in rows
    ]


def waiting() -> int:
    """How many jobs have still to be done, now or later."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status IN ('todo', 'doing')")
        return int(cursor.fetchone()[0])


def overdue(minutes: int = 60) -> int:
    """How many jobs should have been done so long ago."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM procrastinate_jobs j WHERE status IN ('todo', 'doing') AND %s > coalesce("
            "scheduled_at, (SELECT min(at) FROM procrastinate_events e WHERE e.job_id = j.id), now())",
            [timezone.now() - timedelta(minutes=minutes)],
        )
        return int(cursor.fetchone()[0])


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
