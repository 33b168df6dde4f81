"""The tag files of a BagIt 1.0 bag (RFC 8493), and the files that describe its contents. Pure text."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence

from abeyance.release.packaging.cells import csv_line
from abeyance.release.packaging.contents import Custody, PackedFile, Table, utc

DECLARATION = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
_HEADER = ("table", "category", "column", "field", "type", "description", "no_value")
_NO_VALUE = "empty without quotation marks in CSV, null in JSON Lines"


def info(custody: Custody, payload: Sequence[PackedFile]) -> bytes:
    octets = sum(file.size for file in payload)
    lines = [f"Bagging-Date: {utc(custody.packed_at)[:10]}", f"Bag-Software-Agent: {custody.tool}"]
    lines += [f"Source-Organization: {custody.organization}"] if custody.organization else []
    lines += [f"External-Identifier: {custody.package}", f"Internal-Sender-Identifier: {custody.request}"]
    return _text([*lines, f"Payload-Oxum: {octets}.{len(payload)}"])


def manifest(files: Iterable[PackedFile]) -> bytes:
    return _text(f"{file.sha256}  {file.path}" for file in files)


def dictionary_csv(tables: Sequence[Table]) -> bytes:
    return b"".join(map(csv_line, (_HEADER, *_described(tables))))


def dictionary_json(tables: Sequence[Table]) -> bytes:
    return _json([dict(zip(_HEADER, row, strict=True)) for row in _described(tables)])


def custody_json(custody: Custody, files: Sequence[PackedFile], tables: Sequence[Table]) -> bytes:
    """The record of where the data comes from: times in UTC, roles, digests; never who a handler is."""
    steps = [{"at": utc(s.at), "what": s.act, "who": s.who, "sha256": s.digest} for s in custody.steps]
    contents = [{"path": f.path, "size": f.size, "sha256": f.sha256, "rows": f.rows} for f in files]
    return _json(
        {
            "package": custody.package,
            "request": custody.request,
            "items": list(custody.items),
            "packed_at": utc(custody.packed_at),
            "tool": custody.tool,
            "texts": [{"kind": t.kind, "name": t.name, "sha256": t.digest} for t in custody.texts],
            "tables": [_summed_up(table) for table in tables],
            "steps": [{key: value for key, value in step.items() if value} for step in steps],
            "files": [{key: value for key, value in file.items() if value is not None} for file in contents],
        }
    )


def readme(custody: Custody, files: Sequence[PackedFile]) -> bytes:
    tables = [f"  {file.path}  ({file.rows} rows)" for file in files if file.rows is not None]
    letters = [f"  {file.path}" for file in files if file.path.startswith("data/letter")]
    return _README.format(
        letters="\n".join(letters),
        package=custody.package,
        request=custody.request,
        packed_at=utc(custody.packed_at),
        tables="\n".join(tables) or "  (none)",
    ).encode()


def _summed_up(table: Table) -> dict[str, object]:
    fields = list(dict.fromkeys(column.field for column in table.columns))
    return {"table": table.name, "category": str(table.category), "fields": fields}


def _described(tables: Sequence[Table]) -> Iterable[tuple[str, ...]]:
    for table in tables:
        for column in table.columns:
            described = (column.name, column.field, str(column.type), column.description, _NO_VALUE)
            yield (table.name, str(table.category), *described)


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"


def _text(lines: Iterable[str]) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


_README = """\
Package {package}
Answer to request {request}, packed at {packed_at}

Start with the letter:
{letters}
It says what is in this package, what is not, and why. The .txt holds the same words as the .pdf.

THE DATA
{tables}
Each table is here twice with the same rows, as CSV and as JSON Lines (one JSON object per line). Use whichever suits
you. data/data-dictionary.csv (and .json) says what each column means.

READING IT
- Everything is UTF-8. All times are in UTC (+00:00).
- In the CSV every value stands in quotation marks; a quotation mark inside a value is doubled; a value may contain
  line breaks. A cell that is empty without quotation marks means that nothing is stored there; "" is an empty text.
- Some spreadsheet programs would run a text as a formula. In the CSV, therefore, a text that begins with one of
  = + - @ (also in full width), a tab, a line break or an apostrophe has one apostrophe put in front. To have the exact
  text, take one apostrophe away from the beginning of every value that begins with one. Numbers are not altered.
- The JSON Lines hold every value exactly as it was stored, with no such apostrophe.
- Binary values are written in hexadecimal after \\x. In the CSV, what a text file cannot hold (half a character,
  or the character number 0) is written as \\u and its number.

CHECKING THAT NOTHING WAS CHANGED
This folder is a BagIt 1.0 bag (RFC 8493). manifest-sha256.txt lists the SHA-256 of every file below data/, and
tagmanifest-sha256.txt that of the other files. In this folder:

  Linux           sha256sum -c tagmanifest-sha256.txt manifest-sha256.txt
  macOS           shasum -a 256 -c tagmanifest-sha256.txt manifest-sha256.txt
  Windows         Get-FileHash data\\custody.json  (and compare with the line in manifest-sha256.txt)
  any, Python     python -m bagit --validate .      (package "bagit")

data/custody.json records where the data comes from: what was done when, with digests. People appear by role only.

If something does not open or does not match, answer the letter and give the reference {package}. Please do not pass
this package on to anyone whom the order does not cover.
"""
