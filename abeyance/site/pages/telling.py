"""The record's sentences for a reader at the desk: names for codes, the reader's own time, and no long digests."""

from __future__ import annotations

import re
from collections.abc import Mapping

from django.utils import timezone

from abeyance.site import sentences
from abeyance.site.pages.templatetags.words import as_moment

A_MEMBER = re.compile(r"\bm-[a-z0-9]{10}\b")
A_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z")
A_DIGEST = re.compile(r"\b(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{16,})\b")
KEPT = 8


def members_in(sentence: str) -> list[str]:
    return A_MEMBER.findall(sentence)


def with_names(sentence: str, names: Mapping[str, str]) -> str:
    return A_MEMBER.sub(lambda found: names.get(found[0], found[0]), sentence)


def with_titles(sentence: str, titles: Mapping[str, str]) -> str:
    """Each formal step by what it is called, where the record has its key."""
    return A_DIGEST.sub(lambda found: f"“{titles[found[0]]}”" if found[0] in titles else found[0], sentence)


def for_reader(sentence: str, names: Mapping[str, str]) -> str:
    said = A_MOMENT.sub(lambda found: _local(found[0]), with_names(sentences.told(sentence), names))
    return A_DIGEST.sub(lambda found: f"{found[0][:KEPT]}…", said)


def _local(text: str) -> str:
    moment = as_moment(text)
    if moment is None:
        return text
    here = timezone.localtime(moment)
    return f"{sentences.day(here)}, {here:%H:%M} {here.tzname() or ''}".strip()
