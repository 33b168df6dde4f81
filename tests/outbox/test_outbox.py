"""Jobs commit with their act, carry ids only, are tried again, and are rescued from dead workers."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connection, transaction

from abeyance import outbox
from abeyance.errors import BadInput, Locked, NotFound
from abeyance.outbox import registry
from abeyance.outbox.patience import LONGEST_WAIT, wait_after

pytestmark = pytest.mark.django_db(transaction=True)


class Post:
    """A room with one task that keeps what it was asked to do, and fails when told to."""

    def __init__(self) -> None:
        self.sent: list[dict[str, int | str]] = []
        self.problem: Exception | None = None

    def send(self, **ids: int | str) -> None:
        if self.problem is not None:
            raise self.problem
        self.sent.append(ids)


@pytest.fixture
def post(monkeypatch: pytest.MonkeyPatch) -> Iterator[Post]:
    empty()  # other rooms' tests leave jobs, and pytest-django empties the tables of our own models only
    room = Post()
    monkeypatch.setattr(registry, "_tasks", {**registry.tasks(), "post.send": room.send})
    yield room
    empty()


def empty() -> None:
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE procrastinate_jobs, procrastinate_workers CASCADE")


def ask(**ids: int | str) -> None:
    with transaction.atomic():
        outbox.queue("post.send", because_of=None, **ids)


def make_due() -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL")


def test_a_job_commits_with_its_act_or_not_at_all(post: Post) -> None:
    ask(letter=1)
    with transaction.atomic():
        outbox.queue("post.send", because_of=None, letter=2)
        transaction.set_rollback(True)
    with pytest.raises(RuntimeError):
        outbox.queue("post.send", because_of=None, letter=3)
    assert outbox.run_due() == outbox.Done(succeeded=1)
    assert post.sent == [{"letter": 1}]


@pytest.mark.parametrize("value", ["two words", "someone@example.org", "x" * 65, "", "Straße", 1.5, None, True, b"x"])
def test_a_job_carries_ids_and_nothing_else(post: Post, value: object) -> None:
    ask(letter=str(uuid4()), case="case:1.2_x-y")
    with pytest.raises(ValueError, match="ids only"):
        ask(letter=value)  # type: ignore[arg-type]
    assert outbox.waiting() == 1


def test_a_failing_job_waits_longer_each_time_and_is_given_up_after_a_day(post: Post) -> None:
    post.problem = OSError("someone@example.org")
    ask(letter=1)
    assert outbox.run_due() == outbox.Done(failed=1)
    assert outbox.run_due() == outbox.Done()
    assert [wait_after(n) for n in (0, 1, 2, 40)] == [5, 10, 20, LONGEST_WAIT]
    for _ in range(40):
        make_due()
        outbox.run_due()
    (failure,) = outbox.failures()
    assert (failure.task, failure.ids, failure.attempts) == ("post.send", {"letter": 1}, 32)
    post.problem = None
    outbox.retry(failure.job)
    assert outbox.run_due() == outbox.Done(succeeded=1)
    with pytest.raises(NotFound):
        outbox.retry(failure.job)


def test_what_a_rule_refused_is_not_tried_again_and_what_waits_for_the_key_always_is(post: Post) -> None:
    post.problem = BadInput("no")
    ask(letter=1)
    outbox.run_due()
    assert [failure.attempts for failure in outbox.failures()] == [1]
    post.problem = Locked("locked")
    ask(letter=2)
    for _ in range(40):
        outbox.run_due()
        make_due()
    assert len(outbox.failures()) == 1 and outbox.waiting() == 1


def test_a_job_of_a_dead_worker_is_done_by_another(post: Post) -> None:
    ask(letter=1)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES RETURNING id")
        worker = cursor.fetchone()[0]
        cursor.execute("SELECT id FROM procrastinate_fetch_job_v2(NULL, %s)", [worker])
        assert outbox.run_due() == outbox.Done()
        cursor.execute("UPDATE procrastinate_workers SET last_heartbeat = now() - interval '5 minutes'")
    outbox.run_due()
    make_due()
    outbox.run_due()
    assert post.sent == [{"letter": 1}]


def test_two_that_run_at_once_do_no_job_twice(post: Post) -> None:
    for number in range(30):
        ask(letter=number)

    def work() -> None:
        outbox.run_due()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(int(sent["letter"]) for sent in post.sent) == list(range(30))


def test_a_task_has_one_function_and_a_name_that_says_the_room() -> None:
    with pytest.raises(ValueError, match="room"):
        registry.task("send")
    registry.task("post.only_once")(print)
    with pytest.raises(ValueError, match="two tasks"):
        registry.task("post.only_once")(len)
    registry._tasks.pop("post.only_once")


def test_a_worker_does_what_waits_until_it_is_told_to_stop(post: Post) -> None:
    ask(letter=1)
    ask(letter=2)

    def stop_when_done() -> None:
        if len(post.sent) == 2:
            os.kill(os.getpid(), signal.SIGTERM)

    outbox.run_worker(at_once=2, alongside=stop_when_done, every=0.1)
    assert sorted(int(sent["letter"]) for sent in post.sent) == [1, 2]
    assert outbox.waiting() == 0
