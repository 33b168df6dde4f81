"""A proposal in plain words: what it contains, and what it would change in what stands now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from abeyance.pauses import documents as pauses
from abeyance.pauses import store
from abeyance.pauses.actions import LOOSEN
from abeyance.pauses.models import PauseRow
from abeyance.people.directory import documents as directory
from abeyance.people.directory.models import Agency
from abeyance.people.models import Member, Proposal
from abeyance.rules.differences import between
from abeyance.rules.pausefile import as_document
from abeyance.site.pages import saying_who, telling
from abeyance.site.requests.versions import documents_of


def in_plain_words(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value, with lists and what is inside of them spelled out, and names for members' codes."""
    said = [(name, _spelled(value)) for name, value in sorted(payload.items()) if value not in ("", None, [])]
    names = saying_who.names_of([code for _, text in said for code in telling.members_in(text)])
    return [(name, telling.with_names(text, names)) for name, text in said]


def changes(proposal: Proposal, payload: Mapping[str, Any], reader: str) -> list[dict[str, Any]]:
    """Against what stands now; empty where it adds something new, or where the change has its own page."""
    if not proposal.is_open:
        return []
    before, after = _before_and_after(proposal, payload, reader)
    known = {name: _comparable(value) for name, value in after.items() if name in before}
    return documents_of(between({name: _comparable(before[name]) for name in known}, known))


def pause_of(proposal: Proposal, payload: Mapping[str, Any], reader: str) -> dict[str, Any] | None:
    """The version of the pause that a proposal is about; the newest where it names none."""
    rows = _versions(proposal, reader)
    row = next((each for each in rows if each.version == payload.get("version")), rows[-1] if rows else None)
    return pauses.of_row(row) if row else None


def _before_and_after(
    proposal: Proposal, payload: Mapping[str, Any], reader: str
) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    if proposal.kind == LOOSEN:
        said = {row.version: as_document(store.from_row(row)) for row in _versions(proposal, reader)}
        ended = [said[version] for version in payload["ends"] if version in said]
        return (ended[-1], said[payload["version"]]) if ended else ({}, {})
    if proposal.kind == "member-roles":
        member = Member.objects.filter(code=proposal.subject).first()
        return ({"roles": list(member.roles)} if member else {}), payload
    if proposal.kind.startswith("agency-"):
        agency = Agency.objects.filter(code=proposal.subject).first()
        return (directory.in_full(agency) if agency else {}), payload
    return {}, {}


def _versions(proposal: Proposal, reader: str) -> list[PauseRow]:
    return list(store.known([proposal.subject], reader)) if proposal.kind.startswith("pause-") else []


def _comparable(value: Any) -> Any:
    """Contacts, exceptions and the like are compared line by line, by everything that each says."""
    return [_spelled(each) for each in value] if isinstance(value, list | tuple) else value


def _spelled(value: Any) -> str:
    return ", ".join(_parts(value)) if isinstance(value, list | tuple | dict) else str(value)


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{name}: {_spelled(each)}" for name, each in sorted(value.items()) if each not in ("", None, []))
    else:
        yield from (_spelled(each) for each in value)
