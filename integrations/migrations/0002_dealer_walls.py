"""On PostgreSQL, the wall between dealers in the database; leads, 0005, says how and why."""

from django.db import migrations

# table, column, table it points to
CHILDREN = [
    ("integrations_syncrun", "connection_id", "integrations_connection"),
    ("integrations_delivery", "connection_id", "integrations_connection"),
    ("integrations_delivery", "entry_id", "leads_intakeentry"),
]


def build_walls(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        "ALTER TABLE integrations_connection"
        " ADD CONSTRAINT integrations_connection_of_dealer UNIQUE (id, dealer_id)"
    )
    for table, column, parent in CHILDREN:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_same_dealer"
            f" FOREIGN KEY ({column}, dealer_id) REFERENCES {parent} (id, dealer_id)"
            " DEFERRABLE INITIALLY DEFERRED"
        )


def remove_walls(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column, _ in CHILDREN:
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_same_dealer")
    schema_editor.execute(
        "ALTER TABLE integrations_connection DROP CONSTRAINT integrations_connection_of_dealer"
    )


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("leads", "0005_dealer_walls")]

    operations = [migrations.RunPython(build_walls, remove_walls)]
