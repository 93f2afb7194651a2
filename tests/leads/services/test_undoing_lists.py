"""Undoing imports of customers and vehicles."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from leads.models import ChangeBatch, Customer, Event, EventKind, ListKind, Role, Vehicle
from leads.services.customers import change_customer, lock_customer
from leads.services.undo_plan import Reason
from leads.services.undo_records import plan_records
from leads.services.undoing import UndoRefused, undo
from tests import builders
from tests.leads.resources import importing
from tests.leads.resources.importing import check, run

pytestmark = pytest.mark.django_db

PEOPLE = ("Kundennummer", "Nachname", "E-Mail", "Ort")
CARS = ("Interne Nr.", "FIN", "Modell", "Preis")


@pytest.fixture
def by(dealer):
    return builders.make_user(dealer, role=Role.MANAGER)


def imported(dealer, kind, *rows):
    return run(check(importing.upload(dealer, *rows, kind=kind))).change_batch


def customers(dealer, *rows):
    return imported(dealer, ListKind.CUSTOMERS, PEOPLE, *rows)


def vehicles(dealer, *rows):
    return imported(dealer, ListKind.VEHICLES, CARS, *rows)


def undone(batch, by, **options):
    return undo(batch, by=by, now=timezone.now(), **options)


def test_an_import_of_customers_is_undone(dealer, by):
    customers(dealer, ("K-1", "Groß", "gross@example.org", "Leipzig"))
    batch = customers(
        dealer,
        ("K-1", "Groß", "gross@example.org", "Halle"),
        ("K-2", "Klein", "klein@example.org", "Halle"),
    )

    done = undone(batch, by)

    assert (done.taken_back_count, done.left_count) == (2, 0)
    [here] = Customer.objects.for_dealer(dealer)
    assert (here.external_number, here.city) == ("K-1", "Leipzig")
    assert "leipzig" in here.search_text
    told = Event.objects.order_by("pk").values_list("kind", flat=True)
    assert list(told)[-2:] == [EventKind.CUSTOMER_DELETED, EventKind.CUSTOMER_UPDATED]
    # The corrected list can be imported, although the numbers were given before.
    again = customers(dealer, ("K-2", "Klein", "klein@example.org", "Bonn"))
    assert again.created_count == 1


def test_an_import_of_vehicles_is_undone(dealer, by):
    vehicles(dealer, ("1", "WVWZZZ1", "Golf", "20000"))
    batch = vehicles(dealer, ("1", "WVWZZZ1", "Golf", "19000"), ("2", "WVWZZZ2", "Polo", "9000"))

    done = undone(batch, by)

    assert (done.taken_back_count, done.left_count) == (2, 0)
    [car] = Vehicle.objects.all()
    assert (car.internal_number, car.price) == ("1", 20_000)
    assert car.history.first().history_user == by


def test_what_somebody_has_changed_since_stays_and_can_be_chosen(dealer, by):
    customers(dealer, ("K-1", "Groß", "gross@example.org", "Leipzig"))
    batch = customers(
        dealer,
        ("K-1", "Großmann", "gross@example.org", "Halle"),
        ("K-2", "Klein", "klein@example.org", "Halle"),
    )
    for customer in Customer.objects.all():
        locked = lock_customer(dealer, customer.pk)
        change_customer(locked, {"city": "Köln"}, now=timezone.now(), by=by)
    known, new = Customer.objects.order_by("pk")

    verdicts = {one.pk: one for one in plan_records(batch)}
    assert verdicts[known.pk].reasons == (Reason.CHANGED,)
    [(cell, who)] = verdicts[known.pk].left
    assert (cell, who.user_id) == ("city", by.pk)
    assert verdicts[known.pk].gives_back == {"last_name": "Groß"}
    assert not verdicts[new.pk].goes

    done = undone(batch, by, chosen=[new.pk])

    assert (done.taken_back_count, done.left_count) == (1, 1)
    assert [one["id"] for one in done.undo_left] == [known.pk]
    [here] = Customer.objects.for_dealer(dealer)
    assert (here.last_name, here.city) == ("Groß", "Köln")


@pytest.mark.parametrize("kind", [ListKind.CUSTOMERS, ListKind.VEHICLES])
def test_what_enquiries_need_by_now_stays(dealer, by, kind):
    if kind == ListKind.CUSTOMERS:
        batch = customers(dealer, ("K-2", "Klein", "klein@example.org", "Halle"))
        builders.make_lead(dealer, customer=Customer.objects.get())
    else:
        batch = vehicles(dealer, ("2", "WVWZZZ2", "Polo", "9000"))
        builders.make_lead(dealer, vehicle=Vehicle.objects.get())
    [verdict] = plan_records(batch)
    assert verdict.reasons == (Reason.USED,)
    assert not verdict.may_be_chosen

    done = undone(batch, by, chosen=[verdict.pk])

    assert (done.taken_back_count, done.left_count) == (0, 1)


def test_a_former_number_that_another_has_by_now_stays_away(dealer, by):
    vehicles(dealer, ("1", "WVWZZZ1", "Golf", "20000"))
    batch = vehicles(dealer, ("7", "WVWZZZ1", "Golf", "19000"))
    builders.make_vehicle(dealer, internal_number="1")

    done = undone(batch, by)

    car = Vehicle.objects.get(vin="WVWZZZ1")
    assert (car.internal_number, car.price) == ("7", 20_000)
    assert done.undo_left[0]["gone"] == ["internal_number"]


def test_it_is_over_after_thirty_days(dealer, by):
    batch = vehicles(dealer, ("1", "WVWZZZ1", "Golf", "20000"))

    with pytest.raises(UndoRefused):
        undo(batch, by=by, now=timezone.now() + timedelta(days=31))


def test_cars_that_a_list_of_leads_brought_are_no_part_of_its_counts(dealer):
    found = importing.imported(dealer, ("Nachname", "FIN"), ("Groß", "WVWZZZ1"))

    assert (found.change_batch.created_count, found.change_batch.list_kind) == (1, ListKind.LEADS)


@pytest.mark.parametrize("kind", [ListKind.CUSTOMERS, ListKind.VEHICLES])
def test_the_number_of_queries_does_not_depend_on_the_rows(dealer, by, kind):
    def rows(first, count, word):
        names = range(first, first + count)
        if kind == ListKind.CUSTOMERS:
            return [(f"K-{n}", f"Nach{n}", f"n{n}@example.org", word) for n in names]
        return [(str(n), f"WVW{n:014}", word, "1") for n in names]

    head = PEOPLE if kind == ListKind.CUSTOMERS else CARS
    imported(dealer, kind, head, *rows(1, 20, "A"))
    # What a process asks for once only is not counted, whichever test came first.
    undone(imported(dealer, kind, head, *rows(18, 6, "B")), by)
    counted = []
    for first, size in ((18, 6), (1, 40)):
        batch = imported(dealer, kind, head, *rows(first, size, f"B{size}"))
        with CaptureQueriesContext(connection) as queries:
            undone(batch, by)
        counted.append(len(queries))

    assert counted[0] == counted[1]
    assert ChangeBatch.objects.filter(left_count__gt=0).count() == 0
