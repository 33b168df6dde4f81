"""The key-holder process: `python -m abeyance.seals.keyholder`. The only one that ever has the root key.

It answers on a Unix socket of mode 0600, to processes of its own user and of root. A second one on the same home ends
with a sentence; a socket left by a killed one is replaced. Started for a command in trial mode, it ends when idle.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import sys
import threading
import time
from pathlib import Path
from types import FrameType
from typing import Any, BinaryIO

from abeyance.errors import AbeyanceError, BadInput, Locked, Unsafe
from abeyance.seals import hardening, keyring, questions, wire
from abeyance.seals.database import Database
from abeyance.seals.holding import Holder
from abeyance.seals.socket_place import address_of, is_ours, socket_path

MOST_CLIENTS = 500  # three hundred that release at once, and the members beside them
HALF_A_FRAME = 30.0  # seconds that a client may take over one frame once it has begun


class Server:
    def __init__(self, holder: Holder, until_idle: float | None) -> None:
        self._holder, self._until_idle = holder, until_idle
        self._clients, self._counting = 0, threading.Lock()
        self._quiet_since = time.monotonic()

    def serve(self) -> None:
        listening = _listen(self._holder.home)
        threading.Thread(target=self._holder.tend, name="tending", daemon=True).start()
        listening.settimeout(0.5)
        while not self._is_idle():
            try:
                channel, _ = listening.accept()
            except TimeoutError:
                continue
            self._admit(channel)
        socket_path(self._holder.home).unlink(missing_ok=True)

    def _is_idle(self) -> bool:
        with self._counting:
            quiet = time.monotonic() - self._quiet_since
            return self._until_idle is not None and self._clients == 0 and quiet > self._until_idle

    def _admit(self, channel: socket.socket) -> None:
        with self._counting:
            full = self._clients >= MOST_CLIENTS
            self._clients += 0 if full else 1
        if full or not is_ours(channel):
            _say(channel, Unsafe("The key holder has too many clients, or this is not its user."))
            channel.close()
            if not full:
                self._gone()
            return
        threading.Thread(target=self._attend, args=[channel], daemon=True).start()

    def _attend(self, channel: socket.socket) -> None:
        try:
            with channel:
                while _wait(channel) and _answer_one(self._holder, channel):
                    pass
        except OSError:
            return  # the client went away; nothing of it is kept
        finally:
            self._gone()

    def _gone(self) -> None:
        with self._counting:
            self._clients -= 1
            self._quiet_since = time.monotonic()


def _wait(channel: socket.socket) -> bool:
    channel.settimeout(None)
    more = channel.recv(1, socket.MSG_PEEK)
    channel.settimeout(HALF_A_FRAME)
    return bool(more)


def _answer_one(holder: Holder, channel: socket.socket) -> bool:
    try:
        frame = wire.receive(channel)
    except BadInput as problem:
        _say(channel, problem)
        return False
    if frame is None:
        return False
    try:
        said, parts = questions.answer(holder, frame)
        wire.send(channel, said, parts)
    except AbeyanceError as problem:
        _say(channel, problem)
    except OSError:
        raise
    except Exception as problem:
        # Never its text: it may hold what was being opened.
        _say(channel, Unsafe(f"The key holder failed on that question ({type(problem).__name__})."))
    return True


def _say(channel: socket.socket, problem: AbeyanceError) -> None:
    wire.send(channel, questions.problem_said(problem))


def _listen(home: Path) -> socket.socket:
    """Called by the one that holds the lock, so a socket that is there is a dead one's."""
    socket_path(home).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    socket_path(home).unlink(missing_ok=True)
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        with address_of(home) as address:
            listening.bind(address)
    finally:
        os.umask(before)
    listening.listen(64)
    return listening


def only_one(home: Path, *, wait: bool = False) -> BinaryIO:
    """Held as long as we live. It lies beside the ring, because that is what two must not write.

    `wait`: for the desk's own key holder, until the one that a command has started ends.
    """
    lock = (keyring.folder(home) / "held.lock").open("ab")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise Locked(f"A key holder is running already for {home}.") from None
    return lock


def database_parameters(name: str) -> dict[str, Any]:
    """From Django's settings, which this process reads as the kind of process `keys`."""
    from django.conf import settings

    said = settings.DATABASES["default"]
    given = {"host": said["HOST"], "port": said["PORT"], "user": said["USER"], "password": said["PASSWORD"]}
    options = {key: value for key, value in said.get("OPTIONS", {}).items() if key not in ("pool", "application_name")}
    return {**{key: value for key, value in given.items() if value}, "dbname": name or said["NAME"], **options}


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="abeyance.seals.keyholder", description="Keep the keys of one home.")
    parser.add_argument("--home", type=Path, help="the home, if not ABEYANCE_HOME")
    parser.add_argument("--database", default="", help="the name of the database, if not that of the settings")
    parser.add_argument("--until-idle", type=float, help="end after so many seconds without a client")
    parser.add_argument("--wait", action="store_true", help="stand by while another key holder runs")
    args = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)
    try:
        return _run(args)
    except BadInput as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 2
    except AbeyanceError as problem:
        print(problem, file=sys.stderr)  # noqa: T201
        return 1


def _run(args: argparse.Namespace) -> int:
    os.environ["ABEYANCE_PROCESS"] = "keys"
    if args.home:
        os.environ["ABEYANCE_HOME"] = str(args.home.absolute())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "abeyance.site.settings")
    from django.conf import settings

    home = Path(settings.ABEYANCE_HOME)
    keyring.read(home)
    with only_one(home, wait=args.wait):
        missing = hardening.keep_memory_private()
        holder = Holder(home, Database(database_parameters(args.database)))
        holder.cannot = missing
        holder.unlock_if_trial()
        Server(holder, args.until_idle).serve()
        holder.database.close()
    return 0


def _end(_: int, __: FrameType | None) -> None:
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(main())
