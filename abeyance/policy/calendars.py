"""Whose days count: public holidays and the zone in which a day ends, as data of the `holidays` package."""

from __future__ import annotations

from datetime import UTC, date, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays

from abeyance.rules.calendars import Calendar

FIRST_YEAR, LAST_YEAR = 2015, 2035  # as far as every calendar of the package reaches; later days are working days
# Of several zones of a country the one in which its day ends first: earlier is the safer reading of a due date.
ZONES = {
    "US": "America/New_York",
    "HK": "Asia/Hong_Kong",
    "DE": "Europe/Berlin",
    "GB": "Europe/London",
    "IE": "Europe/Dublin",
    "IN": "Asia/Kolkata",
    "CN": "Asia/Shanghai",
    "EU": "Europe/Brussels",
    "FR": "Europe/Paris",
    "NL": "Europe/Amsterdam",
    "CH": "Europe/Zurich",
    "TW": "Asia/Taipei",
    "JP": "Asia/Tokyo",
    "SG": "Asia/Singapore",
    "AU": "Australia/Sydney",
    "CA": "America/St_Johns",
    "BR": "America/Noronha",
    "AE": "Asia/Dubai",
}


@lru_cache(maxsize=256)
def calendar_of(jurisdiction: str | None) -> Calendar:
    """The calendar of a jurisdiction; of an unknown one UTC, without holidays, so that nothing becomes due later."""
    return Calendar(jurisdiction or "", _zone(jurisdiction), _holidays(jurisdiction))


def _zone(jurisdiction: str | None) -> tzinfo:
    return ZoneInfo(ZONES[jurisdiction]) if jurisdiction in ZONES else UTC


def _holidays(jurisdiction: str | None) -> frozenset[date]:
    """Only nationwide ones; a day that is free in one part of a country does not move a date."""
    if jurisdiction is None or jurisdiction not in holidays.list_supported_countries(include_aliases=False):
        return frozenset()
    return frozenset(holidays.country_holidays(jurisdiction, years=range(FIRST_YEAR, LAST_YEAR + 1)))
