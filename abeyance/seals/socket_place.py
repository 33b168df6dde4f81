"""Where the socket is, also when its path is longer than a socket's address may be, and who is at the other end."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from abeyance.errors import Unsafe

NAME = "keyholder.sock"
LONGEST = 100


def socket_path(home: Path) -> Path:
    return home / "run" / NAME


@contextmanager
def address_of(home: Path) -> Iterator[str]:
    """An address that fits; a long one goes through the folder, opened."""
    path = socket_path(home)
    if len(os.fsencode(path)) <= LONGEST:
        yield str(path)
        return
    if not Path("/proc/self/fd").is_dir():
        raise Unsafe(f"The path of {path} is too long for a socket; choose a shorter ABEYANCE_HOME.")
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{NAME}"
    finally:
        os.close(handle)


def is_ours(channel: socket.socket) -> bool:
    """The same user, or root. Where the system does not say, the file's mode (0600) is what there is."""
    if not hasattr(socket, "SO_PEERCRED"):
        return True
    _, uid, _ = struct.unpack("3i", channel.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return uid in (os.geteuid(), 0)
