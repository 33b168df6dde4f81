"""What reading a file gives: parts with their text, suggestions with their places, marks. None of it is trusted."""

from __future__ import annotations

from dataclasses import dataclass, field

MEBIBYTE = 1 << 20


@dataclass(frozen=True)
class Limits:
    """How much one file may cost. Beyond a limit the rest is left out and marked, never silently lost."""

    seconds: float = 12.0  # wall clock for one attempt, then the reading process is killed
    part_seconds: float = 4.0  # for one part; what was read until then is kept
    memory: int = 512 * MEBIBYTE  # address space on top of what the empty process has
    file_bytes: int = 50 * MEBIBYTE
    unpacked_bytes: int = 100 * MEBIBYTE  # all parts together
    ratio: int = 200  # of an unpacked archive member to its packed size, from 1 MiB on
    parts: int = 300
    depth: int = 6
    pages: int = 300
    text: int = 2_000_000  # characters, all parts together
    suggestions: int = 500


@dataclass(frozen=True)
class Where:
    """A place that a person can go and look at: file or attachment, page and line, both from 1."""

    part: str
    page: int
    line: int

    def __str__(self) -> str:
        return f"{self.part}, page {self.page}, line {self.line}"


@dataclass(frozen=True)
class Suggestion:
    """Something that seems to be stated. Only a person makes a fact of it."""

    field: str
    value: str
    where: Where


@dataclass(frozen=True)
class Part:
    """One file or attachment. `mark` is empty, or says why (some of) it was not read or what is odd about it."""

    path: str
    media_type: str
    size: int
    sha256: bytes
    text: tuple[str, ...] = ()
    mark: str = ""


@dataclass(frozen=True)
class Authentication:
    """What the mail's headers claim about where it came from. Anyone can write these lines."""

    results: tuple[str, ...] = ()
    spf: tuple[str, ...] = ()
    dkim_domains: tuple[str, ...] = ()
    return_path: str | None = None


@dataclass(frozen=True)
class Head:
    """The lines of a mail's head that matter, decoded and bounded."""

    sender: str | None = None
    sender_name: str = ""
    reply_to: str | None = None
    addressed: tuple[str, ...] = ()
    subject: str = ""
    message_id: str | None = None
    date: str = ""
    authentication: Authentication = field(default_factory=Authentication)


@dataclass(frozen=True)
class Reading:
    """All that one file gave; the first part is the file itself. `refused` is a sentence when it was not taken."""

    parts: tuple[Part, ...]
    suggestions: tuple[Suggestion, ...] = ()
    marks: tuple[str, ...] = ()
    head: Head = field(default_factory=Head)
    refused: str = ""

    @property
    def sender(self) -> str | None:
        return self.head.sender

    @property
    def reply_to(self) -> str | None:
        return self.head.reply_to

    @property
    def subject(self) -> str:
        return self.head.subject

    @property
    def message_id(self) -> str | None:
        return self.head.message_id

    @property
    def authentication(self) -> Authentication:
        return self.head.authentication
