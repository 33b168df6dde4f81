"""Assessments in words, for the command line and the API."""

from __future__ import annotations

from typing import Any

from abeyance.diligence import words
from abeyance.rules import diligence as rules


def parts() -> list[dict[str, Any]]:
    """Each part with what it asks and why it is asked."""
    return [
        {
            "part": part.code,
            "title": str(words.PARTS[part.code][0]),
            "asks": str(words.PARTS[part.code][1]),
            "required": part.required,
            "sources": [source(code) for code in part.sources],
        }
        for part in rules.PARTS
    ]


def source(code: str) -> dict[str, Any]:
    found = rules.SOURCES[code]
    return {"source": code, "where": found.where, "says": str(words.SOURCES[code]), "checked": found.checked}


def line(told: dict[str, Any]) -> str:
    approved = f"approved {told['approved']}" if told["approved"] else "not approved"
    overdue = ", OVERDUE" if told["overdue"] else ""
    return (
        f"{told['assessment']}  {told['pause'] or 'no pause':<20} version {told['newest']}, {approved}; "
        f"review by {told['review_by']}{overdue}"
    )


def in_words(told: dict[str, Any]) -> str:
    lines = [line(told), f"Version {told['version']}, digest {told['digest']}"]
    said = told["document"]
    lines.append("Laws: " + (", ".join(said["laws"]) or "none"))
    for part in rules.PARTS:
        title = str(words.PARTS[part.code][0])
        if part.code in said["privileged"]:
            lines += ["", f"{title} [privileged: read on the page by counsel]"]
        elif part.is_list and said[part.code]:
            lines += ["", title, *(f"  {_entry(each)}" for each in said[part.code])]
        elif said["parts"].get(part.code):
            lines += ["", title, said["parts"][part.code]]
    lines += [f"  {each['consultation']}/{each['seat']}: {each['text']}" for each in said["quotes"]]
    if told["missing"]:
        lines += ["", "Missing:", *(f"  {each['sentence']}" for each in told["missing"])]
    return "\n".join(lines)


def _entry(entry: dict[str, Any]) -> str:
    return "; ".join(f"{key} {value}" for key, value in entry.items())
