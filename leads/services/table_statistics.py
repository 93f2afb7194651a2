"""What PostgreSQL's planner knows about tables, brought up to date after many rows came in.

Autovacuum does that within a minute, or after a tenth of a large table is new. A list imported into
an empty office is quicker: until then plans are those for empty tables, kept by the connection, and
each check of a foreign key reads all leads of the dealer. Measured with 5,000 rows: 13.9 s in
PostgreSQL, with this 3.7 s. Once is not enough: by the plan for five hundred rows each look-up of
numbers reads all that were imported, with 20,000 rows 0.2 ms for each row instead of 0.006.

Only columns are looked at that an index, its condition or a constraint names, which takes half the
time or less: by them rows are found. For the others autovacuum still comes, since it counts what is
new until all columns were looked at.

In tables that are large already only a new dealer is unknown: to the planner it has no rows, so it
reads all of them each time. There one column is looked at, which takes a tenth of a second.
"""

from __future__ import annotations

from django.db import connection, transaction

from leads.models.dealer import DealerOwned

_LARGE = 20_000  # rows
_COLUMNS = """
SELECT oid::regclass || ' (' || CASE WHEN reltuples >= %s THEN 'dealer_id' ELSE (
    SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
    WHERE attrelid = pg_class.oid AND attnum > 0 AND EXISTS (
        SELECT FROM pg_depend WHERE refclassid = 'pg_class'::regclass
        AND (refobjid, refobjsubid) = (attrelid, attnum)
    )
) END || ')' FROM pg_class WHERE oid IN (SELECT unnest(%s::text[])::regclass)"""


def refresh_statistics(*tables: type[DealerOwned]) -> None:
    """After the commit, since other connections plan anew only then. Nothing on SQLite, which
    looks at its tables as they are."""
    if connection.vendor == "postgresql":
        transaction.on_commit(lambda: _analyze(tables))


def _analyze(tables: tuple[type[DealerOwned], ...]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [_LARGE, [one._meta.db_table for one in tables]])
        cursor.execute(f"ANALYZE {', '.join(part for (part,) in cursor.fetchall())}")
