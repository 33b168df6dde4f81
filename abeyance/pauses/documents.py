"""What is told of a pause, as plain JSON: the same for the command line, the API and the public list."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from abeyance.casefile.models import Release
from abeyance.pauses.actions import Bound
from abeyance.pauses.models import PauseRow
from abeyance.pauses.preview import Collision, Preview
from abeyance.pauses.store import from_row
from abeyance.rules.pausefile import as_document
from abeyance.rules.pauses import Pause


def of_preview(seen: Preview) -> dict[str, Any]:
    coverage = seen.coverage
    return {
        "pause": seen.pause.name,
        "covers": coverage.requests,
        "items": coverage.items,
        "because_unknown": coverage.perhaps,
        "by_state": coverage.by_state,
        "collisions": [_collision(found) for found in seen.collisions],
        "collisions_looked_for_in": seen.requests_weighed,
        "handed_over": [_release(release) for release in seen.handed_over],
        "in_flight": [_release(release) for release in seen.in_flight],
    }


def of_bound(bound: Bound, seen: Preview) -> dict[str, Any]:
    told = of_preview(seen)
    told |= {
        "version": bound.pause.version,
        "epoch": bound.pause.declared_epoch,
        "since": moment(bound.pause.declared_at),
    }
    if bound.proposal is not None:
        told["proposal"] = bound.proposal.code
    return told


def of_row(row: PauseRow) -> dict[str, Any]:
    pause = from_row(row)
    route = {"who": pause.route.who, "how": pause.route.how, "days": pause.route.days}
    return as_document(pause) | {
        "review": route,
        "version": row.version,
        "since": moment(row.declared_at),
        "in_force": row.ended_epoch is None,
        "ended": moment(row.ended_at),
        "lifted": row.lifted,
        "closing_statement": row.closing_statement,
    }


def public(row: PauseRow) -> dict[str, Any]:
    """What outsiders are told: everything but the desk's own reason and who declared it."""
    return {key: value for key, value in of_row(row).items() if key != "reason"}


def in_words(seen: Preview) -> str:
    coverage = seen.coverage
    lines = [f"{seen.pause.name} covers {coverage.requests} open request(s), {coverage.items} item(s)."]
    if coverage.perhaps:
        lines.append(f"  {coverage.perhaps} of the items because a fact that would decide it is not known.")
    lines += [f"  {count} at '{state}'" for state, count in sorted(coverage.by_state.items())]
    lines += [_collision_in_words(found) for found in seen.collisions[:20]]
    if len(seen.collisions) > 20:
        lines.append(f"  ... and {len(seen.collisions) - 20} more clocks; --json lists them.")
    if coverage.requests > seen.requests_weighed:
        lines.append(f"  Clocks were looked for in the first {seen.requests_weighed} requests only.")
    lines += [f"  Left already: {release.package.case.ref} on {moment(release.made)}" for release in seen.handed_over]
    lines += [f"  In flight: {release.package.case.ref} since {moment(release.made)}" for release in seen.in_flight]
    return "\n".join(lines)


def moment(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def list_line(pause: Pause) -> str:
    who = ", ".join(sorted(pause.jurisdictions | pause.agencies | pause.laws))
    about = [f"related to {', '.join(sorted(pause.related_to))}"] if pause.related_to else []
    about += [f"accounts in {', '.join(sorted(pause.subjects))}"] if pause.subjects else []
    parts = ", ".join(sorted(pause.services | pause.brands | pause.companies))
    said = "; ".join(part for part in (who, *about, parts) if part) or "everybody"
    return f"{pause.name:<24} {pause.mode.value:<8} {said}; review by {pause.review_by.isoformat()}"


def _collision(found: Collision) -> dict[str, Any]:
    return {
        "ref": found.ref,
        "item": found.item,
        "clock": found.clock.clause,
        "due": moment(found.clock.at),
        "sentence": found.clock.sentence,
        "citation": found.clock.citation,
    }


def _collision_in_words(found: Collision) -> str:
    return f"  Runs on: {found.ref} item {found.item}, {found.clock.clause}, due {moment(found.clock.at)}"


def _release(release: Release) -> dict[str, Any]:
    return {"ref": release.package.case.ref, "at": moment(release.made), "state": release.state, "by": release.channel}
