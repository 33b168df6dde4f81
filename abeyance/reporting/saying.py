"""The one document that page, feed and JSON are made from. It holds nothing that is not public."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache, partial
from typing import Any

from django.conf import settings

from abeyance.diligence import queries as diligence
from abeyance.pauses import coverage, documents, store
from abeyance.pauses.models import PauseRow
from abeyance.policy import queries as policy
from abeyance.reporting import register
from abeyance.rules.pauses import COURT_ORDER, Pause
from abeyance.rules.publication import banded


def document(before: Mapping[str, Any] | None, now: datetime) -> dict[str, Any]:
    """`before`: what was published last. Numbers are counted once a day, so that no reader can watch one change."""
    today = now.date().isoformat()
    counted = dict(before["numbers"]) if before and before.get("numbers_of") == today else {}
    rows = _by_name()
    numbers = {key: counted[key] if key in counted else count() for key, count in _counts(rows)}
    return {
        "operator": settings.ABEYANCE.operator_name,
        "contact": settings.ABEYANCE.operator_contact,
        "numbers_of": today,
        "numbers": numbers,
        "pauses": [_pause(name, versions, numbers, now) for name, versions in rows.items()],
        "register": [register.document(row) for row in register.lines()],
    }


def _by_name() -> dict[str, list[PauseRow]]:
    """Every pause that was ever announced, the newest first; its versions, the oldest first."""
    found: dict[str, list[PauseRow]] = {}
    for row in store.ever_announced().order_by("pk"):
        found.setdefault(row.name, []).append(row)
    return dict(sorted(found.items(), key=lambda pair: pair[1][0].declared_at, reverse=True))


def _pause(name: str, versions: list[PauseRow], numbers: Mapping[str, str], now: datetime) -> dict[str, Any]:
    newest = next((row for row in reversed(versions) if row.ended_epoch is None), versions[-1])
    told = documents.public(newest)
    in_force = newest.ended_epoch is None
    return told | {
        "declared": documents.moment(versions[0].declared_at),
        "in_force": in_force,
        "overdue": in_force and told["review_by"] < now.date().isoformat(),
        "held": numbers[name],
        "by_court_order": numbers[f"{name}/{COURT_ORDER}"],
        "exceptions": [each | {"released": numbers[f"{name}/{each['name']}"]} for each in told["exceptions"]],
        "assessment": diligence.published(name, today=now.date()),
        "history": _history(versions),
    }


def _history(versions: list[PauseRow]) -> list[dict[str, Any]]:
    """What was announced, the newest first."""
    said = []
    for row in versions:
        body = documents.public(row)
        kind = "declared" if row.version == 1 else "amended"
        said.append({"kind": kind, "at": body["declared"], "version": row.version, "statement": body["statement"]})
    if versions[-1].lifted:
        last = versions[-1]
        said.append(
            {
                "kind": "lifted",
                "at": documents.moment(last.ended_at),
                "version": last.version,
                "statement": last.closing_statement,
            }
        )
    return said[::-1]


def _counts(rows: Mapping[str, list[PauseRow]]) -> Iterator[tuple[str, Callable[[], str]]]:
    """By pause how many requests it has held so far, and by "pause/exception" of how many something was released under
    it, or by a court's order over the pause; each as the range that policy lets be published."""
    released = cache(lambda: coverage.released_under(set(rows)))
    for name, versions in rows.items():
        every, first, last = [store.from_row(row) for row in versions], versions[0].declared_at, versions[-1].ended_at
        yield name, partial(_held, every, first, last)
        for exception in {COURT_ORDER, *(each.name for pause in every for each in pause.exceptions)}:
            key = f"{name}/{exception}"
            yield key, partial(_released, every, key, released)


def _held(every: Sequence[Pause], first: datetime, last: datetime | None) -> str:
    return _banded(coverage.ever_held(every[-1], first, last), every)


def _released(every: Sequence[Pause], key: str, released: Callable[[], Mapping[str, int]]) -> str:
    return _banded(released().get(key, 0), every)


def _banded(count: int, every: Sequence[Pause]) -> str:
    """By what any version covers, also one to which nobody has agreed yet: an amendment must not narrow the range of
    what was counted under another. A version that names no law or no country covers any."""
    asking = [pause.jurisdictions | {agency.partition("-")[0] for agency in pause.agencies} for pause in every]
    laws = frozenset().union(*(pause.laws for pause in every)) if all(pause.laws for pause in every) else frozenset()
    countries = frozenset().union(*asking) if all(asking) else frozenset()
    return banded(count, laws, countries, policy.books()[0].policy.reporting)
