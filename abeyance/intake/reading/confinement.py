"""What a reading process may not do: use much memory or time, write, connect, start programs, leave a core dump.

The hook keeps honest libraries honest; the limits of the kernel stand behind it.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import os
import resource
import sys
from pathlib import Path

from abeyance.intake.reading.values import Limits

_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
_PR_SET_NO_NEW_PRIVS = 38
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.posix_spawn", "os.system", "os.fork", "os.kill",
              "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.chmod", "os.chown",
              "os.truncate", "shutil.", "pty.", "ftplib.", "http.", "smtplib.", "urllib.", "webbrowser.")  # fmt: skip


def leave_the_network() -> None:
    """Into an empty network of its own, where the system lets us; where not, the hook and limits remain."""
    with contextlib.suppress(OSError, AttributeError):
        kernel = ctypes.CDLL(None, use_errno=True)
        if kernel.unshare(_CLONE_NEWNET) != 0:
            kernel.unshare(_CLONE_NEWUSER | _CLONE_NEWNET)
        kernel.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)


def confine(limits: Limits) -> None:
    """For the process that reads one file, after everything trusted was loaded. There is no way back."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_FSIZE, 0)
    _limit(resource.RLIMIT_CPU, math.ceil(limits.seconds) + 1)
    _limit(resource.RLIMIT_NOFILE, 64)
    _limit(resource.RLIMIT_AS, _address_space() + limits.memory)
    sys.setrecursionlimit(1000)
    sys.addaudithook(_forbid)


def _limit(what: int, most: int) -> None:
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(what, (most, most))


def _address_space() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 1 << 30
    return pages * resource.getpagesize()


def _forbid(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        _only_reading(arguments)
    elif event.startswith(_FORBIDDEN):
        raise PermissionError(f"{event} while reading a foreign file")


def _only_reading(arguments: tuple[object, ...]) -> None:
    flags = arguments[2] if len(arguments) > 2 else 0
    if isinstance(flags, int) and flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC):
        raise PermissionError("writing while reading a foreign file")
