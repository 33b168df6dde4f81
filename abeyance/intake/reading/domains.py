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
    return next((name for test in _TESTS for name in names if test(asked, name)), None)


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


def _carries(asked: str, name: str) -> bool:
    """The whole known name inside another one: police.gov.hk.evil.example, police-gov-hk.example."""
    return name.replace(".", "-") in asked.replace(".", "-")


def _same_shape(asked: str, name: str) -> bool:
    mine, theirs = _shape(_registered(name)), _shape(_registered(asked))
    return _shape(asked) == _shape(name) or (bool(mine) and mine == theirs and not _same_place(asked, name))


def _nearly(asked: str, name: str) -> bool:
    mine, theirs = _shape(_registered(name)), _shape(_registered(asked))
    return len(mine) >= 5 and mine != theirs and _one_step(mine, theirs)


def _registered(name: str) -> str:
    return _SUFFIXES(name).domain


def _same_place(asked: str, name: str) -> bool:
    """Another host of the same registered domain is theirs, though perhaps not the known one."""
    first, second = _SUFFIXES(asked), _SUFFIXES(name)
    return (first.domain, first.suffix) == (second.domain, second.suffix)


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


# The most telling first: of several known names the best likeness is reported.
_TESTS = (_carries, _same_shape, _nearly)
