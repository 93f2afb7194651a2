"""On PostgreSQL, the wall between dealers in the database: a row points only to its dealer's rows.

Each foreign key below is replaced by one that includes the dealer. Like Django's own it is checked
at the end of the transaction. Not on SQLite: Django changes a table there by building it anew from the
models, which would drop these constraints unseen; there the scoped queries and the tests stand alone.
"""

from django.db import migrations

PARENTS = [
    "leads_customer",
    "leads_vehicle",
    "leads_location",
    "leads_lead",
    "leads_apikey",
    "leads_event",  # its deliveries: integrations, 0002
    "leads_intakeentry",  # likewise
    "leads_merge",
    "leads_changebatch",
    "leads_listimport",
]

# table, column, table it points to
CHILDREN = [
    ("leads_lead", "customer_id", "leads_customer"),
    ("leads_lead", "vehicle_id", "leads_vehicle"),
    ("leads_lead", "location_id", "leads_location"),
    ("leads_vehicle", "location_id", "leads_location"),
    ("leads_activity", "lead_id", "leads_lead"),
    ("leads_lead", "merged_into_id", "leads_lead"),
    ("leads_customer", "merged_into_id", "leads_customer"),
    ("leads_enquiry", "lead_id", "leads_lead"),
    ("leads_enquiry", "vehicle_id", "leads_vehicle"),
    ("leads_task", "lead_id", "leads_lead"),
    ("leads_unmappedname", "location_id", "leads_location"),
    ("leads_apiusage", "key_id", "leads_apikey"),
    ("leads_apikey", "renewed_from_id", "leads_apikey"),
    ("leads_intakeentry", "lead_id", "leads_lead"),
    ("leads_changebatch", "merge_id", "leads_merge"),
    ("leads_enquiry", "change_batch_id", "leads_changebatch"),
    ("leads_listimport", "change_batch_id", "leads_changebatch"),
    ("leads_listrow", "list_import_id", "leads_listimport"),
    ("leads_tagchange", "change_batch_id", "leads_changebatch"),
    ("leads_tagchange", "lead_id", "leads_lead"),
    ("leads_enquirychange", "change_batch_id", "leads_changebatch"),
    ("leads_enquirychange", "lead_id", "leads_lead"),
    ("leads_entrychange", "change_batch_id", "leads_changebatch"),
    ("leads_status", "change_batch_id", "leads_changebatch"),
    ("leads_source", "change_batch_id", "leads_changebatch"),
    ("leads_category", "change_batch_id", "leads_changebatch"),
    ("leads_closereason", "change_batch_id", "leads_changebatch"),
    ("leads_tag", "change_batch_id", "leads_changebatch"),
    ("leads_openinghours", "location_id", "leads_location"),
    ("leads_closedday", "location_id", "leads_location"),
    ("leads_matchsuggestion", "customer_id", "leads_customer"),
    ("leads_matchsuggestion", "candidate_id", "leads_customer"),
]

# What Django checks and the walls check as well; each check of a new row costs as much as an index.
REPLACED = [
    *CHILDREN,
    # Their lead, or list, is never empty and knows the dealer.
    ("leads_activity", "dealer_id", "leads_dealer"),
    ("leads_enquiry", "dealer_id", "leads_dealer"),
    ("leads_task", "dealer_id", "leads_dealer"),
    ("leads_listrow", "dealer_id", "leads_dealer"),
]


def build_walls(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in PARENTS:
        schema_editor.execute(
            f"ALTER TABLE {table} ADD CONSTRAINT {table}_of_dealer UNIQUE (id, dealer_id)"
        )
    for table, column, parent in CHILDREN:
        # An empty column points nowhere and is not checked (MATCH SIMPLE).
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
    dependencies = [("leads", "0004_search_indexes")]

    operations = [migrations.RunPython(build_walls, remove_walls)]
