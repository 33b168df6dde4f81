"""Several questions to the database in one journey.

    asked = Asked()
    demands = asked.rows(Demand, "WHERE case_id = %s ORDER BY version DESC", case)
    marks = asked.plain("SELECT epoch FROM fence_fence")
    asked.now()                                   # both lists are filled

To the server each question is a statement of its own, with its own snapshot, one after the other; only the waiting on
the way is shared. For the places where that counts: inside the fence others wait for us, and a page has many questions.
What a connection asks again and again, its server process is told once (PREPARE) and then only named.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar
from uuid import UUID
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import Error, connection, models

Row = TypeVar("Row", bound=models.Model)
Plain = tuple[Any, ...]
Read = Callable[[Plain], Any]
Hearer = Callable[[list[Plain]], object]


AGAIN = 3  # asked as often in this process, it is prepared on each connection that asks it
MOST_PREPARED, LONGEST, MOST_ARGUMENTS = 200, 8_000, 40  # of one connection; of one statement


class Asked:
    def __init__(self) -> None:
        self._questions: list[_Put] = []

    def rows(self, model: type[Row], rest: str, *arguments: object, without: tuple[str, ...] = ()) -> list[Row]:
        """Rows of one table, which `rest` may call `t`, but for what is large and nobody reads; filled by `now`."""
        statement = f"SELECT {_columns(model, without)} FROM {model._meta.db_table} t {rest}"  # noqa: S608
        return self._read(_reader(model, _names(model, without)), statement, arguments)

    def of(self, wanted: models.QuerySet[Row]) -> list[Row]:
        """The rows of a queryset of one table; filled by `now`."""
        return self.again(question(wanted))

    def again(self, asked: Question) -> list[Any]:
        """A question that was made before; filled by `now`."""
        if asked.statement is None:
            return []
        if asked.read is None:
            return self.plain(asked.statement, *asked.arguments)
        return self._read(asked.read, asked.statement, asked.arguments)

    def count(self, wanted: models.QuerySet[Any], most: int) -> Count:
        """How many rows a queryset has; beyond `most` the database stops counting. Filled by `now`."""
        return Count(most, self.again(how_many(wanted, most)))

    def plain(self, statement: str, *arguments: object) -> list[Plain]:
        """Any statement that gives rows; filled by `now`."""
        answer: list[Plain] = []
        self._add(statement, arguments, answer.extend)
        return answer

    def heard(self, hearer: Hearer, statement: str, *arguments: object) -> None:
        """Like `plain`, where `now` hands the rows to `hearer`."""
        self._add(statement, arguments, hearer)

    def drawn(self, model: type[models.Model]) -> list[Plain]:
        """The key of a row that is to be written later, for others that point at it; given by `now`."""
        return self.plain("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", model._meta.db_table)

    def written(self, *rows: models.Model) -> None:
        """Insert new rows of one table; `now` gives them their keys, unless they have keys that were drawn."""
        meta = rows[0]._meta
        fields = [field for field in meta.concrete_fields if not (field.primary_key and rows[0].pk is None)]
        names = ", ".join(f'"{field.column}"' for field in fields)
        marks = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * len(rows))
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for row in rows for field in fields]
        statement = f"INSERT INTO {meta.db_table} ({names}) VALUES {marks} RETURNING id"  # noqa: S608

        def hear(found: list[Plain]) -> None:
            for row, key in zip(rows, found, strict=True):
                stored(row, key[0])

        self._add(statement, tuple(values), hear)

    def silent(self, statement: str) -> None:
        """A setting, which gives no rows."""
        self._add(statement, (), None)

    def also(self, other: Asked) -> None:
        """What the other one asks, after what is asked here, in the same journey."""
        self._questions += other._questions

    def now(self) -> None:
        with connection.cursor() as cursor:
            prepared = _prepared_on(connection.connection)
            said = [prepared.spelled(each) for each in self._questions]
            arguments = [argument for each in said for argument in each.arguments]
            try:
                cursor.execute("; ".join(each.statement for each in said), arguments)
            except Error:
                prepared.names.clear()  # nobody knows what became of it; names are never used twice
                raise
            answers = cursor.cursor  # all have come; what follows asks nothing of the server
            for each in said:
                if each.hearer is not None:
                    each.hearer(answers.fetchall())
                answers.nextset()
            if fresh := prepared.taking(self._questions):
                cursor.execute(fresh)

    def _read(self, read: Read, statement: str, arguments: tuple[object, ...]) -> list[Any]:
        answer: list[Any] = []
        self._add(statement, arguments, lambda found: answer.extend(map(read, found)))
        return answer

    def _add(self, statement: str, arguments: tuple[object, ...], hearer: Hearer | None) -> None:
        self._questions.append(_Put(statement, arguments, hearer))


@dataclass(frozen=True)
class _Put:
    statement: str
    arguments: Sequence[Any]
    hearer: Hearer | None

    @property
    def spelling(self) -> tuple[str, tuple[str, ...]]:
        return self.statement, tuple(map(_type, self.arguments))

    @property
    def is_kept(self) -> bool:
        """Settings are not, and neither is what few ask or what is very long."""
        ordinary = self.statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))
        return ordinary and len(self.statement) <= LONGEST and len(self.arguments) <= MOST_ARGUMENTS


_asked: Counter[str] = Counter()
_numbers = count()
_MARK = re.compile("%[s%]")
# As what the server reads a value that is written out; of anything else it looks at what it is compared with.
_TYPES: dict[type, str] = {
    bool: "boolean",
    float: "float8",
    bytes: "bytea",
    datetime: "timestamptz",
    date: "date",
    UUID: "uuid",
}


@dataclass
class _Prepared:
    """What the server process of one connection was told to keep, by name. It keeps it until it ends, also when the
    transaction is rolled back."""

    names: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def spelled(self, put: _Put) -> _Put:
        name = self.names.pop(put.spelling, None) if put.is_kept else None
        if name is None:
            return put
        self.names[put.spelling] = name  # those that were not asked for longest come first
        marks = f" ({', '.join(['%s'] * len(put.arguments))})" if put.arguments else ""
        return _Put(f"EXECUTE {name}{marks}", put.arguments, put.hearer)

    def taking(self, questions: Sequence[_Put]) -> str:
        """What to tell the server after they were answered, for the next time: without their arguments, which it would
        keep as well."""
        return "; ".join(self._taken(each) for each in questions if each.is_kept and self._is_worth_it(each))

    def _is_worth_it(self, put: _Put) -> bool:
        if put.spelling in self.names:
            return False
        if len(_asked) > 10 * MOST_PREPARED:
            _asked.clear()
        _asked[put.statement] += 1
        return _asked[put.statement] >= AGAIN

    def _taken(self, put: _Put) -> str:
        statement, types = put.spelling
        full = len(self.names) >= MOST_PREPARED
        forgotten = f"DEALLOCATE {self.names.pop(next(iter(self.names)))}; " if full else ""
        self.names[statement, types] = name = f"asked_{next(_numbers)}"
        kept, numbers = f" ({', '.join(types)})" if types else "", count(1)
        numbered = _MARK.sub(lambda mark: f"${next(numbers)}" if mark[0] == "%s" else "%", statement)
        return f"{forgotten}PREPARE {name}{kept} AS {numbered}"


def _type(value: object) -> str:
    if type(value) is int:
        return "int4" if -(2**31) <= value < 2**31 else "int8"
    return _TYPES.get(type(value), "unknown")


_kept: WeakKeyDictionary[Any, _Prepared] = WeakKeyDictionary()


def _prepared_on(raw: Any) -> _Prepared:
    """`raw`: the connection itself, which Django may open anew or take from a pool."""
    return _kept.setdefault(raw, _Prepared())


def stored(row: models.Model, key: int) -> None:
    """The row is in the database, under this key."""
    row.pk, row._state.adding, row._state.db = key, False, connection.alias


@dataclass(frozen=True)
class Question:
    """A queryset as the database reads it. To make one takes longer than to ask it, so what stays the same is kept."""

    read: Read | None
    statement: str | None  # None: Django knows without asking that there is nothing
    arguments: tuple[object, ...] = ()


def question(wanted: models.QuerySet[Any]) -> Question:
    compiler = wanted.query.get_compiler(connection.alias)
    try:
        statement, arguments = compiler.as_sql()
    except EmptyResultSet:
        return Question(None, None)
    names = tuple(column.target.attname for column, _, _ in compiler.select)
    model: type[models.Model] = wanted.model
    return Question(_reader(model, names), statement, tuple(arguments))


def how_many(wanted: models.QuerySet[Any], most: int) -> Question:
    rows = question(wanted.values("pk")[: most + 1])
    if rows.statement is None:
        return rows
    return Question(None, f"SELECT count(*) FROM ({rows.statement}) AS counted", rows.arguments)  # noqa: S608


class Count:
    """A number that is not told beyond a bound, so that asking for it costs the same however much there is."""

    def __init__(self, most: int, found: list[Plain]) -> None:
        self._most, self._found = most, found

    @property
    def number(self) -> int:
        return min(self._counted, self._most)

    @property
    def more(self) -> bool:
        return self._counted > self._most

    @property
    def _counted(self) -> int:
        return int(self._found[0][0]) if self._found else 0


@lru_cache(maxsize=64)
def _columns(model: type[models.Model], without: tuple[str, ...]) -> str:
    fields = (field for field in model._meta.concrete_fields if field.name not in without)
    return ", ".join(f't."{field.column}"' for field in fields)


@lru_cache(maxsize=64)
def _names(model: type[models.Model], without: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields if field.name not in without)


@lru_cache(maxsize=128)
def _reader(model: type[models.Model], names: tuple[str, ...]) -> Read:
    """Makes a row of this model from these columns. Some fields (JSON) read their value in a way of their own."""
    fields: dict[str, Any] = {field.attname: field for field in model._meta.concrete_fields}
    own = [(n, fields[name].from_db_value) for n, name in enumerate(names) if hasattr(fields[name], "from_db_value")]

    def read(row: Plain) -> models.Model:
        if not own:
            return model.from_db(connection.alias, names, row)
        values = list(row)
        for place, from_db_value in own:
            values[place] = from_db_value(values[place], None, connection)
        return model.from_db(connection.alias, names, values)

    return read
