"""Three hundred connections that release without end, beside whatever is measured."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from bench.world import World, in_child

PROCESSES, THREADS = 6, 50
CONNECTIONS = PROCESSES * THREADS


@contextmanager
def beside(desk: World, packages: Sequence[UUID]) -> Iterator[None]:
    children = [in_child(_releasing(desk, packages)) for _ in range(PROCESSES)]
    try:
        yield
    finally:
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def made() -> int:
    from abeyance.casefile.models import Release

    return Release.objects.count()


def _releasing(desk: World, packages: Sequence[UUID]) -> Callable[[], None]:
    def work() -> None:
        threads = [threading.Thread(target=_for_ever, args=(desk, packages, n)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    return work


def _for_ever(desk: World, packages: Sequence[UUID], number: int) -> None:
    from django.db import Error, connection

    from abeyance.errors import AbeyanceError
    from abeyance.release import actions

    for turn in itertools.count(number):
        try:
            package = packages[turn % len(packages)]
            actions.release(package, to=desk.cast.fingerprint, channel="file", by=desk.cast.second)
        except AbeyanceError:
            continue  # the fence was not to be had in time; a worker keeps its connection and tries again
        except Error:
            connection.close()
