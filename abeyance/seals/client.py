"""Asking the key holder. One connection for each thread, made again after the key holder was started again.

When none runs and the keys are trial keys, one is started as a child, which ends a while after its last client.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from abeyance.errors import Locked, Unsafe
from abeyance.seals import keyring, questions, wire
from abeyance.seals.keyring import Source
from abeyance.seals.socket_place import address_of
from abeyance.seals.wire import Frame

START_SECONDS = 20.0
IDLE_SECONDS = 30.0
ANSWER_SECONDS = 120.0
NOT_RUNNING = "The key holder is not running. Start it with abeyance serve, then abeyance keys unlock."
MOST_AT_ONCE = 4 * 2**20
MOST_PARTS_AT_ONCE = 5000

_mine = threading.local()


class Channel:
    """One connection, closed when its thread ends, also if nobody said so."""

    def __init__(self, socket: socket.socket, home: Path) -> None:
        self.socket, self.home, self.process = socket, home, os.getpid()

    def __del__(self) -> None:
        self.socket.close()

    def is_usable(self, home: Path) -> bool:
        """Not shared over a fork: two processes would read each other's answers."""
        return self.process == os.getpid() and self.home == home and not self._is_dead()

    def _is_dead(self) -> bool:
        """Between questions nothing may come: an end, or bytes that nobody asked for."""
        self.socket.setblocking(False)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True
        return True


def home() -> Path:
    return Path(settings.ABEYANCE_HOME)


def status() -> dict[str, Any]:
    return _ask({"verb": "status"}).said


def unlock(*, passphrase: str | None = None, share: str | None = None) -> dict[str, Any]:
    return _ask({"verb": "unlock", "passphrase": passphrase, "share": share}).said


def lock() -> dict[str, Any]:
    return _ask({"verb": "lock"}).said


def unseal_many(holder: str, sealed: Sequence[tuple[bytes, str]]) -> list[bytes]:
    opened: list[bytes] = []
    for batch in _batches(sealed):
        places = [place for _, place in batch]
        opened += _ask({"verb": "unseal", "holder": holder, "places": places}, [one for one, _ in batch]).parts
    return opened


def _batches(sealed: Sequence[tuple[bytes, str]]) -> list[list[tuple[bytes, str]]]:
    batches: list[list[tuple[bytes, str]]] = []
    size = 0
    for one in sealed:
        size += len(one[0])
        if not batches or size > MOST_AT_ONCE or len(batches[-1]) >= MOST_PARTS_AT_ONCE:
            batches.append([])
            size = len(one[0])
        batches[-1].append(one)
    return batches


def file_key(holder: str, sealed: bytes, place: str) -> bytes:
    return _ask({"verb": "file_key", "holder": holder, "place": place}, [sealed]).parts[0]


def package_key(holder: str, sealed: bytes, place: str, act: UUID) -> bytes:
    """Asked once only: if the answer is lost, the release counts as used, and another one is made."""
    said = {"verb": "package_key", "holder": holder, "place": place, "act": str(act)}
    return _ask(said, [sealed], again=False).parts[0]


def digests(field: str, value: str) -> list[bytes]:
    return list(_ask({"verb": "digests", "field": field, "value": value}).parts)


def sign_checkpoint(text: bytes) -> bytes:
    return _ask({"verb": "sign_checkpoint"}, [text]).parts[0]


def rotate(*, keep_digests_days: int, give_up: bool = False) -> dict[str, Any]:
    said = {"verb": "rotate", "keep_digests_days": keep_digests_days, "give_up": give_up}
    return _ask(said, seconds=None).said


def to_passphrase(words: str) -> dict[str, Any]:
    return _ask({"verb": "to_passphrase", "passphrase": words}, again=False).said


def to_shares(threshold: int, of: int) -> list[str]:
    return list(_ask({"verb": "to_shares", "threshold": threshold, "of": of}, again=False).said["shares"])


def is_running(home: Path) -> bool:
    try:
        _connected(home).close()
    except OSError:
        return False
    return True


def start_keyholder(home: Path, *, until_idle: float | None = None) -> subprocess.Popen[bytes]:
    """A key holder as our child, answering when this returns. It does not end with us unless `until_idle` says so."""
    command = [sys.executable, "-m", "abeyance.seals.keyholder", "--home", str(home)]
    command += ["--database", str(connection.settings_dict["NAME"])]
    command += ["--until-idle", str(until_idle)] if until_idle is not None else []
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "ABEYANCE_PROCESS": "keys", "ABEYANCE_HOME": str(home)},
    )
    _await(child, home)
    return child


def _await(child: subprocess.Popen[bytes], home: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while not is_running(home):
        # One that ended at once may have been second: then the first one answers.
        if child.poll() is not None and time.monotonic() > end - START_SECONDS + 2:
            said = child.stderr.read(2000).decode(errors="replace").strip() if child.stderr else ""
            raise Locked(f"The key holder did not start: {said.splitlines()[-1] if said else 'it said nothing'}")
        if time.monotonic() > end:
            raise Locked("The key holder did not answer in time.")
        time.sleep(0.02)


def _ask(
    said: dict[str, Any], parts: Sequence[bytes] = (), *, again: bool = True, seconds: float | None = ANSWER_SECONDS
) -> Frame:
    try:
        frame = _asked(said, parts, seconds)
    except (OSError, EOFError):
        disconnect()
        if not again:
            raise Unsafe("The key holder went away before it answered.") from None
        frame = _once_more(said, parts, seconds)
    if "problem" in frame.said:
        raise questions.problem_heard(frame.said)
    return frame


def _once_more(said: dict[str, Any], parts: Sequence[bytes], seconds: float | None) -> Frame:
    try:
        return _asked(said, parts, seconds)
    except (OSError, EOFError):
        disconnect()
        raise Locked("The key holder went away before it answered.") from None


def _asked(said: dict[str, Any], parts: Sequence[bytes], seconds: float | None) -> Frame:
    channel = _channel()
    channel.settimeout(seconds)
    wire.send(channel, said, parts)
    frame = wire.receive(channel)
    if frame is None:
        raise EOFError
    return frame


def _channel() -> socket.socket:
    known: Channel | None = getattr(_mine, "channel", None)
    if known is None or not known.is_usable(home()):
        _mine.channel = known = None  # the old one is closed before another is made
        _mine.channel = known = Channel(_connected_or_started(home()), home())
    return known.socket


def disconnect() -> None:
    """End this thread's connection; the next question makes another."""
    _mine.channel = None


def _connected_or_started(home: Path) -> socket.socket:
    try:
        return _connected(home)
    except OSError:
        _start_if_trial(home)
    try:
        return _connected(home)
    except OSError:
        raise Locked(NOT_RUNNING) from None


def _start_if_trial(home: Path) -> None:
    try:
        source = keyring.source_of(keyring.read(home))
    except Unsafe:
        raise Locked(NOT_RUNNING) from None
    if source is not Source.TRIAL:
        raise Locked(NOT_RUNNING)
    child = start_keyholder(home, until_idle=IDLE_SECONDS)
    # Nobody waits for it: it outlives this command by a little.
    child.returncode = 0
    if child.stderr:
        child.stderr.close()


def _connected(home: Path) -> socket.socket:
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        channel.settimeout(5)
        with address_of(home) as address:
            channel.connect(address)
    except BaseException:
        channel.close()
        raise
    return channel
