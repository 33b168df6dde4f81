"""What a new home is filled with, so that trying it out needs no reading: trial keys, shipped policy, two people."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from abeyance.errors import AbeyanceError
from abeyance.site.home import Home


def fill(home: Home) -> None:
    """Each step is harmless to repeat: an interrupted set-up runs them all again."""
    _call("abeyance.seals.keyring", "create_trial", home.path)
    _call("abeyance.policy.actions", "install_defaults", by="operator")
    _call("abeyance.people.actions", "install_first_members")


def _call(module: str, name: str, *arguments: Any, **named: Any) -> Any:
    """A room that is not there yet is passed over; one that is there and broken is not."""
    if find_spec(module.rpartition(".")[0]) is None or find_spec(module) is None:
        return None
    act: Callable[..., Any] | None = getattr(import_module(module), name, None)
    return act(*arguments, **named) if act else None


def main() -> int:
    """For `home.make_ready`, which must not import Django."""
    from abeyance.site import home

    try:
        home.enter()
    except AbeyanceError as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
