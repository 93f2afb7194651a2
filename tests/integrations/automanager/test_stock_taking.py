"""Cars of Automanager's stock become vehicles, in the same run as the checks."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from integrations.automanager.client import AutomanagerClient
from integrations.automanager.sync import Question, check_exports
from integrations.patience import NotYet
from integrations.simulator.automanager import ACCESS_TOKEN
from integrations.tasks import check_automanager_exports
from leads.models import Location, Vehicle
from tests import builders
from tests.integrations.automanager.nursery import CODE, NOW, car, look, make_automanager, opened

pytestmark = pytest.mark.django_db

STATE = Vehicle.State


@pytest.fixture
def connection():
    return make_automanager(takes_stock=True)


def states():
    return dict(Vehicle.objects.values_list("internal_number", "state"))


def test_nothing_is_taken_over_unless_that_is_set():
    look(make_automanager(), stock=[car(1)])

    assert not Vehicle.objects.exists()


def test_cars_come_change_and_go_by_what_the_stock_says(connection):
    here = builders.make_vehicle(connection.dealer, internal_number="A-1", vin="", price=1)
    later = (NOW + timedelta(days=2)).isoformat()
    stock = [car(1), car(2, reserved_until=later), car(3), car(4), car(5, status="sold")]
    look(connection, stock=[*stock, car(6, location_code="FREMD")])

    assert states() == {
        "A-1": STATE.IN_STOCK,
        "A-2": STATE.RESERVED,
        "A-3": STATE.IN_STOCK,
        "A-4": STATE.IN_STOCK,
    }  # what is sold already does not come in; neither does what is somebody else's
    new = Vehicle.objects.get(internal_number="A-2")
    assert (new.model, new.location) == ("VW Golf 1.5 TSI", Location.objects.get())
    here.refresh_from_db()
    assert (here.price, here.model) == (Decimal(20_000), "Octavia")  # the title overwrites no name

    look(connection, stock=[car(1), car(2, status="sold"), car(3, status="deleted")])
    assert states() == {
        "A-1": STATE.IN_STOCK,
        "A-2": STATE.SOLD,
        "A-3": STATE.GONE,
        "A-4": STATE.GONE,  # no longer named
    }
    before = Vehicle.history.count()
    look(connection, stock=[car(1), car(2, status="sold"), car(3, status="deleted")])
    assert Vehicle.history.count() == before


@pytest.mark.parametrize(
    ("stock", "warning"),
    [
        ([], "Bestand ist leer"),
        ("missing", ""),
        ([car(n) for n in range(5)], "5 von 10 Fahrzeugen"),
        ([*(car(n) for n in range(9)), {"id": "kaputt"}], ""),
    ],
    ids=["empty", "not to be had", "half", "one not as agreed"],
)
def test_what_looks_like_an_accident_marks_nothing_as_gone(connection, stock, warning):
    look(connection, stock=[car(n) for n in range(10)])

    look(connection, stock=stock)

    assert set(states().values()) == {STATE.IN_STOCK}
    connection.refresh_from_db()
    assert warning in connection.last_error


def test_a_lead_whose_car_is_gone_has_a_finding(connection):
    gone = builders.make_vehicle(
        connection.dealer, internal_number="HAND", vin="", state=STATE.GONE
    )
    builders.make_lead(connection.dealer, vehicle=gone)
    look(connection, stock=[car(1)])

    assert "AM-41 warning HAND" in opened(connection)


@pytest.mark.parametrize(
    ("header", "wished"),
    [("300", timedelta(seconds=300)), (None, timedelta(minutes=1))],
    ids=["as asked", "429 alone"],
)
def test_automanager_is_left_alone_across_runs_as_it_wishes(partner, monkeypatch, header, wished):
    monkeypatch.setattr(AutomanagerClient, "retry_backoff", 0)
    connection = make_automanager(
        code=CODE, base_url=f"{partner.url}/automanager", access_token=ACCESS_TOKEN
    )
    headers = {"Retry-After": header} if header else {}
    partner.faults["export-apps"] = [{"status": 429, "headers": headers}] * 4
    now = timezone.now()
    assert check_exports(connection, Question(), now=now).is_failed
    asked = len(partner.log)

    with pytest.raises(NotYet):
        check_exports(connection, Question(), now=now + wished / 2, anyway=True)
    assert check_automanager_exports.func(connection.dealer_id, connection.pk) == 0
    assert len(partner.log) == asked

    later = check_exports(connection, Question(), now=now + wished * 1.1)
    assert not later.is_failed
    connection.refresh_from_db()
    assert (connection.failures, connection.retry_at) == (0, None)
