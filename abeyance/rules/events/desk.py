"""Events of the desk itself: its texts, keys, reports and administration."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from abeyance.rules.events.base import Event


@dataclass(frozen=True, kw_only=True)
class Installed(Event, public=False, personal=(), says="The desk was set up with version {version}."):
    version: str


@dataclass(frozen=True, kw_only=True)
class TextAdopted(
    Event, public=False, personal=(), says="The {text} text {name} with digest {digest} is in force from now."
):
    """A policy, law, data map or directory. `text` says which of them."""

    text: str
    name: str
    digest: str
    proposal: str | None = None


@dataclass(frozen=True, kw_only=True)
class AdoptionEnded(Event, public=False, personal=(), says="The law entry {entry} decides nothing from now."):
    """Ended before its time, by one person; what rested on it is asked."""

    entry: str


@dataclass(frozen=True, kw_only=True)
class KeyRotated(Event, public=True, personal=(), says="The key {key} is now at version {version}."):
    key: str
    version: int


@dataclass(frozen=True, kw_only=True)
class AgencyKeyAdded(
    Event, public=False, personal=(), says="Agency {agency} has a new {form} key, fingerprint {fingerprint}."
):
    agency: str
    form: str
    fingerprint: str


@dataclass(frozen=True, kw_only=True)
class AgencyKeyRevoked(
    Event, public=False, personal=(), says="The key {fingerprint} of agency {agency} was revoked: {reason}."
):
    agency: str
    fingerprint: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Restored(
    Event,
    public=True,
    personal=(),
    says="The desk was restored; the log goes on as {origin} after {before}, of which {size} leaves are known here.",
):
    """The first entry of a new origin. `newest_size` and `newest_root` are the newest checkpoint known outside."""

    origin: str
    before: str
    size: int
    newest_size: int | None = None
    newest_root: str | None = None


@dataclass(frozen=True, kw_only=True)
class ReportPublished(Event, public=True, personal=(), says="Report {report} was published, digest {digest}."):
    report: str
    digest: str
    start: datetime | None = None
    end: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class AdminAct(Event, public=False, personal=("subject",), says="Administration: {act} ({subject})."):
    act: str
    subject: str | None = None
    digest: str | None = None


@dataclass(frozen=True, kw_only=True)
class Correction(Event, public=False, personal=(), says="Entry {entry} is wrong: {reason}. What holds: {holds}."):
    """Entries are never edited; a wrong one is explained by this."""

    entry: int
    reason: str
    holds: str | None = None
