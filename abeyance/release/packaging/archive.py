"""A ZIP written in one go to something that cannot seek (APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3).

The standard library writes such archives too, but compresses in one thread only. A file whose compressed form fits
into a small buffer, or comes from the spool, gets its sizes in front, as every reader likes best; only a longer stream
has them behind its data (bit 3), in ZIP64 form.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from typing import Protocol

from abeyance.errors import BadInput
from abeyance.release.packaging.contents import PackedFile
from abeyance.release.packaging.deflating import Crew, Deflater

AHEAD = 4 << 20
_FULL32, _FULL16 = 0xFFFFFFFF, 0xFFFF
_UTF8, _SIZES_FOLLOW = 0x0800, 0x0008
_FILE_MODE = 0o100644 << 16


class Target(Protocol):
    def write(self, data: memoryview, /) -> int | None: ...


class Outlet:
    """The target, with everything that passed counted and digested."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._sha256 = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> None:
        self._sha256.update(data)
        self.size += len(data)
        rest = memoryview(data)
        while rest:  # a raw pipe may take less than it was offered
            taken = self._target.write(rest)
            rest = rest[len(rest) if taken is None else taken :]

    @property
    def sha256(self) -> str:
        return self._sha256.hexdigest()


@dataclass(frozen=True)
class Entry:
    """What the central directory says of one file."""

    name: bytes
    offset: int
    flags: int
    version: int
    crc: int
    compressed: int
    size: int


class Archive:
    """Files go in one after the other; `close` writes the central directory. Every file has the same time."""

    def __init__(self, target: Target, folder: str, at: datetime, crew: Crew) -> None:
        self.outlet = Outlet(target)
        self._folder, self._crew = folder, crew
        self._date, self._time = _dos_moment(at)
        self._entries: list[Entry] = []

    def add(self, path: str, content: bytes) -> PackedFile:
        return self.stream(path, (content,))

    def stream(self, path: str, blocks: Iterable[bytes]) -> PackedFile:
        deflater = Deflater(self._crew)
        pieces = deflater.all(blocks)
        ahead, more = _look_ahead(pieces)
        if more is None:
            return self.place(path, deflater, ahead)
        offset = self._header(path, _UTF8 | _SIZES_FOLLOW, 0, _FULL32, _FULL32, _zip64(0, 0))
        for piece in chain(ahead, (more,), pieces):
            self.outlet.write(piece)
        self.outlet.write(struct.pack("<4sLQQ", b"PK\x07\x08", deflater.crc, deflater.compressed, deflater.size))
        return self._note(path, offset, _UTF8 | _SIZES_FOLLOW, deflater, 45)

    def place(self, path: str, done: Deflater, pieces: Iterable[bytes]) -> PackedFile:
        """A file that is already compressed, whose sizes are therefore known."""
        large = max(done.size, done.compressed) >= _FULL32
        size, compressed = (_FULL32, _FULL32) if large else (done.size, done.compressed)
        extra = _zip64(done.size, done.compressed) if large else b""
        offset = self._header(path, _UTF8, done.crc, size, compressed, extra)
        before = self.outlet.size
        for piece in pieces:
            self.outlet.write(piece)
        if self.outlet.size - before != done.compressed:
            raise BadInput("The spool did not give back what was put into it.")
        return self._note(path, offset, _UTF8, done, 45 if large else 20)

    def close(self) -> None:
        start = self.outlet.size
        for entry in self._entries:
            self.outlet.write(self._central(entry))
        self.outlet.write(_ending(len(self._entries), start, self.outlet.size - start))

    def _header(self, path: str, flags: int, crc: int, size: int, compressed: int, extra: bytes) -> int:
        offset, name = self.outlet.size, f"{self._folder}/{path}".encode()
        version = 45 if extra else 20
        moment = (version, flags, 8, self._time, self._date)
        fixed = struct.pack("<4s5H3L2H", b"PK\x03\x04", *moment, crc, compressed, size, len(name), len(extra))
        self.outlet.write(fixed + name + extra)
        return offset

    def _note(self, path: str, offset: int, flags: int, done: Deflater, version: int) -> PackedFile:
        name = f"{self._folder}/{path}".encode()
        self._entries.append(Entry(name, offset, flags, version, done.crc, done.compressed, done.size))
        return PackedFile(path, done.size, done.sha256)

    def _central(self, entry: Entry) -> bytes:
        large = [number for number in (entry.size, entry.compressed, entry.offset) if number >= _FULL32]
        extra = _zip64(*large) if large else b""
        version = 45 if extra else entry.version
        head = ((3 << 8) | version, version, entry.flags, 8, self._time, self._date)
        sizes = (entry.crc, min(entry.compressed, _FULL32), min(entry.size, _FULL32))
        lengths = (len(entry.name), len(extra), 0, 0, 0, _FILE_MODE, min(entry.offset, _FULL32))
        return struct.pack("<4s6H3L5H2L", b"PK\x01\x02", *head, *sizes, *lengths) + entry.name + extra


def _zip64(*numbers: int) -> bytes:
    return struct.pack(f"<2H{len(numbers)}Q", 1, 8 * len(numbers), *numbers)


def _ending(count: int, start: int, length: int) -> bytes:
    last = (0, 0, min(count, _FULL16), min(count, _FULL16), min(length, _FULL32), min(start, _FULL32), 0)
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", *last)
    if count < _FULL16 and max(start, length) < _FULL32:
        return end
    record = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, (3 << 8) | 45, 45, 0, 0, count, count, length, start)
    return record + struct.pack("<4sLQL", b"PK\x06\x07", 0, start + length, 1) + end


def _look_ahead(pieces: Iterator[bytes]) -> tuple[list[bytes], bytes | None]:
    """The first pieces, and one more if they were not all."""
    ahead: list[bytes] = []
    held = 0
    for piece in pieces:
        if held + len(piece) > AHEAD:
            return ahead, piece
        ahead.append(piece)
        held += len(piece)
    return ahead, None


def _dos_moment(at: datetime) -> tuple[int, int]:
    at = max(at.astimezone(UTC), datetime(1980, 1, 1, tzinfo=UTC))
    date = ((at.year - 1980) & 0x7F) << 9 | at.month << 5 | at.day
    return date, at.hour << 11 | at.minute << 5 | at.second // 2
