"""What a benchmark of LeadOffice needs in the database, and the enquiries that are sent to it."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from itertools import count, cycle, islice
from string import ascii_lowercase
from typing import Any

import django
from django.core.management import call_command

from benchmarks.serving import Post, as_json

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")

_numbers = count(1)
# The landline numbers that the Bundesnetzagentur keeps free for films and examples.
_PREFIXES = ("030 23125", "040 66969", "069 90009", "0221 4710", "089 99998")


def open_offices(number: int = 8) -> list[str]:
    """Migrate the database, make so many dealers, and return an API key of each that no limit
    slows down. Enquiries of one dealer are stored one after the other, those of several are not."""
    django.setup()
    from leads.models import ApiKey, Dealer  # only now are there models

    call_command("migrate", verbosity=0)
    keys = []
    for _ in range(number):
        dealer = Dealer.objects.create(name=f"Autohaus Messlatte {secrets.token_hex(4)} GmbH")
        _key, text = ApiKey.objects.create_key(
            dealer=dealer, name="Benchmark", system="benchmark", rate_per_minute=1_000_000
        )
        keys.append(str(text))
    return keys


def know_tables() -> None:
    """As autovacuum does within a minute of real work: plans for empty tables are given up."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def enquiry() -> dict[str, Any]:
    """A new person every time, with what a website usually sends."""
    number = next(_numbers)
    # The free phone numbers come again, so the names must not be alike: it would be one person.
    unique = "".join(secrets.choice(ascii_lowercase) for _ in range(10))
    return {
        "external_id": f"web-{unique}",
        "subject": "Škoda Octavia Combi gesucht",
        "contact": {
            "first_name": "Jana",
            "last_name": unique.capitalize(),
            "email": f"jana.{unique}@example.org",
            "phone": f"{_PREFIXES[number // 1000 % 5]} {number % 1000:03d}",
        },
        "address": {
            "street": f"Übungsweg {number}",
            "postal_code": f"{1000 + number % 90_000:05d}",
            "city": "Leipzig",
        },
        "status": "Neu",
        "source": "Website",
        "expected_value": "21990.00",
        "probability": 60,
        "urgency": "high",
        "budget_from": "18000.00",
        "budget_to": "23000.00",
        "message": "Ist der Wagen noch da? Ich würde ihn gern am Samstag ansehen.",
        "is_test": False,
    }


def posts(keys: Sequence[str], number: int) -> Iterator[Post]:
    """So many single creates, the dealers in turn."""
    for key in islice(cycle(keys), number):
        yield Post("/api/v1/leads/", _headers(key), as_json(enquiry()))


def batches(keys: Sequence[str], number: int, *, size: int) -> Iterator[Post]:
    """So many batches of `size` leads, the dealers in turn."""
    for key in islice(cycle(keys), number):
        body = {"leads": [enquiry() for _ in range(size)]}
        yield Post("/api/v1/leads/batch/", _headers(key), as_json(body))


def _headers(key: str) -> dict[str, str]:
    """Each request has an Idempotency-Key of its own."""
    return {
        "Authorization": f"Api-Key {key}",
        "Content-Type": "application/json",
        "Idempotency-Key": secrets.token_hex(16),
    }
