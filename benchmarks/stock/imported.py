"""A list imported the stock way, and as fast as it goes: the yardsticks of excel_import.

Both begin with the customers that are known already, in tables of their own that hold nothing else.
"""

from __future__ import annotations

from pathlib import Path

import python_calamine
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from import_export import fields, resources, widgets
from import_export.formats.base_formats import XLSX

from benchmarks.listed_leads import HEADERS, LOCATION, SELLER, SOURCES, STATUSES, is_known, person
from benchmarks.stock.models import Customer, ListedLead, Location, Seller, Source, Status

# The list's headers of a customer's columns.
_CUSTOMER = {
    "salutation": "Anrede",
    "first_name": "Vorname",
    "last_name": "Nachname",
    "email": "E-Mail",
    "phone": "Telefon",
    "street": "Straße",
    "postal_code": "PLZ",
    "city": "Ort",
}


def prepare(number: int) -> None:
    """Make the tables, empty but for the known customers of a list of so many rows."""
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA IF NOT EXISTS {settings.SCHEMA}")
    call_command("migrate", "--run-syncdb", verbosity=0)
    for model in (ListedLead, Customer, Location, Seller, Status, Source):
        model.objects.all().delete()
    Status.objects.bulk_create(Status(name=name) for name in STATUSES)
    Source.objects.bulk_create(Source(name=name) for name in SOURCES)
    Seller.objects.create(email=SELLER)
    Location.objects.create(name=LOCATION)
    known = (person(n) for n in range(number) if is_known(n))
    Customer.objects.bulk_create([Customer(**who) for who in known], batch_size=2000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


class LeadResource(resources.ModelResource):
    """As the library's documentation writes it: a widget for each foreign key, and customers made
    on the way."""

    external_id = fields.Field("external_id", "Anfrage-Nr.")
    received_at = fields.Field("received_at", "Eingang", widgets.DateTimeWidget())
    status = fields.Field("status", "Status", widgets.ForeignKeyWidget(Status, "name"))
    source = fields.Field("source", "Quelle", widgets.ForeignKeyWidget(Source, "name"))
    seller = fields.Field("seller", "Verkäufer", widgets.ForeignKeyWidget(Seller, "email"))
    location = fields.Field("location", "Standort", widgets.ForeignKeyWidget(Location, "name"))
    customer = fields.Field("customer", "E-Mail", widgets.ForeignKeyWidget(Customer, "email"))
    subject = fields.Field("subject", "Betreff")
    message = fields.Field("message", "Nachricht")
    vehicle_name = fields.Field("vehicle_name", "Fahrzeug")
    vehicle_price = fields.Field("vehicle_price", "Fahrzeugpreis", widgets.DecimalWidget())
    expected_value = fields.Field("expected_value", "Erwarteter Wert", widgets.DecimalWidget())
    probability = fields.Field("probability", "Wahrscheinlichkeit", widgets.IntegerWidget())

    class Meta:
        model = ListedLead
        import_id_fields = ("external_id",)

    def before_import_row(self, row, **kwargs):
        said = {name: row[header] or "" for name, header in _CUSTOMER.items()}
        Customer.objects.get_or_create(email=said.pop("email"), defaults=said)


def as_stock(path: Path) -> int:
    """Read and try, read and import: what the library's admin does between upload and result."""
    for dry_run in (True, False):
        dataset = XLSX().create_dataset(path.read_bytes())
        result = LeadResource().import_data(
            dataset, dry_run=dry_run, rollback_on_validation_errors=True
        )
        if result.has_errors() or result.has_validation_errors():
            raise RuntimeError(result.row_errors()[:1])
    return len(dataset)


def as_floor(path: Path) -> int:
    """Read, COPY into a table without types, and let two statements do the rest."""
    sheet = python_calamine.CalamineWorkbook.from_path(str(path)).get_sheet_by_index(0)
    rows = iter(sheet.iter_rows())
    next(rows)
    columns = ", ".join(f'"{header}" text' for header in HEADERS)
    count = 0
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE staging ({columns})")
        with cursor.copy("COPY staging FROM STDIN") as copy:
            for count, cells in enumerate(rows, 1):  # noqa: B007
                copy.write_row([str(cell) if cell != "" else None for cell in cells])
        cursor.execute(_UPSERT_CUSTOMERS)
        cursor.execute(_UPSERT_LEADS)
        cursor.execute("DROP TABLE staging")
    return count


_NAMES = ", ".join(_CUSTOMER)
_SAID = ", ".join(f"""coalesce("{header}", '')""" for header in _CUSTOMER.values())
_CUSTOMERS, _LEADS = Customer._meta.db_table, ListedLead._meta.db_table
_UPSERT_CUSTOMERS = f"""
INSERT INTO {_CUSTOMERS} ({_NAMES}) SELECT DISTINCT ON ("E-Mail") {_SAID} FROM staging
ON CONFLICT (email) DO NOTHING"""
_UPSERT_LEADS = f"""
INSERT INTO {_LEADS} (external_id, received_at, status_id, source_id, seller_id, location_id,
    customer_id, subject, message, vehicle_name, vehicle_price, expected_value, probability)
SELECT "Anfrage-Nr.", "Eingang"::timestamptz, status.id, source.id, seller.id, location.id,
    customer.id, "Betreff", "Nachricht", "Fahrzeug", "Fahrzeugpreis"::numeric,
    "Erwarteter Wert"::numeric, "Wahrscheinlichkeit"::numeric::smallint
FROM staging
JOIN {Status._meta.db_table} AS status ON status.name = "Status"
JOIN {Source._meta.db_table} AS source ON source.name = "Quelle"
JOIN {_CUSTOMERS} AS customer ON customer.email = "E-Mail"
LEFT JOIN {Seller._meta.db_table} AS seller ON seller.email = "Verkäufer"
LEFT JOIN {Location._meta.db_table} AS location ON location.name = "Standort"
ON CONFLICT (external_id) DO UPDATE SET
    received_at = excluded.received_at, status_id = excluded.status_id,
    source_id = excluded.source_id, seller_id = excluded.seller_id,
    location_id = excluded.location_id, customer_id = excluded.customer_id,
    subject = excluded.subject, message = excluded.message,
    vehicle_name = excluded.vehicle_name, vehicle_price = excluded.vehicle_price,
    expected_value = excluded.expected_value, probability = excluded.probability
"""
