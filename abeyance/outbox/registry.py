"""Which function a task's name stands for. A room lists its tasks in its `tasks.py`, read when jobs are run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping

TASK_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}\.[a-z][a-z0-9_]{0,60}")

Task = Callable[..., None]
_tasks: dict[str, Task] = {}


def task(name: str) -> Callable[[Task], Task]:
    """For the function that does what `queue(name, ...)` asks for; it gets the ids by their names."""
    if TASK_NAME.fullmatch(name) is None:
        raise ValueError(f"a task is named room.what_it_does, not {name!r}")

    def register(function: Task) -> Task:
        if _tasks.setdefault(name, function) is not function:
            raise ValueError(f"two tasks are named {name}")
        return function

    return register


def tasks() -> dict[str, Task]:
    from django.utils.module_loading import autodiscover_modules

    autodiscover_modules("tasks")
    return dict(_tasks)


def run(name: str, stored: object) -> None:
    """A name without a function is a failure: the room is missing or older than the job."""
    ids = {key: value for key, value in arguments(stored).items() if key != "because_of"}
    tasks()[name](**ids)


def arguments(stored: object) -> Mapping[str, int | str]:
    """As a job's row has them; over Django's connection a jsonb column comes as text."""
    found = json.loads(stored) if isinstance(stored, str) else stored
    return dict(found) if isinstance(found, dict) else {}
