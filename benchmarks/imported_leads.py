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
from functools import partial
from pathlib import Path
from typing import Any

import django
from django.core.management import call_command

from benchmarks.listed_leads import LOCATION, SELLER, is_known, person
from benchmarks.measuring import Sample

_PORTION = 1000  # rows


def leadoffice(path: Path, number: int) -> Callable[[], int]:
    """A new dealer with the known customers of the list, and the import of it by the worker."""
    _begin("leadoffice.settings")
    from django.db import connection

    from leads.models import Customer, Dealer, Location, Membership, Role, User
    from leads.services.inserting import append

    call_command("migrate", verbosity=0)
    unique = secrets.token_hex(4)
    dealer = Dealer.objects.create(name=f"Autohaus Messlatte {unique} GmbH")
    user = User.objects.create(username=f"messlatte-{unique}")
    seller, _is_new = User.objects.get_or_create(username=SELLER, defaults={"email": SELLER})
    Membership.objects.create(dealer=dealer, user=user, role=Role.MANAGER)
    Membership.objects.create(dealer=dealer, user=seller, role=Role.SELLER)
    Location.objects.create(dealer=dealer, name=LOCATION)
    known = [Customer(dealer=dealer, **person(n)) for n in range(number) if is_known(n)]
    for customer in known:
        customer.set_keys()
    append(Customer, known)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return partial(_import_list, dealer, user, path)


def _import_list(dealer: Any, user: Any, path: Path) -> int:
    """What the worker does with an uploaded list, from reading it to its last lead."""
    from itertools import islice

    from django.utils import timezone

    from leads.models import ChangeBatch, Channel, Outcome
    from leads.resources.parsing import RowParser
    from leads.resources.reading import open_list
    from leads.resources.rows import SENDER, rows_of
    from leads.services.change_batches import close_batch, open_batch
    from leads.services.intake import book, process

    now, created = timezone.now(), 0
    batch = open_batch(dealer.pk, ChangeBatch.Kind.IMPORT, by=user, now=now)
    with path.open("rb") as upload, open_list(upload) as found:
        numbered = found.rows()
        while portion := list(islice(numbered, _PORTION)):
            numbers, body = zip(*portion, strict=True)
            rows = rows_of(found.info.headers, body, numbers)
            messages = [row.as_message(found.info.digest) for row in rows]
            entries = book(dealer, channel=Channel.EXCEL, sender=SENDER, messages=messages, now=now)
            parse = RowParser(dealer, entries, now=now, user=user)
            receipts = process(dealer, entries, parse, now=now, actor=user, change_batch=batch)
            created += sum(bool(one and one.outcome == Outcome.CREATED) for one in receipts)
    close_batch(batch)
    return created


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
