"""On PostgreSQL, indexes in which a part of any word is found: `search_text__contains`.

SQLite has no such index for LIKE; there a search reads the dealer's rows. The tables are small
where SQLite is used, and new ones are empty, so nothing has to be built concurrently.
"""

from django.db import migrations

# index name, table
INDEXES = [
    ("lead_search", "leads_lead"),
    ("customer_search", "leads_customer"),
    ("vehicle_search", "leads_vehicle"),
]


def add_indexes(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        # Needs no rights if the extension is already there.
        schema_editor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        for name, table in INDEXES:
            schema_editor.execute(
                f"CREATE INDEX {name} ON {table} USING gin (search_text gin_trgm_ops)"
            )


def remove_indexes(apps, schema_editor):
    """The extension stays: it may have been there before."""
    if schema_editor.connection.vendor == "postgresql":
        for name, _ in INDEXES:
            schema_editor.execute(f"DROP INDEX {name}")


class Migration(migrations.Migration):
    dependencies = [("leads", "0003_seed_lead_types")]

    operations = [migrations.RunPython(add_indexes, remove_indexes)]
