"""Doing what waits: in the worker's process for as long as the desk runs, or here and now for a single command.

Both may run at once: a job is given to one of them (`FOR UPDATE SKIP LOCKED`).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper

from asgiref.sync import async_to_sync
from procrastinate import App, JobContext
from procrastinate.jobs import Job, Status
from procrastinate.manager import JobManager

from abeyance.outbox import registry, troubles
from abeyance.outbox.patience import Patience

log = logging.getLogger(__name__)

SILENT_SECONDS = 60.0  # a worker that was not heard of for so long is dead, and its jobs are somebody else's
KEPT_HOURS = 24
POLL_SECONDS = 2.0
LAST_WORDS_SECONDS = 20.0


@dataclass(frozen=True)
class Done:
    succeeded: int = 0
    failed: int = 0


def run_due(limit: int = 100) -> Done:
    """Run at most `limit` jobs whose time has come, in this thread; a failing one waits for its next attempt."""
    from procrastinate.contrib.django import app

    manager = app.job_manager
    if not _anything_due(manager):
        return Done()
    return _run_with(manager, limit)


def _anything_due(manager: JobManager) -> bool:
    """Asked first, because most commands find nothing, and signing in as a worker writes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT 1 FROM procrastinate_jobs"
            " WHERE status IN ('todo', 'doing') AND (scheduled_at IS NULL OR scheduled_at <= clock_timestamp()))"
        )
        return bool(cursor.fetchone()[0])


def _run_with(manager: JobManager, limit: int) -> Done:
    worker = async_to_sync(manager.register_worker)()
    succeeded = failed = 0
    try:
        async_to_sync(_rescue)(manager)
        while succeeded + failed < limit:
            async_to_sync(manager.update_heartbeat)(worker)
            job = async_to_sync(manager.fetch_job)(None, worker)
            if job is None:
                break
            good = _run_one(manager, job)
            succeeded, failed = succeeded + good, failed + (not good)
    finally:
        async_to_sync(manager.unregister_worker)(worker)
    return Done(succeeded, failed)


def _run_one(manager: JobManager, job: Job) -> bool:
    try:
        registry.run(job.task_name, job.task_kwargs)
    except Exception as problem:
        _give_back(manager, job, problem)
        return False
    async_to_sync(manager.finish_job)(job, Status.SUCCEEDED, delete_job=False)
    return True


def _give_back(manager: JobManager, job: Job, problem: Exception) -> None:
    _tell(job, problem)
    decision = Patience().get_retry_decision(exception=problem, job=job)
    if decision is None or decision.retry_at is None:
        async_to_sync(manager.finish_job)(job, Status.FAILED, delete_job=False)
        return
    async_to_sync(manager.retry_job)(job, decision.retry_at)


def _tell(job: Job, problem: Exception) -> None:
    """Only the kind of error: its text may repeat what the job read."""
    troubles.note(job.id, problem)
    log.warning("job %s (%s) failed at attempt %s: %s", job.id, job.task_name, job.attempts + 1, type(problem).__name__)


async def _rescue(manager: JobManager) -> None:
    """What dead workers had in hand is given out again."""
    from django.utils import timezone

    for job in await manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_SECONDS):
        with contextlib.suppress(Exception):  # somebody else was rescuing it too
            await manager.retry_job(job, timezone.now())


# --- the worker's process


def run_worker(*, at_once: int = 4, alongside: Callable[[], None] | None = None, every: float = 5.0) -> None:
    """Until SIGTERM or SIGINT; jobs under way are finished first. `alongside` is called again and again meanwhile."""
    logging.getLogger("procrastinate").setLevel(logging.CRITICAL)  # it would log the text of errors; we do not
    asyncio.run(_work(_app(), at_once, alongside, every))


def _app() -> App:
    from procrastinate.contrib.django import DjangoApp
    from procrastinate.contrib.django.django_connector import DjangoConnector

    app = DjangoApp(connector=DjangoConnector().get_worker_connector())
    for name in registry.tasks():
        app.task(name=name, retry=Patience(), pass_context=True)(update_wrapper(partial(_run_task, name), _run_task))
    return app


def _run_task(name: str, context: JobContext, /, **arguments: int | str) -> None:
    try:
        registry.run(name, arguments)
    except Exception as problem:
        troubles.note(context.job.id, problem)
        log.warning("a job of %s failed: %s", name, type(problem).__name__)
        raise


async def _work(app: App, at_once: int, alongside: Callable[[], None] | None, every: float) -> None:
    async with app.open_async():
        beside = [asyncio.create_task(_tend(app))]
        if alongside is not None:
            beside.append(asyncio.create_task(_repeat(alongside, every)))
        try:
            await app.run_worker_async(
                concurrency=at_once,
                fetch_job_polling_interval=POLL_SECONDS,
                stalled_worker_timeout=SILENT_SECONDS,
                shutdown_graceful_timeout=LAST_WORDS_SECONDS,
                name="abeyance",
            )
        finally:
            for each in beside:
                each.cancel()
            await asyncio.gather(*beside, return_exceptions=True)


async def _tend(app: App) -> None:
    """Rescue jobs of the dead, and forget those done long ago."""
    while True:
        try:
            await _rescue(app.job_manager)
            await app.job_manager.delete_old_jobs(KEPT_HOURS)
        except Exception as problem:
            log.warning("the outbox could not be tended: %s", type(problem).__name__)
        await asyncio.sleep(SILENT_SECONDS / 2)


async def _repeat(what: Callable[[], None], every: float) -> None:
    while True:
        await asyncio.to_thread(_guarded, what)
        await asyncio.sleep(every)


def _guarded(what: Callable[[], None]) -> None:
    from django.db import close_old_connections

    close_old_connections()
    try:
        what()
    except Exception as problem:
        log.warning("%s failed: %s", getattr(what, "__name__", "work"), type(problem).__name__)
    finally:
        close_old_connections()
