"""What about pauses somebody must be told until two people have decided. Computed, so that it ends by itself when they
have; and raised anew each day, so that whoever has heard it cannot let it lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from abeyance.diligence import queries as assessments
from abeyance.pauses import exceptions, store
from abeyance.pauses.models import PauseRow
from abeyance.rules.patterns import Rise

DAY = timedelta(days=1)


@dataclass(frozen=True)
class PauseAlarm:
    """`kind` is "unconfirmed", "review", "assessment" or "rise"; `about` is since when, moved on by whole days."""

    row: PauseRow
    kind: str
    since: datetime
    about: datetime
    rise: Rise | None = None

    @property
    def name(self) -> str:
        return self.row.name

    @property
    def sentence(self) -> str:
        if self.rise is not None:
            return self.rise.sentence
        if self.kind == "unconfirmed":
            return (
                f"{self.name} was declared by one person and not confirmed in 72 hours. It holds release alone, until"
                " two people confirm it or lift it."
            )
        day = f"{self.since.day} {self.since:%B %Y}"
        if self.kind == "assessment":
            return (
                f"The assessment of {self.name} was to be reviewed by {day} and is shown to everybody as overdue. Two"
                " people prolong it with a published reason."
            )
        return f"{self.name} was to be reviewed by {day}. It holds until two people decide; nothing resumes by itself."


def alarms(now: datetime, *, reader: str | None) -> list[PauseAlarm]:
    """A rise is told only of requests that the reader may know of; without a reader, of all, for nobody's eyes."""
    return alarms_of(list(store.rows_in_force()), now, reader=reader)


def alarms_of(rows: Sequence[PauseRow], now: datetime, *, reader: str | None) -> list[PauseAlarm]:
    """The same, for who has read already what is in force."""
    late = [(row, row.confirm_by) for row in rows if row.confirm_by and row.confirm_by <= now]
    found = [_alarm(row, "unconfirmed", since, now) for row, since in late]
    newest = {row.name: row for row in rows}
    for row in newest.values():
        reviewed_by = datetime.combine(store.from_row(row).review_by, time(), tzinfo=UTC) + DAY
        if reviewed_by <= now:
            found.append(_alarm(row, "review", reviewed_by - DAY, now))
    for assessment in assessments.overdue(newest, now.date()):
        since = datetime.combine(assessment.review_by, time(), tzinfo=UTC)
        found.append(_alarm(newest[assessment.pause], "assessment", since, now))
    for rise in exceptions.rising(now, newest, reader=reader):
        row, day = newest[rise.pause], datetime.combine(now.date(), time(), tzinfo=UTC)
        found.append(PauseAlarm(row, "rise", day, day, rise))
    return found


def _alarm(row: PauseRow, kind: str, since: datetime, now: datetime) -> PauseAlarm:
    return PauseAlarm(row, kind, since, since + (now - since) // DAY * DAY)
