"""Invented tables and a custody record, for the tests of this folder."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from abeyance.release.packaging import (
    Contents,
    Custody,
    CustodyAct,
    CustodyStep,
    Letter,
    Role,
    TextInForce,
    TextKind,
    Written,
    write_package,
)

AT = datetime(2020, 7, 6, 9, 30, tzinfo=UTC)


@dataclass(frozen=True)
class Column:
    name: str
    field: str = "display_name"
    description: str = "The name that the account holder chose."
    type: str = "text"


@dataclass(frozen=True)
class Table:
    name: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[Any]]
    category: str = "SubscriberData"


def table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    return Table(name, tuple(map(Column, columns)), rows)


def custody() -> Custody:
    steps = (
        CustodyStep(AT, CustodyAct.RECEIVED, Role.INTAKE, "a" * 64),
        CustodyStep(AT, CustodyAct.GATHERED, Role.DESK),
    )
    texts = (TextInForce(TextKind.POLICY, "policy.toml", "b" * 64),)
    return Custody("P-7K2Q", "R-9ABC", (1, 2), AT, steps, texts, "Example Mail")


def contents(*tables: Any, letters: tuple[Letter, ...] = (Letter(b"%PDF-1.7", b"A letter.\n"),)) -> Contents:
    return Contents(custody(), letters, tables)


def packed(*tables: Any, level: int = 6) -> tuple[bytes, Written]:
    target = io.BytesIO()
    written = write_package(target, contents(*tables), level=level)
    return target.getvalue(), written


def member(package: bytes, path: str) -> bytes:
    with zipfile.ZipFile(io.BytesIO(package)) as archive:
        return archive.read(f"P-7K2Q/{path}")


def rezipped(package: bytes, changes: dict[str, bytes | None], extra: dict[str, bytes] | None = None) -> bytes:
    """The same archive with files changed, taken out (None) or put in."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = changes.get(name.partition("/")[2], old.read(name))
            if content is not None:
                new.writestr(name, content)
        for name, content in (extra or {}).items():
            new.writestr(name, content)
    return made.getvalue()
