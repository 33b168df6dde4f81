"""One row as a line of CSV and as a line of JSON, so that nothing is lost and nothing is added.

CSV: UTF-8, LF, every value quoted, a quote doubled; a cell that holds nothing at all (NULL) is empty *without* quotes,
an empty text is `""`. A text whose first character could make a spreadsheet run it as a formula, or which begins with
an apostrophe, gets one apostrophe in front; taking one away again gives the exact text. Numbers are left alone. The
package's README says all this. `copying` has PostgreSQL write the very same.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from abeyance.errors import BadInput

DEEPEST = 50
# What spreadsheets take for the start of a formula, also in full width, and the apostrophe that guards against it.
GUARDED = "=+-@\t\n\r'\uff1d\uff0b\uff0d\uff20"
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def csv_line(row: Sequence[Any]) -> bytes:
    """One row of CSV. What a text file cannot hold, NUL or half a surrogate pair, becomes `\\u` and its number."""
    line = ",".join(map(_csv_cell, row)) + "\n"
    if "\0" in line:
        line = line.replace("\0", "\\u0000")
    return line.encode("utf-8", "backslashreplace")


def json_line(names: Sequence[str], row: Sequence[Any]) -> bytes:
    """One row as a JSON object on one line, keyed by column name."""
    text = _ENCODE({name: plain(value) for name, value in zip(names, row, strict=True)})
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode() + b"\n"


def plain(value: Any, depth: int = 0) -> Any:
    """The value in JSON's own types. Times are ISO 8601 in UTC, bytes are hexadecimal after `\\x`."""
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else _not_finite(value)
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    if isinstance(value, bytes | bytearray | memoryview):
        return "\\x" + bytes(value).hex()
    return _nested(value, depth)


def _nested(value: Any, depth: int) -> Any:
    if depth >= DEEPEST:
        raise BadInput(f"A value is nested more than {DEEPEST} levels deep.")
    if isinstance(value, list | tuple):
        return [plain(part, depth + 1) for part in value]
    if isinstance(value, dict):
        return {str(key): plain(part, depth + 1) for key, part in value.items()}
    raise BadInput(f"A value of type {type(value).__name__} cannot be written into a package faithfully.")


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        value = _as_text(plain(value))
    elif value[:1] and value[0] in GUARDED:
        value = f"'{value}"
    return f'"{value.replace(chr(34), chr(34) * 2)}"'


def _as_text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"


def _moment(value: datetime) -> str:
    """As PostgreSQL writes a timestamp in JSON: no trailing zeros in the fraction."""
    if value.tzinfo is not None:
        value = value.astimezone(UTC)
    whole, fraction = value.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0"), f"{value.microsecond:06}".rstrip("0")
    return whole + (f".{fraction}" if fraction else "") + ("" if value.tzinfo is None else "+00:00")
