"""Three hundred connections that release without end, beside whatever is measured."""

from __future__ import annotations

import itertools
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from bench.world import World, in_child

PROCESSES, THREADS = 6, 50
CONNECTIONS = PROCESSES * THREADS


@contextmanager
def beside(desk: World, packages: Sequence[UUID], *, every: float = 0.0) -> Iterator[None]:
    """`every`: seconds between two releases of one connection; 0: as soon as the one before has ended."""
    children = [in_child(_releasing(desk, packages, every)) for _ in range(PROCESSES)]
    try:
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def until_each_has_been_inside(seconds: float = 30.0) -> None:
    """A worker keeps its connection; what opening three hundred of them costs is not measured here."""
    before, until = made(), time.monotonic() + seconds
    while made() < before + CONNECTIONS and time.monotonic() < until:
        time.sleep(0.5)


def made() -> int:
    from abeyance.casefile.models import Release

    return Release.objects.count()


def _releasing(desk: World, packages: Sequence[UUID], every: float) -> Callable[[], None]:
    def work() -> None:
        threads = [threading.Thread(target=_for_ever, args=(desk, packages, n, every)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return work


def _for_ever(desk: World, packages: Sequence[UUID], number: int, every: float) -> None:
    from django.db import Error, connection

    from abeyance.errors import AbeyanceError
    from abeyance.release import actions

    time.sleep(random.uniform(0, every))
    for turn in itertools.count(number):
        time.sleep(every if turn > number else 0)
        try:
            package = packages[turn % len(packages)]
            actions.release(package, to=desk.cast.fingerprint, channel="file", by=desk.cast.second)
        except AbeyanceError:
            continue  # the fence was not to be had in time; a worker keeps its connection and tries again
        except Error:
            connection.close()
