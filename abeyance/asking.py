"""Several questions to the database in one journey.

    asked = Asked()
    demands = asked.rows(Demand, "WHERE case_id = %s ORDER BY version DESC", case)
    marks = asked.plain("SELECT epoch FROM fence_fence")
    asked.now()                                   # both lists are filled

To the server each question is a statement of its own, with its own snapshot, one after the other; only the waiting on
the way is shared. For the few places where that counts: inside the fence others wait for us.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, TypeVar

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)
Plain = tuple[Any, ...]


class Asked:
    def __init__(self) -> None:
        self._statements: list[str] = []
        self._arguments: list[Any] = []
        self._answers: list[tuple[type[models.Model] | None, list[Any]]] = []

    def rows(self, model: type[Row], rest: str, *arguments: object) -> list[Row]:
        """Whole rows of one table, which `rest` may call `t`; filled by `now`."""
        return self._add(model, f"SELECT {_columns(model)} FROM {model._meta.db_table} t {rest}", arguments)  # noqa: S608

    def plain(self, statement: str, *arguments: object) -> list[Plain]:
        """Any statement that gives rows; filled by `now`."""
        return self._add(None, statement, arguments)

    def written(self, row: models.Model) -> list[Plain]:
        """Insert a new row; `now` gives its key."""
        fields = [field for field in row._meta.concrete_fields if not field.primary_key]
        names = ", ".join(f'"{field.column}"' for field in fields)
        marks = ", ".join(["%s"] * len(fields))
        values = tuple(field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields)
        table = row._meta.db_table
        return self._add(None, f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id", values)  # noqa: S608

    def silent(self, statement: str) -> None:
        """A setting, which gives no rows."""
        self._statements.append(statement)

    def now(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("; ".join(self._statements), self._arguments)
            for model, answer in self._answers:
                while cursor.description is None:
                    cursor.nextset()
                found = cursor.fetchall()
                answer.extend(found if model is None else (_revived(model, row) for row in found))
                cursor.nextset()

    def _add(self, model: type[models.Model] | None, statement: str, arguments: tuple[object, ...]) -> list[Any]:
        answer: list[Any] = []
        self._statements.append(statement)
        self._arguments.extend(arguments)
        self._answers.append((model, answer))
        return answer


@lru_cache(maxsize=64)
def _columns(model: type[models.Model]) -> str:
    return ", ".join(f't."{field.column}"' for field in model._meta.concrete_fields)


@lru_cache(maxsize=64)
def _names(model: type[models.Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


@lru_cache(maxsize=64)
def _readers(model: type[models.Model]) -> list[tuple[int, Any]]:
    """Fields whose value Django reads in a way of its own (JSON)."""
    fields = enumerate(model._meta.concrete_fields)
    return [(place, field.from_db_value) for place, field in fields if hasattr(field, "from_db_value")]


def _revived(model: type[models.Model], row: Plain) -> models.Model:
    values = list(row)
    for place, read in _readers(model):
        values[place] = read(values[place], None, connection)
    return model.from_db(connection.alias, _names(model), values)
