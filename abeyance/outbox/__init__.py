"""Effects that wait to happen. A job is a row, written in the transaction of the act that caused it.

queue      in the act: the name of a task, and ids                 (waiting)
task       in a room's `tasks.py`: what a name stands for          (registry)
run_due    here and now, for a command when no desk is running     (working)
run_worker for the desk's worker process, until it is told to stop (working)
failures   what was given up, for a person to look at, and why     (waiting, troubles)

**At least once.** A job that was cut off is run again, after a minute of silence from its worker; so every task must be
harmless to repeat, and asks for itself whether its effect has happened. A job carries ids only: what it says, or whom
it concerns, it reads when it runs, behind the same doors as everybody.
"""

from abeyance.outbox.registry import task
from abeyance.outbox.waiting import Failure, Pending, failures, overdue, pending, queue, retry, waiting
from abeyance.outbox.working import Done, run_due, run_worker

__all__ = [
    "Done",
    "Failure",
    "Pending",
    "failures",
    "overdue",
    "pending",
    "queue",
    "retry",
    "run_due",
    "run_worker",
    "task",
    "waiting",
]
