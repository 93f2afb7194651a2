"""`manage.py import_stock`: the whole stock from a file in the format of mobile.de."""

import io
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from leads.models import ChangeBatch, ListImport, Vehicle
from tests import builders
from tests.leads.resources.stock_files import HEADER, cars, line, named_line, stock

pytestmark = pytest.mark.django_db

STATE = Vehicle.State


@pytest.fixture
def dealer():
    return builders.make_dealer()


@pytest.fixture
def import_stock(dealer, tmp_path):
    def imported(*lines, data=None, options=(), of=None):
        path = tmp_path / "bestand.csv"
        path.write_bytes(stock(*lines) if data is None else data)
        out, errors = io.StringIO(), io.StringIO()
        arguments = [str(path), "--dealer", str((of or dealer).pk), *options]
        try:
            call_command("import_stock", *arguments, stdout=out, stderr=errors)
        except CommandError as error:
            return error.returncode, out.getvalue(), f"{errors.getvalue()}{error}"
        return 0, out.getvalue(), errors.getvalue()

    return imported


def states(dealer):
    cars = Vehicle.objects.for_dealer(dealer).order_by("internal_number")
    return {car.internal_number: car.state for car in cars}


@pytest.mark.parametrize("encoding", ["iso8859-15", "cp1252", "utf-8", "utf-8-sig"])
@pytest.mark.parametrize("lines", [(line(),), (HEADER, named_line())], ids=["bare", "headers"])
def test_a_car_comes_in_with_umlauts_and_euro_whatever_the_file_looks_like(
    dealer, import_stock, lines, encoding
):
    status, said, complained = import_stock(data=stock(*lines, encoding=encoding))

    assert (status, complained) == (0, "")
    assert "Importiert: 1 neu" in said
    car = Vehicle.objects.get()
    assert (car.dealer, car.internal_number, car.state) == (dealer, "A-1001", STATE.IN_STOCK)
    assert (car.make, car.model, car.fuel) == ("Škoda", "Octavia für Österreich", "Diesel")
    assert (car.power_kw, car.mileage_km, car.price) == (110, 31_500, Decimal(18_990))
    assert (car.first_registration, car.condition) == ("2022-05", Vehicle.Condition.USED)
    assert ListImport.objects.get().info["encoding"] == encoding


def test_new_changed_and_missing_cars_and_one_that_comes_back(dealer, import_stock):
    import_stock(*cars(1, 2, 3))
    lead = builders.make_lead(dealer, vehicle=Vehicle.objects.get(internal_number="A-3"))
    by_hand = builders.make_vehicle(dealer, internal_number="HAND")

    status, said, _complained = import_stock(
        line(interne_nummer="A-1", preis="17500"),
        line(interne_nummer="A-2", reserviert="1"),
        line(interne_nummer="A-4"),
    )

    assert status == 0
    assert "1 neu, 2 geändert" in said
    assert "Nicht mehr im Bestand: 1." in said
    assert states(dealer) == {
        "A-1": STATE.IN_STOCK,
        "A-2": STATE.RESERVED,
        "A-3": STATE.GONE,
        "A-4": STATE.IN_STOCK,
        by_hand.internal_number: STATE.IN_STOCK,
    }
    lead.refresh_from_db()
    assert lead.vehicle.internal_number == "A-3"
    gone = lead.vehicle.history.first()
    assert (gone.state, gone.change_batch) == (STATE.GONE, ChangeBatch.objects.latest("pk"))

    import_stock(*cars(1, 2, 3, 4))
    assert states(dealer)["A-3"] == STATE.IN_STOCK
    before = Vehicle.history.count()
    assert "0 neu, 0 geändert, 4 unverändert" in import_stock(*cars(1, 2, 3, 4))[1]
    assert Vehicle.history.count() == before  # the same file once more


@pytest.mark.parametrize(
    "data",
    [b"", b"\r\n \r\n;;;\r\n", f"{HEADER}\r\n".encode(), (";" * 129 + "\r\n").encode() * 3],
    ids=["empty", "blank lines", "only headers", "only delimiters"],
)
def test_an_empty_file_changes_nothing_and_warns(dealer, import_stock, data):
    import_stock(*cars(1, 2, 3))

    status, _said, complained = import_stock(data=data, options=["--accept-vanishing"])

    assert status == 3
    assert "Am Bestand wurde nichts geändert." in complained
    assert set(states(dealer).values()) == {STATE.IN_STOCK}


def test_half_a_stock_makes_nothing_vanish_unless_that_is_ordered(dealer, import_stock):
    import_stock(*cars(*range(1, 21)))
    half = cars(*range(1, 11), 99)

    status, said, complained = import_stock(*half, options=["--dry-run"])
    assert status == 1
    assert (len(states(dealer)), "10 von 20" in complained) == (20, True)

    status, said, complained = import_stock(*half)
    assert status == 1
    assert "10 von 20 Fahrzeugen" in complained
    assert "Importiert: 1 neu" in said
    assert set(states(dealer).values()) == {STATE.IN_STOCK}

    status, said, complained = import_stock(*half, options=["--accept-vanishing"])
    assert (status, complained) == (0, "")
    assert "Nicht mehr im Bestand: 10." in said
    assert list(states(dealer).values()).count(STATE.GONE) == 10


def test_bad_rows_are_named_and_the_good_ones_taken(dealer, import_stock):
    import_stock(*cars(1, 2, 3, 4))

    status, said, complained = import_stock(
        line(interne_nummer="A-1", preis="17000"),
        line(interne_nummer="A-2", preis="VB"),
        line(interne_nummer="A-3").replace('""', '"'),
        line(interne_nummer="A 5"),
        line(interne_nummer=""),
        line(interne_nummer="A-6") + ";noch eine",
        line(interne_nummer="A-7", waehrung="CHF", modell="Octa\0via"),
    )

    assert status == 1
    assert "0 neu, 1 geändert" in said
    for words in (
        "Zeile 2 · Preis · Das ist keine Zahl.",
        "Zeile 3 · Spalte Z",
        "Zeile 4 · Interne Nummer · Hier sind nur",
        "Zeile 5 · Interne Nummer · Die eigene Nummer fehlt.",
        "Zeile 6 · Die Zeile hat 131 Spalten statt 130.",
        "Zeile 7 · Preis",
    ):
        assert words in complained
    # Nobody knows which cars the rows without a usable number are.
    assert "1 Fahrzeug" in complained or "steht nicht mehr" in complained
    assert set(states(dealer).values()) == {STATE.IN_STOCK}
    assert Vehicle.objects.get(internal_number="A-1").price == 17_000


def test_each_customer_number_is_a_stock_of_its_own(dealer, import_stock):
    other = builders.make_dealer()
    import_stock(*cars(1, 2, account="471100"))
    import_stock(*cars(3, 4, account="471200"))
    import_stock(*cars(1, 2), of=other)

    import_stock(*cars(1, account="471100"))

    gone = Vehicle.objects.filter(state=STATE.GONE)
    assert [(car.dealer, car.internal_number) for car in gone] == [(dealer, "A-2")]


def test_without_customer_number_the_location_says_whose_stock_it_is(dealer, import_stock):
    south = builders.make_location(dealer, name="Leipzig Süd")
    builders.make_location(dealer, name="Halle")
    import_stock(*cars(1, 2, account=""), options=["--location", "leipzig süd"])
    import_stock(*cars(3, account=""), options=["--location", "Halle"])
    assert set(states(dealer).values()) == {STATE.IN_STOCK}

    import_stock(*cars(1, account=""), options=["--location", "Leipzig Süd"])

    assert states(dealer) == {"A-1": "in_stock", "A-2": "gone", "A-3": "in_stock"}
    assert Vehicle.objects.get(internal_number="A-1").location == south
    status, _said, complained = import_stock(*cars(1), options=["--location", "Nirgends"])
    assert (status, "Nirgends" in complained) == (2, True)
