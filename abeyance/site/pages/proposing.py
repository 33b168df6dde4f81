"""A proposal in plain words: what it contains, and what it would change in what stands now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from abeyance.people.directory import documents as directory
from abeyance.people.directory.models import Agency
from abeyance.people.models import Member, Proposal
from abeyance.rules.differences import between
from abeyance.site.pages import saying_who, telling
from abeyance.site.requests.versions import documents_of


def in_plain_words(payload: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Name and value, with lists and what is inside of them spelled out, and names for members' codes."""
    said = [(name, _spelled(value)) for name, value in sorted(payload.items())]
    names = saying_who.names_of([code for _, text in said for code in telling.members_in(text)])
    return [(name, telling.with_names(text, names)) for name, text in said]


def changes(proposal: Proposal, payload: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Against what stands now; empty where it adds something new, or where the change has its own page."""
    before, after = _before(proposal, payload), dict(payload)
    if before is None:
        return []
    known = {name: _comparable(value) for name, value in after.items() if name in before}
    return documents_of(between({name: _comparable(before[name]) for name in known}, known))


def _before(proposal: Proposal, payload: Mapping[str, Any]) -> dict[str, Any] | None:
    if not proposal.is_open:
        return None
    if proposal.kind == "member-roles":
        member = Member.objects.filter(code=proposal.subject).first()
        return {"roles": list(member.roles)} if member else None
    if proposal.kind.startswith("agency-"):
        agency = Agency.objects.filter(code=proposal.subject).first()
        return directory.in_full(agency) if agency else None
    return None


def _comparable(value: Any) -> Any:
    """Contacts and the like are compared line by line."""
    return [_spelled(each) for each in value] if isinstance(value, list | tuple) else value


def _spelled(value: Any) -> str:
    return ", ".join(_parts(value)) if isinstance(value, list | tuple | dict) else str(value)


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{name}: {_spelled(each)}" for name, each in value.items() if each not in ("", None, []))
    else:
        yield from (_spelled(each) for each in value)
