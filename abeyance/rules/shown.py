"""Whoever agrees says what was shown to them, by its digest, so that nobody agrees to what they did not see."""

from __future__ import annotations

SHORTEST = 16  # of what is typed: as many hexadecimal figures as the commands print


def is_what_was_shown(said: str, digest: str) -> bool:
    return len(said) >= SHORTEST and digest.startswith(said)
