"""What is told of requests that are possibly the same matter: the same for page, command line and API."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from abeyance.casefile import facts as casefacts
from abeyance.casefile.models import Case
from abeyance.patterns.models import Suspension
from abeyance.patterns.queries import Seen, seen_by

WORDS = {
    "account": "the same account",
    "group": "the same group",
    "reference": "the same reference",
    "handle": "the same name of an account",
    "named": "accounts that the papers name",
}


def of_matter(case: Case, reader: str) -> list[dict[str, Any]]:
    return [_of(seen) for seen in seen_by(reader, case)]


def of_suspension(row: Suspension) -> dict[str, Any]:
    since = row.since.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"pause": row.pause, "exception": row.exception, "since": since}


def _of(seen: Seen) -> dict[str, Any]:
    demand = casefacts.newest_demand(seen.case)
    arrived = seen.case.arrived_at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {
        "ref": seen.ref,
        "arrived": arrived,
        "state": seen.case.state,
        "jurisdiction": demand.jurisdiction,
        "agency": demand.agency,
        "instrument": demand.instrument,
        "kind": demand.kind,
        "shares": list(seen.shared),
        "sentence": _sentence(seen),
        "verdict": seen.verdict,
    }


def _sentence(seen: Seen) -> str:
    shared = " and ".join(WORDS[kind] for kind in seen.shared)
    if seen.verdict is None:
        return f"Possibly the same matter: {shared}. Nothing is released if a pause held it, until somebody decides."
    said = "the same matter" if seen.verdict == "the-same" else "another matter"
    return f"It was decided that this is {said}; both name {shared}."
