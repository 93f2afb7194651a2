"""Leads that wait at BDK, three of ten of known customers, and the simulated BDK that serves them.

`python -m benchmarks.waiting_leads NUMBER` serves so many until its standard input ends, and prints
its address.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import django

from benchmarks.listed_leads import person
from benchmarks.serving import ROOT

_TYPES = ("1a", "1b", "1d", "1f", "2b", "3a", "5a", "6b", "7a", "8c")


def waiting_lead(number: int) -> dict[str, Any]:
    """As in shared samples: what most leads bring, and what a few do."""
    who = person(number)
    return {
        "leadId": f"DLC-{number:06d}",
        "version": 1,
        "bdkLeadTypeId": _TYPES[number % len(_TYPES)],
        "createdAt": "2026-03-02T09:15:04+01:00",
        "isTest": False,
        "customer": {
            "salutation": "FRAU" if number % 2 else "HERR",
            "firstName": who["first_name"],
            "lastName": who["last_name"],
            "email": who["email"],
            "phone": who["phone"],
            "street": "Übungsweg",
            "houseNumber": str(number % 400),
            "postalCode": who["postal_code"],
            "city": who["city"],
            "country": "DE",
            "preferredChannel": "PHONE",
        },
        "vehicle": {
            "offerId": f"A-{number}",
            "make": "Škoda",
            "model": "Octavia",
            "variant": "Combi 2.0 TDI",
            "condition": "USED",
            "firstRegistration": "2022-05",
            "mileageKm": 31500,
            "price": "21990.00",
            "currency": "EUR",
        },
        "finance": {"kind": "FINANCE", "termMonths": 48} if number % 4 == 0 else None,
        "comment": "Ist der Wagen noch da? Ich würde ihn gern am Samstag ansehen.",
        "consents": [{"purpose": "CONTACT", "granted": True, "grantedAt": "2026-03-02T09:15:00Z"}],
    }


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadoffice.settings")
    django.setup()
    from integrations.simulator.server import PartnerSimulator

    with PartnerSimulator(ROOT / "tests" / "samples" / "bdk_leads_page.json") as simulator:
        simulator.bdk.items = [waiting_lead(number) for number in range(int(sys.argv[1]))]
        simulator.bdk.page_size = 200
        print(simulator.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
