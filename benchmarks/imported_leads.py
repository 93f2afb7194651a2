"""The three ways in which a list is imported, each in a process of its own.

`python -m benchmarks.imported_leads WAY FILE ROWS` prints a Sample as JSON. What each way needs in
the database is made before its clock starts.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from benchmarks.listed_leads import LOCATION, SELLER, bring_known_customers
from benchmarks.measuring import Sample
from leadoffice.garbage import collect_rarely


def leadoffice(path: Path, number: int) -> Callable[[], int]:
    """A new dealer with the known customers of the list, and the import of it by the worker."""
    _begin("leadoffice.settings")

    from leads.models import Dealer, Location, Membership, Role, User

    call_command("migrate", verbosity=0)
    unique = secrets.token_hex(4)
    dealer = Dealer.objects.create(name=f"Autohaus Messlatte {unique} GmbH")
    user = User.objects.create(username=f"messlatte-{unique}")
    seller, _is_new = User.objects.get_or_create(username=SELLER, defaults={"email": SELLER})
    Membership.objects.create(dealer=dealer, user=user, role=Role.MANAGER)
    Membership.objects.create(dealer=dealer, user=seller, role=Role.SELLER)
    Location.objects.create(dealer=dealer, name=LOCATION)
    bring_known_customers(dealer, number)
    collect_rarely()  # as the worker does
    return partial(_import_list, dealer, user, path)


def _import_list(dealer: Any, user: Any, path: Path) -> int:
    """All that happens to a list between its upload and its last lead, but for the people: kept,
    read into rows, columns assigned as proposed, every row looked at, imported."""
    from django.utils import timezone

    from leads.models import ImportState, RowOutcome
    from leads.resources.import_checking import check_portion
    from leads.resources.import_deciding import assign_columns, look_at_rows
    from leads.resources.import_mapping import ListMapping
    from leads.resources.import_running import import_portion, start
    from leads.resources.import_staging import order_import, read_list

    def now() -> datetime:
        return timezone.now()

    with path.open("rb") as upload:
        size = path.stat().st_size
        ordered = order_import(dealer, upload, file_name=path.name, size=size, user=user, now=now())
    if ordered.state == ImportState.READING:  # small ones are read at once
        read_list(ordered, now=now())
    mapping = ListMapping.of(ordered)
    assign_columns(ordered, mapping.columns, mapping.fixed, by=user, now=now())
    look_at_rows(ordered, now=now())
    while check_portion(ordered, now=now()):
        pass
    start(ordered, now=now())
    while import_portion(ordered, now=now()):
        pass
    return int(ordered.outcomes[RowOutcome.CREATED])


def stock(path: Path, number: int) -> Callable[[], int]:
    _begin("benchmarks.stock.settings")
    from benchmarks.stock import imported

    imported.prepare(number)
    return partial(imported.as_stock, path)


def floor(path: Path, number: int) -> Callable[[], int]:
    _begin("benchmarks.stock.settings")
    from benchmarks.stock import imported

    imported.prepare(number)
    return partial(imported.as_floor, path)


def _begin(settings: str) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = settings
    django.setup()


_WAYS = {"LeadOffice": leadoffice, "stock": stock, "floor": floor}


def _cpu_seconds() -> float:
    """With the process that reads the workbook."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def main() -> None:
    way, path, rows = sys.argv[1:]
    run = _WAYS[way](Path(path), int(rows))
    started, cpu = time.perf_counter(), _cpu_seconds()
    units = run()
    seconds = time.perf_counter() - started
    if units != int(rows):
        raise RuntimeError(f"{units} of {rows} rows became leads")
    sample = Sample(
        units=units,
        seconds=seconds,
        cpu_seconds=_cpu_seconds() - cpu,
        peak_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    )
    print(json.dumps(asdict(sample)))


if __name__ == "__main__":
    main()
