"""Sealing a file needs nothing secret; opening one takes a key holder, and opening a package a release."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from abeyance.errors import BadInput, NotFound, Unsafe
from abeyance.seals import cases, client, disk, hpke, segments
from abeyance.seals.binding import Kind, bound_to, is_package
from abeyance.seals.cases import HolderKey
from abeyance.seals.segments import FileSeal, SegmentWriter

CHUNK = 2**20


def seal_file(holder: str | HolderKey, source: BinaryIO, target: Path, *, place: str) -> FileSeal:
    """Seal all of `source` into `target`: durable, whole or absent, memory bounded. Nothing there is replaced."""
    return _sealed_under(os.urandom(hpke.KEY_BYTES), holder, source, target, place)


def seal_and_read(
    holder: str, source: BinaryIO, target: Path, *, place: str
) -> tuple[FileSeal, Callable[[int], Iterator[bytes]]]:
    """Like `seal_file`; and what was just sealed may be read once more, from any byte, by whom had it in hand anyway.
    Later, and for anybody else, the key holder decides."""
    key = os.urandom(hpke.KEY_BYTES)
    made = _sealed_under(key, holder, source, target, place)
    return made, lambda start: _pieces(_opened(target), key, start)


def _sealed_under(key: bytes, holder: str | HolderKey, source: BinaryIO, target: Path, place: str) -> FileSeal:
    whose = cases.key_of(holder)
    head = sealed_header(whose.public, key, whose.holder, place)
    part = partial(target)
    try:
        disk.make_folder(target.parent)
        with disk.open_new(part) as out:
            writer = SegmentWriter(out, key)
            while chunk := source.read(CHUNK):
                writer.write(chunk)
            made = writer.finish()
            put_in_place(out, part, target, head)
    except OSError as problem:
        raise Unsafe(f"{target.parent} cannot be written: {problem.strerror}.") from None
    finally:
        part.unlink(missing_ok=True)
    return made


def sealed_header(public: bytes, key: bytes, holder: str, place: str) -> bytes:
    return segments.header(hpke.seal_to(public, key, bound_to(Kind.FILE_KEY, holder, place)))


def partial(target: Path) -> Path:
    """Beside the target, so that it moves in one step; a name of its own, so that two who write do not meet."""
    return target.with_name(f".{target.name}.{os.urandom(4).hex()}.part")


def put_in_place(out: BinaryIO, part: Path, target: Path, head: bytes) -> None:
    """The header comes last: a file that was cut off has none, and is never mistaken for a whole one."""
    out.seek(0)
    out.write(head)
    out.flush()
    os.fsync(out.fileno())
    try:
        os.link(part, target)
    except FileExistsError:
        raise BadInput(f"{target.name} is there already; sealed files are never replaced.") from None
    part.unlink()
    disk.sync_folder(target.parent)


def unseal_file(holder: str, path: Path, *, place: str, start: int = 0) -> Iterator[bytes]:
    """The plain text in pieces, from byte `start`. Locked is raised here and now, not at the first piece."""
    if is_package(place):
        raise BadInput("A package is opened by a release, and by nothing else.")
    source = _opened(path)
    with _closing_on_failure(source):
        key = client.file_key(holder, segments.sealed_key_of(source), place)
    return _pieces(source, key, start)


def open_package(holder: str, path: Path, *, place: str, release_act: UUID, start: int = 0) -> Iterator[bytes]:
    """Like `unseal_file`, for the one hand-over that the committed release `release_act` allows."""
    source = _opened(path)
    with _closing_on_failure(source):
        key = client.package_key(holder, segments.sealed_key_of(source), place, release_act)
    return _pieces(source, key, start)


def _pieces(source: BinaryIO, key: bytes, start: int) -> Iterator[bytes]:
    with source:
        yield from segments.read_segments(source, key, start)


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise NotFound("The sealed file is not there.") from None
    except OSError as problem:
        raise Unsafe(f"{path} cannot be read: {problem.strerror}.") from None


class _closing_on_failure:  # noqa: N801 - reads as a verb
    def __init__(self, source: BinaryIO) -> None:
        self._source = source

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self._source.close()
