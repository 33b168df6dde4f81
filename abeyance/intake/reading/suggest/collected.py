"""Suggestions as they are found: without repeats, and not without end."""

from __future__ import annotations

from abeyance.intake.reading.names import one_line
from abeyance.intake.reading.values import Suggestion, Where

MOST_STATED = 20  # of a field that is no account identifier
IDENTIFIERS = frozenset(("email", "telephone", "user-name", "matrix-id", "ip-and-time", "account-id"))


class Found:
    def __init__(self, most: int) -> None:
        self.most = most
        self.suggestions: list[Suggestion] = []
        self.marks: list[str] = []
        self._seen: set[tuple[str, str]] = set()
        self._counts: dict[str, int] = {}

    def add(self, field: str, value: str, where: Where) -> None:
        value = one_line(value, 300)
        if not value or (field, value) in self._seen or self._full(field):
            return
        self._seen.add((field, value))
        self._counts[field] = self._counts.get(field, 0) + 1
        self.suggestions.append(Suggestion(field, value, where))

    def has(self, field: str, *values: str) -> bool:
        """Whether one of these values was suggested; without values, whether any was."""
        if not values:
            return field in self._counts
        return any((field, value) in self._seen for value in values)

    def first(self, field: str) -> Suggestion | None:
        return next((one for one in self.suggestions if one.field == field), None)

    def _full(self, field: str) -> bool:
        if field not in IDENTIFIERS:
            return self._counts.get(field, 0) >= MOST_STATED
        # Room is kept for what is stated once (agency, deadline) behind a flood of identifiers.
        full = sum(self._counts.get(name, 0) for name in IDENTIFIERS) >= self.most - 100
        if full and not self.marks:
            self.marks.append("too many identifiers: only the first were suggested")
        return full
