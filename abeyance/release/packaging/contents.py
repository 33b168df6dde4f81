"""What goes into a package, and what is known of it afterwards. Values only."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from abeyance import __version__
from abeyance.errors import BadInput

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composable

MOST_TABLES = 1_000
MOST_COLUMNS = 500
_TABLE_NAME = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_REFERENCE = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,62}[A-Za-z0-9])?")
_DIGEST = re.compile(r"[0-9a-f]{64}")
_LANGUAGE = re.compile(r"[A-Za-z0-9]{1,8}(-[A-Za-z0-9]{1,8}){0,3}")
_TAKEN = {"data-dictionary", "custody", "letter", "con", "prn", "aux", "nul"}  # by us, and by Windows


class Column(Protocol):
    """One column, as the service's connector describes it."""

    @property
    def name(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def description(self) -> str: ...
    @property
    def type(self) -> str: ...


class Table(Protocol):
    """One table of user data. It may also have an attribute `copy` (a `CopySource`); its rows are then not read."""

    @property
    def name(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def columns(self) -> Sequence[Column]: ...
    @property
    def rows(self) -> Iterable[Sequence[Any]]: ...


@dataclass(frozen=True)
class CopySource:
    """Lets PostgreSQL write the text itself. `query` gives the columns in the table's order; `parameters` are its."""

    connection: Connection[Any]
    query: Composable
    parameters: Sequence[Any] = ()


@dataclass(frozen=True)
class CopiedTable:
    """A table whose rows come straight from PostgreSQL."""

    name: str
    category: str
    columns: Sequence[Column]
    copy: CopySource
    rows: Iterable[Sequence[Any]] = ()


class Role(StrEnum):
    """Who did something, as far as a package may say it: a role, never a name or a member code."""

    INTAKE = "intake clerk"
    VERIFIER = "verifier"
    REVIEWER = "reviewer"
    APPROVER = "approver"
    COUNSEL = "counsel"
    DESK = "the desk's own program"


class CustodyAct(StrEnum):
    """What happened to the demand and to the data. A closed list, so that no free text about handlers can slip in."""

    RECEIVED = "the demand was received"
    FOUND_GENUINE = "the demand was found to come from the agency it names"
    AGREED = "the answer was agreed by a second person"
    GATHERED = "the data was read from the service"
    PACKED = "the data was written into this package"


class TextKind(StrEnum):
    """What kinds of text an answer rests on."""

    POLICY = "policy"
    LAW = "law"
    DATA_MAP = "data map"


@dataclass(frozen=True)
class TextInForce:
    """A text that the answer was made under, by name and SHA-256 (hexadecimal)."""

    kind: TextKind
    name: str
    digest: str

    def __post_init__(self) -> None:
        _check(
            self.name.isprintable() and 0 < len(self.name) <= 200, "A text's name is one line of 1 to 200 characters."
        )
        _check(_DIGEST.fullmatch(self.digest) is not None, "A digest is 64 hex digits.")


@dataclass(frozen=True)
class CustodyStep:
    """One step; `digest` is the SHA-256 (hexadecimal) of what was handled, where there is one."""

    at: datetime
    act: CustodyAct
    who: Role
    digest: str = ""

    def __post_init__(self) -> None:
        _check(self.at.tzinfo is not None, "A custody step needs a time with its zone.")
        _check(self.digest == "" or _DIGEST.fullmatch(self.digest) is not None, "A digest is 64 hex digits.")


@dataclass(frozen=True)
class Custody:
    """Where the data in a package comes from. `package` and `request` are references of the desk."""

    package: str
    request: str
    items: tuple[int, ...]
    packed_at: datetime
    steps: tuple[CustodyStep, ...] = ()
    texts: tuple[TextInForce, ...] = ()
    organization: str = ""
    tool: str = f"Abeyance {__version__}"

    def __post_init__(self) -> None:
        for reference in (self.package, self.request):
            _check(_REFERENCE.fullmatch(reference) is not None, f"{reference!r} cannot be a reference in a package.")
        _check(self.packed_at.tzinfo is not None, "The time of packing needs its zone.")
        one_line = self.organization.isprintable() and len(self.organization) <= 200
        _check(one_line, "The organization's name is one line of at most 200 characters.")

    @property
    def folder(self) -> str:
        """The folder that the archive unpacks to."""
        return self.package


@dataclass(frozen=True)
class Letter:
    """One letter as PDF and as text. Where it goes out in several languages, each has its tag (`en`, `zh-Hant`)."""

    pdf: bytes
    text: bytes
    language: str = ""

    def __post_init__(self) -> None:
        _check(not self.language or _LANGUAGE.fullmatch(self.language) is not None, "That is no language tag.")

    @property
    def stem(self) -> str:
        return f"letter-{self.language}" if self.language else "letter"


@dataclass(frozen=True)
class Contents:
    """All that goes into a package. Each table's rows are read once, when it is that table's turn."""

    custody: Custody
    letters: tuple[Letter, ...]
    tables: Iterable[Table]

    def __post_init__(self) -> None:
        stems = {letter.stem.casefold() for letter in self.letters}
        _check(0 < len(stems) == len(self.letters), "A package has a letter, and one for each language.")


@dataclass(frozen=True)
class PackedFile:
    """One file of the package, named from the bag's folder; `rows` only for tables."""

    path: str
    size: int
    sha256: str
    rows: int | None = None


@dataclass(frozen=True)
class Written:
    """What was written: `sha256` (hexadecimal) is of the whole ZIP, `rows` pairs each table with its number of rows."""

    size: int
    sha256: str
    rows: tuple[tuple[str, int], ...]
    files: tuple[PackedFile, ...]


def check_table(table: Table, earlier: Iterable[str]) -> None:
    """Refuses what could not become a file or could not be told apart afterwards."""
    _check(_TABLE_NAME.fullmatch(table.name) is not None, f"{table.name!r} cannot be the name of a table's file.")
    free = table.name not in _TAKEN and not table.name.startswith("letter-")
    _check(free, f"A table's file cannot be called {table.name}.")
    _check(table.name not in earlier, f"Two tables are called {table.name}.")
    names = [column.name for column in table.columns]
    _check(0 < len(names) <= MOST_COLUMNS, f"Table {table.name} needs 1 to {MOST_COLUMNS} columns.")
    _check(len(set(names)) == len(names), f"Two columns of table {table.name} have the same name.")
    fit = all(name.isprintable() and 0 < len(name.encode()) <= 63 for name in names)
    _check(fit, f"A column of table {table.name} has a name that is empty, too long or not printable.")


def utc(moment: datetime) -> str:
    """A time to the second, in UTC, as every record of a package writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _check(holds: bool, sentence: str) -> None:
    if not holds:
        raise BadInput(sentence)
