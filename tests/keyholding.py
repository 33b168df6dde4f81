"""A real key holder for tests, on a home of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from django.db import connection

from abeyance.seals import keyring
from tests import brood


@contextmanager
def running_keyholder(home: Path) -> Iterator[brood.Hatched]:
    """With trial keys if the home has none. It uses the database that Django's connection uses at this moment, as the
    role of the process `keys` (`ABEYANCE_DATABASE_KEYS` names another)."""
    keyring.create_trial(home)
    holder = brood.start(home, str(connection.settings_dict["NAME"]))
    try:
        yield holder
    finally:
        end(holder)


def end(holder: brood.Hatched | Popen[bytes]) -> None:
    holder.terminate()
    _await(holder)


def kill(holder: brood.Hatched | Popen[bytes]) -> None:
    """As a power cut would."""
    holder.kill()
    _await(holder)


def _await(holder: brood.Hatched | Popen[bytes]) -> None:
    holder.wait(20)
    if holder.stderr:
        holder.stderr.close()
