"""`python -m abeyance.site.worker`: does the jobs that wait, and publishes the log on its cadence."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime

EVERY_SECONDS = 5.0
WAKE_SECONDS = 60.0


def main() -> None:
    os.environ |= {"ABEYANCE_PROCESS": "worker", "DJANGO_SETTINGS_MODULE": "abeyance.site.settings"}
    import django

    django.setup()
    from django.conf import settings

    from abeyance import outbox

    outbox.run_worker(at_once=settings.ABEYANCE.worker_jobs, alongside=tend, every=EVERY_SECONDS)


def tend() -> None:
    publish()
    wake()


def wake() -> None:
    """Alarms, about once a minute; the order of the queue first, since they go by it."""
    from abeyance.pauses import due
    from abeyance.site.oncall import paging

    global _woken
    if time.monotonic() - _woken < WAKE_SECONDS:
        return
    _woken, now = time.monotonic(), datetime.now(UTC)
    due.catch_up(now)
    paging.tend(now)


_woken = 0.0


def publish() -> None:
    """While the desk is locked nothing is signed, and what waits is published when it is opened."""
    from abeyance.ledger.sequencer import integrate

    integrate(datetime.now(UTC))


if __name__ == "__main__":
    main()
