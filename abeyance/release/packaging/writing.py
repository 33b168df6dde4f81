"""Writes a package: a BagIt 1.0 bag inside one ZIP, in one pass, to a target that need not seek.

What the caller must see to: that the package may exist at all (approval comes before), that the target is sealed at
once, and that after an exception the target is thrown away. Memory does not grow with the number of rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, BinaryIO

from abeyance.errors import BadInput
from abeyance.release.packaging import bag
from abeyance.release.packaging.archive import Archive, Target
from abeyance.release.packaging.cells import csv_line, json_line
from abeyance.release.packaging.contents import (
    MOST_TABLES,
    Contents,
    CopySource,
    Custody,
    Letter,
    PackedFile,
    Table,
    Written,
    check_table,
)
from abeyance.release.packaging.copying import CopiedRows, one_snapshot
from abeyance.release.packaging.deflating import Crew, Deflater
from abeyance.release.packaging.spool import Spool

LEVEL = 6
_GATHERED = 1 << 16


def write_package(
    sink: BinaryIO | Callable[[bytes], object], contents: Contents, *, level: int = LEVEL, spool: Path | None = None
) -> Written:
    """Writes the whole package to `sink`. `spool` is the folder for the sealed temporary file."""
    target: Target = Calling(sink) if callable(sink) else sink
    custody = contents.custody
    with Crew(level) as crew:
        archive = Archive(target, custody.folder, custody.packed_at, crew)
        declaration = archive.add("bagit.txt", bag.DECLARATION)
        payload = [file for letter in contents.letters for file in _write_letter(letter, archive)]
        seen = _write_tables(contents.tables, archive, crew, spool, payload)
        payload.append(archive.add("data/data-dictionary.csv", bag.dictionary_csv(seen)))
        payload.append(archive.add("data/data-dictionary.json", bag.dictionary_json(seen)))
        payload.append(archive.add("data/custody.json", bag.custody_json(custody, payload, seen)))
        tags = _write_tags(archive, custody, declaration, payload)
        archive.close()
        return Written(archive.outlet.size, archive.outlet.sha256, _rows(payload), (*payload, *tags))


class Calling:
    """A function that takes bytes, as something to write to."""

    def __init__(self, sink: Callable[[bytes], object]) -> None:
        self._sink = sink

    def write(self, data: bytes | memoryview) -> int:
        self._sink(bytes(data))
        return len(data)


def _write_letter(letter: Letter, archive: Archive) -> list[PackedFile]:
    as_pdf = archive.add(f"data/{letter.stem}.pdf", letter.pdf)
    return [as_pdf, archive.add(f"data/{letter.stem}.txt", letter.text)]


def _write_tables(
    tables: Iterable[Table], archive: Archive, crew: Crew, spool: Path | None, payload: list[PackedFile]
) -> list[Table]:
    seen: list[Table] = []
    for table in tables:
        check_table(table, (earlier.name for earlier in seen))
        if len(seen) == MOST_TABLES:
            raise BadInput(f"A package holds at most {MOST_TABLES} tables.")
        source: CopySource | None = getattr(table, "copy", None)
        payload += _copied(table, source, archive) if source else _row_by_row(table, archive, crew, spool)
        seen.append(table)
    return seen


def _write_tags(
    archive: Archive, custody: Custody, declaration: PackedFile, payload: Sequence[PackedFile]
) -> list[PackedFile]:
    tags = [
        declaration,
        archive.add("README.txt", bag.readme(custody, payload)),
        archive.add("bag-info.txt", bag.info(custody, payload)),
        archive.add("manifest-sha256.txt", bag.manifest(payload)),
    ]
    return [*tags, archive.add("tagmanifest-sha256.txt", bag.manifest(tags))]


def _copied(table: Table, source: CopySource, archive: Archive) -> list[PackedFile]:
    with one_snapshot(source.connection):
        rows = CopiedRows(table, source)
        as_csv = archive.stream(f"data/{table.name}.csv", rows.csv())
        counted = rows.count
        as_json = archive.stream(f"data/{table.name}.jsonl", rows.json())
    if rows.count != counted:
        raise BadInput(f"The two formats of table {table.name} do not have the same number of rows.")
    return [replace(as_csv, rows=counted), replace(as_json, rows=counted)]


def _row_by_row(table: Table, archive: Archive, crew: Crew, folder: Path | None) -> list[PackedFile]:
    """One pass over the rows: CSV leaves at once, JSON Lines waits in the spool, compressed and sealed."""
    with Spool(folder) as spool:
        rows = _BothFormats(table, Deflater(crew), spool)
        as_csv = archive.stream(f"data/{table.name}.csv", rows.csv())
        as_json = archive.place(f"data/{table.name}.jsonl", rows.json, spool.read())
    return [replace(as_csv, rows=rows.count), replace(as_json, rows=rows.count)]


class _BothFormats:
    def __init__(self, table: Table, json: Deflater, spool: Spool) -> None:
        self._table, self.json, self._spool = table, json, spool
        self.count = 0

    def csv(self) -> Iterator[bytes]:
        names = [column.name for column in self._table.columns]
        held, lines = bytearray(csv_line(names)), bytearray()
        for row in self._table.rows:
            self._check(row, len(names))
            held += csv_line(row)
            lines += json_line(names, row)
            if len(lines) >= _GATHERED:
                self._spool.write(self.json.write(lines))
                lines.clear()
                yield bytes(held)
                held.clear()
        self._spool.write(self.json.write(lines))
        self._spool.write(self.json.finish())
        yield bytes(held)

    def _check(self, row: Sequence[Any], width: int) -> None:
        self.count += 1
        if len(row) != width:
            raise BadInput(f"Row {self.count} of table {self._table.name} has {len(row)} values for {width} columns.")


def _rows(payload: Sequence[PackedFile]) -> tuple[tuple[str, int], ...]:
    tables = [file for file in payload if file.rows is not None and file.path.endswith(".csv")]
    return tuple((file.path.removeprefix("data/").removesuffix(".csv"), file.rows or 0) for file in tables)
