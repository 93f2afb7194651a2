"""Columns of many stored rows, each row with values of its own, in one statement.

Django's bulk_update writes a CASE per row and column, and an upsert sends every column as if the
row were new. Here the values go as one JSON document that the database reads as a table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from typing import Any

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

from leads.models.encrypted import EncryptedTextField

# Rows in one statement; a whole list may be changed.
_TOGETHER = 2000
# Values of these types need no preparation, and most are of them.
_AS_IT_IS = frozenset({bool, int, str, type(None)})

Field = models.Field[Any, Any]


def update_columns(
    model: type[models.Model], rows: Sequence[models.Model], names: Sequence[str]
) -> None:
    """Write the named fields of stored rows as they are now. No signals, no history, and columns
    with auto_now are not touched unless they are named."""
    fields = _fields(model, tuple(names))
    for start in range(0, len(rows), _TOGETHER):
        said = [
            [row.pk, *(_as_json(field, row) for field in fields)]
            for row in rows[start : start + _TOGETHER]
        ]
        with connection.cursor() as cursor:
            cursor.execute(_statement(model, tuple(names)), [json.dumps(said, default=_as_text)])


@cache
def _fields(model: type[models.Model], names: tuple[str, ...]) -> list[Field]:
    return [model._meta.get_field(name) for name in names]  # type: ignore[misc]


def _as_json(field: Field, row: models.Model) -> Any:
    value = getattr(row, field.attname)
    if isinstance(field, models.JSONField):
        # As text: JSON's null and the column's NULL are two things.
        return None if value is None else json.dumps(value, cls=field.encoder)
    if not isinstance(field, EncryptedTextField) and (
        type(value) in _AS_IT_IS or isinstance(value, str)
    ):
        return value  # a choice is its text in JSON
    return field.get_db_prep_save(value, connections[DEFAULT_DB_ALIAS])


def _as_text(value: Any) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} cannot be sent in JSON")


@cache
def _statement(model: type[models.Model], names: tuple[str, ...]) -> str:
    """Its parameter is [[id, value, …], …] as JSON."""
    quoted = connection.ops.quote_name
    is_postgresql = connection.vendor == "postgresql"
    settings = []
    for place, field in enumerate(_fields(model, names), 1):
        value = f"said.value ->> {place}"
        if is_postgresql:
            value = f"({value})::{field.db_type(connection)}"
        settings.append(f"{quoted(str(field.column))} = {value}")
    table = quoted(model._meta.db_table)
    rows = "jsonb_array_elements(%s::jsonb)" if is_postgresql else "json_each(%s)"
    pk = "(said.value ->> 0)::bigint" if is_postgresql else "said.value ->> 0"
    return f"UPDATE {table} SET {', '.join(settings)} FROM {rows} AS said WHERE {table}.id = {pk}"  # noqa: S608 - names of our own models
