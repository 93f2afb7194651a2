"""`check_automanager_exports` on 20 exports × 2,000 vehicles × 5 days of transmissions over HTTP.

Cases: the first check of a connection (everything is new), the next one (everything is known), and
as floor the same pages, fetched and read as JSON by `requests` and nothing else. The goal is one of
time and memory, so the ratio is what is allowed over what the first check took, the worse of both.
Each round is a process of its own, so that its peak memory is its own.
"""

from __future__ import annotations

import json
import os
import resource
import secrets
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.core.management import CommandError, call_command

from benchmarks.export_partner import CODE
from benchmarks.measuring import Case, Sample, conclude, is_quick, measure
from benchmarks.serving import ROOT

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")

ALLOWED_SECONDS = 60
ALLOWED_MB = 300
APPS, DAYS = 20, 5


def main() -> None:
    quick = is_quick()
    vehicles = 200 if quick else 2_000
    django.setup()
    call_command("migrate", verbosity=0)
    with _partner(APPS, vehicles, DAYS) as url:
        last: list[int] = []

        def first() -> Sample:
            last[:] = [_connect(url)]
            return _measured("check", str(last[0]), APPS * vehicles * DAYS)

        cases = [
            Case("first check", first),
            Case("next check", lambda: _measured("check", str(last[0]), APPS * vehicles * DAYS)),
            Case("floor", lambda: _measured("floor", url, APPS * vehicles * DAYS)),
        ]
        measure(cases, unit="transmission")
    samples = cases[0].samples
    seconds = statistics.median(one.seconds for one in samples)
    peak = max(one.peak_mb for one in samples)
    allowed = ALLOWED_SECONDS / 10 if quick else ALLOWED_SECONDS
    print(f"first check: {seconds:.1f} s (≤ {allowed:g}), {peak:.0f} MB (≤ {ALLOWED_MB})")
    conclude("export_checks", min(allowed / seconds, ALLOWED_MB / peak), goal=1)


@contextmanager
def _partner(*sizes: int) -> Iterator[str]:
    command = [sys.executable, "-m", "benchmarks.export_partner", *map(str, sizes)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield (process.stdout.readline() if process.stdout else "").strip()
        finally:
            process.terminate()


def _connect(url: str) -> int:
    """A new dealer's connection to it; its id."""
    from integrations.models import Connection, Partner
    from integrations.simulator.automanager import ACCESS_TOKEN
    from leads.models import Dealer, Location

    dealer = Dealer.objects.create(name=f"Autohaus Messlatte {secrets.token_hex(4)} GmbH")
    Location.objects.create(dealer=dealer, name="Hauptbetrieb", automanager_code=CODE)
    connection = Connection.objects.create(
        dealer=dealer,
        partner=Partner.AUTOMANAGER,
        name="Automanager",
        base_url=url,
        access_token=ACCESS_TOKEN,
    )
    return connection.pk


def _measured(way: str, what: str, units: int) -> Sample:
    command = [sys.executable, "-m", "benchmarks.export_checks", way, what]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return Sample(units=units, **json.loads(done.stdout.splitlines()[-1]))


def _check(connection: str) -> None:
    """As from the command line; that something was found is no failure here."""
    from io import StringIO

    from integrations.management.commands.check_automanager_exports import SOMETHING_FOUND

    try:
        call_command("check_automanager_exports", connection=int(connection), stdout=StringIO())
    except CommandError as error:
        if error.returncode != SOMETHING_FOUND:
            raise


def _floor(url: str) -> None:
    import requests

    from integrations.simulator.automanager import ACCESS_TOKEN

    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {ACCESS_TOKEN}"

        def pages(path: str) -> Iterator[Any]:
            cursor: str | None = ""
            while cursor is not None:
                page = session.get(url + path, params={"cursor": cursor}, timeout=30).json()
                yield page["items"]
                cursor = page["next_cursor"]

        apps = [app["id"] for items in pages("/v1/export-apps") for app in items]
        lists = ("runs", "transmissions", "listings")
        for path in ["/v1/stock", *(f"/v1/export-apps/{a}/{one}" for a in apps for one in lists)]:
            for _items in pages(path):
                pass


def one_round(way: str, what: str) -> None:
    django.setup()
    started, cpu = time.perf_counter(), time.process_time()
    {"check": _check, "floor": _floor}[way](what)
    took = {
        "seconds": time.perf_counter() - started,
        "cpu_seconds": time.process_time() - cpu,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(took))


if __name__ == "__main__":
    if sys.argv[1:2] in (["check"], ["floor"]):
        one_round(*sys.argv[1:])
    else:
        main()
