"""New rows, written the way that costs least.

Django's bulk_create asks each field of each row how it would like to stand in the SQL. A lead has
some eighty columns, and every enquiry that comes in pays for lead, customer, enquiry, events and
ledger; a statement put together beforehand costs a third of that, and for many rows PostgreSQL's
COPY saves the database most of the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from operator import attrgetter
from typing import Any, NamedTuple

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

# On PostgreSQL more rows than these are copied: that takes two statements instead of one.
_FEW = 8

# Most columns hold values that need no preparation, and most values there are of these types.
_PLAIN = {
    models.BooleanField,
    models.CharField,
    models.EmailField,
    models.ForeignKey,
    models.PositiveIntegerField,
    models.PositiveSmallIntegerField,
    models.TextField,
}
_AS_IT_IS = frozenset({bool, int, str, type(None)})

Field = models.Field[Any, Any]


def insert(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """Store new rows, in this order, and give them their ids; no rows, no query.

    As with bulk_create there are no signals and no history. What they refer to must be stored.
    """
    table = _table(model)
    if _are_copied(rows):
        _number(table, rows)
        _copy(table, rows, with_ids=True)
    else:
        _insert(table, rows)


def append(model: type[models.Model], rows: Sequence[models.Model]) -> None:
    """The same for rows that nobody works with afterwards: they may not get their ids."""
    table = _table(model)
    if _are_copied(rows):
        _copy(table, rows, with_ids=False)
    else:
        _insert(table, rows)


def _are_copied(rows: Sequence[models.Model]) -> bool:
    return connection.vendor == "postgresql" and len(rows) > _FEW


class _Table(NamedTuple):
    """Its columns without the id, those of plain fields first."""

    name: str
    columns: str
    width: int
    plain: Sequence[Field]
    plain_values: Callable[[models.Model], tuple[Any, ...]]
    others: Sequence[Field]


@cache
def _table(model: type[models.Model]) -> _Table:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    plain = [field for field in fields if type(field) in _PLAIN]
    others = [field for field in fields if type(field) not in _PLAIN]
    quoted = connection.ops.quote_name
    return _Table(
        name=quoted(model._meta.db_table),
        columns=", ".join(quoted(str(field.column)) for field in [*plain, *others]),
        width=len(fields),
        plain=plain,
        plain_values=attrgetter(*[field.attname for field in plain]),
        others=others,
    )


def _insert(table: _Table, rows: Sequence[models.Model]) -> None:
    together = (connection.features.max_query_params or 10_000) // table.width
    for start in range(0, len(rows), together):
        part = rows[start : start + together]
        values = [value for row in part for value in _values(table, row)]
        statement = _insertion(table.name, table.columns, table.width, len(part))
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            ids = cursor.fetchall()
        for row, (pk,) in zip(part, ids, strict=True):
            row.pk = pk
            row._state.adding = False
            row._state.db = connection.alias


@cache
def _insertion(name: str, columns: str, width: int, number: int) -> str:
    places = f"({', '.join(['%s'] * width)})"
    return (
        f"INSERT INTO {name} ({columns}) VALUES {', '.join([places] * number)}"  # noqa: S608
        " RETURNING id"
    )


def _number(table: _Table, rows: Sequence[models.Model]) -> None:
    """Copied rows do not tell their ids, so these are drawn beforehand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [table.name, len(rows)],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.pk = pk


def _copy(table: _Table, rows: Sequence[models.Model], *, with_ids: bool) -> None:
    columns = f"id, {table.columns}" if with_ids else table.columns
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy,
    ):
        for row in rows:
            values = _values(table, row)
            copy.write_row([row.pk, *values] if with_ids else values)
    for row in rows:
        row._state.adding = False
        row._state.db = connection.alias


def _values(table: _Table, row: models.Model) -> list[Any]:
    """As the database wants them, in the order of the columns."""
    # The ids of what was stored since the row was made.
    row._prepare_related_fields_for_save("insert")  # type: ignore[attr-defined]
    backend = connections[DEFAULT_DB_ALIAS]
    values = list(table.plain_values(row))
    if not _AS_IT_IS.issuperset(map(type, values)):
        pairs = zip(table.plain, values, strict=True)
        values = [field.get_db_prep_save(value, backend) for field, value in pairs]
    values += [field.get_db_prep_save(field.pre_save(row, True), backend) for field in table.others]
    return values
