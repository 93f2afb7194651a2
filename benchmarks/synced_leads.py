"""One sync of all leads that wait at BDK, in a process of its own.

`python -m benchmarks.synced_leads URL NUMBER` prints a Sample as JSON. What it needs in the
database is made before its clock starts.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import sys
import time
from dataclasses import asdict
from typing import Any

import django
from django.core.management import call_command

from benchmarks.listed_leads import bring_known_customers
from benchmarks.measuring import Sample
from leadoffice.garbage import collect_rarely


def main() -> None:
    url, number = sys.argv[1], int(sys.argv[2])
    os.environ["DJANGO_SETTINGS_MODULE"] = "leadoffice.settings"
    django.setup()
    connection = _connection(url, number)
    from django.utils import timezone

    from integrations import inbox

    collect_rarely()  # as the worker does
    started, cpu = time.perf_counter(), time.process_time()
    run = inbox.pull(connection, now=timezone.now())
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    if (run.created, run.acknowledged) != (number, number):
        raise RuntimeError(f"{run.created} created, {run.acknowledged} acknowledged: {run.error}")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    sample = Sample(units=number, seconds=seconds, cpu_seconds=cpu, peak_mb=peak)
    print(json.dumps(asdict(sample)))


def _connection(url: str, number: int) -> Any:
    """Of a new dealer who knows three of ten of the customers, as for a list."""
    from integrations.models import Connection
    from leads.models import Dealer, Location

    call_command("migrate", verbosity=0)
    # A Partnernummer belongs to one location, and each round has a dealer of its own.
    Location.objects.update(bdk_partner_number="")
    dealer = Dealer.objects.create(name=f"Autohaus Messlatte {secrets.token_hex(4)} GmbH")
    Location.objects.create(dealer=dealer, name="Mitte", bdk_partner_number="0012345")
    bring_known_customers(dealer, number)
    return Connection.objects.create(
        dealer=dealer,
        name="BDK",
        base_url=f"{url}/bdk",
        token_url=f"{url}/bdk/oauth/token",
        client_id="leadoffice-demo",
        client_secret="demo-secret",
    )


if __name__ == "__main__":
    main()
