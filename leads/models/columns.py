"""Rows read by the few statements that are written by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS, connections, models

M = TypeVar("M", bound=models.Model)


def columns_of(model: type[models.Model], table: str = "") -> str:
    """All columns, ready for SELECT or RETURNING; of `table`, if the statement names it otherwise.

    By name, not `*`: PostgreSQL keeps plans of statements, and those with a `*` break when a
    migration adds a column.
    """
    prefix = f"{table}." if table else ""
    return ", ".join(f"{prefix}{field.column}" for field in model._meta.concrete_fields)


def read_rows(
    model: type[M], statement: str, values: Sequence[Any]
) -> list[tuple[M, tuple[Any, ...]]]:
    """What a statement finds that begins with `columns_of(model)`: the row, and what follows it.

    Django's `raw` finds out anew each time which column is which field; that costs more than the
    database needs for a row.
    """
    connection = connections[DEFAULT_DB_ALIAS]
    names, converters = _shape(model)
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        found = cursor.fetchall()
    rows = []
    for row in found:
        cells = list(row[: len(names)])
        for place, convert in converters:
            cells[place] = convert(cells[place])
        rows.append((model.from_db(DEFAULT_DB_ALIAS, names, cells), row[len(names) :]))
    return rows


@cache
def _shape(
    model: type[models.Model],
) -> tuple[list[str], list[tuple[int, Callable[[Any], Any]]]]:
    """The fields, and for those whose values do not come as they are what makes them so."""
    fields = model._meta.concrete_fields
    converters = [(place, _converter(field)) for place, field in enumerate(fields)]
    return (
        [field.attname for field in fields],
        [(place, convert) for place, convert in converters if convert],
    )


def _converter(field: models.Field[Any, Any]) -> Callable[[Any], Any] | None:
    connection = connections[DEFAULT_DB_ALIAS]
    column = field.get_col(field.model._meta.db_table)
    steps = connection.ops.get_db_converters(column) + column.get_db_converters(connection)
    if not steps:
        return None

    def convert(value: Any) -> Any:
        for step in steps:
            value = step(value, column, connection)
        return value

    return convert
