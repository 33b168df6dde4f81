"""Reading a package back: is it whole, and is every byte what its manifests say?

The file may come from anywhere. Everything is bounded before it is believed: the directory of the ZIP, the number and
names of files, their sizes against the file itself, and what is unpacked; nothing is written to disk.
"""

from __future__ import annotations

import hashlib
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from abeyance import givenfile
from abeyance.errors import BadInput
from abeyance.release.packaging.contents import MOST_TABLES
from abeyance.release.packaging.records import Listed, custody_of, manifest_of, octets_of

MOST_FILES = 2 * MOST_TABLES + 200
LARGEST_DIRECTORY = 1 << 20
LARGEST_TAG = 4 << 20
LARGEST_PACKAGE = 1 << 40
_STEEPEST = 1_100  # deflate cannot do better than 1032 to 1
_PIECE = 1 << 20
_DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_PAYLOAD, _TAGS = "manifest-sha256.txt", "tagmanifest-sha256.txt"


@dataclass(frozen=True)
class Checked:
    """A package that is whole. `differences` are sentences; none means that all is as the manifests say."""

    package: str
    files: int
    size: int  # of everything unpacked
    rows: tuple[tuple[str, int], ...]
    differences: tuple[str, ...]

    @property
    def whole(self) -> bool:
        return not self.differences


def check_package(file: Path | BinaryIO, *, largest: int = LARGEST_PACKAGE) -> Checked:
    """Differences are told; a file that is no package at all, or is built to harm who opens it, is `BadInput`."""
    try:
        if isinstance(file, Path):
            with givenfile.opened(file) as source:
                return _checked(source, largest)
        return _checked(file, largest)
    except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, NotImplementedError, ValueError) as problem:
        raise BadInput(f"The archive is damaged: {_one_line(problem)}.") from None
    except OSError as problem:
        raise BadInput(f"The file cannot be read: {problem.strerror or _one_line(problem)}.") from None


def _checked(source: BinaryIO, largest: int) -> Checked:
    _check_outside(source)
    with zipfile.ZipFile(source) as archive:
        bag = _Bag(archive, _size_of(source), largest)
        return bag.check()


class _Bag:
    def __init__(self, archive: zipfile.ZipFile, size: int, largest: int) -> None:
        self._archive = archive
        entries = archive.infolist()
        self.folder = _folder_of(entries)
        _check_entries(entries, size, largest)
        self._entries = {entry.filename.removeprefix(f"{self.folder}/"): entry for entry in entries}
        self._differences: list[str] = []

    def check(self) -> Checked:
        if self._tag("bagit.txt") != _DECLARATION:
            self._differences.append("bagit.txt does not declare a BagIt 1.0 bag in UTF-8.")
        tags, payload = manifest_of(self._tag(_TAGS), _TAGS), manifest_of(self._tag(_PAYLOAD), _PAYLOAD)
        self._compare_names(tags, payload)
        rows = [counted for listed in (*tags, *payload) for counted in self._compare(listed)]
        self._compare_records(payload, dict(rows))
        tables = ((path[5:-6], count) for path, count in rows if path.endswith(".jsonl"))
        total = sum(entry.file_size for entry in self._entries.values())
        return Checked(self.folder, len(self._entries), total, tuple(tables), tuple(self._differences))

    def _tag(self, path: str) -> bytes:
        entry = self._entries.get(path)
        if entry is None:
            raise BadInput(f"The package has no {path}.")
        if entry.file_size > LARGEST_TAG:
            raise BadInput(f"{path} is larger than {LARGEST_TAG} bytes.")
        return b"".join(_pieces(self._archive, entry))

    def _compare_names(self, tags: tuple[Listed, ...], payload: tuple[Listed, ...]) -> None:
        listed = {one.path for one in (*tags, *payload)} | {_TAGS}
        for path in sorted(self._entries.keys() - listed):
            self._differences.append(f"{path} is in the package, but in no manifest.")
        for path in sorted(listed - self._entries.keys()):
            self._differences.append(f"{path} is in the manifest, but not in the package.")
        if misplaced := [one.path for one in payload if not one.path.startswith("data/")]:
            self._differences.append(f"{misplaced[0]} is listed as data, but does not lie in data/.")

    def _compare(self, listed: Listed) -> Iterator[tuple[str, int]]:
        """The file against its digest; gives the number of rows of a table."""
        if listed.path not in self._entries:
            return
        digest, lines = hashlib.sha256(), _lines_of(listed.path)
        for piece in _pieces(self._archive, self._entries[listed.path]):
            digest.update(piece)
            lines.take(piece)
        if digest.hexdigest() != listed.sha256:
            self._differences.append(f"{listed.path} is not what the manifest says: its SHA-256 differs.")
        if isinstance(lines, _CsvLines | _JsonLines):
            yield listed.path, lines.count

    def _compare_records(self, payload: tuple[Listed, ...], rows: dict[str, int]) -> None:
        sizes = {path: entry.file_size for path, entry in self._entries.items()}
        in_data = [sizes[one.path] for one in payload if one.path in sizes]
        if octets_of(self._tag("bag-info.txt")) != (sum(in_data), len(in_data)):
            self._differences.append("bag-info.txt counts other files or bytes than there are (Payload-Oxum).")
        digests = {one.path: one.sha256 for one in payload}
        for recorded in custody_of(self._tag("data/custody.json")):
            there = (sizes.get(recorded.path), digests.get(recorded.path))
            if there != (recorded.size, recorded.sha256):
                self._differences.append(f"{recorded.path} is not the file that the custody record names.")
            elif recorded.rows is not None and recorded.rows != rows.get(recorded.path):
                self._differences.append(
                    f"{recorded.path} has {rows.get(recorded.path)} rows, the custody record says {recorded.rows}."
                )


class _NoLines:
    def take(self, piece: bytes) -> None:
        """Nothing is counted in a file that is no table."""


class _JsonLines:
    def __init__(self) -> None:
        self.count = 0

    def take(self, piece: bytes) -> None:
        self.count += piece.count(b"\n")


class _CsvLines:
    """Line ends outside quotation marks, without the heading's."""

    def __init__(self) -> None:
        self.count, self._quoted = -1, False

    def take(self, piece: bytes) -> None:
        parts = piece.split(b'"')
        first = 1 if self._quoted else 0
        self.count += sum(part.count(b"\n") for part in parts[first::2])
        self._quoted ^= len(parts) % 2 == 0


def _lines_of(path: str) -> _NoLines | _JsonLines | _CsvLines:
    if path.endswith(".jsonl"):
        return _JsonLines()
    table = path.endswith(".csv") and path != "data/data-dictionary.csv"
    return _CsvLines() if table else _NoLines()


def _pieces(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
    """No more than the directory said; the standard library checks the CRC at the end."""
    left = entry.file_size
    with archive.open(entry) as file:
        while piece := _read(file):
            left -= len(piece)
            if left < 0:
                raise BadInput(f"{entry.filename} is longer than the archive's directory says.")
            yield piece
    if left:
        raise BadInput(f"{entry.filename} is shorter than the archive's directory says.")


def _read(file: IO[bytes]) -> bytes:
    return file.read(_PIECE)


def _folder_of(entries: list[zipfile.ZipInfo]) -> str:
    """The one folder that everything lies in. Names that could lead out of it are refused."""
    folders = {entry.filename.partition("/")[0] for entry in entries}
    if len(folders) != 1:
        raise BadInput("This is no package: everything in it should lie in one folder.")
    names = [entry.filename for entry in entries]
    if len({name.casefold() for name in names}) != len(names):
        raise BadInput("The archive has two files of the same name.")
    for name in names:
        if not _is_safe(name):
            raise BadInput("The archive has a file whose name leads out of its folder, or that no system can hold.")
    return folders.pop()


def _is_safe(name: str) -> bool:
    parts = name.split("/")
    plain = name.isprintable() and "\\" not in name and ":" not in name and len(name) <= 300
    return plain and len(parts) in (2, 3) and all(part not in ("", ".", "..") for part in parts)


def _check_entries(entries: list[zipfile.ZipInfo], size: int, largest: int) -> None:
    if len(entries) > MOST_FILES:
        raise BadInput(f"The archive has {len(entries)} files; a package has at most {MOST_FILES}.")
    if any(entry.flag_bits & 0x1 or entry.compress_type not in (0, 8) for entry in entries):
        raise BadInput("The archive uses encryption or a compression that a package does not use.")
    if sum(entry.compress_size for entry in entries) > size:
        raise BadInput("The files in the archive overlap; it was made to harm who opens it.")
    if any(entry.file_size > _STEEPEST * entry.compress_size + _PIECE for entry in entries):
        raise BadInput("The archive says of a file a size that it cannot have.")
    if sum(entry.file_size for entry in entries) > largest:
        raise BadInput(f"Unpacked, the archive is larger than {largest} bytes.")


def _check_outside(source: BinaryIO) -> None:
    """Looks at the two ends before the directory is read into memory."""
    size = _size_of(source)
    source.seek(0)
    head = source.read(32)
    if head.startswith((b"age-encryption.org/", b"-----BEGIN ")):
        raise BadInput("The package is still encrypted; decrypt it first with the key that it was sent to.")
    if not head.startswith(b"PK\x03\x04"):
        raise BadInput("This is no package: it is not a ZIP archive.")
    source.seek(max(0, size - 98))
    end = source.read(98)
    if end[-22:-18] != b"PK\x05\x06":
        raise BadInput("The archive is cut off, or something was added to its end.")
    (length,) = struct.unpack("<L", end[-10:-6])
    if end[-42:-38] == b"PK\x06\x07":
        if end[:4] != b"PK\x06\x06":
            raise BadInput("The end of the archive is not as a package has it.")
        (length,) = struct.unpack("<Q", end[40:48])
    if length > min(size, LARGEST_DIRECTORY):
        raise BadInput("The archive's directory is larger than that of any package.")


def _size_of(source: BinaryIO) -> int:
    return source.seek(0, 2)


def _one_line(problem: Exception) -> str:
    text = "".join(character for character in str(problem) if character.isprintable())
    return text[:200].rstrip(".") or type(problem).__name__
