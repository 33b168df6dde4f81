"""What should move and does not: keys, jobs, the log, pauses whose review is due."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from django.conf import settings

from abeyance.errors import AbeyanceError, Locked
from abeyance.site.doctor.finding import Finding, attention, good, wrong


def keys(reader: str) -> Iterator[Finding]:
    from abeyance.seals import client, keyring
    from abeyance.seals.public import ring_path

    home = Path(settings.ABEYANCE_HOME)
    for warning in keyring.warnings(home):
        yield attention("keys", warning)
    yield good("keys", f"The key ring is {ring_path(home)}; no backup holds it, so keep a copy of it elsewhere.")
    try:
        found = client.status()
    except Locked as problem:
        yield attention("keys", str(problem))
        return
    if found["locked"]:
        yield attention("keys", "The desk is locked: what arrives is received and waits. abeyance keys unlock.")
    if found["trouble"]:
        yield wrong("keys", str(found["trouble"]))


def jobs(reader: str) -> Iterator[Finding]:
    from abeyance import outbox

    if failed := outbox.failures(reader=reader):
        yield attention(
            "jobs", f"{len(failed)} jobs were given up, the newest is {failed[0].task}: abeyance jobs list."
        )
    if overdue := outbox.overdue(reader=reader):
        yield attention("jobs", f"{overdue} jobs should have been done an hour ago: is the worker running?")
    if not failed and not overdue:
        yield good("jobs", "None is overdue or given up.")


def log(reader: str) -> Iterator[Finding]:
    from abeyance.ledger import origins, publication
    from abeyance.ledger.models import Origin

    origin = Origin.objects.order_by("-pk").first()
    found = publication.newest()
    if origin is not None:
        try:
            origins.refuse_unless_consistent(origin)
        except AbeyanceError as problem:
            yield wrong("log", str(problem))
            return
    if found is None:
        yield attention("log", "Nothing has been published yet.")
        return
    age = datetime.now(UTC) - found.at
    late = age.total_seconds() > 3 * settings.ABEYANCE.ledger_cadence_seconds
    sentence = f"The newest checkpoint has {found.size} leaves and is {int(age.total_seconds() // 60)} minutes old."
    yield attention("log", f"{sentence} Is the worker running?") if late else good("log", sentence)


def pauses(reader: str) -> Iterator[Finding]:
    from abeyance.pauses import alarming

    now = datetime.now(UTC)
    for alarm in alarming.alarms(now, reader=reader):
        yield (wrong if alarm.kind == "unconfirmed" else attention)("pauses", alarm.sentence)
