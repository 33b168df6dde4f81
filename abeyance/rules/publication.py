"""What of a number may be published, and the list of files that a publication is checked by."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from urllib.parse import urlsplit

from abeyance.rules.policy import Reporting

LINE = re.compile(r"([0-9a-f]{64})  ([A-Za-z0-9][A-Za-z0-9._-]{0,99})")
LARGEST_LIST = 1024 * 1024


class BadList(ValueError):
    """The list of files is not spelled as one, or names a file twice."""


class StanceKind(StrEnum):
    """What another company has said that it does."""

    PAUSED = "paused"
    REFUSED = "refused"
    REROUTED = "rerouted"
    ASSESSING = "assessing"
    ANSWERING = "answering"
    LEFT = "left"


@dataclass(frozen=True)
class Stance:
    """One line of the register. `until` None: nothing else has been said since."""

    company: str
    kind: StanceKind
    jurisdiction: str
    sentence: str
    source: str
    since: date
    checked: date
    until: date | None = None


def why_not(stance: Stance, today: date) -> str | None:
    """The sentence that says what is wrong with a line of the register, or None."""
    if not stance.company.strip() or not stance.sentence.strip():
        return "Name the company and say in a sentence what it said."
    if not re.fullmatch(r"[A-Z]{2}", stance.jurisdiction):
        return "The jurisdiction is a country code of two capital letters, such as HK."
    address = urlsplit(stance.source)
    if address.scheme != "https" or not address.hostname or len(stance.source) > 500:
        return "The source is an address that begins with https://, where everybody can read it."
    if stance.since > today or stance.checked > today or (stance.until is not None and stance.until < stance.since):
        return "The dates are of the past, and the end is not before the beginning."
    return None


def banded(count: int, laws: Iterable[str], countries: Iterable[str], reporting: Reporting) -> str:
    """The range that a count is published as. Every range begins at a multiple of its width, the first at nought, so
    that "none" and "one" look alike. The widest band counts that a request under one of the laws, from one of the
    countries, could fall under; no law and no country named means any."""
    named, asking = set(laws), {country.lower() for country in countries}
    widths = [band.width for band in reporting.bands if any(_could_be(law, named, asking) for law in band.instruments)]
    width = max([reporting.smallest_count, *widths])
    low = count // width * width
    return f"{low}–{low + width - 1}"


def _could_be(instrument: str, laws: set[str], countries: set[str]) -> bool:
    under = not laws or any(instrument == law or instrument.startswith(f"{law}-") for law in laws)
    return under and (not countries or instrument.partition("-")[0] in countries)


def listed(files: Mapping[str, bytes]) -> bytes:
    """One line a file, as sha256sum prints and checks it: digest, two spaces, name; by name."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode()


def read_list(data: bytes) -> dict[str, str]:
    """Name and digest of each file. Raises BadList for anything that `listed` would not print."""
    if len(data) > LARGEST_LIST:
        raise BadList("the list of files is too long")
    try:
        lines = data.decode("ascii").splitlines()
    except UnicodeDecodeError:
        raise BadList("the list of files has letters that it may not have") from None
    found: dict[str, str] = {}
    for line in lines:
        match = LINE.fullmatch(line)
        if match is None or match[2] in found:
            raise BadList("the list of files is not spelled as one")
        found[match[2]] = match[1]
    if "".join(f"{found[name]}  {name}\n" for name in sorted(found)).encode() != data or not found:
        raise BadList("the list of files is not spelled as one")
    return found
