"""`python -m abeyance.site.oncall.sending`: sends one alarm, in a process of its own that connects to nothing inside.

A name may lead elsewhere than when it was looked at, and an answer may point on; so what counts is the address that is
connected to, whoever asked for it. Nor may anything here start a program or write a file.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable

from abeyance.rules.addresses import is_outside

SECONDS = 60
NO_PROGRAMS = ("subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.startfile", "pty.")
NO_FILES = ("os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.truncate")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def send(address: str, subject: str, text: str, *, allowed: Iterable[str]) -> bool:
    """Whether it was sent. The address holds passwords, so it is no argument; what the process says is thrown away,
    since it may repeat it."""
    said = json.dumps({"address": address, "subject": subject, "text": text, "allowed": sorted(allowed)})
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ABEYANCE_", "DATABASE_", "PG"))}
    try:
        done = subprocess.run(
            [sys.executable, "-m", __spec__.name],
            input=said.encode(),
            env=kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0


def guarding(permitted: frozenset[str]) -> Callable[[str, tuple[object, ...]], None]:
    """A hook of `sys.addaudithook`: it hears of every connection before it is made."""

    def look(event: str, arguments: tuple[object, ...]) -> None:
        if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
            _refuse_inside(arguments[1], permitted)
        elif event.startswith(NO_PROGRAMS + NO_FILES):
            raise PermissionError("an alarm starts no program and changes no file")
        elif event == "open" and isinstance(arguments[2], int) and arguments[2] & WRITING:
            raise PermissionError("an alarm writes no file")

    return look


def _refuse_inside(address: object, permitted: frozenset[str]) -> None:
    host = address[0] if isinstance(address, tuple) and address else None
    if not isinstance(host, str) or not (host in permitted or is_outside(host)):
        raise PermissionError("an alarm goes to no address inside")


def _addresses(name: str) -> set[str]:
    try:
        return {str(found[4][0]) for found in socket.getaddrinfo(name, None)}
    except (OSError, UnicodeError):
        return set()


def main() -> int:
    import apprise

    said = json.load(sys.stdin)
    permitted = frozenset(address for name in said["allowed"] for address in _addresses(name))
    sender = apprise.Apprise()
    if not sender.add(said["address"]):
        return 1
    sys.addaudithook(guarding(permitted))
    return 0 if sender.notify(title=said["subject"], body=said["text"]) else 1


if __name__ == "__main__":
    sys.exit(main())
