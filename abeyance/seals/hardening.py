"""Keeping the memory of the key holder to itself: no core dump, no reading by others, no swapping, as far as we may."""

from __future__ import annotations

import ctypes
import resource
import sys

PR_SET_DUMPABLE = 4
LOCK_NOW_AND_LATER_WHEN_TOUCHED = 1 | 2 | 4
ENOUGH_LOCKED = 2**30


def keep_memory_private() -> list[str]:
    """What could not be had, in sentences."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if not sys.platform.startswith("linux"):
        return ["The key holder's memory is not locked on this system."]
    libc = ctypes.CDLL(None, use_errno=True)
    missing = []
    if libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        missing.append("The key holder's memory can be read by other processes of its user.")
    if not _may_lock() or libc.mlockall(LOCK_NOW_AND_LATER_WHEN_TOUCHED) != 0:
        missing.append("The key holder's memory can be swapped out: allow it to lock memory, or encrypt the swap.")
    return missing


def _may_lock() -> bool:
    """With a small limit, locking would make a later allocation fail."""
    limit = resource.getrlimit(resource.RLIMIT_MEMLOCK)[0]
    return limit in (resource.RLIM_INFINITY, -1) or limit >= ENOUGH_LOCKED
