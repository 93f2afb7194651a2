"""Lists of vehicles: from the file to the stock."""

import io

import openpyxl
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from leads.models import ChangeBatch, Lead, ListKind, OnExisting, Plan, RowOutcome, Vehicle
from leads.resources.import_deciding import correct_cell, decide_row
from leads.resources.import_mapping import ListMapping
from leads.resources.import_results import write_errors, write_result
from leads.resources.import_values import valued_columns
from tests import builders
from tests.leads.resources import importing
from tests.leads.resources.importing import check, outcomes, plans, run

pytestmark = pytest.mark.django_db

HEADERS = ("Interne Nr.", "FIN", "Marke", "Modell", "Preis", "Status")
VIN, OTHER_VIN = "WVWZZZAUZLW000001", "WVWZZZAUZLW000002"
GOLF = ("4711", VIN, "VW", "Golf", "21.990,00 €", "Bestand")
POLO = ("4712", OTHER_VIN, "VW", "Polo", "12.500 €", "reserviert")


@pytest.fixture
def dealer():
    return builders.make_dealer()


def upload(dealer, *rows, **options):
    return importing.upload(dealer, *rows, kind=ListKind.VEHICLES, **options)


def imported(dealer, *rows, **options):
    return run(check(upload(dealer, *rows), **options))


def changes(found, number):
    return [tuple(one) for one in found.rows.get(number=number).notes["changes"]]


def test_a_stock_list_becomes_vehicles(dealer):
    location = builders.make_location(dealer, name="Filiale 2", aliases=["Leipzig Süd"])
    headers = (
        *("Fahrzeugnummer", "Fahrgestellnummer", "Hersteller", "Baureihe", "Ausstattung"),
        *("Zustand", "EZ", "km-Stand", "PS", "Kraftstoff", "VK-Preis", "Inserat", "Filiale"),
    )
    row = (
        *("4711", "wvw zzz auzlw000001", "VW", "Golf", "Style", "Vorführwagen", "05/2024"),
        *("12.500 km", "150", "Benzin", "21.990,00 €", "www.example.org/4711", "leipzig süd"),
    )

    found = imported(dealer, headers, row)

    car = Vehicle.objects.get()
    assert (car.dealer, car.internal_number, car.vin) == (dealer, "4711", VIN)
    assert (car.make, car.model, car.variant, car.fuel) == ("VW", "Golf", "Style", "Benzin")
    assert (car.condition, car.first_registration) == (Vehicle.Condition.DEMO, "2024-05")
    assert (car.mileage_km, car.power_kw, car.price) == (12_500, 110, 21_990)
    assert (car.url, car.location) == ("https://www.example.org/4711", location)
    assert car.state == Vehicle.State.IN_STOCK  # what stands in a stock list is
    assert "golf" in car.search_text
    assert outcomes(found) == [(2, RowOutcome.CREATED)]
    [version] = car.history.all()
    assert version.change_batch == found.change_batch
    assert found.change_batch.created_count == 1


def test_our_own_labels_are_known(dealer):
    labels = [str(Vehicle._meta.get_field(name).verbose_name) for name in ("vin", "price", "url")]

    found = upload(dealer, ("Eigene Nummer", *labels), ("1", VIN, "5", "example.org"))

    assert ListMapping.of(found).columns == ("internal_number", "vin", "price", "url")


@pytest.mark.parametrize(
    ("decision", "outcome", "price", "fuel", "number"),
    [
        (OnExisting.UPDATE, RowOutcome.UPDATED, 19_990, "Benzin", 1),
        (OnExisting.FILL, RowOutcome.UPDATED, 21_990, "Benzin", 1),
        (OnExisting.SKIP, RowOutcome.SKIPPED, 21_990, "", 1),
        (OnExisting.NEW, RowOutcome.CREATED, 21_990, "", 2),
    ],
)
def test_what_is_done_with_a_known_car(dealer, decision, outcome, price, fuel, number):
    imported(dealer, HEADERS, GOLF)

    found = imported(
        dealer, ("FIN", "Preis", "Kraftstoff"), (VIN, "19.990", "Benzin"), on_existing=decision
    )

    assert outcomes(found) == [(2, outcome)]
    assert Vehicle.objects.count() == number
    car = Vehicle.objects.order_by("pk").first()
    assert (car.price, car.fuel, car.model) == (price, fuel, "Golf")


def test_the_preview_says_what_the_import_does(dealer):
    imported(dealer, HEADERS, GOLF)
    found = check(
        upload(
            dealer,
            HEADERS,
            (*GOLF[:4], "19.990", "verkauft"),
            POLO,
            ("4711", VIN, "VW", "Golf", "19.990", "verkauft"),
            ("4711", OTHER_VIN, "VW", "Golf", "nichts", ""),
            ("", "", "VW", "Up", "", ""),
        )
    )

    assert plans(found) == [(2, "changed"), (3, "new"), (4, "unchanged"), (5, "bad"), (6, "bad")]
    assert changes(found, 2) == [
        ("Preis (EUR)", "21.990,00", "19.990,00"),
        ("Zustand", "Im Bestand", "Verkauft"),
    ]
    assert found.rows.get(number=4).duplicate_of == 2
    [[header, value, _reason]] = found.rows.get(number=5).notes["problems"]
    assert (header, value) == ("Preis", "nichts")
    assert Vehicle.objects.get().price == 21_990  # only looked at

    correct_cell(found, 6, 0, "4713", now=found.touched_at)
    assert found.rows.get(number=6).plan == Plan.NEW
    run(found)

    assert [outcome for _number, outcome in outcomes(found)] == [
        *("updated", "created", "skipped", "bad", "created"),
    ]
    assert (found.change_batch.created_count, found.change_batch.changed_count) == (2, 1)


def test_number_and_vin_of_two_cars_are_said_and_not_mixed(dealer):
    imported(dealer, HEADERS, GOLF, POLO)

    found = imported(dealer, HEADERS, ("4711", OTHER_VIN, "VW", "Golf", "1", ""))

    assert outcomes(found) == [(2, RowOutcome.BAD)]
    assert "gehört zu einem anderen Fahrzeug" in found.rows.get().reason


def test_always_new_with_a_number_that_is_taken_says_so(dealer):
    imported(dealer, HEADERS, GOLF)
    found = check(upload(dealer, HEADERS, GOLF))

    decide_row(found, 2, OnExisting.NEW, now=found.touched_at)

    [[header, value, _reason]] = found.rows.get().notes["problems"]
    assert (header, value) == ("Interne Nr.", "4711")


def test_a_car_known_from_a_lead_is_in_stock_from_now_on(dealer):
    car = builders.make_vehicle(dealer, internal_number="", vin=VIN, state=Vehicle.State.UNKNOWN)
    lead = builders.make_lead(dealer, vehicle=car)

    imported(dealer, HEADERS[:5], GOLF[:5], on_existing=OnExisting.FILL)

    lead = Lead.objects.get(pk=lead.pk)
    assert (lead.vehicle.internal_number, lead.vehicle.state) == ("4711", Vehicle.State.IN_STOCK)


def test_values_are_matched_and_remembered(dealer):
    found = upload(dealer, ("FIN", "Zustand"), (VIN, "Leasingrückläufer"))
    check(found)
    [column] = valued_columns(found)
    assert [one.written for one in column.unknown] == ["Leasingrückläufer"]
    assert not column.creates


def test_cars_of_another_dealer_are_not_touched(dealer):
    other = builders.make_dealer()
    imported(other, HEADERS, GOLF)

    imported(dealer, HEADERS, (*GOLF[:4], "1", "verkauft"))

    assert Vehicle.objects.get(dealer=other).price == 21_990
    assert Vehicle.objects.get(dealer=dealer).price == 1


def test_what_a_column_means_for_cars_says_nothing_about_leads(dealer):
    headers = ("Status", "Name", "FIN")
    imported(dealer, headers, ("Bestand", "Golf", VIN))

    found = importing.upload(dealer, headers, ("Neu", "Groß", VIN))

    assert ListMapping.of(found).columns == ("status", "name", "vin")


def test_the_number_of_queries_does_not_depend_on_the_rows(dealer):
    def cars(first, count):
        return [
            (str(n), f"WVW{n:014}", "VW", "Golf", str(n + first), "")
            for n in range(first, first + count)
        ]

    imported(dealer, HEADERS, *cars(1, 40))
    counted = []
    for first, size in ((31, 20), (1, 60)):  # some of both are here already
        found = upload(dealer, HEADERS, *cars(first, size))
        with CaptureQueriesContext(connection) as queries:
            run(check(found))
        counted.append(len(queries))

    assert counted[0] == counted[1]


def test_workbooks_name_the_cars_and_are_read_again(dealer):
    found = imported(dealer, HEADERS, GOLF, ("", "", "VW", "Up", "", ""))
    result, errors = io.BytesIO(), io.BytesIO()
    write_result(found, result)
    write_errors(found, errors)

    book = openpyxl.load_workbook(result)
    assert book.sheetnames == ["Fahrzeuge"]
    assert [cell.value for cell in book.active[2]][-4:-2] == [
        "Angelegt",
        str(Vehicle.objects.get().pk),
    ]
    assert openpyxl.load_workbook(errors).sheetnames[0] == "Fahrzeuge"
    again = check(upload(dealer, data=result.getvalue()))
    assert plans(again)[0] == (2, Plan.UNCHANGED)
    assert ChangeBatch.objects.count() == 1


def test_a_nul_in_a_file_keeps_no_row_out(dealer):
    rows = [f"{number};Polo" for number in range(100)]
    text = "\n".join(["Interne Nr.;Modell", "4711;Go\0lf", *rows])
    run(check(upload(dealer, data=text.encode(), file_name="liste.csv")))

    assert Vehicle.objects.get(internal_number="4711").model == "Golf"
