"""Domains that a hurried reader takes for another: one letter off, letters that look alike, words rearranged."""

from __future__ import annotations

from collections.abc import Iterable

LONGEST_DOMAIN = 253
PAIRS = {"rn": "m", "vv": "w", "cl": "d", "0": "o", "1": "l", "i": "l", "5": "s", "3": "e", "8": "b"}
ENDINGS = frozenset({"gov", "gob", "gouv", "police", "polizei", "justice", "court", "com", "org", "net", "co", "info"})


def looks_like(domain: str, known: Iterable[str]) -> str | None:
    """The known domain that this one could be taken for; None when it is known itself, or like none of them."""
    own = frozenset(known)
    if domain in own or any(domain.endswith("." + other) for other in own):
        return None
    if len(domain) > LONGEST_DOMAIN:
        return None
    return next((other for other in sorted(own) if _alike(domain, other)), None)


def _alike(domain: str, other: str) -> bool:
    if domain.startswith("xn--") or ".xn--" in domain or not domain.isascii():
        return True  # no agency of the directory is written that way unless it is on file itself
    mine, theirs = _skeleton(domain), _skeleton(other)
    return mine == theirs or _contains_name(domain, other) or at_most_two_edits(mine, theirs)


def _skeleton(domain: str) -> str:
    for seen, meant in PAIRS.items():
        domain = domain.replace(seen, meant)
    return domain.replace("-", "").replace(".", "")


def _contains_name(domain: str, other: str) -> bool:
    """The same telling words, under another ending or with something added: fbi-gov.com for fbi.gov."""
    words, wanted = _words(domain), _words(other)
    telling = wanted - ENDINGS
    return bool(telling) and any(len(word) > 2 for word in telling) and telling <= words


def _words(domain: str) -> frozenset[str]:
    return frozenset(part for label in domain.split(".")[:-1] for part in label.split("-") if part)


def at_most_two_edits(one: str, two: str) -> bool:
    """Short names allow one edit, longer ones two; very short ones none, or every one would look like every other."""
    shorter = min(len(one), len(two))
    allowed = 0 if shorter < 6 else 1 if shorter < 11 else 2
    return abs(len(one) - len(two)) <= allowed and _distance(one, two) <= allowed


def _distance(one: str, two: str) -> int:
    """Levenshtein, with a swap of neighbours as one edit."""
    earlier: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        above, row = row, [i]
        for j, b in enumerate(two, 1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                best = min(best, earlier[j - 2] + 1)
            row.append(best)
        earlier = above
    return row[-1]
