"""Holidays and zones as data: nothing becomes due later because a State is not known."""

from __future__ import annotations

from datetime import UTC, date, datetime

import holidays
import pytest

from abeyance.policy.calendars import ZONES, calendar_of


def test_a_holiday_is_no_working_day_and_the_day_after_is() -> None:
    assert not calendar_of("HK").works_on(date(2020, 7, 1))
    assert calendar_of("HK").works_on(date(2020, 7, 2))
    assert not calendar_of("US").works_on(date(2023, 7, 4))
    assert calendar_of("DE").works_on(date(2023, 7, 4))
    assert not calendar_of("DE").works_on(date(2023, 10, 3))


def test_a_holiday_of_one_part_of_a_country_moves_nothing() -> None:
    assert calendar_of("DE").works_on(date(2023, 6, 8))  # Corpus Christi, in some of the Länder
    assert not calendar_of("DE").works_on(date(2023, 5, 29))


def test_a_day_ends_where_the_authority_sits() -> None:
    assert calendar_of("HK").end_of(date(2020, 7, 6)) == datetime(2020, 7, 6, 16, tzinfo=UTC)
    assert calendar_of("GB").end_of(date(2020, 7, 6)) == datetime(2020, 7, 6, 23, tzinfo=UTC)


@pytest.mark.parametrize("unknown", [None, "", "XX", "\x00", "hongkong"])
def test_an_unknown_state_has_weekdays_in_utc(unknown: str | None) -> None:
    calendar = calendar_of(unknown)
    assert calendar.holidays == frozenset()
    assert calendar.end_of(date(2020, 7, 6)) == datetime(2020, 7, 7, tzinfo=UTC)
    assert not calendar.works_on(date(2020, 7, 4))


def test_every_state_that_has_holidays_or_a_zone_has_a_calendar() -> None:
    known = {*ZONES, *holidays.list_supported_countries(include_aliases=False)}
    assert {calendar_of(code).jurisdiction for code in known} == known
    assert calendar_of.cache_info().currsize <= 256
