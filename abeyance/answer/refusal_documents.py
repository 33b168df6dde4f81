"""Lists of refusals as plain JSON: the same for page, command and API."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from abeyance.answer import refusals
from abeyance.answer.documents import moment
from abeyance.answer.models import RefusalBatch
from abeyance.answer.refusals import Drafted


def of_draft(drafted: Drafted) -> dict[str, Any]:
    return {
        "instrument": drafted.instrument,
        "digest": drafted.digest,
        "requests": [
            {"ref": line.ref, "version": line.version, "reasons": [reason.as_dict() for reason in line.reasons()]}
            for line in drafted.lines
        ],
        "left_out": [
            {"ref": ref, "reasons": [reason.as_dict() for reason in reasons]} for ref, reasons in drafted.left_out
        ],
    }


def of_batch(batch: RefusalBatch, *, by: str, now: datetime) -> dict[str, Any]:
    """Only the lines that this member may read."""
    lines = refusals.lines_of(batch, by=by, now=now)
    return {
        "batch": str(batch.key),
        "instrument": batch.instrument,
        "proposed": moment(batch.proposed_at),
        "agreed": moment(batch.agreed_at),
        "digest": refusals.digest_of(lines),
        "requests": [
            {
                "ref": row.case.ref,
                "version": row.version,
                "state": row.state,
                "stands": stands,
                "refused": moment(row.refused_at),
                "sent": moment(row.sent_at),
            }
            for row, stands in lines
        ],
    }


def in_words(told: dict[str, Any]) -> str:
    lines = [f"{told['instrument']}: {len(told['requests'])} request(s), digest {told['digest'][:16]}"]
    for each in told["requests"]:
        changed = "" if each.get("stands", True) or each.get("refused") else " (changed since: left out)"
        lines.append(f"  {each['ref']} {each.get('state', '')}{changed}")
    lines += [f"  left out: {each['ref']}: {each['reasons'][0]['sentence']}" for each in told.get("left_out", [])]
    return "\n".join(lines)
