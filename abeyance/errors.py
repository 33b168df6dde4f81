"""What can go wrong, as types. They become exit codes, HTTP answers and pages only at the edge (`site`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from abeyance.rules.decision import Reason


class AbeyanceError(Exception):
    """Anything we say on purpose; its text is a sentence for the person who asked, and names the fix."""


class BadInput(AbeyanceError):
    """What was given cannot be used as it is (exit 2, HTTP 422); nothing was changed."""


class NotFound(AbeyanceError):
    """Absent, or not yours: the two look alike on purpose (exit 1, HTTP 404)."""


class Refused(AbeyanceError):
    """A rule says no (exit 1, HTTP 409); carries the same reasons that the rule used."""

    def __init__(self, reasons: Sequence[Reason]) -> None:
        if not reasons:
            raise ValueError("a refusal without a reason")
        self.reasons = tuple(reasons)
        super().__init__(" ".join(reason.sentence for reason in self.reasons))


class SomeoneElseWasFirst(AbeyanceError):
    """The thing changed between reading and writing; read it again (exit 1, HTTP 409)."""


class Locked(AbeyanceError):
    """The key holder is locked or not running; what needs no key still works (exit 1, HTTP 423)."""


class Unsafe(AbeyanceError):
    """The surroundings cannot keep a promise (a database setting, a stand-by, a stale text), so nothing was done."""
