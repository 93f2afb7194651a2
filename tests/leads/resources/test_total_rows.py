"""Rows that sum up or divide others are set aside in sight; people may say that one is an entry."""

import pytest
from django.utils import timezone

from leads.models import Customer, IntakeEntry, Lead, ListKind, OnExisting, Outcome, Vehicle
from leads.resources.import_deciding import decide_row
from tests import builders
from tests.leads.resources.importing import check, finish_check, imported, outcomes, run, upload

pytestmark = pytest.mark.django_db

HEADERS = ("Name", "E-Mail", "Telefon", "Stück", "Preis")
TOTALS = (
    ("Summe", None, None, 12, 25000.5),
    ("Gesamt:", None, None, None, "25.000,50 €"),
    (None, None, "Anzahl: 120", None, None),
    ("Anzahl Kunden", None, 120, None, None),
    ("Zwischensumme März 2025", None, None, 3, None),
    ("Golf Ergebnis", None, None, 3, None),
    ("Total", "120 Kunden", None, None, None),
    ("Σ", None, None, None, "12,5 %"),
    ("Gesamt", "8 Interessenten", None, None, 193380),
    ("Januar 2025", None, None, None, None),
    (None, "KW 12", None, None, None),
    ("Gedruckt am 14.11.2025, Seite 1 von 1", None, None, None, None),
)
ENTRIES = (
    ("Groß", "gross@example.org", None, 1, 100),
    ("Summe", "summe@example.org", None, None, 100),
    ("Gesamt", None, "0341 123456", None, None),
    ("Total", None, 3411234567, None, None),
    ("Anzahl, Karl", None, None, 1, 100),
    ("Summe", None, None, "bitte anrufen", 100),
    ("Gesamt Autoteile GmbH", None, None, None, 100),
    ("Summe", None, None, "50667 Köln", 100),
    ("Mai", "mai@example.org", None, None, None),
    ("Seite", None, None, None, None),
)


@pytest.fixture
def dealer():
    return builders.make_dealer()


def test_rows_of_totals_become_nothing_and_stay_in_sight(dealer):
    found = imported(dealer, HEADERS, *ENTRIES, *TOTALS)

    first = 2 + len(ENTRIES)
    assert outcomes(found) == [
        *((number, "created") for number in range(2, first)),
        *((number, "skipped") for number in range(first, first + len(TOTALS))),
    ]
    assert Lead.objects.count() == len(ENTRIES)
    last = found.rows.last()
    assert last.reason == (
        "Sieht nach einer Summenzeile oder Zwischenüberschrift aus und wird nicht importiert."
    )
    aside = IntakeEntry.objects.filter(outcome=Outcome.SET_ASIDE)
    assert aside.count() == len(TOTALS)
    assert "Summe" in aside.order_by("pk").first().raw


@pytest.mark.parametrize(
    ("kind", "headers", "model"),
    [
        (ListKind.CUSTOMERS, ("Nachname", "E-Mail", "Umsatz"), Customer),
        (ListKind.VEHICLES, ("Interne Nummer", "Marke", "Preis"), Vehicle),
    ],
)
def test_nor_do_they_become_customers_or_vehicles(dealer, kind, headers, model):
    found = imported(dealer, headers, ("A1", None, 100), ("Summe", None, 100), kind=kind)

    assert outcomes(found) == [(2, "created"), (3, "skipped")]
    assert model.objects.count() == 1


def test_somebody_may_say_that_it_is_an_entry_and_take_that_back(dealer):
    found = check(upload(dealer, HEADERS, ENTRIES[0], TOTALS[0]))
    assert found.rows.get(number=3).plan == "total"

    decide_row(found, 3, OnExisting.NEW, now=timezone.now())
    assert found.rows.get(number=3).plan == "new"
    decide_row(found, 3, None, now=timezone.now())
    assert found.rows.get(number=3).plan == "total"

    decide_row(found, 3, OnExisting.NEW, now=timezone.now())
    finish_check(found)
    run(found)
    assert outcomes(found) == [(2, "created"), (3, "created")]
