"""What is told of a pause, as plain JSON: the same for the command line, the API and the public list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from abeyance.casefile.models import Release
from abeyance.pauses.actions import Bound
from abeyance.pauses.models import Announced, Draft, PauseRow
from abeyance.pauses.preview import Collision, Exposure, LiftPreview, Preview
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
        "by_outcome": seen.by_outcome,
        "packages": seen.packages,
        "links": seen.links,
        "penalties": [_exposure(each) for each in seen.exposures],
        "asked_elsewhere": [{"instrument": instrument, "requests": count} for instrument, count in seen.elsewhere],
        "warnings": list(seen.warnings),
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
        "declared": moment(bound.pause.declared_at),
    }
    if bound.proposal is not None:
        told["proposal"] = bound.proposal.code
    if bound.confirmation is not None:
        told["confirmation"] = bound.confirmation.code
    return told | {"confirm_by": moment(bound.pause.confirm_by)}


def of_row(row: PauseRow | Announced) -> dict[str, Any]:
    """`since` is an axis, and only there where it is stated; `declared` is the moment of this version."""
    pause = from_row(row)
    route = {"who": pause.route.who, "how": pause.route.how, "days": pause.route.days}
    return as_document(pause) | {
        "review": route,
        "version": row.version,
        "declared": moment(row.declared_at),
        "in_force": row.ended_epoch is None,
        "ended": moment(row.ended_at),
        "lifted": row.lifted,
        "closing_statement": row.closing_statement,
        "outcome": row.outcome,
        "successor": row.successor,
        "change": row.change,
        "confirm_by": moment(row.confirm_by),
        "confirmed": row.confirm_by is None,
    }


def of_draft(draft: Draft) -> dict[str, Any]:
    return {
        "draft": draft.code,
        "name": str(draft.document.get("name", "")),
        "document": draft.document,
        "authors": list(draft.authors),
        "changed": moment(draft.changed_at),
    }


def of_lift(seen: LiftPreview) -> dict[str, Any]:
    return {
        "requests": seen.requests,
        "packages": seen.packages,
        "backlog": [
            {
                "agency": each.agency or None,
                "instrument": each.instrument or None,
                "requests": each.requests,
                "oldest": moment(each.oldest),
                "by_state": each.by_state,
            }
            for each in seen.backlog
        ],
    }


def lift_in_words(name: str, seen: LiftPreview) -> str:
    lines = [f"Lifting {name} would release nothing. {seen.requests} open request(s) would go back to verification:"]
    lines += [
        f"  {each.requests:>6}  {each.agency or 'unknown agency'}, {each.instrument or 'instrument not known'}; "
        f"the oldest of {moment(each.oldest)}"
        for each in seen.backlog
    ]
    return "\n".join([*lines, f"  {seen.packages} sealed package(s) would be void."])


def history(rows: Sequence[PauseRow]) -> list[dict[str, Any]]:
    """What has happened to a pause, the newest first: each version, why it changed, how it ended."""
    told: list[tuple[datetime, str, str]] = []
    for row in rows:
        told.append((row.declared_at, "declared" if row.version == 1 else "amended", row.change))
        if row.starts_at is not None and row.starts_at > row.declared_at:
            told.append((row.starts_at, "begins", ""))
        if row.confirmed_at is not None and row.confirmed_at != row.declared_at:
            told.append((row.confirmed_at, "confirmed", ""))
        if row.ended_at is not None and row.outcome and row == rows[-1]:
            told.append((row.ended_at, row.outcome, row.closing_statement))
    return [{"at": moment(at), "what": what, "why": why} for at, what, why in sorted(told, key=lambda each: each[0])][
        ::-1
    ]


def public(row: PauseRow | Announced) -> dict[str, Any]:
    """What outsiders are told: everything but the desk's own reason and who declared it."""
    kept = {"reason", "confirm_by", "confirmed", "hold_release_meanwhile"}
    return {key: value for key, value in of_row(row).items() if key not in kept}


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
    lines += [f"  {seen.packages} sealed package(s) would not leave, {seen.links} link(s) would stop working."]
    lines += [f"  Threatened ({each.penalty.meets.value}): {each.penalty.sentence}" for each in seen.exposures]
    lines += [f"  Asked in a year under {instrument}: {count}" for instrument, count in seen.elsewhere]
    lines += [f"  Mind: {warning}" for warning in seen.warnings]
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


def _exposure(found: Exposure) -> dict[str, Any]:
    return {
        "instruments": found.instruments,
        "meets": found.penalty.meets.value,
        "sentence": found.penalty.sentence,
        "citation": found.penalty.citation,
        "checked": found.checked,
    }


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
