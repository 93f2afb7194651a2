"""History of many rows at once, copied inside the database.

The library's own way reads each value of each row in Python and sends all of it once more; here
one short statement does, whatever the number of rows and the width of the table.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import cache

from django.db import connection

from leads.models.change_batch import ChangeBatch
from leads.models.customer import Customer
from leads.models.lead import Lead
from leads.models.user import User
from leads.models.vehicle import Vehicle

Remembered = type[Lead] | type[Customer] | type[Vehicle]


def remember(
    model: Remembered,
    rows: Sequence[Lead] | Sequence[Customer] | Sequence[Vehicle],
    *,
    now: datetime,
    by: User | None = None,
    is_new: bool = False,
    is_gone: bool = False,
    change_batch: ChangeBatch | None = None,
) -> None:
    """Write how the rows are now, as stored, into their history. They must be stored already, or
    (`is_gone`) about to be deleted. With `change_batch` they can be taken back together
    (undoing.py)."""
    at = connection.ops.adapt_datetimefield_value(now)
    batch = change_batch.pk if change_batch else None
    kind = "+" if is_new else "-" if is_gone else "~"
    said = [kind, at, by.pk if by else None, batch]
    if rows:
        with connection.cursor() as cursor:
            cursor.execute(f"{_statement(model)} WHERE {_named()} ORDER BY id", [*said, _ids(rows)])


def begin_history(customer: Customer) -> None:
    begin_histories([customer])


def begin_histories(customers: Sequence[Customer]) -> None:
    """Write down how customers have been until now, unless that is known; before each change.

    Most customers never change, and what came with their first enquiry stands on its lead. So
    their history begins with their first change instead of costing every new enquiry a row.
    """
    history = Customer.history.model._meta.db_table
    rows = Customer._meta.db_table
    unknown = f"NOT EXISTS (SELECT 1 FROM {history} WHERE {history}.id = {rows}.id)"  # noqa: S608
    if customers:
        with connection.cursor() as cursor:
            cursor.execute(
                f"{_statement(Customer, at='created_at')} WHERE {_named()} AND {unknown}",
                ["+", None, None, _ids(customers)],
            )


def _named() -> str:
    """One parameter for any number of rows: a statement with a place for each is another one every
    time, and taken apart anew."""
    if connection.vendor == "postgresql":
        return "id = ANY (ARRAY(SELECT jsonb_array_elements_text(%s::jsonb)::bigint))"
    return "id IN (SELECT value FROM json_each(%s))"


def _ids(rows: Sequence[Lead] | Sequence[Customer] | Sequence[Vehicle]) -> str:
    return json.dumps([row.pk for row in rows])


@cache
def _statement(model: Remembered, at: str = "%s") -> str:
    history = model.history.model
    copied = ", ".join(field.column for field in history.tracked_fields)
    return (
        f"INSERT INTO {history._meta.db_table}"  # noqa: S608 - names of our own models
        f" ({copied}, history_type, history_date, history_user_id, change_batch_id,"
        f" history_change_reason) SELECT {copied}, %s, {at}, %s, %s, '' FROM {model._meta.db_table}"
    )
