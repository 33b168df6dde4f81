"""Which part of something is wanted, as HTTP says it (RFC 9110, 13.1.5 and 14): one range of bytes or all of it.

What is not understood is no error there, and means all of it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from abeyance.errors import BadInput

LONGEST = 200
_ONE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.IGNORECASE | re.ASCII)


class NotThere(BadInput):
    """Nothing of what was asked for lies inside; `size` is how long the whole is."""

    def __init__(self, size: int) -> None:
        super().__init__(f"The whole has {size} bytes; there is nothing at the place that was asked for.")
        self.size = size


@dataclass(frozen=True)
class Span:
    """From byte `first` up to and without `end`, of `size`."""

    first: int
    end: int
    size: int

    @property
    def whole(self) -> bool:
        return self.first == 0 and self.end == self.size


@dataclass(frozen=True)
class Wanted:
    """`span` is the Range header, `only_if` is If-Range: the mark (ETag) of what somebody has the beginning of."""

    span: str = ""
    only_if: str = ""

    def of(self, size: int, mark: str) -> Span | None:
        """None: all of it. Raises NotThere."""
        said = _ONE.fullmatch(self.span.strip()[:LONGEST])
        if said is None or said.groups() == ("", "") or (self.only_if and self.only_if.strip() != mark):
            return None
        first, end = _bounds(said[1], said[2], size)
        if said[1] and said[2] and int(said[2]) < int(said[1]):
            return None
        if first >= end:
            raise NotThere(size)
        return Span(first, end, size)


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # so many of the last bytes
        return max(0, size - int(last)), size
    return int(first), min(int(last) + 1, size) if last else size


ALL = Wanted()
