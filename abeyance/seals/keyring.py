"""Where the root key comes from, and making, opening and rewriting the ring that it seals.

The root key is drawn by chance and lies in the ring file, sealed under an *opener*: a trial file, a passphrase, or
shares of custodians. A new source means a new root key too, because a copy of the old opener may have been kept.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from typing import Any

from abeyance.errors import BadInput, Unsafe
from abeyance.seals import disk, passphrase, shares
from abeyance.seals.public import ring_path
from abeyance.seals.ring import (
    Ring,
    RingFile,
    canonical,
    decoded,
    derive,
    encoded,
    make_ring,
    opened_ring,
    sealed_ring,
    to_bytes,
    to_text,
    unwrap,
    wrap,
)

TRIAL_FILE = "root.trial"
WRONG_OPENER = "The key ring does not open with this."


class Source(Enum):
    TRIAL = "trial"
    PASSPHRASE = "passphrase"  # noqa: S105 - the name of a source
    SHARES = "shares"


@dataclass(frozen=True)
class OpenRing:
    """The ring, and what is needed to write it back."""

    ring: Ring
    root: dict[str, Any]
    root_key: bytes = field(repr=False)


@dataclass(frozen=True)
class NewSource:
    """A source for a root key: what the file says of it, and its opener."""

    said: dict[str, Any]
    opener: bytes = field(repr=False)


def create_trial(home: Path) -> bool:
    """For trying it out: the opener lies in a file beside the ring. Harmless to repeat; False if a ring is there."""
    with _making(home) as free:
        if free:
            opener = os.urandom(32)
            disk.write_whole(folder(home) / TRIAL_FILE, opener.hex().encode())
            _create(home, NewSource({"source": Source.TRIAL.value}, opener))
        return free


def create_with_passphrase(home: Path, words: str) -> None:
    source = from_passphrase(words)
    with _making(home) as free:
        _refuse_second(free)
        _create(home, source)


def create_with_shares(home: Path, threshold: int, of: int) -> list[str]:
    """The shares are returned once and kept nowhere."""
    source, made = from_shares(threshold, of)
    with _making(home) as free:
        _refuse_second(free)
        _create(home, source)
    return made


def from_passphrase(words: str) -> NewSource:
    said = {"source": Source.PASSPHRASE.value, **passphrase.new_parameters()}
    return NewSource(said, passphrase.key_from(passphrase.checked_passphrase(words), said))


def from_shares(threshold: int, of: int) -> tuple[NewSource, list[str]]:
    opener = os.urandom(32)
    made = shares.split(opener, threshold, of)
    said = {"source": Source.SHARES.value, **shares.described(made, threshold)}
    return NewSource(said, opener), [share.text() for share in made]


def read(home: Path) -> RingFile:
    path = ring_path(home)
    try:
        return decoded(disk.read(path), path)
    except FileNotFoundError:
        raise Unsafe(f"There is no key ring at {path}. Put back the copy of it that you keep.") from None


def source_of(file: RingFile) -> Source:
    return Source(file.root["source"])


def trial_opener(home: Path) -> bytes:
    path = folder(home) / TRIAL_FILE
    try:
        return bytes.fromhex(disk.read(path).decode().strip())
    except FileNotFoundError:
        raise Unsafe(f"{path} is gone, and with it what opens this key ring. Put back your copy.") from None
    except ValueError:
        raise Unsafe(f"{path} is not what was written there. Put back your copy.") from None


def open_with(file: RingFile, opener: bytes) -> OpenRing:
    said = {name: value for name, value in file.root.items() if name != "sealed"}
    root_key = unwrap(derive(opener, "root"), to_bytes(file.root["sealed"]), canonical(said))
    if root_key is None:
        raise BadInput(WRONG_OPENER)
    return OpenRing(opened_ring(file, root_key), file.root, root_key)


def write(home: Path, opened: OpenRing) -> None:
    """Durable before it returns, the old file destroyed."""
    disk.write_whole(ring_path(home), encoded(sealed_ring(opened.ring, opened.root_key, opened.root)))


def with_source(ring: Ring, source: NewSource) -> OpenRing:
    """The same ring under a new root key from a new source."""
    root_key = os.urandom(32)
    sealed = wrap(derive(source.opener, "root"), root_key, canonical(source.said))
    return OpenRing(ring, {**source.said, "sealed": to_text(sealed)}, root_key)


def sweep(home: Path) -> None:
    """Destroy what a crash left: half-written files, replaced ones, and a trial file that is needed no more."""
    disk.sweep(folder(home))
    if source_of(read(home)) is not Source.TRIAL:
        disk.shred(folder(home) / TRIAL_FILE)


def warnings(home: Path) -> list[str]:
    """What the desk shows until it is put right."""
    try:
        source = source_of(read(home))
    except Unsafe as problem:
        return [str(problem)]
    if source is not Source.TRIAL:
        return []
    opener = folder(home) / TRIAL_FILE
    said = f"The keys lie beside the data, in {opener}: whoever takes this disk reads everything."
    return [said + " Before real use: abeyance keys shares, or abeyance keys passphrase."]


def survivor_files(home: Path) -> list[Path]:
    return sorted(folder(home).glob("survivors.[0-9]*"))


def folder(home: Path) -> Path:
    return home / "keys"


def _create(home: Path, source: NewSource) -> None:
    write(home, with_source(make_ring(today()), source))


def today() -> date:
    return datetime.now(UTC).date()


def _refuse_second(free: bool) -> None:
    if not free:
        raise BadInput("There is a key ring already. Its source is changed with abeyance keys shares or passphrase.")


@contextmanager
def _making(home: Path) -> Iterator[bool]:
    """Alone among those who would make a ring; True if there is none yet."""
    folder(home).mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder(home) / "making.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield not ring_path(home).exists()
