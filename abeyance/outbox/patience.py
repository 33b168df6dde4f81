"""How long a job that fails is tried again: soon at first, then hourly, for about a day."""

from __future__ import annotations

from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from abeyance.errors import AbeyanceError, Locked, SomeoneElseWasFirst, Unsafe

FIRST_WAIT = 5
LONGEST_WAIT = 3600
MOST_ATTEMPTS = 32
PASSING = (Locked, SomeoneElseWasFirst, Unsafe)


def wait_after(attempts: int) -> int:
    """Seconds until the next attempt, after so many that failed before this one."""
    return min(LONGEST_WAIT, FIRST_WAIT << min(attempts, 20))


def is_final(problem: BaseException) -> bool:
    """A rule that said no says no again; surroundings may change."""
    return isinstance(problem, AbeyanceError) and not isinstance(problem, PASSING)


class Patience(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        # A locked desk is nobody's fault: its jobs wait for the key, however long that takes.
        if is_final(exception) or (job.attempts + 1 >= MOST_ATTEMPTS and not isinstance(exception, Locked)):
            return None
        return RetryDecision(retry_in={"seconds": wait_after(job.attempts)})
