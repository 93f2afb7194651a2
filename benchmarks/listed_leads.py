"""The list that is imported: 20 columns as a dealer's old program writes them, and who of its
customers is known already."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from string import ascii_lowercase
from typing import Any

from xlsxwriter import Workbook

HEADERS = (
    *("Anfrage-Nr.", "Eingang", "Status", "Quelle", "Verkäufer", "Standort", "Anrede", "Vorname"),
    *("Nachname", "E-Mail", "Telefon", "Straße", "PLZ", "Ort", "Betreff", "Nachricht"),
    *("Fahrzeug", "Fahrzeugpreis", "Erwarteter Wert", "Wahrscheinlichkeit"),
)
STATUSES = ("Neu", "Kontaktiert", "Gewonnen", "Verloren")
SOURCES = ("Website", "Telefon", "Empfehlung")
LOCATION = "Garmisch-Partenkirchen"
SELLER = "verkauf.messlatte@example.org"

# The landline numbers that the Bundesnetzagentur keeps free for films and examples.
_PREFIXES = ("030 23125", "040 66969", "069 90009", "0221 4710", "089 99998")
_FIRST_NAMES = ("Jana", "Jörg", "Aylin", "Bernd", "Käthe", "Mehmet", "Sabine", "Uwe", "Žana")
_BEGIN = datetime(2024, 1, 2, 8)


def is_known(number: int) -> bool:
    """Three of ten rows are about somebody who is a customer already."""
    return number % 10 < 3


def person(number: int) -> dict[str, str]:
    """The same number is the same person; no two have a name, e-mail or phone in common."""
    name = "".join(random.Random(number).choices(ascii_lowercase, k=9)).capitalize()
    extension = f"{number // 5000:02d}"
    return {
        "first_name": _FIRST_NAMES[number % len(_FIRST_NAMES)],
        "last_name": f"{name}ß" if number % 7 == 0 else name,
        "email": f"{name.lower()}.{number}@example.org",
        "phone": f"{_PREFIXES[number // 1000 % 5]} {number % 1000:03d}-{extension}",
        "street": f"Übungsweg {number % 400}",
        "postal_code": f"{1100 + number % 90_000:05d}",
        "city": "Leipzig",
    }


def bring_known_customers(dealer: Any, number: int) -> None:
    """The customers of a list of so many rows who are here before it; Django is set up."""
    from django.db import connection

    from leads.models import Customer
    from leads.services.inserting import append

    known = [Customer(dealer=dealer, **person(n)) for n in range(number) if is_known(n)]
    for customer in known:
        customer.set_keys()
    append(Customer, known)
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {Customer._meta.db_table}")  # the others are empty or known


def rows(number: int) -> Iterator[tuple[Any, ...]]:
    """Cells in the order of HEADERS."""
    for n in range(number):
        who = person(n)
        yield (
            f"A-{n:06d}",
            _BEGIN + timedelta(minutes=n),
            STATUSES[n % len(STATUSES)],
            SOURCES[n % len(SOURCES)],
            SELLER if n % 3 else None,
            LOCATION if n % 2 else None,
            "Frau" if n % 2 else "Herr",
            who["first_name"],
            who["last_name"],
            who["email"],
            who["phone"],
            who["street"],
            who["postal_code"],
            who["city"],
            "Škoda Octavia Combi gesucht",
            "Ist der Wagen noch da? Ich würde ihn gern am Samstag ansehen.",
            "Škoda Octavia Combi 2.0 TDI",
            21990.0,
            21500.5 if n % 4 else None,
            n % 101,
        )


def write_list(path: Path, number: int) -> None:
    with Workbook(path, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet("Anfragen")
        as_time = workbook.add_format({"num_format": "dd.mm.yyyy hh:mm"})
        sheet.write_row(0, 0, HEADERS)
        for at, cells in enumerate(rows(number), 1):
            sheet.write_row(at, 0, cells)
            sheet.write_datetime(at, 1, cells[1], as_time)
