"""A sealed package that the gate lets out: the beginning of every test about what would keep it in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from abeyance.casefile.models import Approval, Case, Package
from abeyance.errors import Refused
from abeyance.pauses import actions as pauses
from abeyance.pauses.actions import Bound
from abeyance.release import actions, making
from abeyance.release.packaging import Letter
from abeyance.rules.pausefile import parse_pause
from abeyance.rules.pauses import Pause
from abeyance.rules.release import Verdict
from tests.desk import Desk


def letter(case: Case, approvals: Sequence[Approval], /, *, package: str, now: datetime) -> tuple[Letter, ...]:
    return (Letter(pdf=b"%PDF-1.4 a letter", text=b"A letter."),)


def sealed(desk: Desk, **changes: Any) -> Package:
    """Agreed by two people, gathered and sealed."""
    return making.gather(desk.agreed(**changes), letter=letter, by=desk.first, now=desk.now())


def verdict(desk: Desk, package: Package, *, by: str = "", to: str = "") -> Verdict:
    return actions.could_leave(package.key, to=to or desk.cast.fingerprint, by=by or desk.second)


def codes(found: Verdict | Refused) -> set[str]:
    return {reason.code for reason in found.reasons}


def hand_over(desk: Desk, package: Package, *, by: str = "", to: str = "") -> bytes:
    """Through the gate, and opened."""
    opened = actions.release(package.key, to=to or desk.cast.fingerprint, channel="file", by=by or desk.second)
    return b"".join(opened.pieces)


def stated(**changes: Any) -> Pause:
    said: dict[str, Any] = {
        "name": "HK-2020-07",
        "jurisdictions": ["HK"],
        "review_by": "2030-12-31",
        "reason": "A new law.",
        "statement": "We pause.",
    }
    return parse_pause(said | changes)


def declare(desk: Desk, **changes: Any) -> Bound:
    return pauses.declare(stated(**changes), by=desk.first, now=desk.now())
