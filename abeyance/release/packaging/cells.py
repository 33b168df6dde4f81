"""One row as a line of CSV and as a line of JSON, so that nothing is lost and nothing is added.

CSV: UTF-8, LF, every value quoted, a quote doubled; a cell that holds nothing at all (NULL) is empty *without* quotes,
an empty text is `""`. A cell that starts with `=`, `+`, `-` or `@` is left as it is: evidence is not to be changed for
the sake of spreadsheets, and the package's README says so. PostgreSQL's COPY writes the same with FORCE_QUOTE.
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
_SURROGATE = re.compile("[\ud800-\udfff]")
_ENCODE = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode


def csv_line(row: Sequence[Any]) -> bytes:
    """One row of CSV. Half of a surrogate pair, which UTF-8 cannot hold, is written as `\\udXXX`."""
    return (",".join(map(_csv_cell, row)) + "\n").encode("utf-8", "backslashreplace")


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
