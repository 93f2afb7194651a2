"""What the exports mean for leads: silent sources, cars that are gone, faulty or unknown."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from integrations.automanager.silence import working_days_before
from integrations.automanager.sync import Question
from integrations.models import Finding
from leads.models import ClosedDay, Location, Vehicle
from leads.services.calendar import USUAL_WEEK, BusinessCalendar, Opening
from tests.builders import make_enquiry, make_lead, make_user, make_vehicle, shared_source
from tests.integrations.automanager.nursery import (
    NOW,
    ad,
    ago,
    car,
    look,
    make_automanager,
    opened,
    refusal,
    sent,
    vehicle,
)

pytestmark = pytest.mark.django_db

BERLIN = timezone.get_default_timezone()


@pytest.fixture
def connection():
    return make_automanager()


def lead_about(connection, *, received_at=NOW - timedelta(hours=2), **values):
    return make_lead(connection.dealer, received_at=received_at, enquired_at=received_at, **values)


def stock_vehicle(connection, **values):
    told = vehicle()
    defaults = {"internal_number": told["number"], "vin": told["vin"]}
    return make_vehicle(connection.dealer, **{**defaults, **values})


# --- AM-40 -----------------------------------------------------------------------------------


def shut(connection, *days):
    """The dealer's only location stays shut on these days of March."""
    location = Location.objects.get(dealer=connection.dealer)
    for day in (date(2026, 3, day) for day in days):
        ClosedDay.objects.create(
            dealer=location.dealer, location=location, first_on=day, last_on=day
        )


def bring(connection, *, weeks, per_week, source="mobile_de", at=NOW, **values):
    """So many enquiries of a source in each of these weeks, at the same time of the week."""
    lead = make_lead(connection.dealer, source=source, is_test=values.pop("is_test", False))
    for week in weeks:
        for minute in range(per_week):
            received_at = at - timedelta(weeks=week, hours=1, minutes=minute)
            make_enquiry(
                lead=lead, **{"sender": "api:boerse", "received_at": received_at, **values}
            )


@pytest.mark.parametrize(
    ("per_week", "extra", "is_silent"),
    [(3, 0, True), (2, 7, False), (2, 8, True), (1, 0, False)],
)
def test_a_source_that_usually_brings_three_is_silent_without_any(
    connection, per_week, extra, is_silent
):
    bring(connection, weeks=range(1, 9), per_week=per_week)
    bring(connection, weeks=[4], per_week=extra)
    look(connection)

    assert ("AM-40 error" in opened(connection)) == is_silent


def test_one_enquiry_breaks_the_silence(connection):
    bring(connection, weeks=range(9), per_week=3)
    look(connection)

    assert "AM-40 error" not in opened(connection)


def test_a_source_is_measured_at_its_own_days_of_the_week(connection):
    """Ten each Saturday: on a Wednesday nothing was to be expected since Friday morning."""
    saturday = NOW - timedelta(days=4, hours=-3)
    bring(connection, weeks=range(9), per_week=10, at=saturday)
    look(connection, now=NOW + timedelta(days=2))

    assert "AM-40 error" not in opened(connection)


@pytest.mark.parametrize("values", [{"sender": "manual"}, {"is_test": True}])
def test_what_staff_typed_in_and_test_leads_have_no_rhythm(connection, values):
    bring(connection, weeks=range(1, 9), per_week=9, **values)
    look(connection)

    assert opened(connection) == set()


def test_what_was_entered_by_a_person_is_no_rhythm(connection):
    user = make_user(connection.dealer)
    bring(connection, weeks=range(1, 9), per_week=9, entered_by=user)
    look(connection)

    assert opened(connection) == set()


def test_silence_is_told_with_what_is_usual(connection):
    bring(connection, weeks=range(1, 9), per_week=4)
    look(connection)

    finding = Finding.objects.get(check_code="AM-40")
    assert finding.facts["usual"] == 4
    assert finding.facts["source"] == shared_source("mobile_de").name


@pytest.mark.parametrize(
    ("now", "start"),
    [
        (datetime(2026, 3, 6, 12), datetime(2026, 3, 3, 12)),  # Friday → Tuesday
        (datetime(2026, 3, 9, 12), datetime(2026, 3, 5, 12)),  # Monday → Thursday
        (datetime(2026, 3, 8, 9), datetime(2026, 3, 5, 9)),  # Sunday → Thursday
        (datetime(2026, 3, 31, 9), datetime(2026, 3, 27, 9)),  # over the change of the clocks
        (datetime(2026, 4, 7, 9), datetime(2026, 4, 1, 9)),  # over Easter, both Good Friday …
    ],
)
def test_sundays_and_holidays_are_no_working_days(now, start):
    now, start = (one.replace(tzinfo=BERLIN) for one in (now, start))
    usual = BusinessCalendar([Opening(week=USUAL_WEEK, state="NW")])

    assert working_days_before(now, 3, usual) == (start, 3)


@pytest.mark.parametrize(("closed_on", "is_silent"), [([], True), ([3, 4], False)])
def test_on_closed_days_less_is_to_be_expected(connection, closed_on, is_silent):
    """Four came in the same time of each week; shut for most of it, one would be usual."""
    shut(connection, *closed_on)
    bring(connection, weeks=range(1, 9), per_week=4)
    look(connection)

    assert ("AM-40 error" in opened(connection)) == is_silent


def test_a_dealer_who_was_shut_for_a_week_is_not_judged(connection):
    bring(connection, weeks=range(1, 9), per_week=4)
    look(connection)
    shut(connection, *range(4, 12))
    report = look(connection, now=NOW + timedelta(days=7))

    assert "AM-40 error" in opened(connection)
    assert "AM-40" in {one["check"] for one in report.record.skipped}


# --- AM-41 … AM-43 ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "state", "is_gone"),
    [
        ({"status": "sold"}, "in_stock", True),
        ({"status": "deleted"}, "in_stock", True),
        ({"online": False}, "in_stock", True),
        ({}, "sold", True),
        ({}, "in_stock", False),
        ({"reserved_until": ago(days=-3)}, "reserved", False),
    ],
)
def test_a_lead_about_a_car_that_is_gone_warns_a_reserved_one_does_not(
    connection, told, state, is_gone
):
    lead = lead_about(connection, vehicle=stock_vehicle(connection, state=state))
    look(connection, stock=[car(updated_at=ago(hours=1), **told)])

    found = Finding.objects.of_lead(lead)
    assert [one.check_code for one in found] == (["AM-41"] if is_gone else [])


def test_a_car_that_left_the_stock_is_gone(connection):
    lead = lead_about(connection, vehicle=stock_vehicle(connection))
    look(connection, stock=[car(1), car(2)])
    assert not Finding.objects.of_lead(lead).exists()

    look(connection, stock=[car(2)])

    assert Finding.objects.of_lead(lead).get().check_code == "AM-41"


def test_a_closed_lead_needs_no_warning(connection):
    lead = lead_about(connection, vehicle=stock_vehicle(connection), status="won")
    look(connection, stock=[car(status="sold")])

    assert not Finding.objects.of_lead(lead).exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"sends": [sent(action="change", result="error", feedback=[refusal()])]},
        {"ads": [ad(), ad(1, "ad-2")]},
        {"ads": [ad(price="1.00")]},
    ],
)
def test_a_lead_about_a_faulty_car_says_so_until_it_is_mended(connection, changes):
    lead = lead_about(connection, vehicle=stock_vehicle(connection))
    look(connection, **changes)
    assert Finding.objects.of_lead(lead).open().get().check_code == "AM-42"

    look(connection)

    assert not Finding.objects.of_lead(lead).open().exists()


@pytest.mark.parametrize(
    ("offer", "number", "state", "minutes", "is_unknown"),
    [
        ("ad-1", "", Vehicle.State.UNKNOWN, 99, False),
        ("ad-7", "", Vehicle.State.UNKNOWN, 60, False),
        ("ad-7", "", Vehicle.State.UNKNOWN, 61, True),
        ("", "A-1", Vehicle.State.UNKNOWN, 99, False),
        ("", "X-9", Vehicle.State.UNKNOWN, 61, True),
        ("", "X-9", Vehicle.State.IN_STOCK, 99, False),
    ],
)
def test_a_lead_that_names_an_unknown_car_waits_an_hour_then_for_a_person(
    connection, offer, number, state, minutes, is_unknown
):
    named = None
    if number:
        named = make_vehicle(connection.dealer, internal_number=number, vin="", state=state)
    received_at = NOW - timedelta(minutes=minutes)
    lead = lead_about(connection, vehicle=named, offer_number=offer, received_at=received_at)
    look(connection)

    assert Finding.objects.of_lead(lead).exists() == is_unknown


def test_another_dealers_cars_and_leads_are_of_no_concern(connection):
    other = make_automanager(name="Fremd")
    theirs = lead_about(other, vehicle=stock_vehicle(other))
    look(connection, stock=[car(status="sold")])

    assert not Finding.objects.of_lead(theirs).exists()
    assert not Finding.objects.for_dealer(other.dealer).exists()


def test_a_check_of_one_export_leaves_the_leads_alone(connection):
    lead = lead_about(connection, vehicle=stock_vehicle(connection))
    look(connection, stock=[car(status="sold")])
    report = look(connection, question=Question(app="app-1"))

    assert Finding.objects.of_lead(lead).open().exists()
    assert {one["check"] for one in report.record.skipped} >= {"AM-40", "AM-41"}
