"""Events of what was published. They are public themselves."""

from __future__ import annotations

from dataclasses import dataclass

from abeyance.rules.events.base import Event


@dataclass(frozen=True, kw_only=True)
class PausesPublished(
    Event, public=True, personal=(), says="The pages of the pauses were published: {files} files, list {digest}."
):
    """`digest` is SHA-256 over the list of the files with the digest of each."""

    digest: str
    files: int


@dataclass(frozen=True, kw_only=True)
class StanceRecorded(Event, public=True, personal=(), says="The register of others' stances has {lines} lines."):
    lines: int
    digest: str
