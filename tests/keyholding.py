"""A real key holder for tests, on a home of their own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from subprocess import Popen

from abeyance.seals import client, keyring


@contextmanager
def running_keyholder(home: Path) -> Iterator[Popen[bytes]]:
    """With trial keys if the home has none. It uses the database that Django's connection uses at this moment, as the
    role of the process `keys` (`ABEYANCE_DATABASE_KEYS` names another)."""
    keyring.create_trial(home)
    holder = client.start_keyholder(home)
    try:
        yield holder
    finally:
        end(holder)


def end(holder: Popen[bytes]) -> None:
    holder.terminate()
    holder.wait(20)
    if holder.stderr:
        holder.stderr.close()


def kill(holder: Popen[bytes]) -> None:
    """As a power cut would."""
    holder.kill()
    holder.wait(20)
    if holder.stderr:
        holder.stderr.close()
