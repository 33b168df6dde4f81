"""A backup that a member asks for, made by the worker. The asking is in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import connection, transaction

from abeyance import ledger, outbox
from abeyance.people import queries as people
from abeyance.rules.events import AdminAct
from abeyance.rules.permissions import Permission
from abeyance.site import home
from abeyance.site.keeping import backing_up, shelf

TASK = "keeping.back_up"


def ask_for_backup(*, by: str) -> str:
    """Its name. One that waits already is not asked for twice."""
    now = datetime.now(UTC)
    name = f"backup-{now:%Y%m%dT%H%M%SZ}"
    with transaction.atomic():
        people.require(by, Permission.KEYS_ROTATE, now)
        if not is_under_way():
            entry = ledger.append(AdminAct(act="backup-asked", subject=name), by=by, now=now)
            outbox.queue(TASK, because_of=entry, name=name)
    return name


def is_under_way() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs WHERE task_name = %s AND status IN ('todo', 'doing'))",
            [TASK],
        )
        return bool(cursor.fetchone()[0])


@outbox.task(TASK)
def back_up(name: str) -> None:
    """Harmless to repeat: a backup of that name is there or is not."""
    here = home.here()
    if not (shelf.folder(here) / name).exists():
        backing_up.back_up(here, shelf.folder(here) / name)
