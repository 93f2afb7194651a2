"""The three ways in which leads are exported, each in a process of its own, and the leads.

`python -m benchmarks.exported_leads WAY DEALER` prints a Sample as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import django
from django.core.management import call_command

from benchmarks.measuring import Sample

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")

COLUMNS = (
    *("number", "received_at", "status", "source", "owner", "location", "first_name", "last_name"),
    *("email", "street", "postal_code", "city", "phone", "subject", "message", "vehicle_name"),
    *("vehicle_price", "expected_value", "probability", "follow_up_at"),
)
# Where stock and floor find what a column shows.
_PATHS = {
    "status": "status__name",
    "source": "source__name",
    "owner": "owner__email",
    "location": "location__name",
}
_PATH_OF_COLUMN = [_PATHS.get(name, name) for name in COLUMNS]
_BATCH = 5000


def prepare(number: int) -> int:
    """Migrate, and make so many leads of one new dealer; its id. The dealer has a manager."""
    django.setup()
    from leads.models import Dealer, Lead, Location, Membership, Role, User

    call_command("migrate", verbosity=0)
    unique = secrets.token_hex(4)
    dealer = Dealer.objects.create(name=f"Autohaus Messlatte {unique} GmbH")
    user = User.objects.create(username=f"messlatte-{unique}", email=f"m.{unique}@example.org")
    Membership.objects.create(dealer=dealer, user=user, role=Role.MANAGER)
    location = Location.objects.create(dealer=dealer, name="Garmisch-Partenkirchen")
    leads = _leads(dealer, user, location, number)
    while Lead.objects.bulk_create([lead for lead, _ in zip(leads, range(_BATCH), strict=False)]):
        pass
    return dealer.pk


def _leads(dealer: Any, user: Any, location: Any, number: int) -> Iterator[Any]:
    from django.utils import timezone

    from leads.models import Lead, Source, Status

    statuses = list(Status.objects.filter(dealer=None))
    sources = list(Source.objects.filter(dealer=None))
    now = timezone.now()
    for n in range(number):
        yield Lead(
            dealer=dealer,
            number=f"L-{now.year}-{n:06d}",
            status=statuses[n % len(statuses)],
            source=sources[n % len(sources)],
            owner=user if n % 3 else None,
            location=location if n % 2 else None,
            first_name="Jörg",
            last_name=f"Größling {n % 4999}",
            email=f"kunde.{n}@example.org",
            street=f"Übungsweg {n % 200}",
            postal_code=f"{1000 + n % 90_000:05d}",
            city="Leipzig",
            phone=f"030 23125 {n % 1000:03d}",
            subject="Škoda Octavia Combi gesucht",
            message="Ist der Wagen noch da? Ich würde ihn gern am Samstag ansehen.",
            vehicle_name="Škoda Octavia Combi 2.0 TDI",
            vehicle_price=Decimal("21990.00"),
            expected_value=Decimal("21500.50") if n % 4 else None,
            probability=n % 101,
            received_at=now - timedelta(minutes=n),
            enquired_at=now - timedelta(minutes=n + 1),
            follow_up_at=now + timedelta(minutes=n) if n % 2 else None,
        )


def as_leadoffice(dealer: int) -> int:
    """Ordered as on the page, written as by the worker, stored in the storage."""
    from django.utils import timezone

    from leads.resources.exporting import write_for_download

    export = _ordered(dealer)
    written = write_for_download(export, clock=timezone.now)
    export.delete_file()
    return written


def seconds_until_progress(dealer: int) -> tuple[float, float]:
    """Until the export is ordered, so that its page shows how far it is, and until a worker that is
    free has written the first thousand rows."""
    from leads.resources.exporting import write_export

    started = time.perf_counter()
    export = _ordered(dealer)
    ordered = time.perf_counter() - started
    written: list[float] = []
    with tempfile.TemporaryFile() as target:
        write_export(
            export, target, progress=lambda _rows: written.append(time.perf_counter() - started)
        )
    export.delete()
    return ordered, written[0]


def _ordered(dealer: int) -> Any:
    from django.utils import timezone

    from leads.models import Dealer, ExportFormat, ExportOrigin, Lead, User
    from leads.resources.exporting import order_export

    user = User.objects.get(memberships__dealer=dealer)
    return order_export(
        Dealer.objects.get(pk=dealer),
        Lead.objects.for_user(user),
        user=user,
        now=timezone.now(),
        origin=ExportOrigin.PAGE,
        format=ExportFormat.XLSX,
        columns=list(COLUMNS),
    )


def as_stock(dealer: int) -> int:
    from import_export import resources
    from import_export.formats.base_formats import XLSX

    from leads.models import Lead

    class LeadResource(resources.ModelResource):
        class Meta:
            model = Lead
            fields = _PATH_OF_COLUMN
            export_order = _PATH_OF_COLUMN

    rows = Lead.objects.filter(dealer=dealer)
    rows = rows.select_related("status", "source", "owner", "location")
    dataset = LeadResource().export(rows)
    with tempfile.TemporaryFile() as target:
        target.write(XLSX().export_data(dataset))
    return len(dataset)


def as_floor(dealer: int) -> int:
    from rustpy_xlsxwriter import write_worksheet

    from leads.models import Lead

    rows = Lead.objects.filter(dealer=dealer).values_list(*_PATH_OF_COLUMN)
    count = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal count
        for count, row in enumerate(rows.iterator(), 1):  # noqa: B007
            yield {
                name: cell.replace(tzinfo=None) if hasattr(cell, "tzinfo") else cell
                for name, cell in zip(COLUMNS, row, strict=True)
            }

    with tempfile.NamedTemporaryFile(suffix=".xlsx") as target:
        write_worksheet(records(), target.name)
    return count


_WAYS = {"LeadOffice": as_leadoffice, "stock": as_stock, "floor": as_floor}


def main() -> None:
    way, dealer = sys.argv[1:]
    django.setup()
    started, cpu = time.perf_counter(), time.process_time()
    units = _WAYS[way](int(dealer))
    sample = Sample(
        units=units,
        seconds=time.perf_counter() - started,
        cpu_seconds=time.process_time() - cpu,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    print(json.dumps(asdict(sample)))


if __name__ == "__main__":
    main()
