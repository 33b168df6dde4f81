"""Look-alikes of known domains: other scripts, doubled or swapped letters, a known name under another ending."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

import tldextract
from confusable_homoglyphs import confusables

# From the snapshot in the package: looking up a suspicious domain must not tell anyone that we do.
_SUFFIXES = tldextract.TLDExtract(cache_dir=None, suffix_list_urls=())
_SAME_SHAPE = (("rn", "m"), ("vv", "w"), ("cl", "d"), ("0", "o"), ("1", "l"), ("i", "l"), ("5", "s"), ("3", "e"))


def looks_like(domain: str, known: Iterable[str]) -> str | None:
    """The known domain that this one is not, but could be taken for; None when it is known or like none."""
    asked = _readable(domain)
    names = [_readable(name) for name in known]
    if any(_same(asked, name) for name in names):
        return None
    return next((name for name in names if _alike(asked, name)), None)


def _readable(domain: str) -> str:
    """Lower case, with punycode shown as the letters it stands for."""
    labels = domain.strip().rstrip(".").lower()[:253].split(".")
    return ".".join(map(_label, labels))


def _label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError):
        return label


def _same(asked: str, name: str) -> bool:
    return asked == name or asked.endswith(f".{name}")


def _alike(asked: str, name: str) -> bool:
    ours, theirs = _SUFFIXES(name), _SUFFIXES(asked)
    if _shape(asked) == _shape(name) or name in asked:
        return True
    if not ours.domain or not theirs.domain:
        return False
    if ours.suffix == theirs.suffix and ours.domain == theirs.domain:
        return False  # another host of the same registered domain: theirs, though perhaps not the known one
    mine, other = _shape(ours.domain), _shape(theirs.domain)
    return mine == other or (len(mine) >= 5 and (_one_step(mine, other) or mine in other))


@cache
def _shape(text: str) -> str:
    """What the eye sees: letters of other scripts by their Latin twins, look-alike pairs as one."""
    plain = "".join(_latin(character) for character in text)
    for pair, single in _SAME_SHAPE:
        plain = plain.replace(pair, single)
    return plain.replace("-", "")


def _latin(character: str) -> str:
    if character.isascii():
        return character
    twins = confusables.is_confusable(character, greedy=True, preferred_aliases=[])
    for twin in twins[0]["homoglyphs"] if twins else ():
        letter = str(twin["c"]).lower()
        if len(letter) == 1 and letter.isascii() and letter.isalpha():
            return letter
    return character


def _one_step(first: str, second: str) -> bool:
    """Whether one letter added, left out, changed, or two neighbours swapped make the one into the other."""
    if abs(len(first) - len(second)) > 1:
        return False
    if len(first) > len(second):
        first, second = second, first
    at = next((place for place, (one, two) in enumerate(zip(first, second, strict=False)) if one != two), len(first))
    if len(first) < len(second):
        return first[at:] == second[at + 1 :]
    swapped = first[at : at + 2][::-1] == second[at : at + 2] and first[at + 2 :] == second[at + 2 :]
    return swapped or first[at + 1 :] == second[at + 1 :]
