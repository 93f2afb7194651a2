"""New rows, made and written the way that costs least.

Django's Model() looks at each column in Python, and its bulk_create asks each field of each row how
it would like to stand in the SQL. A lead has some eighty columns, and every enquiry that comes in
pays for lead, customer, enquiry, events and ledger. A statement put together beforehand costs a
third of that, and for many rows PostgreSQL's COPY saves the database most of the rest.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar

from django.db import DEFAULT_DB_ALIAS, connection, connections, models
from django.db.models.base import ModelState
from django.utils import timezone

from leads.models.encrypted import EncryptedTextField

# On PostgreSQL more rows than these are copied: that takes two statements instead of one.
_FEW = 8

# Values of these types need no preparation, and nearly all are of them; unless their field is one
# that changes every value. SQLite has no type for the last three.
_AS_IT_IS = frozenset({bool, int, str, type(None)})
_AS_IT_IS_COPIED = _AS_IT_IS | {Decimal, date, datetime}
_CHANGES_VALUES = (EncryptedTextField, models.JSONField)
# What most JSON columns hold.
_EMPTY_JSON = {dict: "{}", list: "[]", type(None): None}

Field = models.Field[Any, Any]
M = TypeVar("M", bound=models.Model)


def blank(model: type[M], **columns: Any) -> M:
    """A new row with the defaults of its columns, as `model()` makes it at ten times the cost.
    `columns`: what some of them hold instead, by column, so foreign keys by id."""
    row = model.__new__(model)
    constants, made = _defaults(model)
    row.__dict__.update(constants)
    for name, make in made:
        row.__dict__[name] = make()
    row.__dict__.update(columns)
    row._state = ModelState()
    return row


@cache
def _defaults(
    model: type[models.Model],
) -> tuple[dict[str, Any], list[tuple[str, Callable[[], Any]]]]:
    """By column; and those that are made anew for each row, such as lists."""
    fields = model._meta.concrete_fields
    made = {one for one in fields if one.has_default() and callable(one.default)}
    constants = {one.attname: one.get_default() for one in fields if one not in made}
    return constants, [(one.attname, one.default) for one in made]


def refer(row: models.Model, name: str, parent: models.Model | None) -> None:
    """`row.name = parent`, which asks Django's router for a new row whether both may be related,
    at five times the cost."""
    row.__dict__[_table(type(row)).parents[name]] = parent.pk if parent else None
    row._state.fields_cache[name] = parent


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
    """A model's columns but for the id, which rows have not yet."""

    name: str
    pk: str
    fields: Sequence[Field]
    values: Callable[[dict[str, Any]], tuple[Any, ...]]  # of a row's `__dict__`
    clocks: Sequence[str]  # columns that hold when the row was stored
    parents: dict[str, str]  # foreign keys: name → column

    @property
    def columns(self) -> list[str]:
        return [connection.ops.quote_name(str(field.column)) for field in self.fields]


@cache
def _table(model: type[models.Model]) -> _Table:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    is_clock = {one.attname for one in fields if getattr(one, "auto_now", False)}
    is_clock |= {one.attname for one in fields if getattr(one, "auto_now_add", False)}
    return _Table(
        name=connection.ops.quote_name(model._meta.db_table),
        pk=str(model._meta.pk.attname),
        fields=fields,
        # Asking the row itself for its foreign keys is a call in Python for each of them.
        values=itemgetter(*[field.attname for field in fields]),
        clocks=sorted(is_clock),
        parents={field.name: field.attname for field in fields if field.is_relation},
    )


def _insert(table: _Table, rows: Sequence[models.Model]) -> None:
    width = len(table.fields)
    together = (connection.features.max_query_params or 10_000) // width
    _complete(table, rows)
    for start in range(0, len(rows), together):
        part = rows[start : start + together]
        values = [value for row in part for value in _values(table, row)]
        statement = _insertion(table.name, ", ".join(table.columns), width, len(part))
        with connection.cursor() as cursor:
            cursor.execute(statement, values)
            ids = cursor.fetchall()
        for row, (pk,) in zip(part, ids, strict=True):
            row.__dict__[table.pk] = pk
        _note_stored(part)


@cache
def _insertion(name: str, columns: str, width: int, number: int) -> str:
    places = f"({', '.join(['%s'] * width)})"
    return (
        f"INSERT INTO {name} ({columns}) VALUES {', '.join([places] * number)}"  # noqa: S608
        " RETURNING id"
    )


def _values(table: _Table, row: models.Model) -> list[Any]:
    """As the database wants them, in the order of the columns."""
    backend = connections[DEFAULT_DB_ALIAS]
    return [
        value
        if type(value) in _AS_IT_IS and not isinstance(field, _CHANGES_VALUES)
        else field.get_db_prep_save(value, backend)
        for field, value in zip(table.fields, table.values(row.__dict__), strict=True)
    ]


def _number(table: _Table, rows: Sequence[models.Model]) -> None:
    """Copied rows do not tell their ids, so these are drawn beforehand."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(one.name) FROM generate_series(1, %s),"
            # OFFSET: asked once, not for each row.
            " (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name OFFSET 0) AS one",
            [len(rows), table.name],
        )
        for row, (pk,) in zip(rows, cursor.fetchall(), strict=True):
            row.__dict__[table.pk] = pk


def _copy(table: _Table, rows: Sequence[models.Model], *, with_ids: bool) -> None:
    _complete(table, rows)
    columns = _filled_columns(table, rows)
    if with_ids:
        columns["id"] = [row.__dict__[table.pk] for row in rows]
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,
        cursor.copy(f"COPY {table.name} ({', '.join(columns)}) FROM STDIN") as copy,
    ):
        for values in zip(*columns.values(), strict=True):
            copy.write_row(values)
    _note_stored(rows)


def _filled_columns(table: _Table, rows: Sequence[models.Model]) -> dict[str, Sequence[Any]]:
    """By column, what COPY is given. Half of a lead's columns are empty in all rows of most
    batches; these are left out."""
    by_column = zip(*[table.values(row.__dict__) for row in rows], strict=True)
    columns = {}
    for field, values in zip(table.fields, by_column, strict=True):
        kinds = set(map(type, values))
        if kinds != {type(None)}:
            column = connection.ops.quote_name(str(field.column))
            columns[column] = _copied(field, values, kinds)
    return columns


def _copied(field: Field, values: Sequence[Any], kinds: set[type]) -> Sequence[Any]:
    if type(field) is models.JSONField:  # its text is enough; asking the field costs five times it
        return [
            json.dumps(value, cls=field.encoder)
            if value or type(value) not in _EMPTY_JSON
            else _EMPTY_JSON[type(value)]
            for value in values
        ]
    if not isinstance(field, _CHANGES_VALUES):
        if kinds <= _AS_IT_IS_COPIED:
            return values
        if all(issubclass(kind, str) for kind in kinds):  # choices
            return [str(value) for value in values]
    backend = connections[DEFAULT_DB_ALIAS]
    return [field.get_db_prep_save(value, backend) for value in values]


def _complete(table: _Table, rows: Sequence[models.Model]) -> None:
    """What rows get when they are stored: the time, and the ids of what was stored since they were
    made."""
    times = dict.fromkeys(table.clocks, timezone.now())
    for row in rows:
        row.__dict__.update(times)
        for name, parent in row._state.fields_cache.items():
            column = table.parents.get(name)
            if column and parent is not None and row.__dict__[column] is None:
                if parent.pk is None:
                    raise ValueError(f"{name} of a new {type(row).__name__} is not stored")
                row.__dict__[column] = parent.pk


def _note_stored(rows: Iterable[models.Model]) -> None:
    alias = connection.alias
    for row in rows:
        row._state.adding, row._state.db = False, alias
