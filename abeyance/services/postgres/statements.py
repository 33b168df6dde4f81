"""The SQL of reading, put together from checked names; every value is a parameter."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from psycopg.sql import SQL, Composable, Composed, Identifier

from abeyance.rules.facts import Period
from abeyance.rules.maptables import MapColumn, MapLookup, MapTable, StoredAs
from abeyance.services.postgres.relations import Relations

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {StoredAs.MILLISECONDS: timedelta(milliseconds=1), StoredAs.SECONDS: timedelta(seconds=1)}
_FOUND_AT_MOST = 2  # one account, or too many


@dataclass(frozen=True)
class Query:
    text: Composed
    values: tuple[Any, ...]


def of_lookup(lookup: MapLookup, relations: Relations, identifier: str, *, ignore_case: bool) -> Query:
    """Which accounts the identifier names, as text."""
    value = identifier.lstrip("+") if lookup.digits_only else identifier
    column = Identifier(lookup.column)
    same = SQL("lower({}::text) = lower(%s::text)") if ignore_case else SQL("{} = %s")
    text = SQL("SELECT DISTINCT {}::text FROM {} WHERE {} LIMIT {}").format(
        Identifier(lookup.account), relations.source(lookup.reads), same.format(column), SQL(str(_FOUND_AT_MOST))
    )
    return Query(text, (value,))


def of_rows(
    table: MapTable, columns: tuple[MapColumn, ...], relations: Relations, account: str, period: Period
) -> Query:
    """The account's rows within the period, in the order of their time."""
    shown = SQL(", ").join(SQL("{} AS {}").format(_shown(one), Identifier(one.field)) for one in columns)
    given = _given(table, relations, account, period)
    order = SQL(" ORDER BY {}").format(Identifier(table.time)) if table.time else SQL("")
    return Query(SQL("SELECT {} FROM {}{}").format(shown, given.text, order), given.values)


def of_count(table: MapTable, relations: Relations, account: str, period: Period, at_most: int) -> Query:
    """How many rows there are, counted no further than to `at_most`."""
    given = _given(table, relations, account, period)
    text = SQL("SELECT count(*) FROM (SELECT 1 FROM {} LIMIT {}) AS counted").format(given.text, SQL(str(int(at_most))))
    return Query(text, given.values)


def _given(table: MapTable, relations: Relations, account: str, period: Period) -> Query:
    conditions: list[Composable] = [SQL("{} = %s").format(Identifier(table.account))]
    values: list[Any] = [account]
    if table.time is not None:
        for sign, moment in ((SQL(">="), period.start), (SQL("<"), period.end)):
            if moment is not None:
                conditions.append(SQL("{} {} %s").format(Identifier(table.time), sign))
                values.append(_bound(moment, table.time_stored_as))
    where = SQL(" AND ").join(conditions)
    return Query(SQL("{} WHERE {}").format(relations.source(table.reads), where), tuple(values))


def _bound(moment: datetime, stored_as: StoredAs) -> datetime | int:
    """Rounded up: of whole units, those not before (or before) a moment are those not before (or before) the next."""
    unit = _UNITS.get(stored_as)
    return moment if unit is None else -((_EPOCH - moment) // unit)


def _shown(column: MapColumn) -> Composed | Identifier:
    name = Identifier(column.column)
    match column.stored_as:
        case StoredAs.MILLISECONDS:
            return SQL("timestamptz 'epoch' + {} * interval '1 millisecond'").format(name)
        case StoredAs.SECONDS:
            return SQL("timestamptz 'epoch' + {} * interval '1 second'").format(name)
        case StoredAs.AS_IT_IS:
            return name
