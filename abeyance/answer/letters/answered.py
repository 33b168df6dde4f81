"""What became of one item, in the requester's language. It tells of an account: only for the letter in a package."""

from __future__ import annotations

from collections.abc import Iterable

from abeyance.answer.letters.words import words
from abeyance.rules.pauselife import Reconfirm
from abeyance.rules.terms import DataCategory


def answered(
    language: str, *, item: int, category: DataCategory | None, outcome: str, fields: Iterable[str] = ()
) -> str:
    """One line for `Letter.about`, such as "Item 1, traffic data: is in this package (address, seen_at)."."""
    said = words(language)
    given = ", ".join(sorted(fields))
    return said.labels["item"].format(
        number=item,
        category=said.categories[category.value if category else "none"],
        outcome=said.outcomes[outcome],
        fields=said.labels["fields"].format(fields=given) if given else "",
    )


def points(language: str) -> list[str]:
    """What a requester is asked to confirm after a pause."""
    said = words(language)
    return [said.labels[f"confirm-{point.value}"] for point in Reconfirm]
