"""Days as an authority counts them. Holidays are facts, handed in as dates; nothing here looks them up."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

SATURDAY, SUNDAY = 5, 6
NEVER = datetime(9999, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Calendar:
    """One jurisdiction's days: the zone in which its days end, its holidays, and the days of the week it rests."""

    jurisdiction: str
    zone: tzinfo
    holidays: frozenset[date]
    weekend: frozenset[int] = frozenset({SATURDAY, SUNDAY})

    def works_on(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day not in self.holidays

    def local_day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()

    def end_of(self, day: date) -> datetime:
        """The moment at which the day is over, in UTC: midnight on the wall, whatever the clocks did that night."""
        return datetime.combine(day + ONE_DAY, time.min, tzinfo=self.zone).astimezone(UTC)


def after_hours(start: datetime, hours: int) -> datetime:
    """So many hours later, counted on a clock that never changes (in UTC); a local subtraction could gain an hour."""
    return start.astimezone(UTC) + timedelta(hours=hours)


def after_calendar_days(start: datetime, days: int, calendar: Calendar, *, rolls: bool = False) -> datetime:
    """The end of the n-th local day after the one on which it began; with `rolls`, of the first working day from it."""
    last = calendar.local_day(start) + timedelta(days=days)
    return calendar.end_of(next_working_day(last, calendar) if rolls else last)


def after_business_days(start: datetime, days: int, calendar: Calendar) -> datetime:
    """The end of the n-th working day after the one on which it began."""
    day = calendar.local_day(start)
    for _ in range(days):
        day = next_working_day(day + ONE_DAY, calendar)
    return calendar.end_of(day)


def next_working_day(day: date, calendar: Calendar) -> date:
    """The day itself when it is one. A calendar in which nobody ever works is a mistake, found after a year."""
    for ahead in range(366):
        if calendar.works_on(day + timedelta(days=ahead)):
            return day + timedelta(days=ahead)
    raise ValueError(f"The calendar of {calendar.jurisdiction} has no working day in the year after {day}.")
