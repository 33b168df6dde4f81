"""`python -m abeyance.site.worker`: does the jobs that wait, and publishes the log on its cadence."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, datetime

EVERY_SECONDS = 5.0
WAKE_SECONDS = 60.0
REWEIGHED = 300


def main() -> None:
    os.environ |= {"ABEYANCE_PROCESS": "worker", "DJANGO_SETTINGS_MODULE": "abeyance.site.settings"}
    import django

    django.setup()
    from django.conf import settings

    from abeyance import outbox

    outbox.run_worker(at_once=settings.ABEYANCE.worker_jobs, alongside=Rounds().tend, every=EVERY_SECONDS)


@dataclass
class Rounds:
    """What is done about once a minute. `weighed` is the last case that was weighed again in turn, `kept`
    the last one whose formal steps were looked at."""

    before: float = 0.0
    weighed: int = 0
    kept: int = 0

    def tend(self) -> None:
        announce()
        publish()
        if time.monotonic() - self.before >= WAKE_SECONDS:
            self.before = time.monotonic()
            self.wake(datetime.now(UTC))

    def wake(self, now: datetime) -> None:
        """The order of the queue first, since alarms go by it."""
        from abeyance.answer import steps
        from abeyance.diligence import consulting
        from abeyance.notice import hearings
        from abeyance.pauses import due, reconfirming
        from abeyance.release import upkeep
        from abeyance.reporting import publishing
        from abeyance.site.oncall import paging

        due.catch_up(now)
        # A law that has changed moves dates of requests to which nothing happened: so all of them, some at a time.
        self.weighed = due.reweigh_all(now, REWEIGHED, self.weighed) or 0
        self.kept = steps.keep_up(now, REWEIGHED, self.kept) or 0
        paging.tend(now)
        hearings.forget(now)
        upkeep.tend(now=now)
        publishing.publish(now)
        reconfirming.ask_round(now)
        reconfirming.lapse_round(now)
        consulting.end_due(now)


def announce() -> None:
    """The log's entry of a plan that has begun. That it binds and is seen waits for nobody."""
    from abeyance.pauses.announcing import announce_due

    announce_due(datetime.now(UTC))


def publish() -> None:
    """While the desk is locked nothing is signed, and what waits is published when it is opened."""
    from abeyance.ledger.sequencer import integrate

    integrate(datetime.now(UTC))


if __name__ == "__main__":
    main()
