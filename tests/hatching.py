"""The hatch beside a test, and a package that is large enough to break off in the middle."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import pyrage

from abeyance.casefile.models import Approval, Case, Package
from abeyance.release import links, making
from abeyance.release.packaging import Letter
from abeyance.site import hatch
from tests.desk import Desk

LARGE = 5 * 2**20


def open_hatch(home: Path) -> None:
    threading.Thread(target=hatch.serve, args=(home,), daemon=True).start()
    await_hatch(home)


def await_hatch(home: Path) -> None:
    until = time.monotonic() + 10
    while not (home / "run" / hatch.NAME).exists() and time.monotonic() < until:
        time.sleep(0.02)


def long_letter(case: Case, approvals: Sequence[Approval], /, *, package: str, now: datetime) -> tuple[Letter, ...]:
    """It cannot be packed any smaller."""
    return (Letter(pdf=b"%PDF-1.4 " + os.urandom(LARGE), text=b"A letter."),)


def large_package(desk: Desk) -> Package:
    return making.gather(desk.agreed(), letter=long_letter, by=desk.first, now=desk.now())


def link_to(desk: Desk, package: Package) -> links.Made:
    return links.make(package.key, to=desk.cast.fingerprint, by=desk.second, now=desk.now())


def decrypted(desk: Desk, body: bytes) -> bytes:
    key = (desk.home / "demo" / "harbour-police.agekey").read_text().strip()
    return bytes(pyrage.decrypt(body, [pyrage.x25519.Identity.from_str(key)]))
