"""Cars of the Marketplace API, over real HTTP."""

import io
import logging
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from integrations import tasks
from integrations.automanager import marketplace
from integrations.http import PartnerClient
from integrations.models import Connection, Exchange, Partner, SyncRun
from integrations.simulator.marketplace import API_KEY
from leads.models import Location, Role, Vehicle
from tests import builders
from tests.leads.resources.stock_files import cars, stock

pytestmark = pytest.mark.django_db

STATE = Vehicle.State


def car(n, **values):
    return {
        "id": 1000 + n,
        "vin": f"WTESTER{n:010d}",
        "kuerzel": "MUSTER1",
        "orderNumber": f"A-{n}",
        "manufacturer": {"name": "Škoda"},
        "model": {"name": "Octavia"},
        "modelExtension": "Combi für Österreich",
        "mileage": 31_500,
        "dateOfFirstRegistration": {"date": "2022-05-01T00:00:00"},
        "consumerPrice": {"totalPrice": 18990.5, "currency": "EUR", "vatDeductible": True},
        "hasReservation": False,
        **values,
    }


@pytest.fixture
def connection(partner, monkeypatch):
    """With a location whose code is MUSTER1, and 20 cars there."""
    monkeypatch.setattr(PartnerClient, "retry_backoff", 0)
    monkeypatch.setattr(PartnerClient, "total_timeout", 2)
    monkeypatch.setattr(marketplace, "PAGE_SIZE", 7)
    partner.marketplace.cars = [car(n) for n in range(20)]
    location = builders.make_location(automanager_code="MUSTER1")
    return Connection.objects.create(
        dealer=location.dealer,
        partner=Partner.MARKETPLACE,
        name="Marketplace",
        base_url=f"{partner.url}/marketplace",
        access_token=API_KEY,
    )


def fetch(*options):
    """(exit status, what was said, what was complained about)"""
    out, errors = io.StringIO(), io.StringIO()
    try:
        call_command("fetch_stock", *options, stdout=out, stderr=errors)
    except CommandError as error:
        return error.returncode, out.getvalue(), errors.getvalue()
    return 0, out.getvalue(), errors.getvalue()


def states():
    return dict(Vehicle.objects.values_list("internal_number", "state"))


def test_published_cars_become_vehicles_and_what_is_no_longer_published_is_gone(
    partner, connection
):
    status, said, complained = fetch()

    assert (status, complained) == (0, "")
    assert "20 Fahrzeuge gelesen, 20 neu (" in said
    one = Vehicle.objects.get(internal_number="A-3")
    assert (one.dealer, one.location) == (connection.dealer, Location.objects.get())
    assert (one.make, one.model, one.variant) == ("Škoda", "Octavia", "Combi für Österreich")
    assert (one.price, one.mileage_km, one.first_registration) == (
        Decimal("18990.50"),
        31_500,
        "2022-05",
    )
    lead = builders.make_lead(connection.dealer, vehicle=one)

    partner.marketplace.cars = [car(n, hasReservation=n == 0) for n in range(20) if n != 3]
    partner.marketplace.page_size = 5  # fewer than were asked for
    status, said, _complained = fetch()

    assert "0 neu, 1 geändert, 18 unverändert, 1 nicht mehr im Bestand" in said
    assert (states()["A-0"], states()["A-3"]) == (STATE.RESERVED, STATE.GONE)
    lead.refresh_from_db()
    assert lead.vehicle == one
    before = Vehicle.history.count()
    assert tasks.fetch_stock.func(connection.dealer_id, connection.pk) == 19  # as by schedule
    assert Vehicle.history.count() == before
    run = SyncRun.objects.order_by("pk").last()
    assert (run.state, run.received, run.repeated) == (SyncRun.State.DONE, 19, 19)


@pytest.mark.parametrize(
    ("changes", "warning"),
    [
        ({"cars": []}, "Der gelieferte Bestand ist leer"),
        ({"cars": [car(n) for n in range(10)]}, "10 von 20 Fahrzeugen"),
        ({"cars": [car(n) for n in range(19)], "miscounts": 1}, "es sollen aber 20 sein"),
        ({"goes_in_circles": True}, "Die Seiten führen im Kreis"),
        ({"cars": [*(car(n) for n in range(18)), car(18, mileage="viel")]}, "mileage"),
    ],
    ids=["empty", "half", "miscounted", "circles", "one not as agreed"],
)
def test_what_looks_like_an_accident_marks_nothing_as_gone(partner, connection, changes, warning):
    fetch()
    for name, value in changes.items():
        setattr(partner.marketplace, name, value)

    status, _said, complained = fetch()

    assert (status, warning in complained) == (2, True)
    assert set(states().values()) == {STATE.IN_STOCK}
    connection.refresh_from_db()
    assert warning in connection.last_error


def test_many_are_marked_once_somebody_orders_it(partner, connection):
    fetch()
    partner.marketplace.cars = [car(n) for n in range(10)]
    Connection.objects.update(accepts_vanishing=True)

    assert fetch()[0] == 0

    assert list(states().values()).count(STATE.GONE) == 10
    assert not Connection.objects.get().accepts_vanishing
    partner.marketplace.cars = partner.marketplace.cars[:5]
    assert fetch()[0] == 2
    assert fetch("--accept-vanishing")[0] == 0
    assert list(states().values()).count(STATE.GONE) == 15


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 401},
        {"status": 500},
        {"html": True},
        {"cut": True},
        {"hang": 3},
        {"megabytes": 11},
    ],
    ids=str,
)
def test_a_source_that_fails_takes_nothing_away(partner, connection, fault):
    fetch()
    partner.faults["vehicles"] = [{}, *[fault] * 3]
    status, _said, complained = fetch("--anyway")

    assert status == 2
    assert set(states().values()) == {STATE.IN_STOCK}
    assert API_KEY not in complained
    run = SyncRun.objects.order_by("pk").last()
    assert (run.state, run.received) == (SyncRun.State.FAILED, 7)


@pytest.mark.parametrize("is_date", [False, True])
def test_a_wish_to_be_left_alone_holds_for_later_runs(partner, connection, is_date):
    until = timezone.now() + timedelta(minutes=5)
    wait = until.strftime("%a, %d %b %Y %H:%M:%S GMT") if is_date else "300"
    partner.faults["vehicles"] = [{"status": 429, "headers": {"Retry-After": wait}}]
    fetch()
    asked = len(partner.log)

    status, said, _complained = fetch("--anyway")

    assert (status, len(partner.log)) == (0, asked)
    assert "Der Partner möchte bis " in said
    connection.refresh_from_db()
    assert abs(connection.retry_at - until) < timedelta(seconds=5)


def test_the_key_is_told_nowhere(partner, connection, caplog):
    caplog.set_level(logging.DEBUG)
    partner.faults["vehicles"] = [{"reset": True}, {"status": 503}]
    assert fetch()[0] == 0
    partner.faults["vehicles"] = [{"reset": True}] * 4
    fetch("--anyway")

    told = [*Exchange.objects.values_list("address", "problem", "shape")]
    told += SyncRun.objects.values_list("error")
    assert any("vehicles?skip&take" in one[0] for one in told)
    assert API_KEY not in f"{told}{caplog.text}"


def test_other_locations_stay_outside_and_cars_without_code_stand_at_that_of_the_connection(
    partner, connection
):
    location = Location.objects.get()
    Connection.objects.update(location=location)
    partner.marketplace.cars = [car(1), car(2, kuerzel="FREMD"), car(3, kuerzel=None)]

    _status, _said, complained = fetch()

    assert set(Vehicle.objects.values_list("internal_number", "location")) == {
        ("A-1", location.pk),
        ("A-3", location.pk),
    }
    assert "FREMD" in complained
    assert "am Standort als Automanager-Kürzel" in complained


def test_in_the_admin_it_is_set_up_tried_and_fetched(client, partner, connection):
    client.force_login(builders.make_user(connection.dealer, role=Role.ADMINISTRATOR))
    connection.delete()
    fields = {
        "name": "Bestand",
        "mode": "test",
        "is_active": "on",
        "base_url": f"{partner.url}/marketplace",
        "new_access_token": "falsch",
        "location": "",
    }
    add = reverse("admin:integrations_connection_add") + "?partner=marketplace"
    page = client.get(add).content.decode()
    assert "API-Schlüssel" in page
    assert client.post(add, fields).status_code == 302
    made = Connection.objects.get()
    assert made.schedules.get().job == "fetch"
    change = reverse("admin:integrations_connection_change", args=[made.pk])
    attempt = reverse("admin:integrations_connection_try", args=[made.pk])
    assert "401" in client.post(attempt, follow=True).content.decode()

    Connection.objects.filter(pk=made.pk).update(access_token=API_KEY)
    made.access_token = API_KEY
    made.save()
    tried = client.post(attempt, follow=True).content.decode()
    assert "20 veröffentlichte Fahrzeuge sind lesbar" in tried
    pull = reverse("admin:integrations_connection_pull", args=[made.pk])
    assert "20 Fahrzeuge gelesen, 20 neu" in client.post(pull, follow=True).content.decode()
    assert Vehicle.objects.count() == 20
    page = client.get(change).content.decode()
    assert "Läuft" in page
    assert API_KEY not in page


def test_a_car_of_a_list_that_still_comes_is_neither_taken_nor_gone(
    partner, connection, tmp_path, settings
):
    path = tmp_path / "bestand.csv"

    def write(*numbers):
        path.write_bytes(stock(*cars(*numbers, modell="Octavia", preis="18990,50")))

    def import_list():
        call_command("import_stock", str(path), "--dealer", str(connection.dealer_id))

    def sources():
        by_number = Vehicle.objects.order_by("pk").values_list("internal_number", "stock_source")
        return dict(by_number)

    fetch()
    write(*range(10), 30)
    import_list()
    before = Vehicle.history.count(), sources()
    assert set(before[1].values()) == {"mobile.de:471100", f"connection:{connection.pk}"}
    for _round in range(2):
        fetch()
        import_list()
    assert (Vehicle.history.count(), sources()) == before

    # No longer published, and one of the list's own sold: each is asked about its own cars.
    partner.marketplace.cars = [car(n) for n in range(20) if n not in (3, 13)]
    write(*range(1, 10), 30)
    fetch()
    assert (states()["A-3"], states()["A-13"]) == (STATE.IN_STOCK, STATE.GONE)
    import_list()
    assert (states()["A-0"], states()["A-3"]) == (STATE.GONE, STATE.IN_STOCK)
    fetch()  # still published: it was not gone after all
    assert (states()["A-0"], sources()["A-0"]) == (STATE.IN_STOCK, f"connection:{connection.pk}")

    # Moved to another location: that is another stock.
    other = builders.make_location(connection.dealer, automanager_code="MUSTER2")
    partner.marketplace.cars[1] = car(1, kuerzel="MUSTER2")
    fetch()
    moved = Vehicle.objects.get(internal_number="A-1")
    assert (moved.location, moved.stock_source) == (other, f"connection:{connection.pk}")

    # Nobody imports the list any more.
    settings.STOCK_SOURCE_FRESH_DAYS = 0
    fetch()
    assert sources()["A-5"] == f"connection:{connection.pk}"
    partner.marketplace.cars = [car(n) for n in range(20) if n not in (3, 5, 13)]
    fetch()
    assert (states()["A-5"], states()["A-30"]) == (STATE.GONE, STATE.IN_STOCK)
