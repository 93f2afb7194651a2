"""On PostgreSQL, the wall between dealers in the database; leads, 0005, says how and why."""

from django.db import migrations

PARENTS = [
    "integrations_connection",
    "integrations_syncrun",
    "integrations_webhookendpoint",
    "integrations_webhookdelivery",
    "integrations_websiteform",
    "integrations_exportapp",
    "integrations_stockcar",
    "integrations_handover",
]
# table, column, table it points to
CHILDREN = [
    ("integrations_syncrun", "connection_id", "integrations_connection"),
    ("integrations_delivery", "connection_id", "integrations_connection"),
    ("integrations_delivery", "entry_id", "leads_intakeentry"),
    ("integrations_delivery", "lead_id", "leads_lead"),
    ("integrations_delivery", "event_id", "leads_event"),
    ("integrations_connection", "location_id", "leads_location"),
    ("integrations_leadfetch", "connection_id", "integrations_connection"),
    ("integrations_leadfetch", "entry_id", "leads_intakeentry"),
    ("integrations_webhookdelivery", "endpoint_id", "integrations_webhookendpoint"),
    ("integrations_webhookdelivery", "event_id", "leads_event"),
    ("integrations_webhookattempt", "delivery_id", "integrations_webhookdelivery"),
    ("integrations_websiteform", "location_id", "leads_location"),
    ("integrations_handover", "lead_id", "leads_lead"),
    ("integrations_handover", "connection_id", "integrations_connection"),
    ("integrations_handoverattempt", "handover_id", "integrations_handover"),
    ("integrations_formday", "form_id", "integrations_websiteform"),
    ("integrations_formattempts", "form_id", "integrations_websiteform"),
    ("integrations_exportapp", "connection_id", "integrations_connection"),
    ("integrations_exportapp", "location_id", "leads_location"),
    ("integrations_exportrun", "app_id", "integrations_exportapp"),
    ("integrations_transmission", "app_id", "integrations_exportapp"),
    ("integrations_stockcar", "connection_id", "integrations_connection"),
    ("integrations_stockcar", "location_id", "leads_location"),
    ("integrations_release", "app_id", "integrations_exportapp"),
    ("integrations_release", "car_id", "integrations_stockcar"),
    ("integrations_listing", "app_id", "integrations_exportapp"),
    ("integrations_finding", "connection_id", "integrations_connection"),
    ("integrations_finding", "location_id", "leads_location"),
    ("integrations_finding", "app_id", "integrations_exportapp"),
    ("integrations_finding", "lead_id", "leads_lead"),
    ("integrations_exchange", "connection_id", "integrations_connection"),
    ("integrations_exchange", "run_id", "integrations_syncrun"),
    ("integrations_connectionschedule", "connection_id", "integrations_connection"),
    ("integrations_exportcheck", "connection_id", "integrations_connection"),
]

REPLACED = CHILDREN  # what Django checks and the walls check as well


def build_walls(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in PARENTS:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_of_dealer UNIQUE (id, dealer_id)"
        )
    for table, column, parent in CHILDREN:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_same_dealer"
            f" FOREIGN KEY ({column}, dealer_id) REFERENCES {parent} (id, dealer_id)"
            " DEFERRABLE INITIALLY DEFERRED"
        )
    for table, column, _ in REPLACED:
        for name in own_keys(schema_editor, table, column):
            schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


def own_keys(schema_editor, table, column):
    """The foreign keys that Django has made for the column alone."""
    with schema_editor.connection.cursor() as cursor:
        found = schema_editor.connection.introspection.get_constraints(cursor, table)
    return [
        name for name, one in found.items() if one["foreign_key"] and one["columns"] == [column]
    ]


def remove_walls(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, column, parent in REPLACED:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_{column}_fk"
            f" FOREIGN KEY ({column}) REFERENCES {parent} (id) DEFERRABLE INITIALLY DEFERRED"
        )
    for table, column, _ in CHILDREN:
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_{column}_same_dealer")
    for table in PARENTS:
        schema_editor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {table}_of_dealer")


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("leads", "0005_dealer_walls")]

    operations = [migrations.RunPython(build_walls, remove_walls)]
